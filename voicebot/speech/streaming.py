"""One utterance fed to a worker while it is spoken: frames in, partial texts and the final one out.

With an engine that writes only at the end (Whisper) the sound is collected here, and no worker is kept busy.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Protocol

from voicebot.speech.jobs import Job, JobBoard
from voicebot.speech.port import HeardSound, SpeechError
from voicebot.speech.worker import decode_result

# frames are sent together: a request costs 0.2 ms of the loop, and a partial text each 20 ms is read by nobody
CHUNK_MS = 100
# a minute: more is kept by nobody
MAX_MS = 60_000

_numbers = itertools.count(1)


class Desk(Protocol):
    """What a session needs of its pool."""

    board: JobBoard

    async def ask(self, job: Job) -> Any: ...

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound: ...


class PoolSession:
    """One utterance. A worker that dies meanwhile costs nothing but time: all is heard again by another."""

    def __init__(self, pool: Desk, slot: int, rate: int, phrases: Sequence[str] | None, *, streams: bool) -> None:
        if rate not in (8000, 16000):
            raise SpeechError(
                f"Распознавание на частоте {rate} Гц не поддерживается.", "Используйте 8000 или 16000 Гц."
            )
        self._pool, self._slot, self._rate, self._phrases = pool, slot, rate, phrases
        self._number = next(_numbers)
        self._streams = streams
        self._pcm = bytearray()
        self._sent = 0
        self._partial = ""
        self._ending = False
        self._more = asyncio.Event()
        self._sender: asyncio.Task[None] | None = None

    async def __aenter__(self) -> PoolSession:
        if self._streams:
            self._pool.board.count_session(self._slot, 1)
            self._sender = asyncio.create_task(self._send())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sender is None:
            return
        self._pool.board.count_session(self._slot, -1)
        self._sender.cancel()
        await asyncio.gather(self._sender, return_exceptions=True)
        if self._streams and self._sent:
            job = self._job("drop", b"")
            self._pool.board.put(job)  # nobody waits for it
            self._pool.board.done(job)

    def feed(self, pcm: bytes) -> None:
        """Audio of any length, an odd byte is held back. Never waits. Raises SpeechError after a minute of it."""
        if len(self._pcm) + len(pcm) > MAX_MS * self._rate // 500:
            raise SpeechError("Фраза длиннее минуты: это не ответ.", "Проверьте, что конец речи определяется.")
        self._pcm += pcm
        if self._pending() >= CHUNK_MS * self._rate // 500:
            self._more.set()

    def partial(self) -> str:
        """What was recognised so far; '' from an engine that writes only at the end."""
        return self._partial

    async def final(self) -> HeardSound:
        """The whole utterance, ear included where there is one. The session cannot be used after it.
        Raises SpeechError."""
        if self._sender is not None:
            self._ending = True
            self._more.set()
            await self._sender  # what is on its way arrives first; bounded by the pool's own timeout
        if self._streams and self._sent:
            try:
                written = decode_result(await self._pool.ask(self._job("final", self._take())))
                self._sent = 0  # the worker has forgotten it
                return HeardSound(written)
            except SpeechError:
                self._sent = 0
        return await self._pool.hear(bytes(self._pcm), self._rate, self._phrases)

    async def _send(self) -> None:
        while True:
            await self._more.wait()
            self._more.clear()
            if self._ending:
                return
            try:
                op = "feed" if self._sent else "begin"
                self._partial = str(await self._pool.ask(self._job(op, self._take())))
            except SpeechError:
                self._streams = False  # final() hears all of it once more
                return

    def _pending(self) -> int:
        return len(self._pcm) - self._sent

    def _take(self) -> bytes:
        end = len(self._pcm) & ~1
        piece = bytes(self._pcm[self._sent : end])
        self._sent = end
        return piece

    def _job(self, op: str, pcm: bytes) -> Job:
        return Job(op, pcm, self._rate, self._phrases, self._number, self._slot)
