"""A person on a line in memory, in virtual time: what leaves the line, what is recorded and written down."""

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voicebot.city.ear import samples_of, spells
from voicebot.city.journal import CallLog, Entry, Header, Journal, What, read_journal
from voicebot.city.measuring import timings
from voicebot.city.patient import Patient
from voicebot.city.people import HangUp, Interruption, Noise, NoiseKind, Person, Role, Talk, Utterance, Voicemail
from voicebot.city.sounds import Sounds, pink
from voicebot.telephony.memory import MemoryLine, memory_call
from voicebot.telephony.port import Audio, Gone, Key, Up

Tone = Callable[..., bytes]
Run = Callable[[Coroutine[Any, Any, Any]], Any]
NUMBER = "+78880000101"


class Robot:
    """The far side: plays prompts at given times after it is Up, hears, writes down."""

    def __init__(self, line: MemoryLine, prompts: dict[int, bytes], until_ms: int) -> None:
        self._line, self._prompts, self._until_ms = line, prompts, until_ms
        self.heard = bytearray()
        self.keys = ""
        self.up_ms = self.gone_ms = 0.0

    async def work(self) -> None:
        loop = asyncio.get_running_loop()
        async with self._line, asyncio.TaskGroup() as tasks:
            playing = None
            async for event in self._line.events():
                match event:
                    case Up():
                        self.up_ms = loop.time() * 1000
                        playing = tasks.create_task(self._play())
                    case Audio(pcm):
                        self.heard += pcm
                    case Key(key, _):
                        self.keys += key
                    case Gone():
                        self.gone_ms = loop.time() * 1000
            if playing is not None:
                playing.cancel()

    async def _play(self) -> None:
        now = 0
        for i, (at, pcm) in enumerate(self._prompts.items()):
            await asyncio.sleep((at - now) / 1000)
            now = at
            await self._line.play(i, pcm)
        await asyncio.sleep((self._until_ms - now) / 1000)
        await self._line.hang_up()


async def call(
    talk: Talk,
    tmp_path: Path,
    sounds: Sounds,
    prompts: dict[int, bytes],
    until_ms: int,
    prints: tuple[bytes, ...] = (),
    now_ms: Callable[[], float] | None = None,
) -> tuple[CallLog, Patient, Robot]:
    near, far = memory_call()
    journal = Journal(tmp_path / "x.jsonl", Header(NUMBER, 1, Role.PATIENT, datetime.now(UTC)))
    loop = asyncio.get_running_loop()
    person = Person(NUMBER, "elena", Role.PATIENT, (talk,))
    now_ms = now_ms or (lambda: loop.time() * 1000)
    patient = Patient(person, talk, near, sounds, journal, near.press, now_ms, prints)
    robot = Robot(far, prompts, until_ms)
    async with asyncio.timeout(300):
        await asyncio.gather(patient.talk(), robot.work())
    for spell in patient.recording.heard_spells():
        journal.write(Entry(What.HEARD, spell.start_ms, spell.end_ms))
    journal.write(Entry(What.GONE, round(loop.time() * 1000), detail=patient.ended.by, text=patient.ended.why))
    journal.close()
    return read_journal(tmp_path / "x.jsonl"), patient, robot


@pytest.fixture
def sounds(tone: Tone) -> Sounds:
    lines = {
        ("elena", t): bytes(320) + tone(100 * len(t), hz=400) + bytes(320)
        for t in ("алло", "да", "приду", "стоп", "нас нет", "здравствуйте")
    }
    return Sounds(lines, {NoiseKind.PINK: pink(3)})


def said(log: CallLog) -> list[tuple[str, str]]:
    return [(e.kind, e.text) for e in log.all(What.SAID)]


def test_a_whole_call_is_answered_and_measured_to_the_frame(
    run: Run, tmp_path: Path, sounds: Sounds, tone: Tone
) -> None:
    talk = Talk(greeting="алло", lines=(Utterance("да"), Utterance("приду")))
    prompts = {1000: tone(2000), 4300: tone(3000), 9000: tone(1000)}
    log, patient, robot = run(call(talk, tmp_path, sounds, prompts, 10_300))
    assert said(log) == [("greeting", "алло"), ("line", "да"), ("line", "приду")]
    assert patient.ended.by == "far"
    wanted = {"алло": 260, "да": 4300 - 3740 - 200, "приду": 9000 - 8040 - 500}
    measured = {t.text: t.took_ms for t in timings(log)}
    for text, ms in wanted.items():
        assert measured[text] == pytest.approx(ms, abs=45), text
    phrases = log.all(What.PHRASE)
    assert [p.phrase for p in phrases] == [1, 2]  # the robot hung up 300 ms after its third
    # what was written down is what the other side heard
    for entry, spell in zip(log.all(What.SAID), spells(samples_of(bytes(robot.heard))), strict=True):
        assert spell.end_ms - spell.start_ms == pytest.approx(entry.end_ms() - entry.at_ms, abs=21)


def test_an_interruption_is_heard_over_the_robot(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    talk = Talk(interruptions=(Interruption(1, 1500, "стоп"),), again=False)
    log, _, robot = run(call(talk, tmp_path, sounds, {1000: tone(4000)}, 8000))
    (entry,) = log.all(What.SAID)
    assert entry.kind == "interruption" and entry.at_ms == pytest.approx(2540, abs=45)
    assert [(t.measure.value, round(t.took_ms, -2)) for t in timings(log)] == [("interruption", 2500)]
    assert len(spells(samples_of(bytes(robot.heard)))) == 1


def test_the_beginning_of_what_is_said_may_be_missing(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    prompts = {500: tone(1000)}
    whole = run(call(Talk(lines=(Utterance("приду"),), again=False), tmp_path, sounds, prompts, 5000))
    cut = run(call(Talk(lines=(Utterance("приду"),), again=False, clip_ms=120), tmp_path, sounds, prompts, 5000))
    (at, until), (cut_at, cut_until) = (
        (entry.at_ms, entry.end_ms()) for log, _, _ in (whole, cut) for entry in log.all(What.SAID)
    )
    assert (cut_at - at, cut_until - until) == (pytest.approx(120, abs=21), pytest.approx(0, abs=21))
    (spell,) = spells(samples_of(bytes(cut[2].heard)))
    assert spell.end_ms - spell.start_ms == pytest.approx(cut_until - cut_at, abs=21)


def test_keys_reach_the_robot(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    talk = Talk(lines=(Utterance(keys="12"), Utterance(keys="#")), again=False)
    log, _, robot = run(call(talk, tmp_path, sounds, {500: tone(800), 3000: tone(800)}, 7000))
    assert robot.keys == "12#"
    assert [e.text for e in log.all(What.PRESSED)] == ["12", "#"]


def test_hangs_up_in_the_middle_of_the_question(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    talk = Talk(lines=(Utterance("да"),), hang_up=HangUp(phrase=2, at_ms=1500))
    log, patient, robot = run(call(talk, tmp_path, sounds, {500: tone(1000), 4000: tone(5000)}, 20_000))
    assert patient.ended.by == "self"
    assert robot.gone_ms - robot.up_ms == pytest.approx(5520, abs=60)
    assert log.first(What.GONE).detail == "self"  # type: ignore[union-attr]


def test_noise_is_behind_the_voice_all_the_time(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    talk = Talk(lines=(Utterance("приду"),), noise=Noise(NoiseKind.PINK, 15), again=False)
    _, patient, robot = run(call(talk, tmp_path, sounds, {500: tone(6000)}, 20_000))
    heard = samples_of(bytes(robot.heard)).astype(float)
    levels = [20 * np.log10(np.sqrt(np.mean(heard[i : i + 1600] ** 2)) / 32768) for i in range(1600, 152_000, 1600)]
    assert min(levels) > -40  # never silent, over five pieces of noise
    assert sum(level > -24 for level in levels) in (2, 3, 4)  # the word of 500 ms stands out
    assert len(patient.recording.said_samples()) == pytest.approx(160_000, abs=800)


def test_an_answering_machine_never_listens(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    talk = Talk(voicemail=Voicemail("нас нет", beep_ms=500, record_ms=4000))
    log, patient, robot = run(call(talk, tmp_path, sounds, {2500: tone(1000)}, 60_000))
    (beep,) = log.all(What.BEEP)
    assert beep.end_ms() - beep.at_ms == 500
    assert patient.ended.by == "self" and patient.ended.why == "recorded"
    greeting, beep_heard = spells(samples_of(bytes(robot.heard)))
    assert beep_heard.start_ms - greeting.end_ms == pytest.approx(420, abs=20)


def test_an_administrators_voice_changes_what_is_said(
    run: Run, tmp_path: Path, sounds: Sounds, tone: Tone, murmur: Callable[[int, int], bytes]
) -> None:
    desk = murmur(1200, 5)
    talk = Talk(lines=(Utterance("да"), Utterance("приду")), to_administrator=(Utterance("здравствуйте"),))
    prompts = {500: tone(1000), 4000: desk}
    log, _, _ = run(call(talk, tmp_path, sounds, prompts, 12_000, (desk,)))
    assert said(log) == [("line", "да"), ("to_administrator", "здравствуйте")]
    assert log.first(What.ADMINISTRATOR).at_ms == pytest.approx(4800, abs=500)  # type: ignore[union-attr]
    assert [t.text for t in timings(log)] == ["да"]


def test_nothing_runs_on_after_the_call(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    async def work() -> set[str]:
        before = asyncio.all_tasks()
        await call(Talk(lines=(Utterance("да"),)), tmp_path, sounds, {500: tone(1000)}, 2500)
        return {t.get_name() for t in asyncio.all_tasks() - before}

    assert run(work()) == set()


def test_a_standstill_of_the_machine_is_nobodys_silence(run: Run, tmp_path: Path, sounds: Sounds, tone: Tone) -> None:
    """The clock jumps in the middle of a phrase: the frames of that time come after it, and the answer after them."""
    loop_s = 2.0  # in the middle of the phrase
    talk = Talk(lines=(Utterance("да"),), again=False)

    def standing_still() -> float:
        now = asyncio.get_running_loop().time()
        return (now + (1.5 if now >= loop_s else 0.0)) * 1000

    log, _, robot = run(call(talk, tmp_path, sounds, {1000: tone(2500)}, 6000, now_ms=standing_still))
    (phrase,) = log.all(What.PHRASE)
    assert phrase.at_ms == pytest.approx(1000, abs=61) and phrase.end_ms() == pytest.approx(5000, abs=61)
    (stood,) = log.all(What.STANDSTILL)
    assert (stood.at_ms, stood.end_ms()) == (pytest.approx(2000, abs=41), pytest.approx(3500, abs=41))
    (entry,) = log.all(What.SAID)
    assert entry.at_ms == pytest.approx(1000 + 2500 + 700 + 1500, abs=100)
    assert len(spells(samples_of(bytes(robot.heard)))) == 1
