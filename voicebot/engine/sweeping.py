"""Attempts that stand as dialling although nobody works on them: taken up, settled by policy, never dialled again."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection

from voicebot.contacts.model import Attempt
from voicebot.engine.attempting import Attempting
from voicebot.store.port import Store

log = logging.getLogger(__name__)


class Sweeper:
    """Takes up what a crash of this node left, and what nodes left that were declared dead.

    Not by the engine's queue: any node may get work from there, and a live call can only be taken up by the node whose
    Asterisk has it. The row in the store is what makes it durable: whatever is broken off here is swept up again.
    """

    def __init__(self, store: Store, attempting: Attempting, node: str) -> None:
        self._store = store
        self._attempting = attempting
        self._node = node
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._idle: set[str] | None = None  # attempts at which nobody was, at the last look

    async def run(self) -> int:
        """Take up what this node left: at the first look whatever stands there, the process being new; later what
        stood there idle at two looks, for between two steps of its work an attempt is idle for a moment.
        Returns how many attempts were taken up now."""
        idle = [a for a in await self._store.dialling() if a.node == self._node and not self._at_work(a.id)]
        known, self._idle = self._idle, {a.id for a in idle}
        return sum(self._take(a) for a in idle if known is None or a.id in known)

    async def end_of(self, dead: Collection[str]) -> int:
        """Write off the attempts of these nodes, which were declared dead."""
        return sum(self._take(a) for a in await self._store.dialling() if a.node in dead and not self._at_work(a.id))

    def _at_work(self, attempt_id: str) -> bool:
        return attempt_id in self._tasks or self._attempting.at_work(attempt_id)

    def _take(self, attempt: Attempt) -> int:
        log.warning("attempt %s of node %s was left dialling: taken up", attempt.id, attempt.node)
        task = asyncio.create_task(self._take_up(attempt.id), name=f"left behind {attempt.id}")
        self._tasks[attempt.id] = task
        return 1

    async def idle(self) -> None:
        """Wait until everything that was taken up has come to its end."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def stop(self) -> None:
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _take_up(self, attempt_id: str) -> None:
        try:
            await self._attempting.prepare(attempt_id)
            await self._attempting.call(attempt_id)
            await self._attempting.settle(attempt_id)
        except Exception:
            log.exception("attempt %s could not be taken up: tried again", attempt_id)
        finally:
            self._tasks.pop(attempt_id, None)
