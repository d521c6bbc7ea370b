"""How often one person may be contacted (DOMAIN rule 2), and which calls that does not concern."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from voicebot.contacts.decisions import Because, RuleId
from voicebot.contacts.model import Contact, ContactStatus, Lifecycle
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import About, Scenario

#: A month that slides: three in any 31 days, so that the turn of a month does not make six in a week.
MONTH = timedelta(days=31)
_NOT_CALLED = frozenset({ContactStatus.CANCELLED, ContactStatus.SUPPRESSED})


def speaks_of_visit_to_come(scenario: Scenario) -> bool:
    """Reminders: their contacts end when the visit begins, and they are left out of the month's limit."""
    return scenario.about is About.APPOINTMENT and scenario.plan.lifecycle == Lifecycle.BOOKED


def tells_of_cancellation(scenario: Scenario) -> bool:
    """The clinic cancelled the visit: the patient has to know, whatever the limits."""
    return scenario.about is About.APPOINTMENT and scenario.plan.lifecycle == Lifecycle.CANCELLED


def free_of_month(scenario: Scenario) -> bool:
    """Whether contacts of this scenario neither count for the month nor stop at its limit."""
    return speaks_of_visit_to_come(scenario) or free_of_day(scenario)


def free_of_day(scenario: Scenario) -> bool:
    """Whether calls of this scenario are made although the person was talked with today."""
    return scenario.about is About.CALLBACK or tells_of_cancellation(scenario)


def asked_for(contacts: Iterable[Contact]) -> bool:
    """Whether the patient asked to be called again about one of these."""
    return any(c.outcome is Outcome.CALLBACK_LATER for c in contacts)


def was_contacted(contact: Contact) -> bool:
    """Whether this contact counts as one by which somebody was reached out to: it waits, or calls were made for it."""
    return contact.status not in _NOT_CALLED or contact.attempts_used > 0


def day_refused(conversations: int, allowed: int) -> Because | None:
    """conversations: with the person, in their local day."""
    if conversations < allowed:
        return None
    most = "одного разговора" if allowed == 1 else f"{allowed} разговоров"
    return Because(RuleId.DAY_LIMIT, f"сегодня с пациентом уже говорили: не больше {most} в день")


def month_refused(contacted: Iterable[datetime], allowed: int, now: datetime) -> Because | None:
    """contacted: when the person was reached out to, one moment a contact, without the exempt ones.

    next_at of the answer: when the next contact is free.
    """
    recent = sorted(moment for moment in contacted if moment > now - MONTH)
    if len(recent) < allowed:
        return None
    reason = f"за месяц с пациентом уже связывались {len(recent)} раз: не больше {allowed}"
    return Because(RuleId.MONTH_LIMIT, reason, recent[-allowed] + MONTH)
