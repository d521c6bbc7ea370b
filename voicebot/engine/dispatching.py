"""The tick of each second: rows that are due become durable work; and rows that a crash left behind are taken up."""

from __future__ import annotations

import hmac
import logging
from datetime import datetime, timedelta
from hashlib import sha256

from voicebot.clock import Clock
from voicebot.contacts.model import Attempt
from voicebot.engine.attempting import WORK
from voicebot.engine.gate import Gate
from voicebot.engine.port import Engine, Enqueued
from voicebot.store.port import Store

log = logging.getLogger(__name__)

_LOOK_AGAIN = timedelta(seconds=30)  # how long a row that was enqueued and still is planned is left alone
_PUT_OFF = timedelta(minutes=1)


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
        if self._gate.closed(now):
            return 0
        room = self._ahead - await self._engine.running(WORK)
        if room <= 0:
            return 0
        started = 0
        seen: set[str] = set()
        for attempt in await self._store.due_attempts(now, self._ahead * 4):
            work_id = attempt_work_id(attempt)
            seen.add(work_id)
            if started >= room:
                break
            started += await self._send(attempt, work_id, now)
        self._sent = {w: t for w, t in self._sent.items() if w in seen}
        return started

    async def _send(self, attempt: Attempt, work_id: str, now: datetime) -> int:
        sent = self._sent.get(work_id)
        if sent is not None and now - sent < _LOOK_AGAIN:
            return 0
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


class Sweeper:
    """Takes up attempts that stand as dialling although nobody works on them: settled by policy, never dialled."""

    def __init__(self, engine: Engine, store: Store, clock: Clock, node: str) -> None:
        self._engine = engine
        self._store = store
        self._clock = clock
        self._node = node

    async def run(self) -> int:
        """Returns how many were taken up. Only this node's: another node's channels are on its own Asterisk."""
        now = self._clock.now()
        taken = 0
        for attempt in await self._store.dialling():
            if attempt.node != self._node or await self._engine.active(attempt_work_id(attempt)):
                continue
            again = f"{attempt_work_id(attempt)}:again:{int(now.timestamp()) // 60}"
            if await self._engine.enqueue(WORK, again, attempt.id, priority=1) is Enqueued.STARTED:
                log.warning("attempt %s was left dialling: taken up", attempt.id)
                taken += 1
        return taken
