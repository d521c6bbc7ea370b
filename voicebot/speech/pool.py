"""Recognition off the event loop: a few worker processes, each with the model loaded, asked through an async front.

Processes and not threads: both are as quick on two cores, but only a process that hangs or dies can be replaced
while the calls go on. A worker costs about 210 MB with Whisper base and starts in 0.5–1 s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Any

import structlog

from voicebot.speech.choose import RecogniserChoice
from voicebot.speech.jobs import Job, JobBoard
from voicebot.speech.port import Capability, HeardSound, ModelMissing, Recognised, SpeechError
from voicebot.speech.streaming import PoolSession
from voicebot.speech.worker import decode_heard, decode_result
from voicebot.speech.worker_process import PROGRAM, WorkerDied, WorkerProcess

log = structlog.get_logger()

# one recognition takes 0.15 s; ten times that under full load, then the patient has waited too long anyway
TIMEOUT_S = 4.0
# a cold disk and a busy machine: loading takes 1 s else
LOAD_TIMEOUT_S = 60.0
# a minute of 16 kHz: longer is a defect of the caller
MAX_BYTES = 2_000_000
# between tries to start a worker that does not come up: s
_BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 15.0)


class RecogniserPool:
    """SoundHearer over worker processes. Use as `async with`: leaving it ends every worker.

    Entering waits until all workers are ready (1–2 s) and raises ModelMissing or SpeechError if they cannot be.
    program: the module that a worker runs and its further arguments; the one with an ear is voicebot.hearing_process.
    """

    def __init__(
        self,
        choice: RecogniserChoice,
        workers: int = 2,
        timeout_s: float = TIMEOUT_S,
        program: Sequence[str] = PROGRAM,
    ) -> None:
        if workers < 1:
            raise ValueError("a pool needs at least one worker")
        self.choice = choice
        self.engine = choice.model.name
        self.restarts = 0
        self.ear, self.capabilities = False, Capability.NONE  # of the workers, once they are ready
        self._timeout_s, self._program = timeout_s, program
        self._workers: list[WorkerProcess | None] = [None] * workers
        self.board = JobBoard(workers)
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
        return decode_result(await self.ask(Job("recognise", pcm, rate, phrases)))

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound:
        """Text and ear of an utterance, in one request to one worker. Raises SpeechError as recognise does."""
        return decode_heard(await self.ask(Job("hear", pcm, rate, phrases)))

    def open(self, rate: int, phrases: Sequence[str] | None = None) -> PoolSession:
        """One utterance that is fed while it is spoken; use as `async with`."""
        return PoolSession(
            self, self.board.least_busy(), rate, phrases, streams=Capability.PARTIALS in self.capabilities
        )

    async def ask(self, job: Job) -> Any:
        """The result of one request to a worker, bounded in time."""
        if not self._keepers or self._failing == len(self._workers):
            raise SpeechError("Распознавание не работает: ни один его процесс не запущен.", "Смотрите журнал.")
        if len(job.pcm) > MAX_BYTES:
            raise SpeechError(f"Фраза в {len(job.pcm)} байт слишком длинна для распознавания.")
        self.board.put(job)
        try:
            async with asyncio.timeout(self._timeout_s):
                return await job.answer
        except TimeoutError as error:
            raise SpeechError(
                f"Распознавание не ответило за {self._timeout_s:g} с.",
                "Процессору не хватает времени: уменьшите число линий.",
            ) from error
        finally:
            self.board.done(job)

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
        self.board.fail_all(SpeechError("Распознавание остановлено."))
        for defect in ends:
            if isinstance(defect, Exception):
                log.error("recogniser-keeper-failed", exc_info=defect)

    async def _start(self, slot: int) -> None:
        try:
            async with asyncio.timeout(LOAD_TIMEOUT_S):
                worker = await WorkerProcess.start(self.choice, self._program)
        except TimeoutError as error:
            raise SpeechError(f"Модель {self.choice.model} не загрузилась за {LOAD_TIMEOUT_S:g} с.") from error
        self.ear, self.capabilities = worker.ear, worker.can
        self._workers[slot] = worker

    async def _keep(self, slot: int) -> None:
        """Owns one slot: gives its worker jobs, and replaces it when it hangs or dies."""
        while True:
            worker = self._workers[slot]
            if worker is None:
                await self._replace(slot)
                continue
            death = asyncio.ensure_future(worker.wait())
            death.add_done_callback(lambda _: self.board.wake(slot))
            try:
                while worker.usable:
                    job = await self.board.next(slot, lambda: not worker.usable)  # noqa: B023  used before the next
                    if job is not None:
                        await self._do(worker, job)
            finally:
                death.cancel()
            self._workers[slot] = None
            self.board.fail_pinned(slot, SpeechError("Процесс распознавания погиб; он заменён."))
            await worker.kill()

    async def _do(self, worker: WorkerProcess, job: Job) -> None:
        """One request; afterwards the worker may be of no more use."""
        try:
            async with asyncio.timeout(self._timeout_s):
                result = await worker.ask(job.op, job.pcm, job.rate, job.phrases, job.session)
        except TimeoutError:
            log.error("recogniser-hung", pid=worker.pid, timeout_s=self._timeout_s)
            job.fail(SpeechError(f"Процесс распознавания завис дольше {self._timeout_s:g} с; он заменён."))
        except WorkerDied:
            log.error("recogniser-died", pid=worker.pid)
            job.fail(SpeechError("Процесс распознавания погиб; он заменён."))
            await worker.kill()  # one that broke the protocol may still live
        except (SpeechError, ModelMissing) as error:
            job.fail(error)
        else:
            if not job.answer.done():
                job.answer.set_result(result)

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
                    if self._failing == len(self._workers):
                        self.board.fail_all(SpeechError(f"Распознавание не запускается: {error}"))
                    await asyncio.sleep(_BACKOFF_S[min(attempt, len(_BACKOFF_S) - 1)])
        finally:
            self._failing -= failed

    async def _end_workers(self) -> None:
        workers, self._workers = self._workers, [None] * len(self._workers)
        await asyncio.gather(*(worker.kill() for worker in workers if worker is not None))
