"""Invented patients for trying scenarios out: their facts are made by the same code as those of real ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Representative, Sex
from voicebot.language.facts import Extras, Fact, Offer, Person, facts_of

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
_MASHA = Patient("p4", "Соколова", "Маша", "Андреевна", Sex.FEMALE, date(2019, 5, 4), representative=_MOTHER)
_PETYA = Patient("p5", "Соколов", "Петя", "Андреевич", Sex.MALE, date(2021, 2, 8), representative=_MOTHER)
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
_EXTRAS = Extras(
    clinic_phone=_CLINIC_PHONE,
    recall_reason="плановый осмотр",
    offer=Offer("До конца месяца на профессиональную чистку зубов скидка десять процентов",
                "Имеются противопоказания, необходима консультация специалиста"),
)  # fmt: skip
#: A number that is in no book: the facts of a caller whom nobody knows.
UNKNOWN = "unknown"
NAMES: Sequence[str] = (*EXAMPLES, UNKNOWN)


def example_facts(names: Sequence[str], now: datetime, clinic_name: str = CLINIC) -> tuple[Mapping[str, Fact], ...]:
    """The facts of one call about these patients' visits, in this order. now is aware. Raises KeyError."""
    made: list[Mapping[str, Fact]] = []
    before: Patient | Representative | None = None
    for number, name in enumerate(names, 1):
        if name == UNKNOWN:
            made.append({"clinic.name": clinic_name, "clinic.phone": _CLINIC_PHONE})
            continue
        one = EXAMPLES[name]
        who = one.patient.spoken_to
        extras = replace(_EXTRAS, person=_person(one.patient), person_is_new=before is not None and before != who)
        visit = _visit(name, one, now)
        made.append(facts_of(one.patient, visit, clinic_name, number, len(names), now, extras))
        before = who
    return tuple(made)


def _person(patient: Patient) -> Person | None:
    who = patient.representative
    return None if who is None else Person(who.surname, who.given_name, who.patronymic, who.sex)


def _visit(name: str, one: Example, now: datetime) -> Appointment:
    start = datetime.combine(now.date() + timedelta(days=one.days), one.at, now.tzinfo)
    return Appointment(f"v-{name}", "1", one.patient.id, start, one.doctor, _BRANCH, service=one.service)
