"""A small reminder scenario, written as the loader would make it."""

from __future__ import annotations

import pytest

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import (
    About,
    End,
    Goto,
    Listen,
    Purpose,
    Reaction,
    Scenario,
    Step,
    Transfer,
    Unclear,
)


@pytest.fixture(scope="session")
def reminder() -> Scenario:
    steps = [
        Step("who", Listen({Intent.YES: Reaction("ask"), Intent.NO: Reaction("not_patient"),
                            Intent.WRONG_PERSON: Reaction("not_patient"), Intent.BUSY_NOW: Reaction("later")},
                           Unclear("Ответьте, пожалуйста, да или нет.", "bye_unclear"), {"1": Intent.YES}),
             say="Здравствуйте! Это робот клиники. Это {patient.name}?", identifies=True),
        Step("ask", Listen({Intent.YES: Reaction("thanks"), Intent.NO: Reaction("to_admin", Answer.DECLINED),
                            Intent.CHANGE: Reaction("to_admin", Answer.WANTS_CHANGE),
                            Intent.CALLBACK_LATER: Reaction("later")},
                           Unclear("Ответьте, пожалуйста, да или нет. Вы придёте?", "to_admin"),
                           {"1": Intent.YES, "2": Intent.NO}),
             say="Напоминаю, {visit.day} в {visit.time} вас ждёт {visit.doctor}. Вы придёте?", for_each=True),
        Step("thanks", Goto("bye"), say="Спасибо!", outcome=Outcome.CONFIRMED),
        Step("bye", End(), say="Ждём вас. До свидания."),
        Step("to_admin", Transfer("reception", "sorry", "{patient.name}, визит {visit.day}."),
             say="Соединяю с администратором."),
        Step("sorry", End(), say="Администратор перезвонит.", task="Перезвонить", outcome=Outcome.TRANSFERRED),
        Step("later", End(), say="Перезвоню позже.", outcome=Outcome.CALLBACK_LATER),
        Step("not_patient", End(), say="Извините за беспокойство.", outcome=Outcome.WRONG_PERSON),
        Step("bye_unclear", End(), say="Мы перезвоним. До свидания.", task="Позвонить", outcome=Outcome.UNCLEAR),
        Step("opted_out", End(), say="Больше не позвоню. До свидания.", outcome=Outcome.OPTED_OUT),
    ]  # fmt: skip
    return Scenario(
        id="reminder", version="1", title="Напоминание", purpose=Purpose.SERVICE, about=About.APPOINTMENT,
        voice="anna", start="who", steps={s.id: s for s in steps},
        everywhere={Intent.STOP: "opted_out", Intent.OPERATOR: "to_admin", Intent.REPEAT: "again"},
        everywhere_keys={"9": Intent.STOP},
    )  # fmt: skip
