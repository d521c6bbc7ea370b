"""A line without a telephone: two ends in one process, 20 ms frames between them. For tests and rehearsals by text.

It keeps the manners of the real line: playout is paced, marks come back when all was heard, a flush swallows marks,
a quiet end sends faint noise. Under a loop with virtual time a call of a minute takes no time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType

from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.port import Audio, Gone, Key, LineEvent, PlayFinished, TransferNotJoined, Up

FRAME_S = 0.02
#: What a quiet end sends: ±4 of 32768, below -78 dBFS.
_QUIET = (b"\x04\x00\xfc\xff" * 80)[:320]


class MemoryLine:
    """One end of a call in memory; satisfies the Line port. Make them in pairs with `memory_call`."""

    def __init__(self, call_id: str, rate: int) -> None:
        self.id, self.rate = call_id, rate
        self._far: MemoryLine | None = None
        self._events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self._queued: deque[tuple[int, bytes]] = deque()
        self._entered = self._over = False
        self._pump: asyncio.Task[None] | None = None

    def meet(self, far: MemoryLine) -> None:
        self._far = far

    async def events(self) -> AsyncIterator[LineEvent]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, Gone):
                return

    async def play(self, prompt_id: int, pcm: bytes) -> None:
        self._queued.append((prompt_id, pcm))

    async def flush(self) -> None:
        self._queued.clear()

    async def transfer(self, queue: str, channel_id: str, whisper: bytes, timeout_s: int) -> None:
        self._events.put_nowait(TransferNotJoined("в памяти нет администраторов"))

    async def press(self, keys: str) -> None:
        """Send keys to the far end."""
        for key in keys:
            self._other()._events.put_nowait(Key(key, 100))

    async def hang_up(self) -> None:
        for end in (self, self._other()):
            if not end._over:
                end._over = True
                end._events.put_nowait(Gone(Disposition.ANSWERED, 16))

    async def __aenter__(self) -> MemoryLine:
        self._entered = True
        self._pump = asyncio.create_task(self._send(), name=f"memory line {self.id}")
        if self._other()._entered:
            for end in (self, self._other()):
                end._events.put_nowait(Up())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.hang_up()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)

    def _other(self) -> MemoryLine:
        if self._far is None:
            raise RuntimeError("a MemoryLine is made by memory_call()")
        return self._far

    async def _send(self) -> None:
        loop = asyncio.get_running_loop()
        beat = loop.time()
        while not self._over:
            beat += FRAME_S
            await asyncio.sleep(max(0.0, beat - loop.time()))
            if self._other()._entered and not self._over:
                self._other()._events.put_nowait(Audio(self._frame()))

    def _frame(self) -> bytes:
        """The next 20 ms of what is queued; tells that a prompt was heard with its last frame."""
        size = int(self.rate * FRAME_S) * 2
        if not self._queued:
            return (_QUIET * (size // len(_QUIET) + 1))[:size]
        prompt_id, pcm = self._queued.popleft()
        frame, rest = pcm[:size], pcm[size:]
        if rest:
            self._queued.appendleft((prompt_id, rest))
        else:
            self._events.put_nowait(PlayFinished(prompt_id))
        return frame.ljust(size, b"\x00")


def memory_call(call_id: str = "memory", rate: int = 8000) -> tuple[MemoryLine, MemoryLine]:
    """Both ends of a call: what one plays, the other hears. Both must be entered; then both are Up."""
    near, far = MemoryLine(call_id, rate), MemoryLine(f"{call_id}-far", rate)
    near.meet(far)
    far.meet(near)
    return near, far
