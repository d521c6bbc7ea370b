"""Recognition off the event loop: a few worker processes, each with the model loaded, asked through an async front.

Processes and not threads: both are as quick on two cores, but only a process that hangs or dies can be replaced
while the calls go on. A worker costs about 210 MB with Whisper base and starts in 0.5–1 s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType

import structlog

from voicebot.speech.choose import RecogniserChoice
from voicebot.speech.port import ModelMissing, Recognised, SpeechError
from voicebot.speech.worker_process import WorkerDied, WorkerProcess

log = structlog.get_logger()

# one recognition takes 0.15 s; ten times that under full load, then the patient has waited too long anyway
TIMEOUT_S = 4.0
# a cold disk and a busy machine: loading takes 1 s else
LOAD_TIMEOUT_S = 60.0
# a minute of 16 kHz: longer is a defect of the caller
MAX_BYTES = 2_000_000
# between tries to start a worker that does not come up: s
_BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 15.0)


@dataclass(slots=True, eq=False)
class _Job:
    pcm: bytes
    rate: int
    phrases: Sequence[str] | None
    answer: asyncio.Future[Recognised]


class RecogniserPool:
    """Transcriber over worker processes. Use as `async with`: leaving it ends every worker.

    Entering waits until all workers are ready (1–2 s) and raises ModelMissing or SpeechError if they cannot be.
    """

    def __init__(self, choice: RecogniserChoice, workers: int = 2, timeout_s: float = TIMEOUT_S) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self.choice = choice
        self.engine = choice.model.name
        self.restarts = 0
        self._timeout_s = timeout_s
        self._jobs: asyncio.Queue[_Job] = asyncio.Queue()
        self._workers: list[WorkerProcess | None] = [None] * workers
        self._open: set[_Job] = set()  # asked and not answered
        self._failing = 0  # slots whose last start failed
        self._keepers: list[asyncio.Task[None]] = []

    @property
    def pids(self) -> list[int]:
        """Process ids of the living workers."""
        return [worker.pid for worker in self._workers if worker is not None]

    async def recognise(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> Recognised:
        """What was said in an utterance (PCM at 8000 or 16000 Hz). The time in the queue counts to the timeout.

        Raises SpeechError: the worker died, hung, did not get to it in time, or none can be started.
        """
        if not self._keepers or self._failing == len(self._workers):
            raise SpeechError("Распознавание не работает: ни один его процесс не запущен.", "Смотрите журнал.")
        if len(pcm) > MAX_BYTES:
            raise SpeechError(f"Фраза в {len(pcm)} байт слишком длинна для распознавания.")
        job = _Job(pcm, rate, phrases, asyncio.get_running_loop().create_future())
        self._open.add(job)
        self._jobs.put_nowait(job)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await job.answer
        except TimeoutError as error:
            raise SpeechError(
                f"Распознавание не ответило за {self._timeout_s:g} с.",
                "Процессору не хватает времени: уменьшите число линий.",
            ) from error
        finally:
            self._open.discard(job)

    async def __aenter__(self) -> RecogniserPool:
        starts = [asyncio.create_task(self._start(slot)) for slot in range(len(self._workers))]
        try:
            await asyncio.gather(*starts)
        except BaseException:
            for start in starts:
                start.cancel()
            await asyncio.gather(*starts, return_exceptions=True)
            await self._end_workers()
            raise
        self._keepers = [asyncio.create_task(self._keep(slot)) for slot in range(len(self._workers))]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        keepers, self._keepers = self._keepers, []
        for keeper in keepers:
            keeper.cancel()
        ends = await asyncio.gather(*keepers, return_exceptions=True)
        await self._end_workers()
        for job in self._open:
            _fail(job, SpeechError("Распознавание остановлено."))
        for defect in ends:
            if isinstance(defect, Exception):
                log.error("recogniser-keeper-failed", exc_info=defect)

    async def _start(self, slot: int) -> None:
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                self._workers[slot] = await WorkerProcess.start(self.choice)
        except TimeoutError as error:
            raise SpeechError(f"Модель {self.choice.model} не загрузилась за {LOAD_TIMEOUT_S:g} с.") from error

    async def _keep(self, slot: int) -> None:
        """Owns one slot: gives its worker jobs, and replaces it when it hangs or dies."""
        while True:
            worker = self._workers[slot]
            if worker is None:
                await self._replace(slot)
                continue
            job = await self._next_job(worker)
            if job is not None and not job.answer.done() and await self._do(worker, job):
                continue
            if job is None or not worker.usable:
                self._workers[slot] = None
                await worker.kill()

    async def _next_job(self, worker: WorkerProcess) -> _Job | None:
        """The next job, or None when the worker died while it had none."""
        waiting = asyncio.create_task(self._jobs.get())
        dying = asyncio.create_task(worker.wait())
        try:
            await asyncio.wait({waiting, dying}, return_when=asyncio.FIRST_COMPLETED)
            if dying.done() and waiting.done():
                self._jobs.put_nowait(waiting.result())
            return None if dying.done() else waiting.result()
        finally:
            for task in (waiting, dying):
                task.cancel()
            await asyncio.gather(waiting, dying, return_exceptions=True)

    async def _do(self, worker: WorkerProcess, job: _Job) -> bool:
        """One recognition; False when the worker is of no more use."""
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await worker.recognise(job.pcm, job.rate, job.phrases)
        except TimeoutError:
            log.error("recogniser-hung", pid=worker.pid, timeout_s=self._timeout_s)
            _fail(job, SpeechError(f"Процесс распознавания завис дольше {self._timeout_s:g} с; он заменён."))
        except WorkerDied:
            log.error("recogniser-died", pid=worker.pid)
            _fail(job, SpeechError("Процесс распознавания погиб; он заменён."))
        except (SpeechError, ModelMissing) as error:
            _fail(job, error)
        else:
            if not job.answer.done():
                job.answer.set_result(result)
        return worker.usable

    async def _replace(self, slot: int) -> None:
        """Start a new worker, however long it takes: the pool's closing cancels it."""
        self.restarts += 1
        failed = False
        try:
            for attempt in range(1_000_000):  # 15 s apart: ends with the pool, not by itself
                try:
                    await self._start(slot)
                    return
                except (ModelMissing, SpeechError, OSError) as error:
                    log.error("recogniser-start-failed", slot=slot, attempt=attempt, error=str(error))
                    self._failing += not failed
                    failed = True
                    self._refuse_if_hopeless(error)
                    await asyncio.sleep(_BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])
        finally:
            self._failing -= failed

    def _refuse_if_hopeless(self, error: Exception) -> None:
        if self._failing == len(self._workers):
            for job in self._open:
                _fail(job, SpeechError(f"Распознавание не запускается: {error}"))

    async def _end_workers(self) -> None:
        workers, self._workers = self._workers, [None] * len(self._workers)
        await asyncio.gather(*(worker.kill() for worker in workers if worker is not None))


def _fail(job: _Job, error: Exception) -> None:
    if not job.answer.done():
        job.answer.set_exception(error)
