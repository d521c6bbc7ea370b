"""A patient who rings us: whom the number belongs to, what may be spoken of, and what the call leads to. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from voicebot.contacts.consequences import Consequences
from voicebot.contacts.families import in_order, same_person
from voicebot.contacts.model import CLOSED, Appointment, Attempt, Contact, Lifecycle, Patient
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import About, Scenario

#: The scenario of calls to us whose own scenario has no variant for them, and of those from numbers we do not know.
COMMON = "inbound"
_PREFIX = "in-"
#: What was said to the robot's question. Anything else leaves the reminders as they were planned.
_ANSWERED = frozenset(
    {Outcome.CONFIRMED, Outcome.DECLINED, Outcome.WANTS_CHANGE, Outcome.REFUSED, Outcome.OPTED_OUT,
     Outcome.TRANSFERRED}
)  # fmt: skip


def inbound_id(channel_id: str, node: str) -> str:
    """The id of the attempt of a call that came in: Asterisk has named its channel, and names them anew elsewhere."""
    return f"{_PREFIX}{channel_id}@{node}"


def is_inbound(attempt_id: str) -> bool:
    return attempt_id.startswith(_PREFIX)


def channel_of(attempt_id: str) -> str:
    """The id of the channel of an attempt: its own, or the one that Asterisk has given to a call that came in."""
    return attempt_id.removeprefix(_PREFIX).partition("@")[0] if is_inbound(attempt_id) else attempt_id


def caller_phone(shown: str) -> str:
    """The number that the network shows, in E.164; '' when it is hidden or none."""
    digits = "".join(ch for ch in shown if ch.isdigit())
    if len(digits) != sum(ch.isalnum() for ch in shown):
        return ""  # "anonymous"
    if shown.strip().startswith("+"):
        return f"+{digits}" if 8 <= len(digits) <= 15 else ""
    if len(digits) == 10:
        return f"+7{digits}"
    if len(digits) == 11 and digits[0] in "78":
        return f"+7{digits[1:]}"
    return f"+{digits}" if 8 <= len(digits) <= 15 else ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a call to us is about: contacts in the order in which they are spoken of, by which scenario.

    patient: who is asked for; None when nobody, or more than one person, is known at this number.
    """

    scenario: Scenario
    contacts: tuple[Contact, ...] = ()
    patient: Patient | None = None


def subject_of(
    contacts: Sequence[Contact],
    patients: Sequence[Patient],
    visits: Mapping[str, Appointment | None],
    published: Callable[[str], Scenario | None],
    now: datetime,
) -> Subject | None:
    """patients: all at this phone. visits: contact id -> its visit, as it is now. None without a scenario for calls
    to us."""
    known = {p.id: p for p in patients}
    open_ones = [c for c in contacts if _may_be_spoken_of(c, known, visits.get(c.id), published, now)]
    common = published(COMMON)
    for first in in_order(open_ones, known):
        mine = published(first.scenario_id)
        spoken = mine if mine is not None and mine.inbound else common
        if spoken is None or not spoken.inbound:
            continue
        person = known[first.patient_id]
        theirs = [c for c in open_ones if same_person(known[c.patient_id], person)]
        if spoken is mine:
            theirs = [c for c in theirs if c.scenario_id == first.scenario_id]
        return Subject(spoken, in_order(theirs, known), person)
    if common is None or not common.inbound:
        return None
    one = patients[0] if patients and all(same_person(p, patients[0]) for p in patients) else None
    return Subject(common, (), one)


def _may_be_spoken_of(
    contact: Contact,
    patients: Mapping[str, Patient],
    visit: Appointment | None,
    published: Callable[[str], Scenario | None],
    now: datetime,
) -> bool:
    """A visit to come that waits for an answer. No calling hours, no limits: the patient has rung."""
    scenario = published(contact.scenario_id)
    if contact.status in CLOSED or contact.patient_id not in patients or scenario is None or visit is None:
        return False
    waits = visit.answer in (Answer.UNKNOWN, Answer.UNCONFIRMED) and visit.lifecycle is Lifecycle.BOOKED
    to_come = scenario.about is About.APPOINTMENT and scenario.plan.lifecycle == Lifecycle.BOOKED
    return waits and to_come and visit.start > now and visit.version == contact.appointment_version


def of_call_to_us(what: Consequences, finish: Finish, before: Sequence[Contact]) -> Consequences:
    """What a finished call to us leads to: an answer closes what it answers; without one, all stays as it was planned.

    A call that the patient made uses up none of our attempts. before: the contacts as they were.
    """
    was = {c.id: c for c in before}
    counts = {c.id for c, outcome in what.concluded if _counts(outcome, finish)}
    visits = {was[id_].appointment_id for id_ in counts} - {""}
    people = {was[id_].patient_id for id_ in counts}
    concluded = tuple(
        (replace(c, attempts_used=was[c.id].attempts_used) if c.id in counts else was[c.id], outcome)
        for c, outcome in what.concluded
    )
    return replace(
        what,
        concluded=concluded,
        next_attempts=_of(what.next_attempts, counts),
        messages=tuple(m for m in what.messages if m.contact_id in counts),
        tasks=tuple(t for t in what.tasks if t.contact_id in counts),
        deliveries=tuple(
            d for d in what.deliveries if (d.appointment_id in visits if d.appointment_id else d.patient_id in people)
        ),
        suppressions=what.suppressions if counts else (),
        attempt=replace(what.attempt, reason="пациент позвонил сам"),
    )


def _counts(outcome: Outcome, finish: Finish) -> bool:
    """Who did not say that they are the patient can only ask not to be rung at this number any more."""
    return outcome in _ANSWERED and (finish.identity_known or outcome is Outcome.OPTED_OUT)


def _of(attempts: Sequence[Attempt], contact_ids: set[str]) -> tuple[Attempt, ...]:
    kept = [replace(a, contact_ids=tuple(c for c in a.contact_ids if c in contact_ids)) for a in attempts]
    return tuple(a for a in kept if a.contact_ids)
