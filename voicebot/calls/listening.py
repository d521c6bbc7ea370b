"""From the sound of one call to events of the machine: speech began, ended, meant this."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog

from voicebot.calls.patience import patience_ms
from voicebot.calls.port import Ears, Mind
from voicebot.dialogue.call import Call, Phase
from voicebot.dialogue.events import (
    Event,
    Grounds,
    Heard,
    MachineDetected,
    RecognitionLost,
    SpeechEnded,
    SpeechStarted,
)
from voicebot.dialogue.intents import Meaning
from voicebot.hearing.fusion import ear_scores
from voicebot.language.machine_words import machine_speaks
from voicebot.speech.listener import (
    Listener,
    ListenerEvent,
    SpeechBegan,
    SpeechPaused,
    SpeechResumed,
    Utterance,
)
from voicebot.speech.machine import MachineHeard
from voicebot.speech.port import HeardSound, SpeechError

log = structlog.get_logger(__name__)

EAR_KEPT = 3  # of the ear's classes, the likeliest: the others are next to nothing
JOIN_MS = 1_200  # a pause within one sentence; a longer one makes it two
TICK_S = 0.03
STALL_MS = 80  # a tick that comes so late says more of us than of the line
FORCED_END_MS = 3_000  # time that ends any open utterance when the line is gone


@dataclass(frozen=True, slots=True)
class Senses:
    """The hearing of one call: who notices speech, who writes it down, who understands it."""

    listener: Listener
    ears: Ears
    mind: Mind


class CallHearing:
    """The hearing of one call. Recognition starts at the first pause, on speculation, and is thrown away when
    speech goes on, so that most of its time hides in the wait for the end.

    call: where the conversation is now. post: takes the machine's events. now_ms: the call's own clock.
    """

    def __init__(
        self,
        senses: Senses,
        rate: int,
        call: Callable[[], Call],
        post: Callable[[Event], None],
        now_ms: Callable[[], int],
    ) -> None:
        self._listener, self._ears, self._mind = senses.listener, senses.ears, senses.mind
        self._rate, self._call = rate, call
        self._post, self._now_ms = post, now_ms
        self._turns: asyncio.Queue[tuple[Utterance, asyncio.Task[HeardSound]]] = asyncio.Queue()
        self._guess: asyncio.Task[HeardSound] | None = None
        self._tasks: set[asyncio.Task[HeardSound]] = set()
        self._open = 0  # utterances that are still to be understood
        self._all_understood = asyncio.Event()
        self._all_understood.set()
        self._deaf = False
        self._last = ("", 0)  # the text of the last utterance and when it ended
        self.attending = False  # nobody is heard before the answer, and while the administrator talks

    def feed(self, pcm: bytes) -> None:
        if self.attending:
            phase = self._call().phase
            self._listener.be_alert(phase is Phase.SPEAKING, phase is Phase.GREETING)
            self._take(self._listener.feed(pcm, self._now_ms()))

    def plays(self, pcm: bytes) -> None:
        """The robot begins to say this: its echo is not the patient."""
        self._listener.plays(pcm, self._now_ms())

    def stops(self) -> None:
        """The robot was silenced."""
        self._listener.stops(self._now_ms())

    def conversation_has_begun(self) -> None:
        """A person has spoken to us: from now on nothing is an answering machine."""
        self._listener.machine = None

    async def watch_time(self) -> None:
        """Ends utterances by our own clock: silence may bring no frames at all. After a stall of ours the frames that
        came meanwhile are still to be taken: then what looks like silence is none."""
        while True:
            asleep_ms = self._now_ms()
            await asyncio.sleep(TICK_S)
            stalled = self._now_ms() - asleep_ms > STALL_MS
            if self.attending and not stalled:
                self._take(self._listener.advance(self._now_ms()))

    def _take(self, heard: list[ListenerEvent]) -> None:
        for event in heard:
            match event:
                case SpeechBegan():
                    self._post(SpeechStarted(self._now_ms()))
                case SpeechPaused(pcm=pcm):
                    self._drop_guess()
                    self._guess = self._recognise(pcm)
                    self._guess.add_done_callback(self._guessed)
                case SpeechResumed():
                    self._drop_guess()
                case Utterance():
                    self._post(SpeechEnded(self._now_ms()))
                    guess, self._guess = self._guess, None
                    self._open += 1
                    self._all_understood.clear()
                    self._turns.put_nowait((event, guess or self._recognise(event.pcm)))
                case MachineHeard():
                    self._post(MachineDetected(self._now_ms()))

    def _recognise(self, pcm: bytes) -> asyncio.Task[HeardSound]:
        task = asyncio.ensure_future(self._ears.hear(pcm, self._rate, self._mind.phrases(self._call())))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _guessed(self, task: asyncio.Task[HeardSound]) -> None:
        """The words before a pause are known: they tell how long to wait for more."""
        if task is not self._guess or task.cancelled() or task.exception() is not None or not self.attending:
            return
        call, sound = self._call(), task.result()
        self._judge_words(sound)
        meaning = self._mind.understand(sound, call)
        self._take(self._listener.wait(patience_ms(meaning, call, ear_scores(sound.ear))))

    def _judge_words(self, sound: HeardSound) -> None:
        """Until somebody has talked with us: is this what answering machines say?"""
        if self._listener.machine is not None and machine_speaks(sound.recognised.text):
            self._listener.machine = None
            self._post(MachineDetected(self._now_ms()))

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.cancel()
            self._guess = None

    async def understand_turns(self) -> None:
        """Turns utterances into Heard, one after another in the order in which they were spoken."""
        while True:
            utterance, task = await self._turns.get()
            sound = await self._sound(task)
            if sound is not None:
                self._judge_words(sound)
            meaning = self._mind.understand(sound, self._call()) if sound is not None else Meaning(speech=False)
            joined = self._joined(utterance, sound, meaning)
            grounds = _grounds(utterance, sound) if sound is not None else None
            self._post(Heard(self._now_ms(), meaning, utterance.started_ms, joined, grounds))
            self._open -= 1
            if not self._open:
                self._all_understood.set()

    async def _sound(self, task: asyncio.Task[HeardSound]) -> HeardSound | None:
        """What was heard; None without a recogniser."""
        try:
            return await task
        except SpeechError as error:
            log.warning("recognition failed", error=str(error))
            if not self._deaf:
                self._deaf = True
                self._post(RecognitionLost(self._now_ms()))
            return None

    def _joined(self, utterance: Utterance, sound: HeardSound | None, meaning: Meaning) -> Meaning | None:
        """The meaning together with the utterance before, at the question that was answered by that one."""
        before, ended_ms = self._last
        spoken = sound is not None and meaning.speech and bool(meaning.text)
        self._last = (meaning.text if spoken else "", utterance.ended_ms)
        decided = self._call().decided
        if sound is None or not spoken or decided is None or not before or utterance.started_ms - ended_ms > JOIN_MS:
            return None
        return self._mind.together(before, sound, replace(self._call(), step_id=decided.step_id))

    async def finish(self, timeout_s: float) -> None:
        """The line is gone: end the open utterance and wait until all that was said is understood."""
        if self.attending:
            self._take(self._listener.advance(self._now_ms() + FORCED_END_MS))
        self.attending = False
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._all_understood.wait()

    def close(self) -> None:
        self._drop_guess()
        for task in self._tasks:
            task.cancel()


def _grounds(utterance: Utterance, sound: HeardSound) -> Grounds:
    written, ear = sound.recognised, sound.ear or {}
    likeliest = sorted(ear.items(), key=lambda item: -item[1])[:EAR_KEPT]
    return Grounds(
        written.text, round(written.confidence, 2), round(written.no_speech, 2), written.engine, written.alternatives,
        tuple((name, round(p, 2)) for name, p in likeliest), utterance.ended_ms - utterance.started_ms,
    )  # fmt: skip
