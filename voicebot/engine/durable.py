"""Durable work on DBOS: SQLite for one machine, PostgreSQL for several. The only file that knows DBOS.

DBOS keeps one instance per process, so there is one DurableEngine per process. Its tables hold ids only.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID
from dbos._error import DBOSQueueDeduplicatedError, DBOSWorkflowIDInUseError

from voicebot.engine.port import EngineFault, Enqueued, Job, Queue, Step, Work
from voicebot.engine.ticks import Ticks
from voicebot.errors import NetworkFault

log = logging.getLogger(__name__)

#: The shape of the registered steps. Work of another version is not touched, so it changes only with that shape.
VERSION = "1"

_ALIVE = ["ENQUEUED", "PENDING", "DELAYED"]
_ENDED = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]
_PORTION, _PORTIONS = 500, 100
_THREADS = 32  # DBOS puts its executor under asyncio.to_thread, for the whole process; its default is unbounded


@dataclass(frozen=True, slots=True)
class DurableSettings:
    """url: sqlite:///file or postgresql://…; node: a name that stays the same over restarts.

    poll_s: how often a queue looks for work. step_tries: how often a step is tried when the network fails it.
    """

    url: str
    node: str
    poll_s: float = 0.25
    step_tries: int = 5
    step_wait_s: float = 0.5


class DurableEngine:
    """port.Engine on DBOS and APScheduler. start() must be awaited in the loop that shall run the work."""

    def __init__(self, settings: DurableSettings) -> None:
        self._settings = settings
        self._works: dict[str, Work] = {}
        self._flows: dict[str, Callable[[str], Any]] = {}
        self._queues: dict[str, Queue] = {}
        self._ticks = Ticks()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._dbos: DBOS | None = None

    def register(self, work: Work) -> None:
        if self._dbos is not None:
            raise EngineFault(f"Работа {work.name} объявлена после запуска движка.")
        if self._queues.setdefault(work.queue.name, work.queue) != work.queue:
            raise EngineFault(f"Очередь {work.queue.name} объявлена дважды с разными пределами.")
        self._works[work.name] = work

    def tick(self, name: str, every_s: float, job: Job) -> None:
        self._ticks.add(name, every_s, job)

    async def start(self) -> None:
        """Bring back this node's unfinished work, open the queues, start the ticks."""
        _quiet()
        _prepare_sqlite(self._settings.url)
        config: DBOSConfig = {
            "name": "voicebot",
            "system_database_url": self._settings.url,
            "application_version": VERSION,
            "executor_id": self._settings.node,
            "log_level": "WARNING",
            "enable_otlp": False,
            "max_executor_threads": _THREADS,
            "use_listen_notify": False,
        }
        try:
            self._dbos = DBOS(config=config)
            self._flows = {name: self._flow(work) for name, work in self._works.items()}
            DBOS.launch()  # inside the running loop: work then runs on this loop
            await self._retire_other_versions()
            for queue in self._queues.values():
                await self._open(queue)
        except Exception as error:
            await self._destroy()
            raise EngineFault(
                f"Движок надёжных работ не запустился на {_place(self._settings.url)}: {type(error).__name__}: {error}",
                "Проверьте database.engine_url, права на папку и место на диске.",
            ) from error
        self._ticks.start()

    async def enqueue(
        self, work: str, work_id: str, argument: str, *, priority: int = 100, dedup: str = ""
    ) -> Enqueued:
        self._running_dbos()
        queue = self._works[work].queue.name
        with (
            SetWorkflowID(work_id, workflow_id_reuse_policy="reject"),
            SetEnqueueOptions(priority=max(1, priority), deduplication_id=dedup or None),
        ):
            try:
                await DBOS.enqueue_workflow_async(queue, self._flows[work], argument)
            except DBOSWorkflowIDInUseError:
                return Enqueued.KNOWN
            except DBOSQueueDeduplicatedError:
                # The row that holds the key may be this very work: which constraint is seen first is the database's.
                return Enqueued.KNOWN if await self._exists(work_id) else Enqueued.BUSY
        return Enqueued.STARTED

    async def cancel(self, work_id: str) -> None:
        """What waits never starts; what runs goes no further than its present step."""
        self._running_dbos()
        await DBOS.cancel_workflow_async(work_id)

    async def active(self, work_id: str) -> bool:
        self._running_dbos()
        status = await DBOS.get_workflow_status_async(work_id)
        return status is not None and status.status in _ALIVE

    async def running(self, work: str) -> int:
        self._running_dbos()
        found = await DBOS.list_workflows_async(
            name=self._flow_name(work), status=_ALIVE, load_input=False, load_output=False
        )
        return len(found)

    async def forget(self, older_than: timedelta) -> int:
        """In small portions, so that the database is never held for long. By the wall clock."""
        before = (datetime.now(UTC) - older_than).isoformat()
        forgotten = 0
        for _ in range(_PORTIONS):
            self._running_dbos()
            ended = await DBOS.list_workflows_async(
                status=_ENDED, completed_before=before, limit=_PORTION, load_input=False, load_output=False
            )
            if not ended:
                break
            await DBOS.delete_workflows_async([w.workflow_id for w in ended])
            forgotten += len(ended)
        return forgotten

    async def adopt(self, nodes: Sequence[str]) -> int:
        """Take over the unfinished work of nodes that will not come back. Returns how many pieces there were.

        Private in DBOS, so only here. resume_workflow is no way: it moves work past the limit of its queue.
        """
        dbos = self._running_dbos()
        handles = await asyncio.to_thread(dbos._recover_pending_workflows, list(nodes))
        return len(handles)

    async def stop(self, grace_s: float) -> None:
        """Start nothing more, give what runs grace_s to end, then break it off: it is taken up at the next start."""
        await self._ticks.stop(grace_s)
        if self._dbos is None:
            return
        for event in self._dbos.background_thread_stop_events:
            event.set()  # the queues hand out nothing more
        if self._tasks:
            _, late = await asyncio.wait(set(self._tasks), timeout=grace_s)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late, timeout=5)
        await self._destroy()

    # Inside -----------------------------------------------------------------------------------

    def _running_dbos(self) -> DBOS:
        if self._dbos is None:
            raise EngineFault("Движок не запущен.")
        return self._dbos

    @staticmethod
    def _flow_name(work: str) -> str:
        return f"voicebot.{work}"

    def _flow(self, work: Work) -> Callable[[str], Any]:
        """The DBOS workflow of a kind of work: its steps in order. It ends well whatever happens in them, because
        an id whose work has failed never starts again; what is left undone stands in our own tables."""

        async def run(argument: str) -> str:
            task = asyncio.current_task()
            if task is not None:
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            try:
                for step in work.steps:
                    await self._step(work, step, argument)
            except Exception as error:
                log.exception("work %s failed", work.name)
                return f"failed: {type(error).__name__}"
            return "done"

        decorate: Callable[[Any], Any] = DBOS.workflow(name=self._flow_name(work.name), max_recovery_attempts=100)
        flow: Callable[[str], Any] = decorate(run)
        return flow

    async def _step(self, work: Work, step: Step, argument: str) -> str:
        async def once(argument: str) -> str:
            return await step(argument)

        name = f"{work.name}.{getattr(step, '__name__', 'step')}"
        result: str = await DBOS.run_step_async(
            {
                "name": name,
                "retries_allowed": True,
                "max_attempts": self._settings.step_tries,
                "interval_seconds": self._settings.step_wait_s,
                "backoff_rate": 2.0,
                "should_retry": lambda error: isinstance(error, NetworkFault),
            },
            once,
            argument,
        )
        return result

    async def _open(self, queue: Queue) -> None:
        limiter = None
        if queue.per_second is not None:
            rate = Fraction(queue.per_second).limit_denominator(60)
            limiter = {"limit": max(1, rate.numerator), "period": float(rate.denominator)}
        options: dict[str, Any] = {"limiter": limiter} if limiter else {}
        await DBOS.register_queue_async(
            queue.name,
            global_concurrency=queue.concurrency,
            polling_interval_sec=self._settings.poll_s,
            on_conflict="always_update",
            **options,
        )

    async def _retire_other_versions(self) -> None:
        """What a program of another VERSION left in the queues can never be run by this one, and would hold its place
        under the limits for ever. Our own rows know what is to be done, and make new work of it."""
        left = await DBOS.list_workflows_async(status=_ALIVE, load_input=False, load_output=False)
        old = [w.workflow_id for w in left if w.app_version != VERSION]
        if old:
            log.warning("%d pieces of work of another version are given up: they are begun anew", len(old))
            await DBOS.cancel_workflows_async(old)

    async def _exists(self, work_id: str) -> bool:
        return await DBOS.get_workflow_status_async(work_id) is not None

    async def _destroy(self) -> None:
        """Take DBOS down, in a thread of our own: it joins its threads, and its executor goes with it."""
        loop = asyncio.get_running_loop()
        with ThreadPoolExecutor(1, thread_name_prefix="engine-stop") as thread:
            await loop.run_in_executor(thread, lambda: DBOS.destroy(destroy_registry=True))
        self._dbos = None
        # DBOS had put its own executor, now shut, under asyncio.to_thread of this loop.
        loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="voicebot"))


def _quiet() -> None:
    """DBOS's log goes where ours goes, warnings and worse: with a handler in place it adds none of its own."""
    logger = logging.getLogger("dbos")
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())


def _prepare_sqlite(url: str) -> None:
    """A write-ahead log lets the queues look for work while steps are written down. The file keeps the setting."""
    if not url.startswith("sqlite:///"):
        return
    path = Path(url.removeprefix("sqlite:///"))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        connection = sqlite3.connect(path, timeout=10)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise EngineFault(
            f"База движка {path} не открывается: {error}.", "Проверьте права на папку и место на диске."
        ) from error


def _place(url: str) -> str:
    """The url without a password."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"
