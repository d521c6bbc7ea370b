"""What one finished attempt leads to, gathered in one place; its ids are made of the attempt's, so that settling
twice writes nothing twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from voicebot.contacts.hours import known_zone
from voicebot.contacts.ids import stable_id
from voicebot.contacts.model import (
    Appointment,
    Attempt,
    Contact,
    ContactStatus,
    Delivery,
    DeliveryKind,
    Message,
    Suppression,
    Task,
)
from voicebot.contacts.retrying import Retry
from voicebot.contacts.rules import Rules
from voicebot.dialogue.outcome import Answer, Outcome


@dataclass(frozen=True, slots=True)
class Consequences:
    """The parts of a store's Settlement. concluded: the contact as it is afterwards, and what the attempt meant.

    not_talked: ids of contacts whose person was not on the line, although somebody else of the family was.
    """

    attempt: Attempt
    concluded: tuple[tuple[Contact, Outcome], ...]
    next_attempts: tuple[Attempt, ...] = ()
    messages: tuple[Message, ...] = ()
    tasks: tuple[Task, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    not_talked: frozenset[str] = frozenset()


def day_of_visit(contact: Contact, zone: str, rules: Rules, now: datetime) -> datetime:
    """When a task about this contact is due: the opening hour of the day of the visit; now, if that has gone by."""
    local = contact.deadline.astimezone(ZoneInfo(known_zone(zone) or "Europe/Moscow"))
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    opening = rules.hours.next_allowed(midnight, zone)
    if opening is None or opening > contact.deadline:
        opening = contact.deadline - timedelta(hours=1)
    return max(opening, now)


@dataclass(slots=True)
class Ledger:
    """Collects what follows from an attempt. Things of the same id are written once.

    zone: of the patient whose contact is being written.
    """

    attempt: Attempt
    visits: Mapping[str, Appointment | None]
    zone: str
    rules: Rules
    now: datetime
    concluded: list[tuple[Contact, Outcome]] = field(default_factory=list)
    retries: list[Retry] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    tasks: dict[str, Task] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    suppressions: list[Suppression] = field(default_factory=list)

    def close(self, contact: Contact, status: ContactStatus, outcome: Outcome, used: int, reason: str) -> None:
        after = replace(contact, status=status, outcome=outcome, attempts_used=used, reason=reason)
        self.concluded.append((after, outcome))

    def keep(self, contact: Contact, outcome: Outcome, used: int, retry: Retry) -> None:
        """The contact stays open for one more attempt."""
        after = replace(
            contact,
            status=ContactStatus.IN_PROGRESS,
            outcome=outcome,
            attempts_used=used,
            due_at=retry.due,
            reason=retry.reason,
        )
        self.concluded.append((after, outcome))
        self.retries.append(retry)

    def answer(self, contact: Contact, answer: Answer) -> None:
        if contact.appointment_id:
            self._deliver(DeliveryKind.ANSWER, contact, answer.value)

    def note(self, contact: Contact, text: str) -> None:
        local = self.now.astimezone(ZoneInfo(known_zone(self.zone) or "Europe/Moscow"))
        self._deliver(DeliveryKind.NOTE, contact, f"Робот звонил {local:%d.%m в %H:%M}: {text}.")

    def contact_status(self, contact: Contact, value: str) -> None:
        self._deliver(DeliveryKind.CONTACT_STATUS, replace(contact, appointment_id="", id=contact.patient_id), value)

    def task(self, contact: Contact, what: str, once: bool = False) -> None:
        """A task for a human: on the day of the visit to come, else now. once: one for the person, however many
        visits."""
        key = stable_id("t", self.attempt.id, contact.patient_id if once else contact.id)
        visit = self.visits.get(contact.id)
        coming = visit is not None and visit.start == contact.deadline
        due = day_of_visit(contact, self.zone, self.rules, self.now) if coming else self.now
        self.tasks.setdefault(key, Task(key, contact.id, contact.patient_id, what, self.now, due))

    def message(self, contact: Contact, template: str, phone: str, text: str) -> None:
        key = stable_id("m", self.attempt.id, contact.id, template)
        self.messages[key] = Message(key, contact.id, contact.patient_id, phone, text, self.now)

    def suppress(self, phone: str, patient_id: str, why: str, until: datetime | None = None) -> None:
        entry = Suppression(phone, patient_id, why, self.now, until)
        if entry not in self.suppressions:
            self.suppressions.append(entry)

    def _deliver(self, kind: DeliveryKind, contact: Contact, value: str) -> None:
        visit = self.visits.get(contact.id)
        key = stable_id("d", self.attempt.id, contact.id, kind.value)
        self.deliveries[key] = Delivery(
            id=key,
            kind=kind,
            patient_id=contact.patient_id,
            appointment_id=contact.appointment_id,
            expected_version=visit.version if visit is not None else contact.appointment_version,
            value=value,
            next_at=self.now,
        )
