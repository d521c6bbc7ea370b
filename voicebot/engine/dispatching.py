"""The tick of each second: rows that are due become durable work."""

from __future__ import annotations

import hmac
import logging
from datetime import datetime, timedelta
from hashlib import sha256

from voicebot.clock import Clock
from voicebot.contacts.model import Attempt
from voicebot.engine.attempting import WORK
from voicebot.engine.budget import Budget
from voicebot.engine.gate import Gate
from voicebot.engine.port import Engine, Enqueued
from voicebot.store.port import ALL_LANES, Store, closed_lane

log = logging.getLogger(__name__)

_LOOK_AGAIN = timedelta(seconds=30)  # how long a row that was enqueued and still is planned is left alone
_PUT_OFF = timedelta(minutes=1)
_ROUNDS = 5  # how many full lanes in a row are looked past in one second


def attempt_work_id(attempt: Attempt) -> str:
    """The id of the work of an attempt at its present due moment: a row that was postponed is new work."""
    return f"attempt:{attempt.id}:{int(attempt.due_at.timestamp())}"


class Dispatcher:
    """Enqueues due attempts, the most urgent first, no more than a few ahead of the free lines.

    secret: key of the hash under which a phone stands in the engine's tables.
    """

    def __init__(self, engine: Engine, store: Store, clock: Clock, gate: Gate, lines: int, secret: bytes) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._gate = gate
        self._ahead = lines * 2
        self._secret = secret
        self._sent: dict[str, datetime] = {}  # work id -> when it was enqueued from here

    async def run(self) -> int:
        """Enqueue what is due; returns how much was. A refused deduplication leaves the row due."""
        now = self._clock.now()
        async with self._store.together():
            lanes, taken = await self._store.lanes(), await self._store.lines_taken()
        if self._gate.closed(now) or closed_lane(ALL_LANES, lanes):
            return 0
        room = self._ahead - await self._engine.running(WORK)
        if room <= 0:
            return 0
        budget = Budget(lanes, taken)
        started = 0
        seen: set[str] = set()
        for _ in range(_ROUNDS):
            due = await self._store.due_attempts(now, self._ahead * 4, budget.without())
            for attempt in due:
                if started >= room:
                    break
                started += await self._offer(attempt, budget, seen, now)
            if started >= room or len(due) < self._ahead * 4 or not budget.filled():
                break  # else a full lane may stand before everybody else: look past it
        self._sent = {w: t for w, t in self._sent.items() if w in seen}
        return started

    async def _offer(self, attempt: Attempt, budget: Budget, seen: set[str], now: datetime) -> int:
        """Enqueue one attempt if it is not yet, and its lane has a line for it; 1 if it was."""
        work_id = attempt_work_id(attempt)
        if work_id in seen:
            return 0
        seen.add(work_id)
        if self._waits(work_id, now):
            budget.take(attempt.lane)
            return 0
        if not budget.room(attempt.lane):
            return 0
        sent = await self._send(attempt, work_id, now)
        if sent:
            budget.take(attempt.lane)
        return sent

    def _waits(self, work_id: str, now: datetime) -> bool:
        sent = self._sent.get(work_id)
        return sent is not None and now - sent < _LOOK_AGAIN

    async def _send(self, attempt: Attempt, work_id: str, now: datetime) -> int:
        done = await self._engine.enqueue(
            WORK, work_id, attempt.id, priority=attempt.priority, dedup=self._key(attempt.phone)
        )
        if done is Enqueued.STARTED:
            self._sent[work_id] = now
            return 1
        if done is Enqueued.KNOWN:
            self._sent[work_id] = now
            await self._revive(attempt, work_id, now)
        return 0

    async def _revive(self, attempt: Attempt, work_id: str, now: datetime) -> None:
        """Work that has ended and left its row as it was (the database was away) gets a new moment, hence a new id."""
        if await self._engine.active(work_id):
            return
        row = await self._store.attempt(attempt.id)
        if row is not None and attempt_work_id(row) == work_id:
            await self._store.postpone_attempt(attempt.id, now + _PUT_OFF, "прошлая попытка сорвалась по нашей вине")

    def _key(self, phone: str) -> str:
        return hmac.new(self._secret, phone.encode(), sha256).hexdigest()[:32]
