"""The workflow of one attempt: prepare (read again, decide), call, settle. Each step may run again after a crash.

What must outlive the process stands in the store: the attempt's row says how far it came, the call's events say
what was decided (kind "Prepared") and how it ended (kind "Finish" or "Refused").
"""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from voicebot.contacts.model import Attempt, AttemptStatus
from voicebot.contacts.rules import Rules
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Disposition
from voicebot.engine.caller import CalledOff, CallOrder, CallResult
from voicebot.engine.gate import Gate
from voicebot.engine.last_look import TAKEN_AWAY, Decided, LastLook
from voicebot.engine.pacing import Pace
from voicebot.engine.port import Queue, Work
from voicebot.engine.ports import Ports
from voicebot.engine.preparing import Preparing
from voicebot.engine.reading import Reading
from voicebot.engine.settling import Settling
from voicebot.errors import InputFault, NetworkFault
from voicebot.store.port import CallRow, EventRow

log = logging.getLogger(__name__)

WORK = "attempt"
_ENDS = ("Finish", "Refused")
_ABOUT_TO_DIAL = timedelta(minutes=1)  # one that is not dialled by then was left behind
_AT_ONCE = timedelta(seconds=1)  # another moment, hence another id of the work


class Attempting:
    """The three steps of an attempt."""

    def __init__(self, ports: Ports, rules: Rules, node: str, gate: Gate, mis_timeout_s: float = 10.0) -> None:
        self._store = ports.store
        self._clock = ports.clock
        self._caller = ports.caller
        self._node = node
        self._gate = gate
        reading = Reading(ports.store, ports.mis, ports.clock, mis_timeout_s, ports.scenarios)
        self._preparing = Preparing(ports, rules, node, gate, reading)
        self._look = LastLook(ports.store, reading, ports.clock, gate, rules, node)
        self._settling = Settling(ports.store, ports.clock, ports.texts, ports.scenarios, rules, ports.version)
        self._pace = Pace(None)
        self._results: dict[str, CallResult] = {}  # ended in this process, not settled yet
        self._deciding: set[str] = set()
        self._calling: set[str] = set()  # on the telephone now, in this process

    def work(self, lines: int, calls_per_second: float | None) -> Work:
        """The durable work whose argument is an attempt's id. lines: how many calls at once, over all nodes."""
        self._pace = Pace(calls_per_second)
        self._preparing.lines = lines
        return Work(WORK, Queue("lines", lines, calls_per_second), (self.prepare, self.call, self.settle))

    def at_work(self, attempt_id: str) -> bool:
        """Whether this process is at it: decides, is about to dial, or is on the telephone."""
        if attempt_id in self._calling or attempt_id in self._deciding:
            return True
        ready = self._preparing.ready.get(attempt_id)
        return ready is not None and self._clock.now() - ready[1].at < _ABOUT_TO_DIAL

    async def prepare(self, attempt_id: str) -> str:
        """Read the visit again and decide. Returns dial, wait, drop, recover or over."""
        self._deciding.add(attempt_id)
        try:
            return await self._preparing.prepare(attempt_id)
        finally:
            self._deciding.discard(attempt_id)

    # Call -------------------------------------------------------------------------------------

    async def call(self, attempt_id: str) -> str:
        """Make the call that prepare decided on in this process; a call of a dead process is recovered instead,
        never dialled again. Returns the disposition, over, off (called off: planned again), or elsewhere."""
        if attempt_id in self._calling:
            return "over"
        self._calling.add(attempt_id)  # nothing is awaited between the question and this
        try:
            return await self._call(attempt_id)
        finally:
            self._calling.discard(attempt_id)

    async def received(self, attempt_id: str, talk: Callable[[], Awaitable[CallResult]]) -> None:
        """A call that came in, whose attempt stands as dialling: talk, and settle it as any other."""
        self._calling.add(attempt_id)
        try:
            result = self._results[attempt_id] = await talk()
            attempt = await self._store.attempt(attempt_id)
            if attempt is not None:
                await self._end(attempt, "Finish", codec.encode(result.finish))
        finally:
            self._calling.discard(attempt_id)
        await self.settle(attempt_id)

    async def _call(self, attempt_id: str) -> str:
        async with self._store.together():
            attempt, rows = await self._store.attempt(attempt_id), await self._store.events(attempt_id)
        if attempt is None or attempt.status is not AttemptStatus.DIALLING:
            return "over"
        if not await self._ours(attempt):
            return "elsewhere"
        if any(r.kind in _ENDS for r in rows):
            return "over"
        ready = self._preparing.ready.pop(attempt_id, None)
        result = self._results.get(attempt_id)  # of an earlier run of this step, which could not write it down
        if result is None:
            try:
                result = await (self._recover(attempt) if ready is None else self._talk(attempt, *ready))
            except CalledOff as off:
                if ready is not None:
                    self._preparing.ready[attempt_id] = ready  # should the database be away: still not dialled
                return await self._take_back(attempt, off.message)
        if result is None:
            return "over"
        self._results[attempt_id] = result
        if not await self._end(attempt, "Finish", codec.encode(result.finish)):
            await self._settle_late(attempt_id, result)
        return result.finish.disposition.value

    async def _ours(self, attempt: Attempt) -> bool:
        """Whether this node may end this attempt: its own, or one of a node that was declared dead. The call of a node
        that lives is on that node's telephone, which only it can see."""
        if attempt.node == self._node:
            return True
        there = next((node for node in await self._store.nodes() if node.name == attempt.node), None)
        return there is not None and bool(there.taken_by)

    async def _talk(self, attempt: Attempt, order: CallOrder, decided: Decided) -> CallResult | None:
        """The call; None when it failed, which is then written down."""

        async def objection() -> str:
            """First this node's turn, so that nothing lies between the look and the INVITE."""
            await self._pace.turn()
            try:
                return await self._look.objection(decided)
            except BaseException:
                self._preparing.ready[attempt.id] = order, decided  # nothing was dialled: it may still be
                raise

        try:
            return await self._caller.call(replace(order, objection=objection))
        except CalledOff:
            raise
        except InputFault as fault:
            log.error("attempt %s cannot be made: %s", attempt.id, fault.code)
            await self._end(attempt, "Refused", json.dumps({"reason": fault.message}, ensure_ascii=False))
        except Exception:
            if attempt.id in self._preparing.ready:
                raise
            log.exception("attempt %s failed", attempt.id)
            rows = await self._store.events(attempt.id)
            answered = any(r.kind == "Answered" for r in rows)
            await self._failed(attempt, Disposition.INTERRUPTED if answered else Disposition.FAILED)
        return None

    async def _take_back(self, attempt: Attempt, reason: str) -> str:
        """Nobody was rung: the attempt is planned again, and what became of it is decided anew."""
        if reason != TAKEN_AWAY:
            log.info("attempt %s called off: %s", attempt.id, reason)
            await self._store.retract_attempt(attempt.id, self._node, self._clock.now() + _AT_ONCE, reason)
        self._preparing.ready.pop(attempt.id, None)
        return "off"

    async def _recover(self, attempt: Attempt) -> CallResult | None:
        """Take up what a dead process left. Another node's call is beyond us: its Asterisk is not ours to see."""
        result = None
        if attempt.node == self._node:
            try:
                result = await self._caller.recover(attempt.id)
            except NetworkFault:  # the database or Asterisk is away: it is tried again, not written off
                raise
            except Exception:
                log.exception("attempt %s could not be recovered", attempt.id)
        if result is None:
            await self._failed(attempt, Disposition.INTERRUPTED)
        return result

    async def _settle_late(self, attempt_id: str, result: CallResult) -> None:
        """Another node settled this attempt while its call lived on here: we had been taken for dead."""
        attempt = await self._store.attempt(attempt_id)
        assert attempt is not None
        log.warning("attempt %s was written off while its call lived: its end counts", attempt_id)
        await self._settling.settle(attempt, result, late=True)
        self._results.pop(attempt_id, None)

    async def _failed(self, attempt: Attempt, disposition: Disposition) -> None:
        await self._end(attempt, "Finish", codec.encode(Finish(disposition, False, ())))

    async def _end(self, attempt: Attempt, kind: str, body: str) -> bool:
        """Write the end of the call down, unless the driver has. Returns whether the attempt still is dialling."""
        async with self._store.together():
            rows, standing = await self._store.events(attempt.id), await self._store.attempt(attempt.id)
        if not any(r.kind in _ENDS for r in rows):
            started = attempt.started_at or attempt.due_at
            if not rows:  # the process died between the attempt's row and the call's
                await self._store.add_call(CallRow(attempt.id, attempt.id, attempt.phone, "", "", started_at=started))
            at_ms = max(0, int((self._clock.now() - started).total_seconds() * 1000))
            serial = max((r.serial for r in rows), default=0) + 1
            await self._store.append_events([EventRow(attempt.id, serial, at_ms, kind, body)])
        return standing is not None and standing.status is AttemptStatus.DIALLING

    # Settle -----------------------------------------------------------------------------------

    async def settle(self, attempt_id: str) -> str:
        """Outcome, follow-ups and outbox rows, in one transaction. Returns settled or over."""
        attempt = await self._store.attempt(attempt_id)
        result = self._results.get(attempt_id)
        if attempt is None or attempt.status is not AttemptStatus.DIALLING:
            self._results.pop(attempt_id, None)
            self._preparing.ready.pop(attempt_id, None)
            return "over"
        if attempt_id in self._calling or not await self._ours(attempt):
            return "elsewhere"
        disposition = await self._settling.settle(attempt, result)
        self._results.pop(attempt_id, None)
        self._gate.record(disposition, self._clock.now())
        return "settled"
