"""When and where the next attempt is made, if there may be one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.contacts.ids import spread, stable_id
from voicebot.contacts.model import Attempt, AttemptStatus, Contact, Patient, Suppression
from voicebot.contacts.phones import phone_after, phones_of
from voicebot.contacts.rules import Rules

URGENT = 50  # a call that the patient asked for goes before reminders (100)


@dataclass(frozen=True, slots=True)
class Retry:
    """One more attempt for one contact."""

    contact_id: str
    due: datetime
    phone: str
    reason: str
    priority: int = 100


@dataclass(frozen=True, slots=True)
class NoRetry:
    """Why there is no further attempt, in Russian. no_phone: for want of a number, not of time."""

    reason: str
    no_phone: bool = False


@dataclass(frozen=True, slots=True)
class Retrying:
    """What all retries of one patient's contacts after an attempt have in common. talked: a conversation with the
    person to speak to was held today. They are spread by the attempt, so that a family stays together."""

    attempt: Attempt
    patient: Patient
    suppressions: Sequence[Suppression]
    zone: str
    rules: Rules
    now: datetime
    talked: bool = False

    def after(self, contact: Contact, used: int, wait: timedelta, reason: str) -> Retry | NoRetry:
        """An attempt so long from now at the earliest, within the hours and before the visit."""
        phone = self._phone(used + 1)
        if not phone:
            return NoRetry("больше нет номера, по которому можно звонить", no_phone=True)
        due = self.now + wait + spread(self.attempt.id, self.rules.scatter(wait))
        if self.talked and self.rules.conversations_a_day <= 1:
            tomorrow = self.rules.hours.next_day(self.now, self.zone)
            if tomorrow is None:
                return NoRetry("нет разрешённых часов для звонка")
            due = max(due, tomorrow)
        return self._within(contact, due, phone, reason)

    def at(self, contact: Contact, wished: datetime, reason: str) -> Retry | NoRetry:
        """An attempt at the time that the patient asked for, or as soon after as the hours allow."""
        phone = self._phone(contact.attempts_used + 2, stay=True)
        if not phone:
            return NoRetry("больше нет номера, по которому можно звонить", no_phone=True)
        return self._within(contact, max(wished, self.now), phone, reason, URGENT)

    def _within(self, contact: Contact, due: datetime, phone: str, reason: str, priority: int = 100) -> Retry | NoRetry:
        opened = self.rules.hours.next_allowed(due, self.zone)
        if opened is not None and opened > due:
            later = opened + spread(self.attempt.id, self.rules.retry_spread)
            opened = later if self.rules.hours.allowed(later, self.zone) else opened
        if opened is None or opened > contact.deadline - self.rules.lead:
            coming = "до визита больше не успеть"
            return NoRetry(coming if contact.appointment_id else "больше не успеть: повод для звонка устареет")
        return Retry(contact.id, opened, phone, reason, priority)

    def _phone(self, number: int, stay: bool = False) -> str:
        usable = phones_of(self.patient, self.suppressions, self.rules.lock, self.now).usable
        if stay and self.attempt.phone in usable:
            return self.attempt.phone
        return phone_after(usable, self.attempt.phone, number)


def merged(attempt: Attempt, retries: Iterable[Retry]) -> tuple[Attempt, ...]:
    """The attempts that carry these retries: one for all contacts that are due at the same moment and phone."""
    groups: dict[tuple[datetime, str, str, int], list[str]] = {}
    for r in retries:
        groups.setdefault((r.due, r.phone, r.reason, r.priority), []).append(r.contact_id)
    return tuple(
        Attempt(
            id=stable_id("a", attempt.id, phone, *ids),
            phone=phone,
            contact_ids=tuple(ids),
            status=AttemptStatus.PLANNED,
            due_at=due,
            priority=priority,
            reason=reason,
            lane=attempt.lane,
        )
        for (due, phone, reason, priority), ids in groups.items()
    )
