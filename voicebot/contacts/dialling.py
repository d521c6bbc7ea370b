"""The decision right before dialling: ring now, wait, or never. Every answer carries its reason in Russian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.contacts.ids import spread
from voicebot.contacts.model import (
    CLOSED,
    Appointment,
    Attempt,
    Contact,
    ContactStatus,
    Patient,
    Suppression,
)
from voicebot.contacts.phones import phones_of
from voicebot.contacts.planning import cancelled, outdated, zone_of
from voicebot.contacts.rules import Rules
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known right before an attempt, as far as it concerns one patient; a family has one for each.

    visits: contact id -> its visit as the MIS says now (None: gone).
    mis_age: None when the MIS was read just now; else how old the copy in `visits` is.
    conversations_today: with the person to speak to, in the patient's local day, over all scenarios and patients
    for whom that person answers.
    """

    attempt: Attempt
    contacts: tuple[Contact, ...]
    patient: Patient | None
    visits: Mapping[str, Appointment | None]
    suppressions: tuple[Suppression, ...] = ()
    conversations_today: int = 0
    mis_age: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Dial:
    """Ring this phone now and speak of these contacts; the closed ones fell away."""

    phone: str
    contacts: tuple[Contact, ...]
    closed: tuple[Contact, ...] = ()


@dataclass(frozen=True, slots=True)
class Wait:
    """Not now: look again at this moment."""

    until: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class Drop:
    """This attempt is not made. contacts as they are afterwards; task: what a human must do instead, or ''."""

    contacts: tuple[Contact, ...]
    reason: str
    task: str = ""


@dataclass(frozen=True, slots=True)
class Redirect:
    """This attempt is not made: its phone fell away. Another one is, at this phone, for the same contacts."""

    phone: str
    contacts: tuple[Contact, ...]
    reason: str


Move = Dial | Wait | Drop | Redirect


def decide(situation: Situation, scenario: Scenario, rules: Rules, now: datetime) -> Move:
    """What to do with an attempt that is due: the rules in the order in which they matter to the patient."""
    rules = rules.of(scenario)
    spoken, closed = _still_of_use(situation, scenario, now)
    if not spoken:
        return Drop(closed, closed[0].reason if closed else "у попытки нет открытых дел")
    patient = situation.patient
    if patient is None:
        return Drop((*closed, *(cancelled(c, "пациент не найден") for c in spoken)), "пациент не найден")
    if patient.do_not_call:
        return _suppress(spoken, closed, "в МИС стоит отметка «не звонить»")
    phones = phones_of(patient, situation.suppressions, rules.lock, now)
    if phones.person:
        return _suppress(spoken, closed, phones.reason)
    if not phones.usable:
        return _suppress(spoken, closed, phones.reason, "Найти верный номер телефона пациента и позвонить")
    if situation.attempt.phone not in phones.usable:
        return Redirect(phones.usable[0], spoken, "номер больше не годится: звоним по другому номеру пациента")
    return _when(situation, spoken, closed, rules, now)


def _still_of_use(
    situation: Situation, scenario: Scenario, now: datetime
) -> tuple[tuple[Contact, ...], tuple[Contact, ...]]:
    """The contacts that are still worth a call, and those that this moment closes."""
    spoken: list[Contact] = []
    closed: list[Contact] = []
    for contact in situation.contacts:
        if contact.status in CLOSED:
            continue
        reason = outdated(contact, situation.visits.get(contact.id), scenario)
        if reason:
            closed.append(cancelled(contact, reason))
        elif now >= contact.deadline:
            closed.append(_too_late(contact, "визит начался раньше, чем удалось дозвониться"))
        else:
            spoken.append(contact)
    return tuple(spoken), tuple(closed)


def _when(
    situation: Situation, spoken: tuple[Contact, ...], closed: tuple[Contact, ...], rules: Rules, now: datetime
) -> Move:
    """The rules that make an attempt wait."""
    attempt = situation.attempt
    zone = zone_of(situation.patient, situation.visits.get(spoken[0].id))
    locked = rules.lock.locked(attempt.phone)
    if locked:
        return _wait(now + rules.lock_retry, locked, spoken, closed, rules)
    asked_for = any(c.outcome is Outcome.CALLBACK_LATER for c in spoken)
    if situation.conversations_today >= rules.conversations_a_day and not asked_for:
        reason = "сегодня с пациентом уже говорили: не больше одного разговора в день"
        return _wait(_later(rules.hours.next_day(now, zone), attempt, rules), reason, spoken, closed, rules)
    if not rules.hours.allowed(now, zone):
        reason = "сейчас звонить нельзя: вне разрешённых часов по времени пациента"
        return _wait(_later(rules.hours.next_allowed(now, zone), attempt, rules), reason, spoken, closed, rules)
    if situation.mis_age is not None and situation.mis_age > rules.mis_fresh_for:
        reason = "МИС не отвечает, а её последние данные устарели"
        return _wait(now + rules.mis_retry, reason, spoken, closed, rules)
    return Dial(attempt.phone, spoken, closed)


def _later(opening: datetime | None, attempt: Attempt, rules: Rules) -> datetime | None:
    """Shortly after an opening, so that not everybody who waited is rung in its first second."""
    return None if opening is None else opening + spread(attempt.id, rules.retry_spread)


def _wait(
    until: datetime | None, reason: str, spoken: tuple[Contact, ...], closed: tuple[Contact, ...], rules: Rules
) -> Move:
    """Wait, if that leaves time before the first visit; else a human takes over."""
    if until is not None and until <= min(c.deadline for c in spoken) - rules.lead:
        return Wait(until, reason)
    late = tuple(_too_late(c, f"{reason}; до визита не успеть") for c in spoken)
    return Drop((*closed, *late), f"{reason}; до визита не успеть", "Позвонить пациенту: робот до визита не успевает")


def _too_late(contact: Contact, reason: str) -> Contact:
    return replace(contact, status=ContactStatus.UNREACHED, outcome=Outcome.UNREACHED, reason=reason)


def _suppress(spoken: tuple[Contact, ...], closed: tuple[Contact, ...], reason: str, task: str = "") -> Drop:
    """The contacts become suppressed, for this reason."""
    now_suppressed = tuple(replace(c, status=ContactStatus.SUPPRESSED, reason=reason) for c in spoken)
    return Drop((*closed, *now_suppressed), reason, task)
