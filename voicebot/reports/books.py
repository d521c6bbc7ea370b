"""Do the books balance? Every visit in one final state, the MIS equal to what was understood, nothing invented."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voicebot.contacts.model import CLOSED, Appointment, Attempt, Contact, ContactStatus, Delivery, DeliveryStatus
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.reports.words import ANSWERS, OUTCOMES, STATUSES

#: What an outcome must have left in the MIS. Outcomes that are not named leave the answer as it was, but for the
#: "unconfirmed" of a contact that was given up.
_ANSWER_OF = {
    Outcome.CONFIRMED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.WANTS_CHANGE: Answer.WANTS_CHANGE,
}


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One visit of the report: who, what the MIS says, how its contact ended."""

    visit: Appointment
    contact: Contact | None
    said: Outcome | None


@dataclass(frozen=True, slots=True)
class Books:
    """problems: what does not balance, in Russian; empty when all does."""

    lines: tuple[VisitLine, ...]
    problems: tuple[str, ...]


def balance(
    visits: Sequence[Appointment], before: Mapping[str, Answer], contacts: Sequence[Contact],
    attempts: Sequence[Attempt], deliveries: Sequence[Delivery],
) -> Books:  # fmt: skip
    """visits: as the MIS has them now; before: visit id -> the answer that it had before the first call."""
    by_visit = {c.appointment_id: c for c in sorted(contacts, key=lambda c: c.status is not ContactStatus.CANCELLED)}
    problems = [p for visit in visits for p in _visit_problems(visit, before, by_visit.get(visit.id))]
    problems += _loose_ends(attempts, deliveries)
    lines = tuple(
        VisitLine(v, by_visit.get(v.id), c.outcome if (c := by_visit.get(v.id)) is not None else None) for v in visits
    )
    return Books(lines, tuple(problems))


def _visit_problems(visit: Appointment, before: Mapping[str, Answer], contact: Contact | None) -> list[str]:
    old = before.get(visit.id, Answer.UNKNOWN)
    if contact is None:
        return [] if visit.answer is old else [f"Визит {visit.id}: ответ изменился, а звонка по нему не было."]
    if contact.status not in CLOSED:
        return [f"Визит {visit.id}: дело не закрыто ({STATUSES[contact.status]}: {contact.reason})."]
    if visit.answer in _expected(contact, old):
        return []
    understood = OUTCOMES[contact.outcome] if contact.outcome is not None else "ничего"
    return [f"Визит {visit.id}: в МИС «{ANSWERS[visit.answer]}», а понято «{understood}»."]


def _expected(contact: Contact, old: Answer) -> set[Answer]:
    if contact.outcome in _ANSWER_OF:
        return {_ANSWER_OF[contact.outcome]}
    return {old, Answer.UNCONFIRMED} if contact.status is ContactStatus.UNREACHED else {old}


def _loose_ends(attempts: Sequence[Attempt], deliveries: Sequence[Delivery]) -> list[str]:
    problems = [f"Попытка {a.id} не закончена ({a.status.value})." for a in attempts if a.finished_at is None
                and a.status.value in ("planned", "dialling")]  # fmt: skip
    for delivery in deliveries:
        if delivery.status is DeliveryStatus.WAITING:
            problems.append(f"Запись в МИС {delivery.id} не дошла.")
    return problems
