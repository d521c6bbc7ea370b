"""Why a patient was called, was not called at a moment, or not at all: everything that is kept of it, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.contacts.decisions import DecisionNote, Verdict
from voicebot.contacts.model import (
    Attempt,
    Contact,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Message,
    MessageStatus,
    Suppression,
    Task,
)
from voicebot.dialogue.outcome import Answer
from voicebot.reports.words import ANSWERS, DISPOSITIONS, OUTCOMES
from voicebot.store.patient_files import PatientFile
from voicebot.store.port import CallRow

_DELIVERED = {
    DeliveryStatus.WAITING: "ещё не записано",
    DeliveryStatus.DONE: "записано",
    DeliveryStatus.CONFLICT: "в МИС к этому времени было другое",
    DeliveryStatus.GIVEN_UP: "МИС не приняла",
}
_SENT = {
    MessageStatus.QUEUED: "в очереди",
    MessageStatus.SENT: "отправлено",
    MessageStatus.DELIVERED: "доставлено",
    MessageStatus.FAILED: "не дошло",
}
_CONTACT_STATUSES = {"refused": "отказ о встрече", "opted_out": "отказ от общения"}

#: Things of one moment in the order in which one leads to the other.
_ORDER = ("call", "decision", "suppression", "message", "task", "delivery")


@dataclass(frozen=True, slots=True)
class Line:
    """One entry. kind: call, decision, suppression, message, task or delivery; rule: of a decision, or ''."""

    at: datetime
    kind: str
    text: str
    contact_id: str = ""
    attempt_id: str = ""
    rule: str = ""
    next_at: datetime | None = None

    def as_json(self) -> dict[str, Any]:
        return {
            "at": self.at, "kind": self.kind, "rule": self.rule, "text": self.text, "contact": self.contact_id,
            "attempt": self.attempt_id, "next_at": self.next_at,
        }  # fmt: skip

    def shown(self, zone: ZoneInfo) -> str:
        return f"{self.at.astimezone(zone):%d.%m.%Y %H:%M}  {self.text}"


def timeline(file: PatientFile, zone: ZoneInfo, contact_id: str = "") -> list[Line]:
    """The entries of a patient's file, the oldest first; with contact_id, those about this contact only.

    zone: in which moments inside the sentences are told.
    """
    contacts = {c.id: c for c in file.contacts}
    lines = [
        *(_decided(note, zone) for note in file.decisions),
        *_calls(file),
        *(_suppressed(s) for s in file.suppressions),
        *(_sent(m) for m in file.messages),
        *(_tasked(t, zone) for t in file.tasks),
        *(_written(d, contacts.values()) for d in file.deliveries),
    ]
    if contact_id:
        lines = [line for line in lines if line.contact_id in (contact_id, "")]
    return sorted(lines, key=lambda line: (line.at, _ORDER.index(line.kind)))


def _decided(note: DecisionNote, zone: ZoneInfo) -> Line:
    made = note.decision
    moment = f"{made.next_at.astimezone(zone):%d.%m в %H:%M}" if made.next_at is not None else ""
    later = f"; снова {moment}" if moment else ""
    text = {
        Verdict.PLANNED: f"звонок назначен на {moment}: {made.reason}",
        Verdict.SUPPRESSED: f"звонка не будет: {made.reason}{later}",
        Verdict.WAITING: f"не позвонили: {made.reason}{later}",
        Verdict.DROPPED: f"звонок отменён: {made.reason}{later}",
        Verdict.CALLED: f"позвонили: {made.reason}",
        Verdict.RETRY: f"позвоним ещё раз {moment}: {made.reason}",
        Verdict.CLOSED: f"дело закрыто: {made.reason}",
    }[made.verdict]
    return Line(made.at, "decision", text, note.contact_id, note.attempt_id, made.rule.value, made.next_at)


def _calls(file: PatientFile) -> Iterator[Line]:
    calls = {call.attempt_id: call for call in file.calls if call.attempt_id}
    mine = {c.id for c in file.contacts}
    for attempt in file.attempts:
        if attempt.started_at is None:
            continue
        for contact_id in (c for c in attempt.contact_ids if c in mine):
            meant = file.outcomes.get((attempt.id, contact_id))
            said = f" — {OUTCOMES[meant]}" if meant is not None else ""
            yield Line(attempt.started_at, "call", _call_words(attempt, calls.get(attempt.id)) + said, contact_id,
                       attempt.id)  # fmt: skip
    for call in file.calls:
        if not call.attempt_id:
            yield Line(call.started_at, "call", f"пациент позвонил сам с {call.phone}", "", call.id)


def _call_words(attempt: Attempt, call: CallRow | None) -> str:
    ended = DISPOSITIONS[attempt.disposition] if attempt.disposition is not None else "звонок идёт"
    words = f"позвонили на {attempt.phone}: {ended}"
    if call is not None and call.answered_at is not None and call.ended_at is not None:
        words += f", разговор {max(0, round((call.ended_at - call.answered_at).total_seconds()))} с"
    return words


def _suppressed(suppression: Suppression) -> Line:
    whom = suppression.phone or "никакой номер"
    until = f" до {suppression.until:%d.%m.%Y}" if suppression.until is not None else ""
    return Line(suppression.since, "suppression", f"больше не звонить на {whom}{until}: {suppression.why}")


def _sent(message: Message) -> Line:
    text = f"СМС на {message.phone} ({_SENT[message.status]}): {message.text}"
    return Line(message.created_at, "message", text, message.contact_id)


def _tasked(task: Task, zone: ZoneInfo) -> Line:
    text = f"задача к {task.due_at.astimezone(zone):%d.%m %H:%M}: {task.what}"
    return Line(task.created_at, "task", text, task.contact_id)


def _written(delivery: Delivery, contacts: Iterable[Contact]) -> Line:
    """A delivery names no contact: it is that of its visit. next_at is when it was written, or is tried again."""
    visit = delivery.appointment_id
    contact = next((c.id for c in contacts if visit and c.appointment_id == visit), "")
    result = f" ({delivery.result})" if delivery.result and delivery.status is not DeliveryStatus.DONE else ""
    text = f"МИС: {_value(delivery)} — {_DELIVERED[delivery.status]}{result}"
    return Line(delivery.next_at, "delivery", text, contact)


def _value(delivery: Delivery) -> str:
    if delivery.kind is DeliveryKind.ANSWER:
        return f"ответ «{ANSWERS[Answer(delivery.value)]}»"
    if delivery.kind is DeliveryKind.CONTACT_STATUS:
        return f"статус «{_CONTACT_STATUSES.get(delivery.value, delivery.value)}»"
    return f"{'заметка' if delivery.kind is DeliveryKind.NOTE else 'задача'} «{delivery.value}»"
