"""The planning tick: visits in the store become contacts with a first attempt; contacts past their use are closed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from voicebot.contacts.decisions import DecisionNote, RuleId
from voicebot.contacts.families import is_variant
from voicebot.contacts.model import Appointment, Contact
from voicebot.contacts.noting import closed as notes_of
from voicebot.contacts.noting import of_skipped
from voicebot.contacts.phones import Against
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
from voicebot.engine.giving_up import GivingUp
from voicebot.engine.ports import Ports

#: Visits are looked at this much before their reminder is due: the hours may move it earlier.
AHEAD = timedelta(days=3)
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlanReport:
    """What one planning did: contacts that are new, contacts that it cancelled, visits left out and why."""

    new: int = 0
    cancelled: tuple[Contact, ...] = ()
    skipped: tuple[Skipped, ...] = ()


class Planner:
    """Plans reminders. scenarios: those that are published, asked for at every run. One that only speaks in place of
    another (`{id}_family`, see contacts.families) makes no contacts itself, whatever its `plan` says.

    Visits are taken a day at a time, and what is known of them is asked for once a day of visits: the plan of a large
    clinic takes no more memory than that of its busiest day."""

    def __init__(self, ports: Ports, scenarios: Callable[[], Iterable[Scenario]], rules: Rules) -> None:
        self._store = ports.store
        self._clock = ports.clock
        self._scenarios = scenarios
        self._rules = rules
        self._diary = Diary(ports.store)
        self._giving_up = GivingUp(ports, scenarios, rules)
        self.last = PlanReport()

    async def run(self) -> PlanReport:
        """Close what is outdated, then plan. Raises StoreDown; run again it changes nothing."""
        now = self._clock.now()
        scenarios = tuple(self._scenarios())
        published = [s.id for s in scenarios]
        closed: list[Contact] = []
        skipped: list[Skipped] = []
        new = 0
        for scenario in scenarios:
            closed += await self._close_outdated(scenario)
        await self._diary.note(notes_of(closed, RuleId.VISIT, "", now))
        await self._giving_up.run()
        for scenario in scenarios:
            if scenario.plan.before and not is_variant(scenario.id, published):
                async for visits in self._days(now, now + max(scenario.plan.before) + AHEAD):
                    planned, left_out = await self._plan(visits, scenario, now)
                    new += planned
                    skipped += left_out
        self.last = PlanReport(new, tuple(closed), tuple(skipped))
        return self.last

    async def _close_outdated(self, scenario: Scenario) -> list[Contact]:
        answers = [answer.value for answer in scenario.plan.answers]
        closed: list[Contact] = []
        for contact, visit in await self._store.open_about_visits(scenario.plan.lifecycle, answers, scenario.id):
            reason = outdated(contact, visit, scenario)
            if reason:
                closed.append(cancelled(contact, reason))
        if closed:
            await self._store.close_contacts(closed)
        return closed

    async def _days(self, begin: datetime, end: datetime) -> AsyncIterator[Sequence[Appointment]]:
        while begin < end:
            until = min(begin + A_DAY, end)
            visits = await self._store.appointments_between(begin, until)
            if visits:
                yield visits
            begin = until

    async def _plan(
        self, visits: Sequence[Appointment], scenario: Scenario, now: datetime
    ) -> tuple[int, list[Skipped]]:
        """How many contacts of these visits are new, and what was left out."""
        existing: dict[str, list[Contact]] = defaultdict(list)
        for contact in await self._store.contacts_about(scenario.id, [visit.id for visit in visits]):
            existing[contact.appointment_id].append(contact)
        work = _Day(scenario, now)
        for visit in visits:
            against = nothing_to_plan(visit, scenario, existing.get(visit.id, ()), now)
            if against is None:
                work.wanted.append(visit)
            else:
                work.skip(Skipped(visit.id, against.reason, against.rule), visit, visit.id in existing)
        if work.wanted:
            await self._decide(work, existing)
        await self._diary.note(work.notes)
        late = {skipped.appointment_id: skipped.late for skipped in work.skipped if skipped.late is not None}
        if late:
            about = {late[visit.id].id: visit for visit in visits if visit.id in late}
            await self._giving_up.close(list(late.values()), about, scenario, now)
        if not work.planned:
            return 0, work.skipped
        attempts = group(work.planned, work.zones, self._rules.patients_a_call)
        return await self._store.add_contacts([p.contact for p in work.planned], attempts), work.skipped

    async def _decide(self, work: _Day, existing: Mapping[str, Sequence[Contact]]) -> None:
        ids = list(dict.fromkeys(visit.patient_id for visit in work.wanted))
        patients = {patient.id: patient for patient in await self._store.patients_of(ids)}
        phones = list(dict.fromkeys(phone for patient in patients.values() for phone in patient.phones))
        against = Against(await self._store.suppressions_of(ids, phones, work.now))
        for visit in work.wanted:
            patient, before = patients.get(visit.patient_id), existing.get(visit.id, ())
            suppressions = against.of(patient) if patient is not None else ()
            result = plan_visit(visit, patient, work.scenario, before, suppressions, self._rules, work.now)
            if isinstance(result, Planned):
                work.zones.setdefault(visit.patient_id, zone_of(patient, visit))
                work.planned.append(result)
                work.notes.append(result.note())
            else:
                work.skip(result, visit, bool(before))


@dataclass(slots=True)
class _Day:
    """The visits of one day: which may need a contact, what was decided, and what is told of it."""

    scenario: Scenario
    now: datetime
    wanted: list[Appointment] = field(default_factory=list)
    zones: dict[str, str] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    notes: list[DecisionNote] = field(default_factory=list)

    def skip(self, skipped: Skipped, visit: Appointment, known: bool) -> None:
        self.skipped.append(skipped)
        self.notes += () if known else of_skipped(skipped, visit, self.scenario, self.now)
