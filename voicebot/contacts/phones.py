"""Which of a patient's phones may be rung, and who is suppressed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from voicebot.contacts.decisions import RuleId
from voicebot.contacts.model import Patient, Suppression
from voicebot.contacts.rules import DiallingLock

#: What a suppression says that was made because somebody asked for it.
OPT_OUT = "просили больше не звонить"


@dataclass(frozen=True, slots=True)
class Phones:
    """usable: in the order of trying. reason: why there is none, in Russian, and the rule that says so.

    person: it is the person who must not be called, not a phone.
    """

    usable: tuple[str, ...]
    reason: str = ""
    person: bool = False
    rule: RuleId = RuleId.NO_PHONE


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


class Against:
    """Many suppressions, asked for those of one patient at a time."""

    def __init__(self, suppressions: Iterable[Suppression]) -> None:
        self._by_patient: dict[str, list[Suppression]] = {}
        self._by_phone: dict[str, list[Suppression]] = {}
        for one in suppressions:
            by, key = (self._by_patient, one.patient_id) if one.patient_id else (self._by_phone, one.phone)
            by.setdefault(key, []).append(one)

    def of(self, patient: Patient) -> tuple[Suppression, ...]:
        """Those that concern this patient or one of their phones."""
        found = list(self._by_patient.get(patient.id, ()))
        if self._by_phone:
            for phone in patient.phones:
                found += self._by_phone.get(phone, ())
        return tuple(found)


def phones_of(patient: Patient, suppressions: Sequence[Suppression], lock: DiallingLock, now: datetime) -> Phones:
    """The phones at which this patient may be rung."""
    person = suppressed("", patient.id, [s for s in suppressions if not s.phone], now)
    if person:
        return Phones((), f"не звонить пациенту: {person}", person=True, rule=_rule(person))
    against: list[tuple[RuleId, str]] = []
    usable: list[str] = []
    for phone in dict.fromkeys(patient.phones):
        bad, stopped = lock.bad_number(phone), suppressed(phone, patient.id, suppressions, now)
        if bad:
            against.append((RuleId.BAD_NUMBER, bad))
        elif stopped:
            against.append((_rule(stopped), stopped))
        else:
            usable.append(phone)
    if usable:
        return Phones(tuple(usable))
    if not against:
        return Phones((), "нет телефона")
    reason = "нет номера, по которому можно звонить: " + "; ".join(dict.fromkeys(why for _, why in against))
    # A stop outweighs a number that is wrong as well: it is what staff have to know.
    return Phones((), reason, rule=next((r for r, _ in against if r is RuleId.OPTED_OUT), against[0][0]))


def _rule(why: str) -> RuleId:
    return RuleId.OPTED_OUT if why == OPT_OUT else RuleId.SUPPRESSION


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
