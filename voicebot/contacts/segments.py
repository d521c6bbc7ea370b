"""Whom a segment means, and why somebody is not meant."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from voicebot.contacts.campaign import Candidate, Segment
from voicebot.contacts.hours import known_zone
from voicebot.contacts.model import Sex

_SEX = {Sex.MALE: "мужчина", Sex.FEMALE: "женщина", Sex.UNKNOWN: "не указан"}
_ANYBODY = Segment()


def in_segment(candidate: Candidate, segment: Segment, today: date) -> str:
    """'' when the candidate is meant; else why not, in Russian. What a segment asks and nobody knows (an age without
    a birth date) is not met. Branch, doctor and service are those of the visit that it is about, else of the last."""
    if segment == _ANYBODY:
        return ""
    return _visit(candidate, segment) or _person(candidate, segment, today) or _last_visit(candidate, segment)


def age_on(birth: date, day: date) -> int:
    """Full years; who was born on 29 February is a year older on 1 March."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def _visit(candidate: Candidate, segment: Segment) -> str:
    visit = candidate.appointment or candidate.last
    asked = (
        (segment.branches, visit.branch.id if visit else "", "филиал"),
        (segment.doctors, visit.doctor.id if visit else "", "врач"),
        (segment.services, visit.service if visit else "", "услуга"),
    )
    for wanted, found, what in asked:
        if wanted and found not in wanted:
            return f"не в сегменте: {what} «{found}»" if found else f"не в сегменте: не указано: {what}"
    return ""


def _person(candidate: Candidate, segment: Segment, today: date) -> str:
    patient = candidate.patient
    if segment.sex is not None and patient.sex is not segment.sex:
        return f"не в сегменте: пол — {_SEX[patient.sex]}"
    if segment.age_from is None and segment.age_to is None:
        return ""
    if patient.birth_date is None:
        return "не в сегменте: дата рождения не известна"
    age = age_on(patient.birth_date, today)
    low, high = segment.age_from, segment.age_to
    if (low is not None and age < low) or (high is not None and age > high):
        return f"не в сегменте: возраст {age}"
    return ""


def _last_visit(candidate: Candidate, segment: Segment) -> str:
    since, until = segment.last_visit_from, segment.last_visit_to
    if since is None and until is None:
        return ""
    last = candidate.last_visit or (candidate.last.start if candidate.last is not None else None)
    if last is None:
        return "не в сегменте: последнего визита нет"
    zone = candidate.last.branch.zone if candidate.last is not None else ""
    day = last.astimezone(ZoneInfo(known_zone(zone) or "Europe/Moscow")).date()
    if (since is not None and day < since) or (until is not None and day > until):
        return f"не в сегменте: последний визит {day:%d.%m.%Y}"
    return ""
