"""The city as a process against a clinic's Asterisk: people speak, press, interrupt, refuse, all at once."""

from __future__ import annotations

import asyncio
import time
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from voicebot.city.ear import Ear, PhraseEnded, PhraseStarted, Spell, level_db, samples_of
from voicebot.city.journal import CallLog, What
from voicebot.city.measuring import Measure, timings
from voicebot.city.process import CityProcess
from voicebot.city.recording import Recording
from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.port import (
    Audio,
    Gone,
    Key,
    LineEvent,
    PlayFinished,
    TransferJoined,
    TransferLeft,
    Up,
)
from voicebot.telephony.telephone import AriTelephone

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
CALLER = "+78880000001"
DEAF = "street-117"  # the call in which noise does not count as an interruption
PEOPLE = """
persons:
  "+78880000101": {voice: elena, calls: [{answer_after: 500ms, greeting: алло, lines: [да, "да, приду"]}]}
  "+78880000102": {calls: [busy, reject, unknown_number, congestion, ring_for_ever]}
  "+78880000109": {voice: irina, calls: [{answer_after: 0s, voicemail: {greeting: Нас нет дома., record: 2s}}]}
  "+78880000114": {calls: [{lines: [{keys: "12#"}]}]}
  "+78880000115": {voice: irina, calls: [{interrupt: {phrase: 1, at: 1200ms, say: стоп}}]}
  "+78880000116": {calls: [{longest: 9s}]}
  "+78880000117":
    voice: aleksandr
    calls: [{greeting: алло, lines: [приду], noise: {kind: pink, snr: 15}, hang_up: {after_lines: 1s}}]
  "+78880000118": {voice: elena, calls: [{lines: [да], hang_up: {phrase: 2, at: 1s}}]}
  "+78880000103":
    voice: irina
    calls: [{lines: ["нет, не смогу"], to_administrator: ["здравствуйте, перенесите меня"]}]
  "+78880000901":
    voice: elena
    role: administrator
    calls: [{answer_after: 1s, lines: ["Регистратура, слушаю вас", "хорошо"], hang_up: {after_lines: 1s}}]
"""


@dataclass
class Clinic:
    """A robot's side with a telephone, and the city beyond its trunk."""

    telephone: AriTelephone
    city: CityProcess
    prompts: list[bytes] = field(default_factory=list)


@pytest.fixture(scope="module")
def prompts() -> list[bytes]:
    """Three phrases of the robot's own voice."""
    from voicebot.speech.rhvoice import RHVoice

    synthesiser = RHVoice(LOCAL / "rhvoice")
    try:
        texts = (
            "Здравствуйте! Это клиника. Вы Иванова Мария Петровна?",
            "Завтра вас ждёт врач. Вы придёте?",
            "Спасибо!",
        )
        return [synthesiser.speak(text, "anna") for text in texts]
    finally:
        synthesiser.close()


@pytest.fixture
async def clinic(tmp_path: Path, prompts: list[bytes]) -> AsyncIterator[Clinic]:
    book = tmp_path / "people.yaml"
    book.write_text(PEOPLE, encoding="utf-8")
    async with (
        CityProcess(
            file=book,
            run_dir=tmp_path / "city",
            asterisk=LOCAL / "asterisk",
            rhvoice=LOCAL / "rhvoice",
            cache=LOCAL / "cache" / "city",
        ) as city,
        AsteriskProcess(
            conf="clinic", prefix=LOCAL / "asterisk", run_dir=tmp_path / "clinic", app="robot", peer_sip=city.sip
        ) as asterisk,
        AriTelephone(
            asterisk.url,
            asterisk.user,
            asterisk.password,
            "robot",
            administrators={"reception": "PJSIP/+78880000901@trunk"},
        ) as telephone,
    ):
        yield Clinic(telephone, city, prompts)


@dataclass
class Seen:
    """What the robot's side saw of a call. Times are wall-clock seconds."""

    keys: str = ""
    disposition: Disposition | None = None
    spells: list[Spell] = field(default_factory=list)  # what the patient said, ms since `begin`
    sounding_ms: list[int] = field(default_factory=list)  # of each spell, without the holes of a machine that stalled
    begin: float = 0.0
    played_at: list[float] = field(default_factory=list)
    flushed_at: float = 0.0
    events: list[object] = field(default_factory=list)


def sounding_ms(samples: np.ndarray) -> int:
    """How much of 8 kHz sound is not silence, in steps of 10 ms."""
    steps = samples[: len(samples) // 80 * 80].reshape(-1, 80)
    return 10 * sum(level_db(step) > -40 for step in steps)


class Robot:
    """Calls a number; plays the next prompt 300 ms after each pause of the other side, is silent when interrupted.

    transfers: joins the administrator in place of the second prompt
    """

    def __init__(self, clinic: Clinic, call_id: str, number: str, ring_s: int, speaks_first: bool, transfers: bool):
        self._line = clinic.telephone.dial(call_id, number, CALLER, ring_s)
        self._prompts = list(clinic.prompts)
        self._speaks_first, self._transfers, self._transferred = speaks_first, transfers, False
        self._ear, self._recording, self._playing = Ear(patience_ms=300), Recording(0), False
        self.seen = Seen(begin=time.time())

    async def call(self) -> Seen:
        async with self._line:
            async for event in self._line.events():
                if isinstance(event, Audio):
                    await self._hear(event.pcm)
                else:
                    self.seen.events.append(event)
                    await self._react(event)
        self.seen.spells = self._recording.heard_spells()
        heard = self._recording.heard_samples()
        self.seen.sounding_ms = [sounding_ms(heard[s.start_ms * 8 : s.end_ms * 8]) for s in self.seen.spells]
        return self.seen

    async def _hear(self, pcm: bytes) -> None:
        now = (time.time() - self.seen.begin) * 1000
        self._recording.heard(now, pcm)
        for phrase in self._ear.feed(round(now) - 20, pcm):
            if isinstance(phrase, PhraseStarted) and self._playing:
                if self._line.id != DEAF:
                    self.seen.flushed_at, self._playing = time.time(), False
                    await self._line.flush()
            elif isinstance(phrase, PhraseEnded):
                await self._answer()

    async def _react(self, event: LineEvent) -> None:
        match event:
            case Up() if self._speaks_first:
                await self._answer()
            case Key(key, _):
                self.seen.keys += key
                if key == "#":
                    await self._line.hang_up()
            case Gone(disposition, _, _):
                self.seen.disposition = disposition
            case TransferLeft():
                await self._line.hang_up()
            case PlayFinished():
                self._playing = False
                if not self._prompts:
                    await self._line.hang_up()

    async def _answer(self) -> None:
        if self._transfers and self.seen.played_at:
            whisper, self._transfers, self._transferred = self._prompts[0], False, True
            await self._line.transfer("reception", f"w-{self._line.id}", whisper, 10)
        elif not self._prompts:
            await self._line.hang_up()
        elif not self._transferred:
            self._playing = True
            self.seen.played_at.append(time.time())
            await self._line.play(len(self.seen.played_at), self._prompts.pop(0))


async def robot(
    clinic: Clinic, call_id: str, number: str, *, ring_s: int = 10, speaks_first: bool = False, transfers: bool = False
) -> Seen:
    return await Robot(clinic, call_id, number, ring_s, speaks_first, transfers).call()


def of(logs: list[CallLog], number: str, call: int = 1) -> CallLog:
    return next(log for log in logs if (log.header.number, log.header.call) == (number, call))


async def test_a_street_of_people_at_once(clinic: Clinic) -> None:
    """Eight calls at a time: each person does its part, and the city's figures are the robot's own."""
    numbers = {n: f"+78880000{n}" for n in ("101", "109", "114", "115", "116", "117", "118")}
    greeted = {"101", "109"}
    async with asyncio.timeout(25):
        results = await asyncio.gather(
            *(robot(clinic, f"street-{n}", number, speaks_first=n not in greeted) for n, number in numbers.items()),
        )
    seen = dict(zip(numbers, results, strict=True))
    logs = list(await clinic.city.quiet())
    assert {s.disposition for s in results} == {Disposition.ANSWERED}

    polite = of(logs, numbers["101"])
    assert [(e.kind, e.text) for e in polite.all(What.SAID)] == [
        ("greeting", "алло"), ("line", "да"), ("line", "да, приду"),
    ]  # fmt: skip
    assert polite.all(What.GONE)[0].detail == "far"
    check_times(polite, seen["101"])

    assert seen["114"].keys == "12#"  # as RFC 4733, through both exchanges
    assert of(logs, numbers["116"]).all(What.GONE)[0].detail == "self"
    assert of(logs, numbers["118"]).all(What.GONE)[0].text == "own"
    check_interruption(of(logs, numbers["115"]), seen["115"])
    check_machine(of(logs, numbers["109"]), seen["109"])
    check_noise(clinic.city.calls_dir / "78880000117-1.wav")


def check_times(log: CallLog, seen: Seen) -> None:
    """Every response time at the patient's ear agrees with the robot's own clock: words' end heard -> prompt sent."""
    measured = timings(log)
    assert [t.measure for t in measured] == [Measure.GREETING, Measure.RESPONSE, Measure.RESPONSE]
    ends = [max(s.end_ms for s in seen.spells if seen.begin + s.end_ms / 1000 < at) for at in seen.played_at]
    for timing, end_ms, at in zip(measured, ends, seen.played_at, strict=True):
        own = (at - seen.begin) * 1000 - end_ms
        assert 0 <= timing.took_ms - own <= 200, (timing, own)  # the way there and back, and soft first consonants


def check_interruption(log: CallLog, seen: Seen) -> None:
    (silent,) = [t for t in timings(log) if t.measure is Measure.INTERRUPTION]
    (said,) = [e for e in log.all(What.SAID) if e.kind == "interruption"]
    own = (seen.flushed_at - log.header.started_at.timestamp()) * 1000 - said.at_ms
    assert -150 <= silent.took_ms - own <= 120, (silent, own)
    assert silent.took_ms < 400


def check_machine(log: CallLog, seen: Seen) -> None:
    (beep,) = log.all(What.BEEP)
    assert abs(seen.sounding_ms[-1] - 700) < 40, (seen.sounding_ms, seen.spells)
    assert beep.end_ms() - beep.at_ms == pytest.approx(700, abs=2)
    assert log.all(What.GONE)[0].text == "recorded"


def check_noise(path: Path) -> None:
    """Both sides are in the recording, and the person is never without noise."""
    with wave.open(str(path)) as file:
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    own = [level_db(both[i : i + 1600, 1]) for i in range(1600, len(both) - 3200, 1600)]
    assert min(own) > -42 and max(own) > -25
    assert level_db(both[:, 0]) > -40


async def test_refusals_are_what_the_network_would_say(clinic: Clinic) -> None:
    """One person, five calls: each call has its own behaviour, in the order of the book."""
    wanted = [
        Disposition.BUSY, Disposition.REJECTED, Disposition.INVALID_NUMBER, Disposition.FAILED, Disposition.NO_ANSWER,
    ]  # fmt: skip
    found = [(await robot(clinic, f"refused-{i}", "+78880000102", ring_s=2)).disposition for i in range(5)]
    assert found == wanted
    assert (await robot(clinic, "nobody-0", "+78880000999", ring_s=2)).disposition is Disposition.INVALID_NUMBER
    logs = list(await clinic.city.quiet())
    assert [log.header.call for log in logs] == [1, 2, 3, 4, 5]
    assert [log.all(What.REFUSED)[0].detail for log in logs[:4]] == ["busy", "reject", "unknown_number", "congestion"]
    assert logs[4].all(What.GONE)[0].detail == "far"  # our caller gave up


async def test_a_patient_is_joined_with_an_administrator(clinic: Clinic) -> None:
    """Each hears the other; the patient knows the administrator by voice; nothing of it counts as the robot's."""
    async with asyncio.timeout(25):
        seen = await robot(clinic, "joined-0", "+78880000103", speaks_first=True, transfers=True)
    kinds = [type(e) for e in seen.events]
    assert kinds.index(TransferJoined) < kinds.index(TransferLeft)
    logs = list(await clinic.city.quiet())
    patient, desk = of(logs, "+78880000103"), of(logs, "+78880000901")
    assert [(e.kind, e.text) for e in patient.all(What.SAID)] == [
        ("line", "нет, не смогу"), ("to_administrator", "здравствуйте, перенесите меня"),
    ]  # fmt: skip
    assert patient.first(What.ADMINISTRATOR) is not None
    assert [e.text for e in desk.all(What.SAID)] == ["Регистратура, слушаю вас", "хорошо"]
    assert len(desk.all(What.PHRASE)) == 2  # the whisper and the patient
    assert desk.all(What.GONE)[0].detail == "self"
    assert timings(desk) == []
    assert all(t.text != "здравствуйте, перенесите меня" for t in timings(patient))
    heard = samples_of((clinic.city.calls_dir / "78880000901-1.wav").read_bytes()[44:]).reshape(-1, 2)
    assert level_db(heard[:, 0]) > -40 and level_db(heard[:, 1]) > -40
