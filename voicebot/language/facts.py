"""Patients and visits -> the facts that texts name. The same names as in voicebot/scenarios/facts.py.

Dates and times stay dates and times: how they are said («завтра») is decided when they are spoken.
A datetime is a day with a relative word, a date a day without one, a time a time of day.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient
from voicebot.language.numerals import ordinal

Fact = str | int | datetime | date | time


def facts_of(patient: Patient, appointment: Appointment, clinic_name: str, visit_number: int, visits_total: int,
             now: datetime) -> Mapping[str, Fact]:  # fmt: skip
    """The facts of one visit of a call. What the books lack is an empty text, which no template may speak.

    visit_number counts from 1; now is aware. Times are those of the branch's zone, or of the visit without one.
    """
    start = local_start(appointment)
    return {
        **patient_facts(patient, clinic_name),
        **_branch_facts(appointment.branch),
        "visit.day": start,
        "visit.date": start.date(),
        "visit.time": start.time(),
        "visit.when": _when(start, now),
        "visit.doctor": _doctor(appointment.doctor),
        "visit.speciality": appointment.doctor.speciality.strip().lower(),
        "visit.service": appointment.service.strip(),
        "visit.number": visit_number,
        "visit.nth": f"{ordinal(visit_number)} визит" if 0 < visit_number < 100 else "",
        "visit.is_first": _yes(visit_number == 1),
        "visit.is_last": _yes(visit_number == visits_total),
        "visits.total": visits_total,
    }


def patient_facts(patient: Patient, clinic_name: str) -> Mapping[str, Fact]:
    """The facts of a call that is about no visit."""
    return {
        "clinic.name": clinic_name.strip(),
        "patient.given_name": patient.given_name.strip(),
        "patient.name": _joined(patient.given_name, patient.patronymic) if patient.given_name.strip() else "",
        "patient.full_name": _joined(patient.surname, patient.given_name, patient.patronymic),
    }


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


def _doctor(doctor: Doctor) -> str:
    return f"доктор {doctor.surname.strip()}" if doctor.surname.strip() else ""


def _joined(*parts: str) -> str:
    return " ".join(p.strip() for p in parts if p.strip())


def _when(start: datetime, now: datetime) -> str:
    days = (start.date() - now.astimezone(start.tzinfo).date()).days
    return {0: "today", 1: "tomorrow"}.get(days, "later" if days > 0 else "past")


def _yes(value: bool) -> str:
    return "да" if value else "нет"
