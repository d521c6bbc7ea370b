"""Which of a patient's phones may be rung, and who is suppressed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voicebot.contacts.model import Patient, Suppression
from voicebot.contacts.rules import DiallingLock


@dataclass(frozen=True, slots=True)
class Phones:
    """usable: in the order of trying. reason: why there is none, in Russian; person: it is the person, not a phone."""

    usable: tuple[str, ...]
    reason: str = ""
    person: bool = False


def in_force(suppression: Suppression, now: datetime) -> bool:
    return suppression.since <= now and (suppression.until is None or now < suppression.until)


def suppressed(phone: str, patient_id: str, suppressions: Sequence[Suppression], now: datetime) -> str:
    """Why this patient must not be rung at this phone, in Russian, or ''."""
    for s in suppressions:
        if not in_force(s, now) or not (s.phone or s.patient_id):
            continue
        if s.phone in ("", phone) and s.patient_id in ("", patient_id):
            return s.why
    return ""


def phones_of(patient: Patient, suppressions: Sequence[Suppression], lock: DiallingLock, now: datetime) -> Phones:
    """The phones at which this patient may be rung."""
    person = suppressed("", patient.id, [s for s in suppressions if not s.phone], now)
    if person:
        return Phones((), f"не звонить пациенту: {person}", person=True)
    reasons: list[str] = []
    usable: list[str] = []
    for phone in dict.fromkeys(patient.phones):
        reason = lock.bad_number(phone) or suppressed(phone, patient.id, suppressions, now)
        if reason:
            reasons.append(reason)
        else:
            usable.append(phone)
    if usable:
        return Phones(tuple(usable))
    return Phones((), "нет номера, по которому можно звонить: " + "; ".join(reasons) if reasons else "нет телефона")


def phone_after(usable: Sequence[str], current: str, number: int) -> str:
    """The phone of the attempt with this number (the first is 1): the second phone, if there is one, from the
    third attempt on; never back to one that was left. '' when there is none."""
    if not usable:
        return ""
    if current not in usable:
        return usable[0]
    place = usable.index(current)
    if number >= 3 and place == 0 and len(usable) > 1:
        place = 1
    return usable[place]
