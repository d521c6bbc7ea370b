"""Patients and visits -> the facts that texts name. The same names as in voicebot/scenarios/facts.py.

Dates and times stay dates and times: how they are said («завтра») is decided when they are spoken.
A datetime is a day with a relative word, a date a day without one, a time a time of day. People are names.Name, so
that they can be put into cases and agreed with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Sex
from voicebot.language.names import Name, Part, named
from voicebot.language.numerals import ordinal
from voicebot.language.values import CalendarDay, Money, Slot

Fact = str | int | datetime | date | time | Name | Slot | CalendarDay | Money
CHILD_YEARS = 18


@dataclass(frozen=True, slots=True)
class Person:
    """The one who is spoken to, where it is not the patient: a parent, a guardian."""

    surname: str = ""
    given_name: str = ""
    patronymic: str = ""
    sex: Sex = Sex.UNKNOWN


@dataclass(frozen=True, slots=True)
class Offer:
    """What an advertising call offers; until: the last day."""

    text: str
    warning: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Extras:
    """What a call may know beyond the patient and the visit. Whatever is left out is unknown to the texts.

    person:      None for the patient's representative, or the patient where there is none
    person_is_new: another person than at the visit before in this call
    slots:       offered moments, aware, at most three are named
    """

    person: Person | None = None
    person_is_new: bool = True
    clinic_phone: str = ""
    slots: Sequence[datetime] = ()
    recall_reason: str = ""
    last_visit: date | None = None
    offer: Offer | None = None


NO_EXTRAS = Extras()


def facts_of(patient: Patient, appointment: Appointment, clinic_name: str, visit_number: int, visits_total: int,
             now: datetime, extras: Extras = NO_EXTRAS) -> Mapping[str, Fact]:  # fmt: skip
    """The facts of one visit of a call. What the books lack is an empty text, which no template may speak.

    visit_number counts from 1; now is aware. Times are those of the branch's zone, or of the visit without one.
    """
    start = local_start(appointment)
    doctor = appointment.doctor
    return {
        **patient_facts(patient, clinic_name, extras, now),
        **_branch_facts(appointment.branch),
        "visit.day": start,
        "visit.date": start.date(),
        "visit.time": start.time(),
        "visit.when": _when(start, now),
        "visit.doctor": _doctor(doctor, "доктор"),
        "visit.specialist": _doctor(doctor, doctor.speciality.strip().lower() or "доктор"),
        "visit.speciality": doctor.speciality.strip().lower(),
        "visit.service": _common(appointment.service.strip()),
        "visit.number": visit_number,
        "visit.nth": f"{ordinal(visit_number)} визит" if 0 < visit_number < 100 else "",
        "visit.is_first": _yes(visit_number == 1),
        "visit.is_last": _yes(visit_number == visits_total),
        "visits.total": visits_total,
    }


def patient_facts(patient: Patient, clinic_name: str, extras: Extras = NO_EXTRAS,
                  now: datetime | None = None) -> Mapping[str, Fact]:  # fmt: skip
    """The facts of a call that is about no visit. now tells whether the patient is a child."""
    other = extras.person or _representative(patient)
    person = other or Person(patient.surname, patient.given_name, patient.patronymic, patient.sex)
    offer = extras.offer or Offer("")
    slots = [*extras.slots[:3], *[None] * 3][:3]
    return {
        "clinic.name": clinic_name.strip(),
        "clinic.phone": extras.clinic_phone.strip(),
        **_names("patient", patient.surname, patient.given_name, patient.patronymic, patient.sex),
        **_names("person", person.surname, person.given_name, person.patronymic, person.sex),
        "person.is_representative": _yes(other is not None),
        "person.is_new": _yes(extras.person_is_new),
        "patient.is_child": _yes(_is_child(patient, now)),
        **{f"slot.{n}": Slot(at) if at is not None else "" for n, at in enumerate(slots, 1)},
        "recall.reason": extras.recall_reason.strip(),
        "last_visit.date": CalendarDay(extras.last_visit) if extras.last_visit else "",
        "offer.text": offer.text.strip(),
        "offer.warning": offer.warning.strip(),
        "offer.until": CalendarDay(offer.until, "до") if offer.until else "",
    }


def _names(whose: str, surname: str, given_name: str, patronymic: str, sex: Sex) -> Mapping[str, Fact]:
    """Each part knows the sex that all of them tell («Погосян Анна»: the surname alone would not)."""
    full = named(surname, given_name, patronymic, sex)
    known = full.known_sex
    polite = named("", given_name, patronymic, known) if given_name.strip() else Name(())
    return {
        f"{whose}.given_name": named("", given_name, "", known),
        f"{whose}.name": polite,
        f"{whose}.full_name": Name(full.words, known),
    }


def _representative(patient: Patient) -> Person | None:
    one = patient.representative
    return Person(one.surname, one.given_name, one.patronymic, one.sex) if one is not None else None


def _is_child(patient: Patient, now: datetime | None) -> bool:
    born = patient.birth_date
    if born is None or now is None:
        return False
    years = now.year - born.year - ((now.month, now.day) < (born.month, born.day))
    return years < CHILD_YEARS


def choices_of(facts: Mapping[str, Fact]) -> Mapping[str, str]:
    """The facts as texts, for the machine's `choose`: days and times in ISO form."""
    return {name: value.isoformat() if isinstance(value, date | time) else str(value) for name, value in facts.items()}


def name_words(patient: Patient) -> frozenset[str]:
    """The words by which the patient may be named in an answer («да, это Иван»), for understanding."""
    names = f"{patient.surname} {patient.given_name} {patient.patronymic}"
    return frozenset(word.lower().replace("ё", "е") for word in names.replace("-", " ").split())


def local_start(appointment: Appointment) -> datetime:
    """When the visit begins, by the clock on the branch's wall."""
    if appointment.start.tzinfo is None:
        raise ValueError(f"appointment {appointment.id}: start must be aware")
    if not appointment.branch.zone:
        return appointment.start
    try:
        return appointment.start.astimezone(ZoneInfo(appointment.branch.zone))
    except (ZoneInfoNotFoundError, ValueError):  # an unknown zone in the books must not stop a call
        return appointment.start


def _branch_facts(branch: ClinicBranch) -> Mapping[str, Fact]:
    return {"branch.name": branch.name.strip(), "branch.address": branch.address.strip(), "branch.phone": branch.phone}


def _common(text: str) -> str:
    """Without the capital of a table's cell: «Чистка зубов» -> «чистка зубов», «УЗИ» stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _doctor(doctor: Doctor, title: str) -> Name:
    if not doctor.surname.strip():
        return Name(())
    sex = named(doctor.surname, doctor.given_name, doctor.patronymic, doctor.sex).known_sex
    return Name(((Part.TITLE, title), (Part.SURNAME, doctor.surname.strip())), sex)


def _when(start: datetime, now: datetime) -> str:
    days = (start.date() - now.astimezone(start.tzinfo).date()).days
    return {0: "today", 1: "tomorrow"}.get(days, "later" if days > 0 else "past")


def _yes(value: bool) -> str:
    return "да" if value else "нет"
