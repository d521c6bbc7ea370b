"""From what was decided to what is kept of it: one note for each contact concerned."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from voicebot.contacts.decisions import Decision, DecisionNote, RuleId, Verdict
from voicebot.contacts.dialling import Dial, Drop, Move, Redirect, Situation, Wait
from voicebot.contacts.model import CLOSED, Appointment, Contact, ContactStatus
from voicebot.contacts.planning import Skipped
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import Scenario

_VERDICTS = {ContactStatus.SUPPRESSED: Verdict.SUPPRESSED, ContactStatus.PLANNED: Verdict.DROPPED}


def of_moves(judged: Iterable[tuple[Situation, Move]], now: datetime) -> tuple[DecisionNote, ...]:
    """Of the decisions right before dialling. A call that is made leaves its own row and is not noted."""
    found: list[DecisionNote] = []
    for situation, move in judged:
        attempt_id = situation.attempt.id
        if isinstance(move, Dial):
            found += closed(move.closed, RuleId.VISIT, attempt_id, now)
        elif isinstance(move, Wait):
            waits = Decision(Verdict.WAITING, move.rule, move.reason, now, move.until)
            found += [DecisionNote(waits, c.id, c.patient_id, attempt_id) for c in situation.contacts
                      if c.status not in CLOSED]  # fmt: skip
        elif isinstance(move, Redirect):
            other = Decision(Verdict.DROPPED, RuleId.SUPPRESSION, move.reason, now, now)
            found += [DecisionNote(other, c.id, c.patient_id, attempt_id) for c in move.contacts]
        else:
            found += closed(move.contacts, move.rule, attempt_id, now)
    return tuple(found)


def waiting(
    contacts: Iterable[Contact], rule: RuleId, reason: str, attempt_id: str, now: datetime, until: datetime
) -> tuple[DecisionNote, ...]:
    """Of an attempt that is put off for a reason outside the rules of the patient."""
    decision = Decision(Verdict.WAITING, rule, reason, now, until)
    return tuple(DecisionNote(decision, c.id, c.patient_id, attempt_id) for c in contacts)


def closed(contacts: Iterable[Contact], rule: RuleId, attempt_id: str, now: datetime) -> tuple[DecisionNote, ...]:
    """Of contacts that were closed, or left as they are, without a call; each says why itself."""
    return tuple(
        DecisionNote(
            Decision(_VERDICTS.get(c.status, Verdict.CLOSED), _rule(c, rule), c.reason, now),
            c.id, c.patient_id, attempt_id,
        )
        for c in contacts
    )  # fmt: skip


def _rule(contact: Contact, rule: RuleId) -> RuleId:
    """A visit that began is no fault of the visit's: we were too late."""
    return RuleId.LATE if contact.status is ContactStatus.UNREACHED and rule is RuleId.VISIT else rule


def of_drop(drop: Drop, attempt_id: str, now: datetime) -> tuple[DecisionNote, ...]:
    return closed(drop.contacts, drop.rule, attempt_id, now)


def of_end(concluded: Iterable[tuple[Contact, Outcome]], attempt_id: str, now: datetime) -> tuple[DecisionNote, ...]:
    """Of a call that is over: one more attempt, or closed."""
    found: list[DecisionNote] = []
    for contact, _ in concluded:
        if contact.status in CLOSED:
            decision = Decision(Verdict.CLOSED, RuleId.OUTCOME, contact.reason, now)
        else:
            decision = Decision(Verdict.RETRY, RuleId.ATTEMPTS, contact.reason, now, contact.due_at)
        found.append(DecisionNote(decision, contact.id, contact.patient_id, attempt_id))
    return tuple(found)


def of_skipped(skipped: Skipped, visit: Appointment, scenario: Scenario, now: datetime) -> tuple[DecisionNote, ...]:
    """Of a visit that gets no contact; () when it was planned or called about before: that needs no word. The contact
    that is not made is named alike for every version of the visit."""
    if skipped.rule is RuleId.KNOWN or skipped.late is not None:  # the second has a contact that says so
        return ()
    decision = Decision(Verdict.SUPPRESSED, skipped.rule, skipped.reason, now)
    return (DecisionNote(decision, f"{scenario.id}:{visit.id}", visit.patient_id),)
