"""What waits for the workers of a pool: requests in their order, some of them for one worker only."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


def _future() -> asyncio.Future[Any]:
    return asyncio.get_running_loop().create_future()


@dataclass(slots=True, eq=False)
class Job:
    """One request to a worker; slot: the one worker that can do it, None for any."""

    op: str
    pcm: bytes
    rate: int
    phrases: Sequence[str] | None = None
    session: int = 0
    slot: int | None = None
    answer: asyncio.Future[Any] = field(default_factory=_future)

    def fail(self, error: Exception) -> None:
        if not self.answer.done():
            self.answer.set_exception(error)


class JobBoard:
    """The requests of one pool: put by callers, taken by the keepers of its slots."""

    def __init__(self, slots: int) -> None:
        self._waiting: deque[Job] = deque()
        self._open: set[Job] = set()  # asked and not answered
        self._wakes = [asyncio.Event() for _ in range(slots)]
        self._sessions = [0] * slots

    def put(self, job: Job) -> None:
        self._open.add(job)
        self._waiting.append(job)
        for slot in range(len(self._wakes)) if job.slot is None else (job.slot,):
            self._wakes[slot].set()

    def done(self, job: Job) -> None:
        """Nobody waits for it any more."""
        self._open.discard(job)

    def wake(self, slot: int) -> None:
        """Let next() of this slot look again."""
        self._wakes[slot].set()

    async def next(self, slot: int, stop: Callable[[], bool]) -> Job | None:
        """The first request that this slot can do and somebody still waits for; None when stop() is true."""
        while not stop():
            job = self._take(slot)
            if job is not None:
                return job
            self._wakes[slot].clear()
            await self._wakes[slot].wait()
        return None

    def least_busy(self) -> int:
        """The slot for a new streaming session."""
        return min(range(len(self._sessions)), key=self._sessions.__getitem__)

    def count_session(self, slot: int, change: int) -> None:
        self._sessions[slot] += change

    def fail_pinned(self, slot: int, error: Exception) -> None:
        """The worker of this slot is gone, and with it the sessions that it kept."""
        self._fail((job for job in self._open if job.slot == slot), error)

    def fail_all(self, error: Exception) -> None:
        self._fail(self._open, error)

    def _take(self, slot: int) -> Job | None:
        for job in self._waiting:
            if job.slot in (None, slot):
                self._waiting.remove(job)
                return job if not job.answer.done() else self._take(slot)
        return None

    def _fail(self, jobs: Iterable[Job], error: Exception) -> None:
        for job in list(jobs):
            job.fail(error)
