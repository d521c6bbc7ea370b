"""One recording through the whole hearing of a call: detector, endpoint, pre-roll, recogniser and ear, fusion.

The sound runs on its own clock, as fast as it can be read; recognition takes the time that it takes, and its result
arrives on the sound's clock as much later. So the figures are those of a live call on this machine, without waiting.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from voicebot.calls.listening import JOIN_MS
from voicebot.calls.mind import CallMind
from voicebot.calls.patience import patience_ms
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.hearing.deciding import decided
from voicebot.judging.question import Asked
from voicebot.speech.listener import Listener, ListenerEvent, SpeechPaused, SpeechResumed, Utterance
from voicebot.speech.machine import MachineHeard, MachineJudge
from voicebot.speech.port import HeardSound, SoundHearer
from voicebot.speech.vad import SileroDetector

LINE_HZ = 8000
FRAME_MS = 20
BYTES_PER_MS = 16
TAIL_MS = 1500  # of silence after the recording: the line stays open


def _wall_ms() -> float:
    return time.perf_counter() * 1000


@dataclass(frozen=True, slots=True)
class Said:
    """One utterance as it was heard. Times are ms from the recording's beginning; ready_ms: when the robot knew."""

    started_ms: int
    ended_ms: int
    at_ms: int
    ready_ms: int
    sound: HeardSound
    meaning: Meaning
    recognition_ms: int  # as the caller waited for it
    guesses: int = 1  # how often recognition ran for it
    capped: bool = False
    pcm: bytes = field(default=b"", repr=False)  # what was recognised


@dataclass(frozen=True, slots=True)
class Listened:
    """What was heard in a recording. meaning: of the answer as a whole; decided: what the robot acts upon."""

    said: tuple[Said, ...]
    meaning: Meaning
    decided: Scored | None
    machine: MachineHeard | None = None

    @property
    def ready_ms(self) -> int | None:
        return self.said[-1].ready_ms if self.said else None


@dataclass(slots=True)
class _Guess:
    pcm: bytes
    sound: HeardSound
    meaning: Meaning
    ready_ms: int
    took_ms: int
    told: bool = False


class Path:
    """Hears recordings one after another. mind: understands as in a call. use_ear: False for text alone."""

    def __init__(
        self,
        hearer: SoundHearer,
        mind: CallMind,
        *,
        use_ear: bool = True,
        clock_ms: Callable[[], float] = _wall_ms,
    ) -> None:
        self._hearer, self._mind, self._use_ear, self._clock_ms = hearer, mind, use_ear, clock_ms

    async def listen(self, pcm: bytes, asked: Asked) -> Listened:
        """pcm: 8 kHz. Raises SpeechError."""
        listener = Listener(SileroDetector(), machine=MachineJudge())
        run = _Run(self, listener, asked)
        sound = pcm[: len(pcm) & ~1] + bytes(TAIL_MS * BYTES_PER_MS)
        step = FRAME_MS * BYTES_PER_MS
        for at in range(0, len(sound), step):
            now_ms = (at + step) // BYTES_PER_MS
            await run.take(listener.feed(sound[at : at + step], now_ms), now_ms)
            await run.tell(now_ms)
        end_ms = len(sound) // BYTES_PER_MS
        await run.take(listener.advance(end_ms + 3000), end_ms)
        return run.result()

    async def hear(self, pcm: bytes, asked: Asked) -> tuple[HeardSound, Meaning, int]:
        """What was heard, what it means, and ms that recognition took."""
        began = self._clock_ms()
        sound = await self._hearer.hear(pcm, LINE_HZ, self._mind.phrases(asked.call))
        took = round(self._clock_ms() - began)
        return sound, self.meaning(sound, asked), took

    def meaning(self, sound: HeardSound, asked: Asked) -> Meaning:
        return self._mind.understand(sound if self._use_ear else replace(sound, ear=None), asked.call)

    def answer(self, said: Sequence[Said], asked: Asked, machine: MachineHeard | None = None) -> Listened:
        """The first answer that can be acted upon, as what followed hard upon it corrects it."""
        chosen: Meaning = Meaning(speech=False)
        action: Scored | None = None
        before: Said | None = None
        for one in said:
            joined = self._joined(before, one, asked)
            meaning = joined if joined is not None else one.meaning
            found = decided(meaning, asked.expects)
            if found is None and joined is not None:
                meaning, found = one.meaning, decided(one.meaning, asked.expects)
            if action is None or (joined is not None and found is not None) or _is_stop(found):
                if found is not None or one.meaning.speech or not chosen.speech:
                    chosen = meaning
                action = found or action
            before = one if one.meaning.speech else None
        return Listened(tuple(said), chosen, action, machine)

    def _joined(self, before: Said | None, said: Said, asked: Asked) -> Meaning | None:
        if before is None or not said.meaning.speech or said.started_ms - before.ended_ms > JOIN_MS:
            return None
        return self._mind.together(before.meaning.text, said.sound, asked.call)


class _Run:
    """The state of one recording."""

    def __init__(self, path: Path, listener: Listener, asked: Asked) -> None:
        self._path, self._listener, self._asked = path, listener, asked
        self._guess: _Guess | None = None
        self._guesses = 0
        self._said: list[Said] = []
        self._machine: MachineHeard | None = None

    async def take(self, events: list[ListenerEvent], now_ms: int) -> None:
        for event in events:
            match event:
                case SpeechPaused(pcm=pcm):
                    sound, meaning, took = await self._path.hear(pcm, self._asked)
                    self._guess = _Guess(pcm, sound, meaning, now_ms + took, took)
                    self._guesses += 1
                case SpeechResumed():
                    self._guess = None
                case Utterance():
                    await self._utterance(event, now_ms)
                case MachineHeard():
                    self._machine = event

    async def tell(self, now_ms: int) -> None:
        """A result that has arrived by now tells how long to wait for more."""
        guess = self._guess
        if guess is not None and not guess.told and guess.ready_ms <= now_ms:
            guess.told = True
            await self.take(self._listener.wait(patience_ms(guess.meaning, self._asked.call)), now_ms)

    async def _utterance(self, event: Utterance, now_ms: int) -> None:
        guess, self._guess = self._guess, None
        if guess is None:
            sound, meaning, took = await self._path.hear(event.pcm, self._asked)
            guess = _Guess(event.pcm, sound, meaning, now_ms + took, took)
            self._guesses += 1
        self._said.append(
            Said(
                event.started_ms,
                event.ended_ms,
                event.at_ms,
                max(now_ms, guess.ready_ms),
                guess.sound,
                guess.meaning,
                guess.took_ms,
                self._guesses,
                event.capped,
                guess.pcm,
            )
        )
        self._guesses = 0

    def result(self) -> Listened:
        return self._path.answer(self._said, self._asked, self._machine)


def _is_stop(found: Scored | None) -> bool:
    return found is not None and found.intent is Intent.STOP
