"""The telephone network of the city: every call that comes in is given to the person at that number."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol

from voicebot.city.journal import Entry, Header, Journal, What
from voicebot.city.patient import Patient
from voicebot.city.people import People, Person, Refusal, RingBack, Role, Talk
from voicebot.city.sounds import Sounds
from voicebot.clock import Clock
from voicebot.errors import VoicebotError
from voicebot.telephony.port import Line

log = logging.getLogger(__name__)

#: Q.850 causes of the refusals, as the carrier sends them (chan_pjsip makes 486, 403, 404 and 503 of them).
CAUSES = {Refusal.BUSY: 17, Refusal.REJECT: 21, Refusal.UNKNOWN_NUMBER: 1, Refusal.CONGESTION: 34}
#: What passes before a refusal: a network needs a moment, a person who rejects has looked at the display.
_BEFORE_REFUSAL_S = {Refusal.BUSY: 0.3, Refusal.REJECT: 1.5, Refusal.UNKNOWN_NUMBER: 0.1, Refusal.CONGESTION: 0.1}
#: Even a telephone that nobody picks up stops ringing: the network gives up.
_RINGS_AT_MOST_S = 180.0
_NO_ANSWER = 19


class Ring(Protocol):
    """A call that came in and is not answered: telephony's Incoming."""

    channel_id: str
    dialled: str
    caller: str

    async def ring(self) -> None: ...
    async def reject(self, cause: int) -> None: ...
    def answer(self) -> Line: ...
    async def left(self) -> None: ...


class Network:
    """Takes calls and lets people live them.

    press:    sends keys on a channel: (channel id, keys)
    dial:     a line of this carrier: (channel id, number, caller's number); without it nobody rings back
    calls_dir: where journals and recordings go, {digits of the number}-{call}.jsonl and .wav
    """

    def __init__(
        self,
        people: People,
        sounds: Sounds,
        press: Callable[[str, str], Awaitable[None]],
        calls_dir: Path,
        clock: Clock,
        dial: Callable[[str, str, str], Line] | None = None,
    ) -> None:
        self._people, self._sounds, self._press = people, sounds, press
        self._calls_dir, self._clock = calls_dir, clock
        self._dial = dial
        self._rung_back: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._voiceprints = tuple(
            sounds.line(person.voice, utterance.say)
            for person in people.administrators()
            for behaviour in person.calls
            if isinstance(behaviour, Talk)
            for utterance in behaviour.lines[:1]
            if utterance.say
        )

    async def serve(self, incoming: AsyncIterator[Ring]) -> None:
        """Take calls until cancelled; every call under way is then ended and written down."""
        async with asyncio.TaskGroup() as calls:
            self._calls = calls
            async for ring in incoming:
                calls.create_task(self._take(ring), name=f"city call {ring.channel_id}")

    async def _take(self, ring: Ring) -> None:
        """One failing call must not end the others: whatever it was, it is logged and the call is over."""
        try:
            person = self._people.find(ring.dialled)
            if person is None:
                log.warning("nobody lives at %s", ring.dialled)
                await ring.reject(CAUSES[Refusal.UNKNOWN_NUMBER])
                return
            await self._call(person, ring)
        except Exception:
            log.exception("a call to %s failed", ring.dialled)
            with contextlib.suppress(VoicebotError):
                await ring.reject(CAUSES[Refusal.CONGESTION])

    async def _call(self, person: Person, ring: Ring) -> None:
        behaviour = person.behaviour(self._counts[person.number] + 1)
        with self._journal(person, ring.caller, ring.channel_id) as (journal, now_ms, wav):
            if isinstance(behaviour, Refusal):
                await self._refuse(ring, behaviour, journal, now_ms)
                missed = True
            else:
                missed = await self._answer(person, behaviour, ring, journal, now_ms, wav)
        if missed and person.rings_back is not None and person.number not in self._rung_back and self._dial is not None:
            self._rung_back.add(person.number)
            back = self._ring_back(person, person.rings_back, ring.caller, self._dial)
            self._calls.create_task(back, name=f"city call back {person.number}")

    @contextlib.contextmanager
    def _journal(
        self, person: Person, caller: str, channel: str
    ) -> Iterator[tuple[Journal, Callable[[], float], Path]]:
        """Of one call of this person, with its clock and the file for its recording."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        self._counts[person.number] += 1
        count = self._counts[person.number]
        name = f"{person.number.lstrip('+')}-{count}"
        header = Header(person.number, count, person.role, self._clock.now(), caller, channel, person.name)
        journal = Journal(self._calls_dir / f"{name}.jsonl", header)
        try:
            yield journal, lambda: (loop.time() - begin) * 1000, self._calls_dir / f"{name}.wav"
        finally:
            journal.close()

    async def _ring_back(
        self, person: Person, back: RingBack, number: str, dial: Callable[[str, str, str], Line]
    ) -> None:
        """One failing call must not end the others."""
        await asyncio.sleep(back.after_ms / 1000)
        channel = f"back-{person.number.lstrip('+')}"
        try:
            with self._journal(person, person.number, channel) as (journal, now_ms, wav):

                async def press(keys: str) -> None:
                    await self._press(channel, keys)

                line = dial(channel, number, person.number)
                patient = Patient(person, back.talk, line, self._sounds, journal, press, now_ms, self._voiceprints)
                try:
                    await patient.talk()
                finally:
                    self._write_down(patient, journal, wav, round(now_ms()))
        except Exception:
            log.exception("%s could not ring back %s", person.number, number)

    async def _refuse(self, ring: Ring, how: Refusal, journal: Journal, now_ms: Callable[[], float]) -> None:
        if how in (Refusal.RING_FOR_EVER, Refusal.REJECT):
            await ring.ring()
            journal.write(Entry(What.RINGING, round(now_ms())))
        if await _left_within(ring, _BEFORE_REFUSAL_S.get(how, _RINGS_AT_MOST_S)):
            journal.write(Entry(What.GONE, round(now_ms()), detail="far", text="the caller gave up"))
            return
        await ring.reject(CAUSES.get(how, _NO_ANSWER))
        journal.write(Entry(What.REFUSED, round(now_ms()), detail=how.value))
        journal.write(Entry(What.GONE, round(now_ms()), detail="self", text=how.value))

    async def _answer(
        self, person: Person, talk: Talk, ring: Ring, journal: Journal, now_ms: Callable[[], float], wav: Path
    ) -> bool:
        """Whether the call was missed: the caller gave up too early."""
        await ring.ring()
        journal.write(Entry(What.RINGING, round(now_ms())))
        if await _left_within(ring, talk.answer_after_ms / 1000):
            journal.write(Entry(What.GONE, round(now_ms()), detail="far", text="the caller gave up"))
            return True

        async def press(keys: str) -> None:
            await self._press(ring.channel_id, keys)

        prints = self._voiceprints if person.role is Role.PATIENT else ()
        patient = Patient(person, talk, ring.answer(), self._sounds, journal, press, now_ms, prints)
        try:
            await patient.talk()
        finally:  # a call that was cut short is written down like any other
            self._write_down(patient, journal, wav, round(now_ms()))
        return False

    @staticmethod
    def _write_down(patient: Patient, journal: Journal, wav: Path, now_ms: int) -> None:
        for spell in patient.recording.heard_spells():
            journal.write(Entry(What.HEARD, spell.start_ms, spell.end_ms))
        came = patient.recording.lateness()
        stream = f"{came.frames} {came.late} {came.worst_ms}"
        journal.write(Entry(What.STREAM, patient.recording.start_ms, detail=stream))
        patient.recording.save(wav)
        journal.write(Entry(What.RECORDED, patient.recording.start_ms, detail=wav.name))
        journal.write(Entry(What.GONE, patient.gone_ms or now_ms, detail=patient.ended.by, text=patient.ended.why))


async def _left_within(ring: Ring, seconds: float) -> bool:
    """Wait so long; True at once when the caller gives up meanwhile."""
    try:
        async with asyncio.timeout(seconds):
            await ring.left()
    except TimeoutError:
        return False
    return True
