"""The town of the calls bench: people who answer in many ways, their visits at the clinic, and what they meant."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from voicebot.dialogue.outcome import Outcome

DAY = date(2026, 11, 24)  # a Tuesday; the bench's clock stands at the Monday before
FIRST = datetime.combine(DAY, time(10, 0))
ADMINISTRATOR = "+78880000901"
VOICES = ("elena", "aleksandr", "irina", "aleksandr-hq")
GREETINGS = ("алло", "слушаю", "да", "алло, кто это", "", "да, слушаю вас")
NAMES = (
    "Соколова Анна Петровна", "Морозов Илья Викторович", "Лебедева Ольга Николаевна", "Кузнецов Денис Олегович",
    "Егорова Тамара Ильинична", "Волков Сергей Павлович", "Зайцева Мария Юрьевна", "Орлов Пётр Андреевич",
)  # fmt: skip
DOCTORS = (
    ("Улюкаева Мария Ивановна", "стоматолог", "Центральный", "улица Ленина, 5"),
    ("Дорохов Павел Андреевич", "терапевт", "Северный", "Северный проспект, 12"),
)
HEADERS = ("Номер визита", "ФИО", "Дата рождения", "Телефон", "Дата", "Время", "Врач", "Специальность", "Филиал",
           "Адрес", "Часовой пояс", "Услуга", "Статус", "Ответ")  # fmt: skip


@dataclass(frozen=True)
class Manner:
    """A way to answer the reminder, and the outcome that it means."""

    name: str
    meant: Outcome
    lines: tuple[str, ...]
    interrupt: tuple[tuple[int, str, str], ...] = ()  # (phrase, after, words)
    to_administrator: tuple[str, ...] = ()


#: The first question is heard after 60 % of its 5.6 s, the second after 60 % of its 9.4 s: an answer that interrupts
#: counts from then on. Who interrupts the first question speaks for a second: the robot must be silent for longer than
#: people here take a phrase to last, else its next phrase would not be their second. The shares of the manners are
#: not those of life: interruptions are wanted here.
MANNERS = (
    Manner("перебивает оба вопроса", Outcome.CONFIRMED, (), ((1, "4.2s", "да, это я"), (2, "6.8s", "да, приду"))),
    Manner("да, приду", Outcome.CONFIRMED, ("да", "да, приду")),
    Manner("просит повторить", Outcome.CONFIRMED, ("да", "да, приду"), ((2, "2.5s", "повторите, пожалуйста"),)),
    Manner("нет, не смогу", Outcome.DECLINED, ("нет, не смогу",), ((1, "4.2s", "да, это я"),),
           ("Здравствуйте, запишите на среду",)),
    Manner("не звоните", Outcome.OPTED_OUT, ("да",), ((2, "3s", "не звоните мне больше"),)),
    Manner("перебивает вопрос", Outcome.CONFIRMED, ("да",), ((2, "7s", "конечно, приду"),)),
    Manner("перезвоните позже", Outcome.CALLBACK_LATER, (), ((1, "4s", "перезвоните позже"),)),
    Manner("конечно", Outcome.CONFIRMED, ("да, слушаю", "конечно")),
    Manner("перебивает имя", Outcome.CONFIRMED, ("хорошо, приду",), ((1, "4s", "да, это я"),)),
    Manner("ошиблись номером", Outcome.WRONG_PERSON, (), ((1, "4s", "вы ошиблись номером"),)),
    Manner("поддакивает", Outcome.CONFIRMED, ("да", "да, буду"), ((2, "4s", "алло"),)),
    Manner("перебивает, чтобы перенести", Outcome.WANTS_CHANGE, (),
           ((1, "4.2s", "да, это я"), (2, "7s", "перенесите на пятницу")), ("Здравствуйте, мне на пятницу",)),
)  # fmt: skip


#: What each of these lines is, by the labels of manifests: response times are told apart by it.
KINDS = {
    "да": "yes", "да, это я": "yes", "да, приду": "yes", "да, слушаю": "yes", "да, буду": "yes", "конечно": "yes",
    "конечно, приду": "yes", "хорошо, приду": "yes", "нет, не смогу": "no", "не звоните мне больше": "stop",
    "повторите, пожалуйста": "repeat", "перезвоните позже": "callback", "вы ошиблись номером": "wrong",
    "перенесите на пятницу": "change", "алло": "other",
}  # fmt: skip


@dataclass(frozen=True)
class Town:
    """people: the city's YAML; visits: the clinic's spreadsheet; manners: phone -> how this person answers."""

    people: Path
    visits: Path
    manners: dict[str, Manner]


def build(folder: Path, calls: int, first: int) -> Town:
    """So many people, each called once. first: which manner, voice and greeting the first of them has."""
    manners: dict[str, Manner] = {}
    persons: dict[str, Any] = {ADMINISTRATOR: _administrator()}
    rows = []
    for i in range(first, first + calls):
        phone = f"+7888000{1001 + i}"
        manners[phone] = MANNERS[i % len(MANNERS)]
        turn = i + i // len(MANNERS)  # the next time round each manner has another voice and greeting
        persons[phone] = _person(manners[phone], VOICES[turn % len(VOICES)], GREETINGS[turn % len(GREETINGS)])
        rows.append(_row(i, phone))
    people, visits = folder / "city.yaml", folder / "clinic.csv"
    people.write_text(json.dumps({"persons": persons}, ensure_ascii=False, indent=1), "utf-8")  # JSON is YAML
    with visits.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=";").writerows([HEADERS, *rows])
    return Town(people, visits, manners)


def _person(manner: Manner, voice: str, greeting: str) -> dict[str, Any]:
    call: dict[str, Any] = {"answer_after": "300ms", "lines": list(manner.lines), "longest": "75s"}
    if greeting:
        call["greeting"] = greeting
    if manner.interrupt:
        call["interrupt"] = [{"phrase": p, "at": at, "say": say} for p, at, say in manner.interrupt]
    if manner.to_administrator:
        call["to_administrator"] = list(manner.to_administrator)
    return {"name": manner.name, "voice": voice, "calls": [call]}


def _administrator() -> dict[str, Any]:
    call = {"answer_after": "500ms", "lines": ["Регистратура, слушаю"], "hang_up": {"after_lines": "2s"},
            "again": False, "longest": "40s"}  # fmt: skip
    return {"voice": "irina", "role": "administrator", "calls": [call]}


def _row(i: int, phone: str) -> list[str]:
    at = FIRST + timedelta(minutes=5 * i)
    doctor, speciality, branch, address = DOCTORS[i % len(DOCTORS)]
    return [f"{1001 + i}", NAMES[i % len(NAMES)], f"{1 + i % 28:02}.03.1985", phone, f"{at:%d.%m.%Y}", f"{at:%H:%M}",
            doctor, speciality, branch, address, "Europe/Moscow", "Осмотр", "записан", ""]  # fmt: skip
