"""The planning tick: visits in the store become contacts with a first attempt; contacts past their use are closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from voicebot.clock import Clock
from voicebot.contacts.decisions import DecisionNote, RuleId
from voicebot.contacts.families import is_variant
from voicebot.contacts.model import CLOSED, Appointment, Contact, Patient
from voicebot.contacts.noting import closed as notes_of
from voicebot.contacts.noting import of_skipped
from voicebot.contacts.planning import (
    Planned,
    Skipped,
    cancelled,
    group,
    nothing_to_plan,
    outdated,
    plan_visit,
    zone_of,
)
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.diary import Diary
from voicebot.engine.reading import suppressions_of
from voicebot.store.port import Store

#: Visits are looked at this much before their reminder is due: the hours may move it earlier.
AHEAD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What one planning did: contacts that are new, contacts that it cancelled, visits left out and why."""

    new: int = 0
    cancelled: tuple[Contact, ...] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(slots=True)
class _Round:
    """One planning: what was read once and is needed again."""

    now: datetime
    existing: Mapping[tuple[str, str], Sequence[Contact]]
    patients: dict[str, Patient | None] = field(default_factory=dict)
    zones: dict[str, str] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[DecisionNote] = field(default_factory=list)


class Planner:
    """Plans reminders. scenarios: those that are published, asked for at every run. One that only speaks in place of
    another (`{id}_family`, see contacts.families) makes no contacts itself, whatever its `plan` says."""

    def __init__(self, store: Store, clock: Clock, scenarios: Callable[[], Iterable[Scenario]], rules: Rules) -> None:
        self._store = store
        self._clock = clock
        self._scenarios = scenarios
        self._rules = rules
        self._diary = Diary(store)
        self.last = PlanReport()

    async def run(self) -> PlanReport:
        """Close what is outdated, then plan. Raises StoreDown; run again it changes nothing."""
        contacts = await self._store.contacts()
        closed = await self._close_outdated(contacts)
        ids = {c.id for c in closed}
        existing: dict[tuple[str, str], list[Contact]] = defaultdict(list)
        for contact in (*(c for c in contacts if c.id not in ids), *closed):
            existing[(contact.scenario_id, contact.appointment_id)].append(contact)
        work = _Round(self._clock.now(), existing)
        scenarios = tuple(self._scenarios())
        published = [s.id for s in scenarios]
        for scenario in scenarios:
            if scenario.plan.before and not is_variant(scenario.id, published):
                await self._plan_scenario(scenario, work)
        new = 0
        if work.planned:
            attempts = group(work.planned, work.zones, self._rules.patients_a_call)
            new = await self._store.add_contacts([p.contact for p in work.planned], attempts)
        await self._diary.note((*notes_of(closed, RuleId.VISIT, "", work.now), *work.notes))
        self.last = PlanReport(new, closed, tuple(work.skipped))
        return self.last

    async def _close_outdated(self, contacts: Sequence[Contact]) -> tuple[Contact, ...]:
        scenarios = {s.id: s for s in self._scenarios()}
        closed: list[Contact] = []
        for contact in contacts:
            scenario = scenarios.get(contact.scenario_id)
            if contact.status in CLOSED or scenario is None or not contact.appointment_id:
                continue
            visit = await self._store.appointment(contact.appointment_id)
            reason = outdated(contact, visit, scenario)
            if reason:
                closed.append(cancelled(contact, reason))
        if closed:
            await self._store.close_contacts(closed)
        return tuple(closed)

    async def _plan_scenario(self, scenario: Scenario, work: _Round) -> None:
        until = work.now + max(scenario.plan.before) + AHEAD
        for visit in await self._store.appointments_between(work.now, until):
            existing = work.existing.get((scenario.id, visit.id), ())
            against = nothing_to_plan(visit, scenario, existing, work.now)
            if against is not None:
                result: Planned | Skipped = Skipped(visit.id, against.reason, against.rule)
            else:
                result = await self._plan(visit, scenario, existing, work)
            if isinstance(result, Planned):
                work.planned.append(result)
                work.notes.append(result.note())
            else:
                work.skipped.append(result)
                work.notes += () if existing else of_skipped(result, visit, scenario, work.now)

    async def _plan(
        self, visit: Appointment, scenario: Scenario, existing: Sequence[Contact], work: _Round
    ) -> Planned | Skipped:
        if visit.patient_id not in work.patients:
            work.patients[visit.patient_id] = await self._store.patient(visit.patient_id)
        patient = work.patients[visit.patient_id]
        suppressions = await suppressions_of(self._store, patient, (), work.now) if patient is not None else ()
        work.zones.setdefault(visit.patient_id, zone_of(patient, visit))
        return plan_visit(visit, patient, scenario, existing, suppressions, self._rules, work.now)
