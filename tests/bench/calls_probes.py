"""Probes in the robot's process: when sound came and went, when recognition ran, whether the event loop was late.

All times are seconds of the machine's wall clock, which the city's journals use as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import sys
import threading
import time
import traceback
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import FrameType

from voicebot.app import Robot
from voicebot.calls.port import Dialled, Ears, Sighting
from voicebot.city.ear import THRESHOLD_DB, level_db, samples_of
from voicebot.dialogue.actions import Action
from voicebot.dialogue.events import Event
from voicebot.speech.listener import Listener, ListenerEvent
from voicebot.speech.port import HeardSound
from voicebot.telephony.line import AriLine

LATE_S = 0.020
BEAT_S = 0.005
_IDLE = ("threading.py", "thread.py", "queue.py", "waitpid", "selectors.py", "_connection_worker_thread",
         "_notification_listener", "_scheduler_loop")  # fmt: skip
_call: ContextVar[str] = ContextVar("call", default="")


@dataclass(frozen=True)
class Asked:
    """One recognition: from the question to the answer, of which the engine itself worked own_s. 0: thrown away."""

    began: float
    ended: float
    own_s: float


@dataclass(frozen=True)
class Played:
    """A prompt handed to Asterisk; its first lead_s are silent."""

    began: float
    sent: float
    lead_s: float


@dataclass
class CallTrace:
    """What one call left: moments of loud sound as it came in, recognitions, prompts, flushes, events by their kind."""

    phone: str = ""
    loud: list[float] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    played: list[Played] = field(default_factory=list)
    flushed: list[float] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    sights: list[tuple[float, Event | Action]] = field(default_factory=list)
    came: list[tuple[float, int]] = field(default_factory=list)  # (ms of arrival, ms of sound) of what was fed
    heard: list[str] = field(default_factory=list)
    outcome: str = ""
    disposition: str = ""
    began: float = 0.0
    ended: float = 0.0


@dataclass(frozen=True)
class Late:
    """The loop came back late_ms after it should have. Meanwhile its own thread worked cpu_ms, and all threads of the
    process process_ms; when neither did, other processes had the cores."""

    late_ms: float
    cpu_ms: float
    process_ms: float
    where: str


@dataclass
class Probes:
    """Put into a robot before its first call by `enter`."""

    calls: dict[str, CallTrace] = field(default_factory=lambda: defaultdict(CallTrace))
    late: list[Late] = field(default_factory=list)
    beats: int = 0
    live: int = 0
    _beat: float = 0.0
    _gc_began: float = 0.0
    _where: str = ""

    def enter(self, robot: Robot) -> None:
        parts = robot.caller._parts
        dial, listener_of = robot.telephone.dial, parts.new_listener

        def dialled(call_id: str, *rest: object) -> AriLine:
            _call.set(call_id)  # the tasks of this call inherit it
            line = dial(call_id, *rest)  # type: ignore[arg-type]
            return self._probed(line, self.calls[call_id])

        def listener() -> Listener:
            made, trace = listener_of(), self.calls[_call.get()]
            feed = made.feed

            def heard(pcm: bytes, at_ms: int) -> list[ListenerEvent]:
                trace.came.append((time.time() * 1000, len(pcm) // 16))
                if level_db(samples_of(pcm)) >= THRESHOLD_DB:
                    trace.loud.append(time.time())
                return feed(pcm, at_ms)

            made.feed = heard  # type: ignore[method-assign]
            return made

        robot.telephone.dial = dialled  # type: ignore[method-assign]
        robot.caller._parts = replace(parts, new_listener=listener, ears=_TimedEars(parts.ears, self))

    def watch(self, sighting: Sighting) -> None:
        """A Watcher of calls: its events, placed on the wall clock when they happened, not when they were handled."""
        trace, kind = self.calls[sighting.call_id], type(sighting.what).__name__
        began = time.time() - sighting.at_ms / 1000
        at = began + getattr(sighting.what, "at_ms", sighting.at_ms) / 1000
        trace.events.append((at, kind))
        if isinstance(sighting.what, Dialled):
            trace.phone, trace.began = sighting.what.phone, at
            self.live += 1
            return
        trace.sights.append((at, sighting.what))
        if kind == "Heard":
            trace.heard.append(sighting.text)
        elif kind == "Finish":
            self.live -= 1
            trace.ended = at
            trace.disposition = sighting.what.disposition.value  # type: ignore[union-attr]
            trace.outcome = sighting.what.conclusions[0].outcome.value  # type: ignore[union-attr]

    def _probed(self, line: AriLine, trace: CallTrace) -> AriLine:
        play, flush = line.play, line.flush

        async def played(prompt_id: int, pcm: bytes) -> None:
            began = time.time()
            await play(prompt_id, pcm)
            trace.played.append(Played(began, time.time(), _lead_s(pcm)))

        async def flushed() -> None:
            await flush()
            trace.flushed.append(time.time())

        line.play, line.flush = played, flushed  # type: ignore[method-assign]
        return line

    @contextlib.asynccontextmanager
    async def watching_the_loop(self) -> AsyncIterator[None]:
        """Beats every 5 ms; a thread looks where the loop's thread is when a beat is overdue."""
        self._beat = time.perf_counter()
        over = threading.Event()
        looker = threading.Thread(target=self._look, args=(threading.get_ident(), over), daemon=True)
        looker.start()
        gc.callbacks.append(self._collecting)
        heart = asyncio.create_task(self._heart())
        try:
            yield
        finally:
            heart.cancel()
            gc.callbacks.remove(self._collecting)
            over.set()
            looker.join(1)

    async def _heart(self) -> None:
        while True:
            self._where = ""
            cpu, process, self._beat = time.thread_time(), time.process_time(), time.perf_counter()
            await asyncio.sleep(BEAT_S)
            late = time.perf_counter() - self._beat - BEAT_S
            self.beats += 1
            if late >= LATE_S:
                own, whole = time.thread_time() - cpu, time.process_time() - process
                self.late.append(Late(late * 1000, own * 1000, whole * 1000, self._where))

    def _collecting(self, phase: str, info: dict[str, int]) -> None:
        """Garbage collection stops all threads, whichever began it (but for the finalisers that it runs)."""
        if phase == "start":
            self._gc_began = time.perf_counter()
            self._where = f"garbage collection, generation {info['generation']}"
        elif time.perf_counter() - self._gc_began < LATE_S:
            self._where = ""

    def _look(self, thread: int, over: threading.Event) -> None:
        while not over.wait(BEAT_S):
            if not self._where and time.perf_counter() - self._beat > BEAT_S + LATE_S:
                frames = sys._current_frames()
                busy = [_place(frame) for id, frame in frames.items() if id not in (thread, threading.get_ident())]
                self._where = " | ".join([_place(frames[thread]), *(place for place in busy if not _waits(place))])


class _TimedEars:
    def __init__(self, ears: Ears, probes: Probes) -> None:
        self._ears, self._probes = ears, probes
        self.capabilities = ears.capabilities

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound:
        began, own = time.time(), 0.0
        try:
            result = await self._ears.hear(pcm, rate, phrases)
            own = (result.recognised.took_ms + result.ear_ms) / 1000
            return result
        finally:
            self._probes.calls[_call.get()].asked.append(Asked(began, time.time(), own))


def _lead_s(pcm: bytes) -> float:
    """The silence in front of a prompt."""
    samples = samples_of(pcm)
    step = 80
    for at in range(0, len(samples), step):
        if level_db(samples[at : at + step]) >= THRESHOLD_DB:
            return at / 8000
    return 0.0


def _place(frame: FrameType) -> str:
    """Our own innermost code, and the innermost place of all."""
    stack = traceback.extract_stack(frame)
    ours = [f for f in stack if "/voicebot/" in f.filename or "/tests/bench/" in f.filename]
    last = ours[-1] if ours else stack[-1]
    return _short(last) if last is stack[-1] else f"{_short(last)} > {_short(stack[-1])}"


def _waits(place: str) -> bool:
    """A thread with nothing to do."""
    return any(word in place for word in _IDLE)


def _short(frame: traceback.FrameSummary) -> str:
    return f"{'/'.join(frame.filename.split('/')[-2:])}:{frame.lineno} {frame.name}"
