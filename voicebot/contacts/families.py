"""Several people behind one phone: who is one person to speak to, in which order, by which scenario.

DOMAIN rules 3 and 15: one phone is rung once for all, each visit gets its own answer, and whoever answers for
several (a mother for her children) is asked for once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from voicebot.contacts.dialling import Dial, Drop, Move, Redirect, Situation, Wait
from voicebot.contacts.ids import stable_id
from voicebot.contacts.model import Attempt, AttemptStatus, Contact, Patient, Representative, Task
from voicebot.dialogue.scenario import Scenario

#: A scenario of this name, if one is published, speaks in place of another when a call is about several patients.
FAMILY = "_family"


def same_person(one: Patient, other: Patient) -> bool:
    """Whether one person answers for both. Two patients of one name who answer for themselves are two people:
    asking once more who is there costs less than telling a father of his son's visit."""
    if one.id == other.id:
        return True
    if one.representative is None and other.representative is None:
        return False
    return _name(one.spoken_to) == _name(other.spoken_to)


def _name(who: Patient | Representative) -> str:
    return " ".join(f"{who.surname} {who.given_name} {who.patronymic}".lower().replace("ё", "е").split())


def in_order(contacts: Iterable[Contact], patients: Mapping[str, Patient]) -> tuple[Contact, ...]:
    """The order in which a call speaks of them: the person with the earliest visit first, with all of their visits,
    then the next. Within a person, one patient after the other, each by time."""
    people: list[list[Contact]] = []
    for contact in sorted(contacts, key=lambda c: (c.deadline, c.id)):
        patient = patients.get(contact.patient_id)
        mine = (p for p in people if patient and same_person(patients[p[0].patient_id], patient))
        group = next(mine, None) if contact.patient_id in patients else None
        if group is None:
            people.append([contact])
        else:
            group.append(contact)
    return tuple(contact for group in people for contact in _by_patient(group))


def _by_patient(contacts: Sequence[Contact]) -> Iterable[Contact]:
    for patient_id in dict.fromkeys(c.patient_id for c in contacts):
        yield from (c for c in contacts if c.patient_id == patient_id)


def spoken_scenario(
    base: Scenario, patient_ids: Iterable[str], published: Callable[[str], Scenario | None]
) -> Scenario:
    """The scenario that the call speaks: `{id}_family` for several patients, if it is published; else the base one.

    Attempts, hours, what follows when nobody is reached: all that stays the base scenario's.
    """
    if len(set(patient_ids)) < 2:
        return base
    return published(base.id + FAMILY) or base


def is_variant(scenario_id: str, published: Iterable[str]) -> bool:
    """Whether this scenario only speaks in place of another: then it makes no contacts of its own."""
    return scenario_id.endswith(FAMILY) and scenario_id.removesuffix(FAMILY) in set(published)


@dataclass(frozen=True, slots=True)
class Parting:
    """What becomes of an attempt whose people fare differently.

    attempt: as it goes on, without those who leave: still planned (rung now, or waiting), or dropped.
    dial: whom to ring now, in order, or None. leaving: contacts that are no part of the attempt any more: closed,
    with their tasks, or in attempts of their own (instead).
    """

    attempt: Attempt
    dial: Dial | None
    leaving: tuple[str, ...] = ()
    closed: tuple[Contact, ...] = ()
    tasks: tuple[Task, ...] = ()
    instead: tuple[Attempt, ...] = ()


Judged = Sequence[tuple[Situation, Move]]


def part(attempt: Attempt, judged: Judged, now: datetime) -> Parting:
    """One decision a patient -> what to do with their common attempt. Who must not be rung drops out; who has to
    wait waits alone when others can be rung now; the others stay. When all have to wait, all wait for the first."""
    dials = [decision for _, decision in judged if isinstance(decision, Dial)]
    waits = [(s, decision) for s, decision in judged if isinstance(decision, Wait)]
    away = [(s, decision) for s, decision in judged if not isinstance(decision, Dial | Wait)]
    closed = [c for _, d in away if isinstance(d, Drop) for c in d.contacts] + [c for d in dials for c in d.closed]
    leaving = [c.id for s, _ in away for c in s.contacts] + [c.id for d in dials for c in d.closed]
    instead = [_instead(attempt, d.contacts, d.phone, now, d.reason) for _, d in away if isinstance(d, Redirect)]
    tasks = tuple(_task(attempt, d, now) for _, d in away if isinstance(d, Drop) and d.task)
    dial = None
    if dials:
        patients = {s.patient.id: s.patient for s, _ in judged if s.patient is not None}
        dial = Dial(attempt.phone, in_order((c for d in dials for c in d.contacts), patients))
        leaving += [c.id for s, _ in waits for c in s.contacts]
        instead += _waiting(attempt, waits)
        going_on = attempt
    elif waits:
        first = min((d for _, d in waits), key=lambda d: d.until)
        going_on = replace(attempt, due_at=first.until, reason=first.reason)
    else:
        reason = next((d.reason for _, d in away), "у попытки нет открытых дел")
        going_on = replace(attempt, status=AttemptStatus.DROPPED, reason=reason, finished_at=now)
    return Parting(going_on, dial, tuple(leaving), tuple(closed), tasks, tuple(instead))


def _waiting(attempt: Attempt, waits: Sequence[tuple[Situation, Wait]]) -> list[Attempt]:
    """Attempts of those who wait, one a moment."""
    moments: dict[datetime, list[tuple[Situation, Wait]]] = {}
    for situation, wait in waits:
        moments.setdefault(wait.until, []).append((situation, wait))
    return [
        _instead(attempt, [c for s, _ in some for c in s.contacts], attempt.phone, until, some[0][1].reason)
        for until, some in moments.items()
    ]


def _instead(attempt: Attempt, contacts: Sequence[Contact], phone: str, due: datetime, reason: str) -> Attempt:
    ids = tuple(c.id for c in contacts)
    made = stable_id("a", attempt.id, phone, str(due.timestamp()), *ids)
    return Attempt(made, phone, ids, AttemptStatus.PLANNED, due, attempt.priority, reason=reason, lane=attempt.lane)


def _task(attempt: Attempt, drop: Drop, now: datetime) -> Task:
    first = drop.contacts[0]
    return Task(stable_id("t", attempt.id, "drop", first.patient_id), first.id, first.patient_id, drop.task, now, now)
