"""An engine in memory: for unit tests and for trying things out. Nothing survives the process."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from voicebot.engine.port import EngineFault, Enqueued, Job, Queue, Work

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Lane:
    """One queue: what waits (most urgent first), how many run, when the last ones started (loop time)."""

    queue: Queue
    waiting: list[tuple[int, int, str]] = field(default_factory=list)
    running: int = 0
    starts: list[float] = field(default_factory=list)
    alarm: asyncio.TimerHandle | None = None


@dataclass(frozen=True, slots=True)
class _Item:
    work: Work
    argument: str
    dedup: str


class MemoryEngine:
    """port.Engine in one process. Ticks run only when told to by fire(): the test is the clock."""

    def __init__(self) -> None:
        self._works: dict[str, Work] = {}
        self._jobs: dict[str, Job] = {}
        self._lanes: dict[str, _Lane] = {}
        self._known: set[str] = set()
        self._items: dict[str, _Item] = {}  # waiting or running
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._serial = itertools.count()
        self._started = False

    def register(self, work: Work) -> None:
        if self._started:
            raise EngineFault(f"Работа {work.name} объявлена после запуска движка.")
        self._works[work.name] = work
        self._lanes.setdefault(work.queue.name, _Lane(work.queue))

    def tick(self, name: str, every_s: float, job: Job) -> None:
        self._jobs[name] = job

    async def fire(self, name: str) -> None:
        """Run a tick's job once, now."""
        await self._jobs[name]()

    async def start(self) -> None:
        self._started = True

    async def enqueue(
        self, work: str, work_id: str, argument: str, *, priority: int = 100, dedup: str = ""
    ) -> Enqueued:
        if not self._started:
            raise EngineFault("Движок не запущен.")
        if work_id in self._known:
            return Enqueued.KNOWN
        if dedup and dedup in self._held(self._works[work].queue.name):
            return Enqueued.BUSY
        self._known.add(work_id)
        self._items[work_id] = _Item(self._works[work], argument, dedup)
        lane = self._lanes[self._works[work].queue.name]
        heapq.heappush(lane.waiting, (priority, next(self._serial), work_id))
        self._dispatch(lane)
        return Enqueued.STARTED

    async def cancel(self, work_id: str) -> None:
        """What waits never starts; what runs goes no further than its present step."""
        self._items.pop(work_id, None)

    async def active(self, work_id: str) -> bool:
        return work_id in self._items

    async def running(self, work: str) -> int:
        return sum(1 for item in self._items.values() if item.work.name == work)

    async def forget(self, older_than: timedelta) -> int:
        """Here the age is not looked at: everything that ended is forgotten."""
        ended = self._known - set(self._items)
        self._known -= ended
        return len(ended)

    async def adopt(self, nodes: Sequence[str]) -> int:
        """One process: there is nobody else's work."""
        return 0

    async def idle(self) -> None:
        """Wait until nothing waits or runs."""
        while self._tasks:
            await asyncio.wait(list(self._tasks.values()))

    async def stop(self, grace_s: float) -> None:
        self._started = False
        for lane in self._lanes.values():
            lane.waiting.clear()
            if lane.alarm is not None:
                lane.alarm.cancel()
        if self._tasks:
            _, late = await asyncio.wait(list(self._tasks.values()), timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _held(self, queue: str) -> Iterator[str]:
        return (i.dedup for i in self._items.values() if i.dedup and i.work.queue.name == queue)

    def _dispatch(self, lane: _Lane) -> None:
        """Start what may start now."""
        while lane.waiting and lane.running < lane.queue.concurrency:
            if not self._may_start(lane):
                return
            _, _, work_id = heapq.heappop(lane.waiting)
            if work_id not in self._items:
                continue
            lane.running += 1
            lane.starts.append(asyncio.get_running_loop().time())
            self._tasks[work_id] = asyncio.create_task(self._run(work_id, lane))

    def _may_start(self, lane: _Lane) -> bool:
        """Whether the limit of starts per second leaves room; if not, look again when it does."""
        if lane.queue.per_second is None:
            return True
        loop = asyncio.get_running_loop()
        period = max(1.0, 1.0 / lane.queue.per_second)
        lane.starts = [t for t in lane.starts if t > loop.time() - period]
        if len(lane.starts) < lane.queue.per_second * period:
            return True
        if lane.alarm is not None:
            lane.alarm.cancel()
        lane.alarm = loop.call_at(lane.starts[0] + period, self._dispatch, lane)
        return False

    async def _run(self, work_id: str, lane: _Lane) -> None:
        item = self._items[work_id]
        try:
            for step in item.work.steps:
                if work_id not in self._items:
                    break
                await step(item.argument)
        except Exception:
            log.exception("work %s failed", work_id)
        finally:
            self._items.pop(work_id, None)
            self._tasks.pop(work_id, None)
            lane.running -= 1
            if self._started:
                with contextlib.suppress(RuntimeError):  # the loop is closing
                    self._dispatch(lane)
