"""The clock of the engine: jobs at an interval, on APScheduler. Never more than one run of a job at a time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from voicebot.engine.port import Job

log = logging.getLogger(__name__)


class Ticks:
    """Runs jobs by the wall clock. A run that is late is made once, however many were missed."""

    def __init__(self) -> None:
        logging.getLogger("apscheduler").setLevel(logging.ERROR)  # it warns at each run that it leaves out
        self._scheduler = AsyncIOScheduler(timezone=UTC)
        self._running: set[asyncio.Task[None]] = set()
        self._stopping = False

    def add(self, name: str, every_s: float, job: Job) -> None:
        """Run job now and then every so many seconds. A job that raises is logged and runs again next time."""
        self._scheduler.add_job(
            self._guarded(name, job),
            "interval",
            seconds=every_s,
            id=name,
            next_run_time=datetime.now(UTC),
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
        )

    def start(self) -> None:
        self._scheduler.start()

    async def stop(self, grace_s: float) -> None:
        """Start no job any more; give those that run grace_s, then cancel them."""
        self._stopping = True
        if self._scheduler.running:
            self._scheduler.remove_all_jobs()
        if self._running:
            _, late = await asyncio.wait(set(self._running), timeout=grace_s)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
            await asyncio.sleep(0)  # AsyncIOScheduler shuts down in a callback of the loop

    def _guarded(self, name: str, job: Job) -> Callable[[], Awaitable[None]]:
        async def run() -> None:
            task = asyncio.current_task()
            if self._stopping or task is None:
                return
            self._running.add(task)
            try:
                await job()
            except Exception:
                log.exception("tick %s failed", name)
            finally:
                self._running.discard(task)

        return run
