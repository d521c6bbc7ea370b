"""Several nodes: each says that it lives, and sees which of the others do not (ENGINE.md, trap 2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from voicebot.clock import Clock
from voicebot.engine.gate import Gate
from voicebot.engine.port import Engine
from voicebot.engine.sweeping import Sweeper
from voicebot.store.port import NodeRow, Store

log = logging.getLogger(__name__)

SAME_NAME = "на другой машине работает узел с тем же именем: задайте каждому своё, настройка node"


_UNSURE = -1  # the database went away while we beat: who knows whether that counted


def _seconds() -> float:
    return asyncio.get_running_loop().time()


class Heartbeat:
    """Says that this node lives. A second process with this node's name stops dialling here: each would end what the
    other has on the line."""

    def __init__(self, store: Store, clock: Clock, gate: Gate, node: str, role: str) -> None:
        self._store = store
        self._clock = clock
        self._gate = gate
        self._node = node
        self._role = role
        self._beats: int | None = None

    async def run(self) -> None:
        """The tick. Raises StoreDown."""
        now = self._clock.now()
        if self._beats is None:
            self._beats = await self._store.enter_node(self._node, self._role, now)
            return
        expected, self._beats = self._beats, _UNSURE
        before = await self._store.beat(self._node, now)
        if before is None:  # the database was restored from an older copy
            self._beats = None
            return
        if before.taken_by:
            log.error("this node was taken for dead by %s: its calls of that time were written off", before.taken_by)
        if expected not in (_UNSURE, before.beats):
            log.error("another process works under the name of this node, %s", self._node)
            self._gate.close(SAME_NAME)
        self._beats = before.beats + 1


@dataclass(slots=True)
class _Watched:
    """beats as last seen, since when by our own clock."""

    beats: int
    since: float


class Reaper:
    """Declares nodes dead that have not beaten for dead_after_s, and takes their work over.

    Judged by whether the beats grow and by this process's own steady clock: the clocks of two machines differ, and
    one may leap. Time in which this node could not look does not count.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        sweeper: Sweeper,
        node: str,
        dead_after_s: float,
        seconds: Callable[[], float] = _seconds,
    ) -> None:
        self._engine = engine
        self._store = store
        self._sweeper = sweeper
        self._node = node
        self._dead_after_s = dead_after_s
        self._seconds = seconds
        self._seen: dict[str, _Watched] = {}
        self._looked: float | None = None
        self._adopted: set[tuple[str, int]] = set()

    async def run(self) -> tuple[str, ...]:
        """The tick. Returns the dead nodes whose work is ours. Raises StoreDown."""
        rows = await self._others()
        now = self._seconds()
        if self._looked is None or now - self._looked > self._dead_after_s / 2:
            self._seen.clear()  # who knows whether they beat while we could not look
        self._looked = now
        silent = {row.name for row in rows if self._silent(row, now)}
        mine = [row for row in rows if row.name in silent and await self._taken(row, silent)]
        for row in mine:
            await self._adopt(row)
        dead = tuple(row.name for row in mine)
        if dead:
            await self._sweeper.end_of(dead)
        return dead

    async def _others(self) -> Sequence[NodeRow]:
        """The other nodes; those too that have attempts and never said that they live (renamed, or very new)."""
        rows = [row for row in await self._store.nodes() if row.name != self._node]
        known = {self._node, *(row.name for row in rows)}
        for attempt in await self._store.dialling():
            moment = attempt.started_at or attempt.due_at
            if attempt.node not in known and self._silent(
                NodeRow(attempt.node, "", moment, moment, 0), self._seconds()
            ):
                log.warning("node %s has attempts and does not beat: it is watched from now on", attempt.node)
                await self._store.enter_node(attempt.node, "", moment)
        return rows

    def _silent(self, row: NodeRow, now: float) -> bool:
        watched = self._seen.get(row.name)
        if watched is None or watched.beats != row.beats:
            self._seen[row.name] = _Watched(row.beats, now)
            return False
        return now - watched.since >= self._dead_after_s

    async def _taken(self, row: NodeRow, silent: set[str]) -> bool:
        """Whether this silent node is ours: taken before, or now. One that another took is ours if that one is silent
        as well."""
        if row.taken_by == self._node:
            return True
        if row.taken_by and row.taken_by not in silent:
            return False
        taken = await self._store.take_over(row, self._node)
        if taken:
            log.error("node %s does not answer: its work is taken over, its calls are written off", row.name)
        return taken

    async def _adopt(self, row: NodeRow) -> None:
        """Give its unfinished work back to the queues, once: until then it counts against the limit of lines."""
        if (row.name, row.beats) not in self._adopted:
            count = await self._engine.adopt([row.name])
            self._adopted.add((row.name, row.beats))
            log.warning("%d pieces of work of node %s are taken over", count, row.name)
