"""The workflow of one attempt: prepare (read again, decide), call, settle. Each step may run again after a crash.

What must outlive the process stands in the store: the attempt's row says how far it came, the call's events say
what was decided (kind "Prepared") and how it ended (kind "Finish" or "Refused").
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.clock import Clock
from voicebot.contacts.dialling import Dial, Drop, Redirect, Situation, Wait, decide
from voicebot.contacts.families import Parting, part, spoken_scenario
from voicebot.contacts.ids import stable_id
from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, Contact, Task
from voicebot.contacts.planning import cancelled
from voicebot.contacts.rules import Rules
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import Caller, CallOrder, CallResult, Texts
from voicebot.engine.families import Families
from voicebot.engine.gate import Gate
from voicebot.engine.pacing import Pace
from voicebot.engine.port import Queue, Work
from voicebot.engine.reading import Reading
from voicebot.engine.settling import Settling
from voicebot.errors import InputFault
from voicebot.mis.port import Mis
from voicebot.store.port import CallRow, Concluded, EventRow, Settlement, Store

log = logging.getLogger(__name__)

WORK = "attempt"
_PREPARED_SERIAL = -1  # before all events of the conversation, which count from 0
_ENDS = ("Finish", "Refused")
_PHONE_BUSY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Ports:
    """What attempts need of the rest of the program. scenarios: the published scenario of an id, or None."""

    store: Store
    mis: Mis
    clock: Clock
    caller: Caller
    texts: Texts
    scenarios: Callable[[str], Scenario | None]


class Attempting:
    """The three steps of an attempt."""

    def __init__(self, ports: Ports, rules: Rules, node: str, gate: Gate, mis_timeout_s: float = 10.0) -> None:
        self._store = ports.store
        self._clock = ports.clock
        self._caller = ports.caller
        self._scenarios = ports.scenarios
        self._rules = rules
        self._node = node
        self._gate = gate
        self._families = Families(ports.store, rules)
        self._reading = Reading(ports.store, ports.mis, ports.clock, mis_timeout_s)
        self._settling = Settling(ports.store, ports.clock, ports.texts, ports.scenarios, rules)
        self._pace = Pace(None)
        self._orders: dict[str, CallOrder] = {}  # decided in this process, not dialled yet
        self._results: dict[str, CallResult] = {}  # ended in this process, not settled yet

    def work(self, lines: int, calls_per_second: float | None) -> Work:
        """The durable work whose argument is an attempt's id. lines: how many calls at once, over all nodes."""
        self._pace = Pace(calls_per_second)
        return Work(WORK, Queue("lines", lines, calls_per_second), (self.prepare, self.call, self.settle))

    # Prepare ----------------------------------------------------------------------------------

    async def prepare(self, attempt_id: str) -> str:
        """Read the visit again and decide. Returns dial, wait, drop, recover or over."""
        attempt = await self._store.attempt(attempt_id)
        if attempt is None or attempt.status in (AttemptStatus.FINISHED, AttemptStatus.DROPPED):
            return "over"
        if attempt.status is AttemptStatus.DIALLING:
            return "dial" if attempt_id in self._orders else "recover"
        now = self._clock.now()
        closed = self._gate.closed(now)
        if closed:
            await self._store.postpone_attempt(attempt_id, now + _PHONE_BUSY, closed)
            return "wait"
        attempt = await self._families.joined(attempt, now)
        contacts = await self._contacts(attempt.contact_ids)
        scenario = self._scenarios(contacts[0].scenario_id) if contacts else None
        if scenario is None:
            reason = "сценарий этого звонка не опубликован" if contacts else "у попытки нет дел"
            await self._drop(attempt, Drop(tuple(cancelled(c, reason) for c in contacts), reason), now)
            return "drop"
        situations = await self._reading.situations(attempt, contacts, now)
        judged = [(s, decide(s, scenario, self._rules, now)) for s in situations]
        if len(judged) > 1:
            return await self._part(part(attempt, judged, now), situations, scenario, now)
        ((situation, decision),) = judged
        return await self._act(decision, situation, scenario, now)

    async def _part(self, parting: Parting, situations: Sequence[Situation], scenario: Scenario, now: datetime) -> str:
        """An attempt for several patients: those who fare differently leave it, the rest goes on."""
        if parting.leaving or parting.dial is None:
            await self._store.part_attempt(
                parting.attempt, parting.leaving, parting.closed, parting.tasks, parting.instead
            )
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
            await self._drop(attempt, decision, now)
            return "drop"
        if isinstance(decision, Redirect):
            await self._redirect(attempt, decision, now)
            return "drop"
        return await self._start(decision, (situation,), attempt, scenario, now)

    async def _start(
        self, dial: Dial, situations: Sequence[Situation], attempt: Attempt, base: Scenario, now: datetime
    ) -> str:
        """Write down that we dial, then what was decided; only then may the INVITE go out."""
        if not await self._store.start_attempt(attempt.id, self._node, now):
            reason = "по этому номеру сейчас идёт другой звонок"
            await self._store.postpone_attempt(attempt.id, now + _PHONE_BUSY, reason)
            return "wait"
        read = {c: v for s in situations for c, v in s.visits.items()}
        visits = tuple(v for v in (read.get(c.id) for c in dial.contacts) if v is not None)
        known = {s.patient.id: s.patient for s in situations if s.patient is not None}
        patients = tuple(known[c.patient_id] for c in dial.contacts if read.get(c.id) is not None)
        scenario = spoken_scenario(base, (p.id for p in patients), self._scenarios)
        row = CallRow(attempt.id, attempt.id, dial.phone, scenario.id, scenario.version, started_at=now)
        await self._store.add_call(row)
        await self._store.append_events([_prepared(attempt.id, dial.contacts, visits)])
        if dial.closed:
            await self._store.close_contacts(dial.closed)
        # Last: a step that failed on the way here is run again and finds no order, so nothing is dialled.
        number = max(c.attempts_used for c in dial.contacts) + 1
        first = known[dial.contacts[0].patient_id]
        self._orders[attempt.id] = CallOrder(attempt.id, dial.phone, first, visits, scenario, number, patients)
        return "dial"

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
        )
        dropped = replace(attempt, status=AttemptStatus.DROPPED, reason=redirect.reason, finished_at=now)
        await self._store.settle(Settlement(dropped, None, next_attempts=(instead,)))

    async def _contacts(self, ids: Sequence[str]) -> tuple[Contact, ...]:
        found = [await self._store.contact(i) for i in ids]
        return tuple(c for c in found if c is not None)

    # Call -------------------------------------------------------------------------------------

    async def call(self, attempt_id: str) -> str:
        """Make the call that prepare decided on in this process; a call of a dead process is recovered instead,
        never dialled again. Returns the disposition, or over."""
        attempt = await self._store.attempt(attempt_id)
        if attempt is None or attempt.status is not AttemptStatus.DIALLING:
            return "over"
        rows = await self._store.events(attempt_id)
        if any(r.kind in _ENDS for r in rows):
            return "over"
        order = self._orders.pop(attempt_id, None)
        result = await (self._recover(attempt_id) if order is None else self._talk(order))
        if result is not None:
            self._results[attempt_id] = result
            await self._end(attempt, "Finish", codec.encode(result.finish))
            return result.finish.disposition.value
        return "over"

    async def _talk(self, order: CallOrder) -> CallResult | None:
        """The call; None when it failed, which is then written down."""
        attempt = await self._store.attempt(order.attempt_id)
        assert attempt is not None
        try:
            await self._pace.turn()
            return await self._caller.call(order)
        except InputFault as fault:
            log.error("attempt %s cannot be made: %s", order.attempt_id, fault.code)
            await self._end(attempt, "Refused", json.dumps({"reason": fault.message}, ensure_ascii=False))
        except Exception:
            log.exception("attempt %s failed", order.attempt_id)
            rows = await self._store.events(order.attempt_id)
            answered = any(r.kind == "Answered" for r in rows)
            await self._failed(attempt, Disposition.INTERRUPTED if answered else Disposition.FAILED)
        return None

    async def _recover(self, attempt_id: str) -> CallResult | None:
        attempt = await self._store.attempt(attempt_id)
        assert attempt is not None
        try:
            result = await self._caller.recover(attempt_id)
        except Exception:
            log.exception("attempt %s could not be recovered", attempt_id)
            result = None
        if result is None:
            await self._failed(attempt, Disposition.INTERRUPTED)
        return result

    async def _failed(self, attempt: Attempt, disposition: Disposition) -> None:
        await self._end(attempt, "Finish", codec.encode(Finish(disposition, False, ())))

    async def _end(self, attempt: Attempt, kind: str, body: str) -> None:
        """Write the end of the call down, unless the driver has."""
        rows = await self._store.events(attempt.id)
        if any(r.kind in _ENDS for r in rows):
            return
        started = attempt.started_at or attempt.due_at
        if not rows:  # the process died between the attempt's row and the call's
            await self._store.add_call(CallRow(attempt.id, attempt.id, attempt.phone, "", "", started_at=started))
        at_ms = max(0, int((self._clock.now() - started).total_seconds() * 1000))
        serial = max((r.serial for r in rows), default=0) + 1
        await self._store.append_events([EventRow(attempt.id, serial, at_ms, kind, body)])

    # Settle -----------------------------------------------------------------------------------

    async def settle(self, attempt_id: str) -> str:
        """Outcome, follow-ups and outbox rows, in one transaction. Returns settled or over."""
        attempt = await self._store.attempt(attempt_id)
        self._orders.pop(attempt_id, None)
        result = self._results.get(attempt_id)
        if attempt is None or attempt.status is not AttemptStatus.DIALLING:
            self._results.pop(attempt_id, None)
            return "over"
        disposition = await self._settling.settle(attempt, result)
        self._results.pop(attempt_id, None)
        self._gate.record(disposition, self._clock.now())
        return "settled"


def _prepared(call_id: str, contacts: Sequence[Contact], visits: Sequence[Appointment]) -> EventRow:
    """What the call is about, for settling it after a crash: ids and versions, no personal data."""
    body = {"contacts": [c.id for c in contacts], "versions": [v.version for v in visits]}
    return EventRow(call_id, _PREPARED_SERIAL, 0, "Prepared", json.dumps(body))
