"""The port of durable work: start something now under an id, once; and ticks. Waiting is a row, never a workflow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Protocol

from voicebot.errors import OurFault


class EngineFault(OurFault):
    """The engine could not be started, or was used in the wrong order."""

    code = "engine"


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue of durable work. concurrency is global over all nodes; per_second limits starts (None: no limit)."""

    name: str
    concurrency: int
    per_second: float | None = None


class Enqueued(StrEnum):
    STARTED = "started"
    KNOWN = "known"  # work of this id exists already (running or done): nothing new was started
    BUSY = "busy"  # other work holds the deduplication key: try again later


#: Work takes one id and runs its named steps in order. A step may run again after a crash, so each is idempotent.
Step = Callable[[str], Awaitable[str]]
Job = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Work:
    """A kind of durable work: its steps are called in order with the work's argument (an id, no personal data)."""

    name: str
    queue: Queue
    steps: tuple[Step, ...]


class Engine(Protocol):
    """Durable work. register everything before start."""

    def register(self, work: Work) -> None: ...

    def tick(self, name: str, every_s: float, job: Job) -> None:
        """Run job on this node every so many seconds by the wall clock; a job still running is not started twice."""
        ...

    async def start(self) -> None: ...

    async def enqueue(
        self, work: str, work_id: str, argument: str, *, priority: int = 100, dedup: str = ""
    ) -> Enqueued: ...

    async def cancel(self, work_id: str) -> None: ...

    async def active(self, work_id: str) -> bool:
        """Whether the work of this id waits or runs, on any node."""
        ...

    async def running(self, work: str) -> int:
        """How many pieces of this work wait or run now, on all nodes."""
        ...

    async def forget(self, older_than: timedelta) -> int:
        """Throw away what is known of work that ended so long ago; returns how much. Its ids would start again."""
        ...

    async def adopt(self, nodes: Sequence[str]) -> int:
        """Give the unfinished work of nodes that will not come back to those that live; returns how much it was.
        Asked twice it does nothing more."""
        ...

    async def stop(self, grace_s: float) -> None:
        """Start nothing more, give what runs grace_s to end."""
        ...
