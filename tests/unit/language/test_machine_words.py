"""The words of answering machines, also as recognition writes them; and of people who pick up."""

from __future__ import annotations

import pytest

from voicebot.language.machine_words import machine_speaks


@pytest.mark.parametrize(
    "text",
    [
        "Здравствуйте! Абонент сейчас не может ответить на ваш звонок.",
        "Сейчас нас нет дома, оставьте сообщение после сигнала",
        "Аппарат абонента выключен или находится вне зоны действия сети",
        "Пожалуйста, оставьте ваше сообщение",
        "скажите что-нибудь после гудка",
        "Телефон выключен",
        "Я не могу подойти к телефону",
        "Ваш звонок очень важен для нас, оставайтесь на линии",
    ],
)
def test_only_machines_say_so(text: str) -> None:
    assert machine_speaks(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "Алло", "Да, слушаю вас", "Я сейчас не могу говорить, перезвоните позже", "Он не может подойти к телефону",
        "Мама сейчас не может подойти к телефону", "Подождите, пожалуйста", "Оставьте меня в покое",
        "Запишите меня на пятницу", "У меня телефон садится", "Компания Вектор, чем могу помочь?", "Вы не туда попали",
        "Перезвоните после обеда", "Нет дома никого", "Отдел продаж, слушаю вас",
    ],
)  # fmt: skip
def test_people_do_not_say_so(text: str) -> None:
    assert not machine_speaks(text)
