"""One person at the telephone: a live line on one side, `Acting` (what to do) and what is written down on the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voicebot.city.acting import Acting, Kind, Leave, Press, Say
from voicebot.city.ear import FRAME_MS, RATE, Ear, PhraseEnded, PhraseStarted
from voicebot.city.journal import Entry, Journal, What
from voicebot.city.lived_time import LivedTime
from voicebot.city.people import Person, Role, Talk
from voicebot.city.recording import Recording
from voicebot.city.sounds import MARGIN_MS, Sounds, answering_machine, clipped, looped, mixed
from voicebot.city.speakerphone import Speakerphone
from voicebot.city.voiceprint import Voiceprint
from voicebot.errors import VoicebotError
from voicebot.telephony.port import Audio, Gone, Key, Line, LineEvent, MediaLost, PlayFinished, Up

#: Noise is handed over so many seconds at a time, two pieces ahead: less than Asterisk's buffer of 18 s.
NOISE_AHEAD_S = 4
#: After this a line that was said counts as said although nobody told us so.
LOST_MARK_MS = 1500
#: Hanging up, playing and pressing are one request to the carrier beside us.
REQUEST_S = 5.0


@dataclass(frozen=True, slots=True)
class Ended:
    """by: self, far or lost; why: in words for the journal."""

    by: str
    why: str = ""


class Patient:
    """A person in one answered call.

    press: sends keys as the telephone of this person would
    voiceprints: beginnings of the administrators' lines, to know their voice
    now_ms: the time of the call, whose zero is the arrival of the call
    """

    def __init__(
        self,
        person: Person,
        talk: Talk,
        line: Line,
        sounds: Sounds,
        journal: Journal,
        press: Callable[[str], Awaitable[None]],
        now_ms: Callable[[], float],
        voiceprints: tuple[bytes, ...] = (),
    ) -> None:
        self._person, self._talk, self._line, self._sounds = person, talk, line, sounds
        self._journal, self._press, self._now_ms = journal, press, now_ms
        self._lived = LivedTime(now_ms, self._stood_still)
        self._acting = Acting(talk)
        self._ear = Ear(talk.patience_ms)
        self._voiceprint = Voiceprint(voiceprints if person.role is Role.PATIENT else ())
        self._noise = sounds.noise(talk.noise) if talk.noise is not None else b""
        self._speakerphone = Speakerphone(talk.echo) if talk.echo is not None else None
        self._noise_at = 0  # sample of the noise loop that comes next
        self._prompt = 0  # id of the last thing played
        self._saying: int | None = None  # id of the words that are on the line now
        self._saying_until_ms = 0.0
        self._phrase_began_ms = 0
        self._answered = False
        self._left = ""
        self._gone = asyncio.Event()
        self.recording = Recording(0)
        self.ended = Ended("lost", "cut short")
        self.gone_ms: int | None = None

    async def talk(self) -> None:
        """From answering to the end of the call. Leaves the line closed, whatever happens."""
        async with self._line, asyncio.TaskGroup() as tasks:
            living = [tasks.create_task(self._act()), tasks.create_task(self._live())]
            async for event in self._line.events():
                await self._on(event)
            self._gone.set()
            for task in living:
                task.cancel()

    async def _live(self) -> None:
        """Look at the clock, whatever the carrier lets us wait for: only a standstill may keep us from it."""
        while True:
            await asyncio.sleep(FRAME_MS / 1000)
            self._lived.now_ms()

    async def _on(self, event: LineEvent) -> None:
        now, lived = self._now_ms(), self._lived.now_ms()
        match event:
            case Audio(pcm):
                self._hear(now, lived, pcm)
                if self._speakerphone is not None:
                    await self._give_back(self._speakerphone, pcm)
            case Up():
                self._answered = True
                self.recording.start_ms = round(now)
                self._acting.answered(round(lived))
                self._journal.write(Entry(What.ANSWERED, round(now)))
                await self._noise_on()
            case PlayFinished(prompt_id):
                await self._played(prompt_id)
            case Key(key, _):
                self._journal.write(Entry(What.KEY_HEARD, round(now), text=key))
            case MediaLost():
                self._left = "media lost"
                await self._hang_up()
            case Gone(disposition, cause, _):
                self.gone_ms = round(now)
                self.recording.silenced(self.gone_ms)
                by = "far" if not self._left else "lost" if self._left == "media lost" else "self"
                self.ended = Ended(by, self._left or f"{disposition.value} {cause}")
            case _:
                pass  # transfers and ringing are the robot's affairs

    def _stood_still(self, began_ms: float, ended_ms: float) -> None:
        self._journal.write(Entry(What.STANDSTILL, round(began_ms), round(ended_ms)))

    def _hear(self, now: float, lived: float, pcm: bytes) -> None:
        self.recording.heard(now, pcm)
        self._phrases(self._ear.feed(round(lived), pcm))  # a telephone plays what has just come
        if self._voiceprint.feed(pcm):
            self._acting.administrator_heard()
            self._journal.write(Entry(What.ADMINISTRATOR, round(now)))

    def _phrases(self, events: list[PhraseStarted | PhraseEnded]) -> None:
        for event in events:
            if isinstance(event, PhraseStarted):
                self._phrase_began_ms = self._lived.of_call(event.at_ms)
                self._acting.phrase_started(event)
            else:
                self._acting.phrase_ended(event)
                end = self._lived.of_call(event.end_ms)
                self._journal.write(Entry(What.PHRASE, self._phrase_began_ms, end, phrase=event.number))

    async def _act(self) -> None:
        """Look every 20 ms whether there is something to do; the line may be silent without a single frame."""
        while not self._gone.is_set():
            await asyncio.sleep(FRAME_MS / 1000)
            now = self._lived.now_ms()
            self._phrases(self._ear.pause(round(now) - 2 * FRAME_MS))  # frames of now may be on their way
            if self._saying is not None and now > self._saying_until_ms + LOST_MARK_MS:
                self._said()
            if not self._answered:
                continue
            match self._acting.due(round(now)):
                case Say(text, kind):
                    await self._say(text, kind)
                case Press(keys):
                    self._journal.write(Entry(What.PRESSED, self._lived.of_call(now), text=keys))
                    await self._request(self._press(keys))
                case Leave(reason):
                    self._left = reason
                    await self._hang_up()
                    return
                case None:
                    pass

    async def _say(self, text: str, kind: Kind) -> None:
        pcm, beep_ms = self._sounds.line(self._person.voice, text), 0
        if kind is Kind.VOICEMAIL and self._talk.voicemail is not None:
            pcm, beep_ms = answering_machine(pcm, self._talk.voicemail)
        if self._talk.clip_ms:
            pcm = clipped(pcm, self._talk.clip_ms)
        if self._noise:
            pcm, self._noise_at = mixed(pcm, self._noise, self._noise_at), self._noise_at + len(pcm) // 2
            await self._request(self._line.flush())
        self._prompt += 1
        self._saying = self._prompt
        start = round(self._now_ms())
        until = start + len(pcm) // 2 * 1000 // RATE
        self._saying_until_ms = self._lived.now_ms() + until - start
        self.recording.silenced(start)
        self.recording.said(start, pcm)
        begins = min(start + MARGIN_MS + self._talk.clip_ms, until - MARGIN_MS)
        self._journal.write(Entry(What.SAID, begins, until - MARGIN_MS, kind=kind.value, text=text))
        if beep_ms:
            self._journal.write(Entry(What.BEEP, start + beep_ms, until))
        if self._speakerphone is not None:
            self._speakerphone.say(pcm)
        else:
            await self._request(self._line.play(self._prompt, pcm))
        if self._noise:
            await self._more_noise(until)
            await self._more_noise(until + NOISE_AHEAD_S * 1000)

    async def _give_back(self, speakerphone: Speakerphone, pcm: bytes) -> None:
        """A speakerphone sends all the time: its owner's voice goes the same way, piece by piece."""
        speaking = not speakerphone.silent
        await self._request(self._line.play(0, speakerphone.through(pcm)))
        if speaking and speakerphone.silent:
            self._said()

    def _said(self) -> None:
        self._saying = None
        self._acting.said(round(self._lived.now_ms()))

    async def _played(self, prompt_id: int) -> None:
        if prompt_id == self._saying:
            self._said()
        elif self._noise and self._saying is None:
            await self._more_noise(round(self._now_ms()) + NOISE_AHEAD_S * 1000)

    async def _noise_on(self) -> None:
        if self._noise:
            now = round(self._now_ms())
            await self._more_noise(now)
            await self._more_noise(now + NOISE_AHEAD_S * 1000)

    async def _more_noise(self, at_ms: int) -> None:
        count = RATE * NOISE_AHEAD_S
        pcm = looped(self._noise, self._noise_at, count)
        self._noise_at += count
        self._prompt += 1
        self.recording.said(at_ms, pcm)
        await self._request(self._line.play(self._prompt, pcm))

    async def _hang_up(self) -> None:
        await self._request(self._line.hang_up())

    async def _request(self, request: Awaitable[None]) -> None:
        """A call that is gone meanwhile is no failure: its end is told by the line."""
        try:
            async with asyncio.timeout(REQUEST_S):
                await request
        except (VoicebotError, TimeoutError):
            if not self._gone.is_set():
                self._left = self._left or "request failed"
