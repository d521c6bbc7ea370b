"""Invented patients for trying scenarios out: their facts are made by the same code as those of real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Representative, Sex
from voicebot.language.facts import Fact, facts_of

CLINIC = "Здоровье"
_CLINIC_PHONE = "+78880001020"
_BRANCH = ClinicBranch("b1", "Центральный", "ул. Ленина, д. 5", "Europe/Moscow", _CLINIC_PHONE)


@dataclass(frozen=True, slots=True)
class Example:
    """A patient with a visit so many days from now."""

    patient: Patient
    days: int
    at: time
    doctor: Doctor
    service: str = ""


_IVAN = Patient("p1", "Погосян", "Иван", "Аркадьевич", Sex.MALE, phones=("+78880000101",))
_ANNA = Patient("p2", "Погосян", "Анна", "Сергеевна", Sex.FEMALE, phones=("+78880000101",))
_OLGA = Patient("p3", "Соколова", "Ольга", "Петровна", Sex.FEMALE, phones=("+78880000103",))
_MOTHER = Representative("Соколова", "Ольга", "Петровна", Sex.FEMALE, ("+78880000103",))
_MASHA = Patient("p4", "Соколова", "Маша", "Андреевна", Sex.FEMALE, representative=_MOTHER)
_PETYA = Patient("p5", "Соколов", "Петя", "Андреевич", Sex.MALE, representative=_MOTHER)
_GRANNY = Patient("p6", "Соколова", "Нина", "Ивановна", Sex.FEMALE, representative=_MOTHER)
_DENTIST = Doctor("d1", "Улюкаева", "Мария", "Игоревна", "стоматолог", Sex.FEMALE)
_PAEDIATRICIAN = Doctor("d2", "Громов", "Олег", "Ильич", "педиатр", Sex.MALE)

#: By the name that tests and `voicebot simulate --example` use.
EXAMPLES: Mapping[str, Example] = {
    "ivan": Example(_IVAN, 1, time(15, 0), _DENTIST, service="осмотр"),
    "ivan_later": Example(_IVAN, 3, time(10, 30), _PAEDIATRICIAN),
    "anna": Example(_ANNA, 1, time(16, 30), _PAEDIATRICIAN),
    "olga": Example(_OLGA, 1, time(9, 0), _DENTIST),
    "masha": Example(_MASHA, 1, time(9, 30), _PAEDIATRICIAN),
    "petya": Example(_PETYA, 1, time(10, 0), _PAEDIATRICIAN),
    "granny": Example(_GRANNY, 1, time(11, 0), _DENTIST),
    "ivan_missed": Example(_IVAN, -3, time(15, 0), _DENTIST),
    "masha_missed": Example(_MASHA, -3, time(9, 30), _PAEDIATRICIAN),
}
_CHILDREN = (_MASHA, _PETYA)
_ABOUT_NO_VISIT: Mapping[str, Fact] = {
    "clinic.phone": _CLINIC_PHONE,
    "recall.reason": "плановый осмотр",
    "offer.text": "До конца месяца на профессиональную чистку зубов скидка десять процентов",
    "offer.warning": "Имеются противопоказания, необходима консультация специалиста",
}
#: A number that is in no book: the facts of a caller whom nobody knows.
UNKNOWN = "unknown"
NAMES: Sequence[str] = (*EXAMPLES, UNKNOWN)


def example_facts(names: Sequence[str], now: datetime, clinic_name: str = CLINIC) -> tuple[Mapping[str, Fact], ...]:
    """The facts of one call about these patients' visits, in this order. now is aware. Raises KeyError."""
    made: list[Mapping[str, Fact]] = []
    before = ""
    for number, name in enumerate(names, 1):
        if name == UNKNOWN:
            made.append({"clinic.name": clinic_name, "clinic.phone": _CLINIC_PHONE})
            continue
        one = EXAMPLES[name]
        who = one.patient.spoken_to
        made.append({
            **_ABOUT_NO_VISIT,
            **facts_of(one.patient, _visit(name, one, now), clinic_name, number, len(names), now),
            "person.name": f"{who.given_name} {who.patronymic}".strip(),
            "person.is_representative": _yes(one.patient.representative is not None),
            "person.is_new": _yes(before not in ("", who.surname + who.given_name)),
            "patient.is_child": _yes(one.patient in _CHILDREN),
        })  # fmt: skip
        before = who.surname + who.given_name
    return tuple(made)


def _yes(value: bool) -> str:
    return "да" if value else "нет"


def _visit(name: str, one: Example, now: datetime) -> Appointment:
    start = datetime.combine(now.date() + timedelta(days=one.days), one.at, now.tzinfo)
    return Appointment(f"v-{name}", "1", one.patient.id, start, one.doctor, _BRANCH, service=one.service)
