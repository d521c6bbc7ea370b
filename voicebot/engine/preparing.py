"""The first step of an attempt: read everything again, decide, write down that we dial. Nothing is dialled here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from voicebot.contacts.decisions import Because, RuleId
from voicebot.contacts.dialling import Dial, Drop, Redirect, Situation, Wait, decide, shown_number
from voicebot.contacts.families import Parting, part, spoken_scenario
from voicebot.contacts.ids import stable_id
from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, Contact, Task
from voicebot.contacts.noting import of_drop, of_moves, waiting
from voicebot.contacts.planning import cancelled
from voicebot.contacts.rules import Rules
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import CallOrder
from voicebot.engine.diary import Diary
from voicebot.engine.families import Families
from voicebot.engine.gate import Gate
from voicebot.engine.giving_up import GivingUp, parted
from voicebot.engine.last_look import Decided
from voicebot.engine.ports import Ports
from voicebot.engine.reading import Reading
from voicebot.engine.versions import scenario_for
from voicebot.store.port import CallRow, Concluded, EventRow, Settlement, closed_lane
from voicebot.store.reception import Reception

_PREPARED_SERIAL = -1  # before all events of the conversation, which count from 0
_PHONE_BUSY = timedelta(minutes=1)
_LINE_BUSY = timedelta(seconds=5)


class Preparing:
    """Decides on attempts that are due. ready: calls that were decided on in this process and not dialled yet."""

    def __init__(self, ports: Ports, rules: Rules, node: str, gate: Gate, reading: Reading) -> None:
        self._store = ports.store
        self._reception = _reception(ports, rules)
        self._clock = ports.clock
        self._scenarios = ports.scenarios
        self._version = ports.version
        self._rules = rules
        self._node = node
        self._gate = gate
        self._families = Families(ports.store, rules)
        self._giving_up = GivingUp(ports, lambda: (), rules)  # asked by decision only, never to look for itself
        self._reading = reading
        self._diary = Diary(ports.store)
        self.ready: dict[str, tuple[CallOrder, Decided]] = {}
        self.lines: int | None = None  # all of the trunk, over all nodes

    async def prepare(self, attempt_id: str) -> str:
        """Read the visit again and decide. Returns dial, wait, drop, recover or over."""
        async with self._store.together():
            attempt, lanes = await self._store.attempt(attempt_id), await self._store.lanes()
        if attempt is None or attempt.status in (AttemptStatus.FINISHED, AttemptStatus.DROPPED):
            return "over"
        if attempt.status is AttemptStatus.DIALLING:
            return "dial" if attempt_id in self.ready else "recover"
        now = self._clock.now()
        closed = self._gate.closed(now) or closed_lane(attempt.lane, lanes)
        if closed:
            await self._put_off(attempt, now + _PHONE_BUSY, closed, RuleId.PAUSED, now)
            return "wait"
        attempt = await self._families.joined(attempt, lanes, now)
        async with self._store.together():
            contacts = await self._contacts(attempt.contact_ids)
        campaign = await self._store.campaign(contacts[0].campaign_id) if contacts and contacts[0].campaign_id else None
        scenario = (
            await scenario_for(contacts[0].scenario_id, campaign, self._scenarios, self._version) if contacts else None
        )
        if scenario is None and campaign is not None and campaign.scenario_version:
            reason = f"версию {campaign.scenario_version} сценария «{campaign.scenario_id}» не прочитать"
            await self._put_off(attempt, now + self._rules.lock_retry, reason, RuleId.SCENARIO, now)
            return "wait"
        if scenario is None:
            reason = "сценарий этого звонка не опубликован" if contacts else "у попытки нет дел"
            drop = Drop(tuple(cancelled(c, reason) for c in contacts), reason, rule=RuleId.SCENARIO)
            await self._diary.note(of_drop(drop, attempt.id, now))
            await self._drop(attempt, drop, now)
            return "drop"
        situations = await self._reading.situations(attempt, contacts, now)
        judged = [(s, decide(s, scenario, self._rules, now)) for s in situations]
        await self._diary.note(of_moves(judged, now))
        if len(judged) > 1:
            return await self._part(part(attempt, judged, now), situations, scenario, now)
        ((situation, decision),) = judged
        return await self._act(decision, situation, scenario, now)

    async def _part(self, parting: Parting, situations: Sequence[Situation], scenario: Scenario, now: datetime) -> str:
        """An attempt for several patients: those who fare differently leave it, the rest goes on."""
        late, closed = parted(parting.closed, scenario)
        if parting.leaving or parting.dial is None:
            await self._store.part_attempt(parting.attempt, parting.leaving, closed, parting.tasks, parting.instead)
            await self._give_up(late, situations, scenario, now)
        if parting.dial is not None:
            return await self._start(parting.dial, situations, parting.attempt, scenario, now)
        return "wait" if parting.attempt.status is AttemptStatus.PLANNED else "drop"

    async def _act(
        self, decision: Dial | Wait | Drop | Redirect, situation: Situation, scenario: Scenario, now: datetime
    ) -> str:
        attempt = situation.attempt
        if isinstance(decision, Wait):
            await self._store.postpone_attempt(attempt.id, decision.until, decision.reason)
            return "wait"
        if isinstance(decision, Drop):
            late, rest = parted(decision.contacts, scenario)
            await self._drop(attempt, replace(decision, contacts=tuple(rest)), now)
            await self._give_up(late, (situation,), scenario, now)
            return "drop"
        if isinstance(decision, Redirect):
            await self._redirect(attempt, decision, now)
            return "drop"
        return await self._start(decision, (situation,), attempt, scenario, now)

    async def _start(
        self, dial: Dial, situations: Sequence[Situation], attempt: Attempt, base: Scenario, now: datetime
    ) -> str:
        """Write down that we dial, then what was decided; only then may the INVITE go out."""
        read = {c: v for s in situations for c, v in s.visits.items()}
        visits = tuple(v for v in (read.get(c.id) for c in dial.contacts) if v is not None)
        known = {s.patient.id: s.patient for s in situations if s.patient is not None}
        late, closed = parted(dial.closed, base)
        await self._give_up(late, situations, base, now)
        patients = tuple(known[c.patient_id] for c in dial.contacts if read.get(c.id) is not None)
        scenario = spoken_scenario(base, (p.id for p in patients), self._scenarios)
        row = CallRow(attempt.id, attempt.id, dial.phone, scenario.id, scenario.version, started_at=now)
        prepared = _prepared(attempt.id, dial.contacts, visits)
        if not await self._store.start_attempt(
            attempt.id, self._node, now, self.lines, row, (prepared,), self._reception
        ):
            return await self._not_started(attempt, now)
        if closed:
            await self._store.close_contacts(closed)
        # Last: a step that failed on the way here is run again and finds no order, so nothing is dialled.
        number = max(c.attempts_used for c in dial.contacts) + 1
        first = known[dial.contacts[0].patient_id]
        order = CallOrder(
            attempt.id,
            dial.phone,
            first,
            visits,
            scenario,
            number,
            patients,
            caller_id=shown_number(situations[0], self._rules),
        )
        self.ready[attempt.id] = order, Decided(attempt.id, dial.contacts, base, now)
        return "dial"

    async def _not_started(self, attempt: Attempt, now: datetime) -> str:
        """The row says why: its phone is being rung, nobody could take who says yes, or there is no line for it."""
        if any(other.phone == attempt.phone for other in await self._store.dialling()):
            reason = "по этому номеру сейчас идёт другой звонок"
            await self._put_off(attempt, now + _PHONE_BUSY, reason, RuleId.ONE_PHONE, now)
        elif (alone := await self._nobody_free(attempt.lane)) is not None:
            await self._put_off(attempt, now + _LINE_BUSY, alone.reason, alone.rule, now)
        else:
            await self._store.postpone_attempt(attempt.id, now + _LINE_BUSY, "все линии заняты")
        return "wait"

    async def _nobody_free(self, lane: str) -> Because | None:
        if self._reception is None:
            return None
        async with self._store.together():
            mine, invitations = (await self._store.lanes()).get(lane), await self._store.invitations_now()
        return invitations.refused(self._reception) if mine is not None and mine.inviting else None

    async def _put_off(self, attempt: Attempt, until: datetime, reason: str, rule: RuleId, now: datetime) -> None:
        contacts = await self._contacts(attempt.contact_ids)
        await self._diary.note(waiting(contacts, rule, reason, attempt.id, now, until))
        await self._store.postpone_attempt(attempt.id, until, reason)

    async def _give_up(
        self, late: Sequence[Contact], situations: Sequence[Situation], scenario: Scenario, now: datetime
    ) -> None:
        if late:
            read = {c: v for s in situations for c, v in s.visits.items()}
            await self._giving_up.close(late, read, scenario, now)

    async def _drop(self, attempt: Attempt, drop: Drop, now: datetime) -> None:
        dropped = replace(attempt, status=AttemptStatus.DROPPED, reason=drop.reason, finished_at=now)
        if not drop.task:
            await self._store.drop_attempt(dropped, drop.contacts)
            return
        first = drop.contacts[0]
        task = Task(stable_id("t", attempt.id, "drop"), first.id, first.patient_id, drop.task, now, now)
        concluded = tuple(Concluded(c, c.outcome or Outcome.UNREACHED) for c in drop.contacts)
        await self._store.settle(Settlement(dropped, None, concluded, tasks=(task,)))

    async def _redirect(self, attempt: Attempt, redirect: Redirect, now: datetime) -> None:
        ids = tuple(c.id for c in redirect.contacts)
        instead = Attempt(
            id=stable_id("a", attempt.id, redirect.phone, *ids),
            phone=redirect.phone,
            contact_ids=ids,
            status=AttemptStatus.PLANNED,
            due_at=now,
            priority=attempt.priority,
            reason=redirect.reason,
            lane=attempt.lane,
        )
        dropped = replace(attempt, status=AttemptStatus.DROPPED, reason=redirect.reason, finished_at=now)
        await self._store.settle(Settlement(dropped, None, next_attempts=(instead,)))

    async def _contacts(self, ids: Sequence[str]) -> tuple[Contact, ...]:
        found = [await self._store.contact(i) for i in ids]
        return tuple(c for c in found if c is not None)


def _reception(ports: Ports, rules: Rules) -> Reception | None:
    if ports.administrators is None:
        return None
    return Reception(ports.administrators, rules.calls_per_administrator)


def _prepared(call_id: str, contacts: Sequence[Contact], visits: Sequence[Appointment]) -> EventRow:
    """What the call is about, for settling it after a crash: ids and versions, no personal data."""
    body = {"contacts": [c.id for c in contacts], "versions": [v.version for v in visits]}
    return EventRow(call_id, _PREPARED_SERIAL, 0, "Prepared", json.dumps(body))
