"""The decision right before dialling: ring now, wait, or never. Every answer carries its reason in Russian."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.contacts.campaign import Campaign
from voicebot.contacts.consents import Consent, advertising_refused, not_released
from voicebot.contacts.decisions import Because, RuleId
from voicebot.contacts.giving_up import BEGUN
from voicebot.contacts.ids import spread
from voicebot.contacts.inviting import not_invited
from voicebot.contacts.limits import (
    asked_for,
    day_refused,
    free_of_day,
    free_of_month,
    month_refused,
    speaks_of_visit_to_come,
)
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
from voicebot.contacts.planning import cancelled, outdated, too_late, zone_of
from voicebot.contacts.rules import Rules
from voicebot.contacts.unknown_zone import unknown_zone
from voicebot.dialogue.scenario import Purpose, Scenario


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known right before an attempt, as far as it concerns one patient; a family has one for each.

    visits: contact id -> its visit as the MIS says now (None: gone).
    mis_age: None when the MIS was read just now; else how old the copy in `visits` is.
    conversations_today: with the person to speak to, in the patient's local day, over all scenarios and patients
    for whom that person answers.
    contacted: when that person was reached out to in the last 31 days by other contacts that count (limits.py).
    next_visit: the patient's earliest booking to come; refused_at: when they last refused an invitation.
    campaign: the one that made these contacts, None for the reminders of a scenario's own plan.
    """

    attempt: Attempt
    contacts: tuple[Contact, ...]
    patient: Patient | None
    visits: Mapping[str, Appointment | None]
    suppressions: tuple[Suppression, ...] = ()
    conversations_today: int = 0
    mis_age: timedelta | None = None
    contacted: tuple[datetime, ...] = ()
    next_visit: datetime | None = None
    refused_at: datetime | None = None
    consent: Consent | None = None
    campaign: Campaign | None = None


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
    rule: RuleId


@dataclass(frozen=True, slots=True)
class Drop:
    """This attempt is not made. contacts as they are afterwards; task: what a human must do instead, or ''.
    Of reminders that came too late (UNREACHED) more follows: contacts.giving_up."""

    contacts: tuple[Contact, ...]
    reason: str
    task: str = ""
    rule: RuleId = RuleId.VISIT


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
    if situation.campaign is not None:
        rules = rules.during(situation.campaign.hours)
    spoken, closed = _still_of_use(situation, scenario, now)
    if not spoken:
        return Drop(closed, closed[0].reason if closed else "у попытки нет открытых дел")
    patient = situation.patient
    if patient is None:
        gone = tuple(cancelled(c, "пациент не найден") for c in spoken)
        return Drop((*closed, *gone), "пациент не найден", rule=RuleId.NO_PATIENT)
    never = _never(situation, patient, scenario, spoken, rules, now)
    if never is not None:
        return _suppress(spoken, closed, never)
    phones = phones_of(patient, situation.suppressions, rules.lock, now)
    if not phones.usable:
        find = "Найти верный номер телефона пациента и позвонить"
        return _suppress(spoken, closed, Because(phones.rule, phones.reason), "" if phones.person else find)
    if situation.attempt.phone not in phones.usable:
        return Redirect(phones.usable[0], spoken, "номер больше не годится: звоним по другому номеру пациента")
    wait = _not_now(situation, scenario, spoken, rules, now)
    if wait is not None:
        return _wait(wait, scenario, spoken, closed, rules)
    return Dial(situation.attempt.phone, spoken, closed)


def _never(
    situation: Situation,
    patient: Patient,
    scenario: Scenario,
    spoken: tuple[Contact, ...],
    rules: Rules,
    now: datetime,
) -> Because | None:
    """What forbids this call for good: the wish of the patient, the law, an invitation that came too late."""
    if patient.do_not_call:
        return Because(RuleId.OPTED_OUT, "в МИС стоит отметка «не звонить»")
    if situation.mis_age is not None and situation.mis_age > rules.mis_fresh_for:
        return None  # consent and bookings are not known: the call waits for the MIS
    refused = advertising_refused(scenario, situation.consent, now)
    if refused is not None or situation.campaign is None or asked_for(spoken):
        return refused
    zone = _zone(situation, spoken)
    seen = situation.next_visit, situation.refused_at
    return not_invited(situation.campaign, *seen, rules.refused_months, zone, now)


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
            begun = speaks_of_visit_to_come(scenario)
            closed.append(too_late(contact, BEGUN if begun else "повод для звонка устарел"))
        else:
            spoken.append(contact)
    return tuple(spoken), tuple(closed)


def _not_now(
    situation: Situation, scenario: Scenario, spoken: tuple[Contact, ...], rules: Rules, now: datetime
) -> Because | None:
    """The rules that make an attempt wait, with the moment at which it may be looked at again."""
    attempt, hours = situation.attempt, rules.hours
    zone = _zone(situation, spoken)
    campaign = situation.campaign
    held = not_released(campaign, scenario) if campaign is not None else _released_by_nobody(scenario)
    if held is not None:
        return replace(held, next_at=now + rules.lock_retry)
    shown = _caller_id(situation, rules)
    if isinstance(shown, Because):
        return replace(shown, next_at=now + rules.lock_retry)
    locked = rules.lock.locked(attempt.phone)
    if locked:
        return Because(RuleId.LOCK, locked, now + rules.lock_retry)
    if not asked_for(spoken) and not free_of_day(scenario):
        day = day_refused(situation.conversations_today, rules.conversations_a_day)
        if day is not None:
            return replace(day, next_at=_later(hours.next_day(now, zone), attempt, rules))
        month = None if free_of_month(scenario) else month_refused(situation.contacted, rules.contacts_a_month, now)
        if month is not None and month.next_at is not None:
            return replace(month, next_at=_later(hours.next_allowed(month.next_at, zone), attempt, rules))
    if not hours.allowed(now, zone):
        anywhere = unknown_zone(hours, now, zone)
        reason = f"сейчас звонить нельзя: {anywhere or 'вне разрешённых часов по времени пациента'}"
        return Because(RuleId.HOURS, reason, _later(hours.next_allowed(now, zone), attempt, rules))
    if situation.mis_age is not None and situation.mis_age > rules.mis_fresh_for:
        return Because(RuleId.MIS_UNREADABLE, "МИС не отвечает, а её последние данные устарели", now + rules.mis_retry)
    return None


def _caller_id(situation: Situation, rules: Rules) -> str | Because:
    visit = next((v for v in situation.visits.values() if v is not None), None)
    if not rules.caller_ids.numbers or situation.patient is None:
        return ""
    branch = visit.branch.id if visit is not None else ""
    return rules.caller_ids.choose(situation.patient.id, branch, situation.attempt.lane)


def shown_number(situation: Situation, rules: Rules) -> str:
    """The number that this patient is called from; '' leaves it to the line."""
    chosen = _caller_id(situation, rules)
    return chosen if isinstance(chosen, str) else ""


def _released_by_nobody(scenario: Scenario) -> Because | None:
    """Advertising without a campaign has nobody who answers for it."""
    if scenario.purpose is not Purpose.ADVERTISING:
        return None
    return Because(RuleId.RELEASE, "реклама без кампании: её никто не выпускал")


def _zone(situation: Situation, spoken: tuple[Contact, ...]) -> str:
    return zone_of(situation.patient, situation.visits.get(spoken[0].id)) or spoken[0].zone


def _later(opening: datetime | None, attempt: Attempt, rules: Rules) -> datetime | None:
    """Shortly after an opening, so that not everybody who waited is rung in its first second."""
    return None if opening is None else opening + spread(attempt.id, rules.retry_spread)


def _wait(
    why: Because, scenario: Scenario, spoken: tuple[Contact, ...], closed: tuple[Contact, ...], rules: Rules
) -> Move:
    """Wait, if that leaves time before the first visit; else a human takes over where somebody is expected to come."""
    if why.next_at is not None and why.next_at <= min(c.deadline for c in spoken) - rules.lead:
        return Wait(why.next_at, why.reason, why.rule)
    if not speaks_of_visit_to_come(scenario):
        return _suppress(spoken, closed, replace(why, reason=f"{why.reason}; повод для звонка к тому времени устареет"))
    late = tuple(too_late(c, f"{why.reason}; до визита не успеть") for c in spoken)
    return Drop((*closed, *late), f"{why.reason}; до визита не успеть", rule=why.rule)


def _suppress(spoken: tuple[Contact, ...], closed: tuple[Contact, ...], why: Because, task: str = "") -> Drop:
    """The contacts become suppressed, for this reason."""
    now_suppressed = tuple(replace(c, status=ContactStatus.SUPPRESSED, reason=why.reason) for c in spoken)
    return Drop((*closed, *now_suppressed), why.reason, task, why.rule)
