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
from voicebot.dialogue.events import Event, Heard, MachineDetected, RecognitionLost, SpeechEnded, SpeechStarted
from voicebot.dialogue.intents import Meaning
from voicebot.speech.listener import (
    Listener,
    ListenerEvent,
    SpeechBegan,
    SpeechPaused,
    SpeechResumed,
    Utterance,
)
from voicebot.speech.machine import MachineHeard
from voicebot.speech.port import Recognised, SpeechError

log = structlog.get_logger(__name__)

NO_SPEECH = 0.5  # SPEECH.md: above it Whisper rejected 86 of 86 non-speech files and lost 0.4 % of speech
JOIN_MS = 1_200  # a pause within one sentence; a longer one makes it two
TICK_S = 0.03
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
        self._turns: asyncio.Queue[tuple[Utterance, asyncio.Task[Recognised]]] = asyncio.Queue()
        self._guess: asyncio.Task[Recognised] | None = None
        self._tasks: set[asyncio.Task[Recognised]] = set()
        self._open = 0  # utterances that are still to be understood
        self._all_understood = asyncio.Event()
        self._all_understood.set()
        self._deaf = False
        self._last = ("", 0)  # the text of the last utterance and when it ended
        self.attending = False  # nobody is heard before the answer, and while the administrator talks

    def feed(self, pcm: bytes) -> None:
        if self.attending:
            self._listener.be_alert(self._call().phase is Phase.SPEAKING)
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
        """Ends utterances by our own clock: silence may bring no frames at all."""
        while True:
            await asyncio.sleep(TICK_S)
            if self.attending:
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

    def _recognise(self, pcm: bytes) -> asyncio.Task[Recognised]:
        task = asyncio.ensure_future(self._ears.recognise(pcm, self._rate))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _guessed(self, task: asyncio.Task[Recognised]) -> None:
        """The words before a pause are known: they tell how long to wait for more."""
        if task is not self._guess or task.cancelled() or task.exception() is not None or not self.attending:
            return
        meaning = self._meaning(_speech(task.result()))
        self._take(self._listener.wait(patience_ms(meaning, self._call())))

    def _drop_guess(self) -> None:
        if self._guess is not None:
            self._guess.cancel()
            self._guess = None

    async def understand_turns(self) -> None:
        """Turns utterances into Heard, one after another in the order in which they were spoken."""
        while True:
            utterance, task = await self._turns.get()
            written = await self._written(task)
            meaning = self._meaning(written)
            joined = self._joined(utterance, written, meaning)
            self._post(Heard(self._now_ms(), meaning, utterance.started_ms, joined))
            self._open -= 1
            if not self._open:
                self._all_understood.set()

    async def _written(self, task: asyncio.Task[Recognised]) -> Recognised | None:
        """What was written down; None when there is nothing, or no recogniser."""
        try:
            written = await task
        except SpeechError as error:
            log.warning("recognition failed", error=str(error))
            if not self._deaf:
                self._deaf = True
                self._post(RecognitionLost(self._now_ms()))
            return None
        return _speech(written)

    def _meaning(self, written: Recognised | None) -> Meaning:
        if written is None:
            return Meaning(speech=False)
        return replace(self._mind.understand(written, self._call()), text=written.text)

    def _joined(self, utterance: Utterance, written: Recognised | None, meaning: Meaning) -> Meaning | None:
        """The meaning together with the utterance before, at the question that was answered by that one."""
        before, ended_ms = self._last
        self._last = (written.text if written is not None and meaning.speech else "", utterance.ended_ms)
        decided = self._call().decided
        if written is None or decided is None or not before or utterance.started_ms - ended_ms > JOIN_MS:
            return None
        both = replace(written, text=f"{before.rstrip('.!?… ')} {written.text}", alternatives=())
        return replace(self._mind.understand(both, replace(self._call(), step_id=decided.step_id)), text=both.text)

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


def _speech(written: Recognised) -> Recognised | None:
    """None when there is nothing, whatever was written."""
    return written if written.text.strip() and written.no_speech <= NO_SPEECH else None
