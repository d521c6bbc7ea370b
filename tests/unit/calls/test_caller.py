"""From an order to a finished call, with the shipped scenario, over lines in memory and in virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from voicebot.calls.caller import CallingSettings, CallParts, RobotCaller
from voicebot.calls.port import Dialled, Sighting
from voicebot.calls.prompts import Studio
from voicebot.clock import ManualClock
from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Sex
from voicebot.contacts.model import Patient as Person
from voicebot.dialogue import codec
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.prompts import APOLOGY
from voicebot.engine.caller import CallOrder
from voicebot.language.likeness import shipped
from voicebot.language.templates import MissingFact
from voicebot.language.understanding import Understanding
from voicebot.reports.transcript import Who, transcript
from voicebot.scenarios.loading import load
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.talk import Language
from voicebot.speech.listener import Listener
from voicebot.speech.port import Capability, HeardSound, Recognised
from voicebot.telephony.memory import MemoryLine, memory_call
from voicebot.telephony.port import Audio

ROOT = Path(__file__).resolve().parents[3]
SCENARIO = load(ROOT / "scenarios/visit_reminder.yaml")
LANGUAGE = Language(Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped()), {})
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PHONE = "+78880000101"
PERSON = Person("p1", "Иванова", "Анна", "Ивановна", Sex.FEMALE, phones=(PHONE,))
VISIT = Appointment(
    "v1", "1", "p1", NOW + timedelta(days=1, hours=1), Doctor("d", "Улюкаева", speciality="стоматолог"),
    ClinicBranch("b", "На Садовой", "ул. Садовая, д. 1", "Europe/Moscow"),
)  # fmt: skip
ORDER = CallOrder("a1", PHONE, PERSON, (VISIT,), SCENARIO)


class Loudness:
    frame_samples, rate = 256, 8000

    def probability(self, frame: bytes) -> float:
        return float(np.abs(np.frombuffer(frame, "<i2")).mean() > 500)

    def reset(self) -> None:
        pass


class Tones:
    """A voice: each text is a tone of a second."""

    async def speak(self, text: str, voice: str, rate: float = 0.0) -> bytes:
        return bytes((np.sin(np.arange(8000) * 0.3) * 9000).astype("<i2").tobytes())


class NoEars:
    capabilities = Capability.NONE

    async def hear(self, pcm: bytes, rate: int, phrases=None) -> HeardSound:
        return HeardSound(Recognised("", 0.0, 0.9))


@dataclass
class Rows:
    rows: list = field(default_factory=list)

    async def append_events(self, rows) -> None:
        self.rows += rows

    async def call(self, call_id: str) -> None:
        return None  # nobody knows of such a call

    async def events(self, call_id: str) -> list:
        return self.of(call_id)

    def of(self, call_id: str) -> list:
        return [r for r in self.rows if r.call_id == call_id]


class Town:
    """A telephone in memory: whoever is rung picks up and lives by `life`."""

    def __init__(self, life: Callable[[MemoryLine], object]) -> None:
        self.dialled: list[tuple[str, str, str, int]] = []
        self.ended: list[str] = []
        self.lives: list[asyncio.Task[None]] = []
        self._life = life

    def dial(self, call_id: str, number: str, caller_id: str, ring_timeout_s: int) -> MemoryLine:
        self.dialled.append((call_id, number, caller_id, ring_timeout_s))
        near, far = memory_call(call_id)
        self.lives.append(asyncio.create_task(self._pick_up(far)))
        return near

    async def _pick_up(self, far: MemoryLine) -> None:
        async with far:
            await self._life(far)

    async def alive(self, call_id: str) -> bool:
        return False

    async def end(self, call_id: str) -> None:
        self.ended.append(call_id)


async def listening(far: MemoryLine) -> None:
    """Somebody who never says a word and stays on the line."""
    async for _ in far.events():
        pass


async def pressing_one(far: MemoryLine) -> None:
    """«Да» by key, after each of the robot's phrases."""
    loud = quiet = 0
    async for event in far.events():
        if isinstance(event, Audio):
            is_loud = np.abs(np.frombuffer(event.pcm, "<i2")).mean() > 500
            loud, quiet = (loud + 20, 0) if is_loud else (loud, quiet + 20)
            if loud > 500 and quiet == 300:
                loud = 0
                await far.press("1")


@dataclass
class Desk:
    caller: RobotCaller
    town: Town
    rows: Rows
    seen: list[Sighting]
    clock: ManualClock


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., Desk]:
    """Made inside the running loop."""

    def make(life=listening) -> Desk:
        town, rows, seen, clock = Town(life), Rows(), [], ManualClock(NOW)
        parts = CallParts(
            town, Studio(Tones(), tmp_path), lambda: Listener(Loudness()), NoEars(), lambda _: LANGUAGE, rows, clock
        )
        return Desk(RobotCaller(parts, CallingSettings("Клиника", "+78880000000", 25), seen.append), town, rows, seen,
                    clock)  # fmt: skip

    return make


def test_an_order_becomes_a_call_with_its_row(run, desk) -> None:
    async def scene():
        d = desk(pressing_one)
        making = asyncio.create_task(d.caller.call(ORDER))
        await asyncio.sleep(1)
        live = d.caller.live
        d.clock.leap(timedelta(seconds=30))
        return d, live, await making

    d, live, result = run(scene())
    assert (live, d.caller.live) == (1, 0)
    assert d.town.dialled == [("a1", PHONE, "+78880000000", 25)]
    assert result.finish.conclusions[0].outcome is Outcome.CONFIRMED
    row = result.call
    assert (row.id, row.attempt_id, row.phone) == ("a1", "a1", PHONE)
    assert (row.scenario_id, row.scenario_version) == (SCENARIO.id, SCENARIO.version)
    assert (row.started_at, row.ended_at) == (NOW, NOW + timedelta(seconds=30))
    assert row.answered_at is not None and row.answered_at.tzinfo is not None
    assert (row.disposition, row.identity_known, row.transferred) == (Disposition.ANSWERED, True, False)
    assert d.seen[0].what == Dialled(PHONE, "p1")
    assert {s.call_id for s in d.seen} == {"a1"}
    assert codec.decode(d.rows.rows[-1].body) == result.finish


def test_two_visits_are_asked_in_one_call(run, desk) -> None:
    second = replace(VISIT, id="v2", start=VISIT.start + timedelta(hours=2))

    async def scene():
        d = desk(pressing_one)
        return d, await d.caller.call(replace(ORDER, appointments=(VISIT, second)))

    d, result = run(scene())
    assert [c.outcome for c in result.finish.conclusions] == [Outcome.CONFIRMED, Outcome.CONFIRMED]
    said = " ".join(r.text for r in transcript(d.rows.rows) if r.who is Who.ROBOT)
    assert "одиннадцать" in said and "тринадцать" in said, "each visit is asked with its own hour"


def test_what_cannot_be_said_is_not_dialled(run, desk) -> None:
    nameless = replace(PERSON, given_name="", surname="", patronymic="")

    async def scene():
        d = desk()
        with pytest.raises(MissingFact, match=r"person\.name"):
            await d.caller.call(replace(ORDER, patient=nameless))
        return d

    d = run(scene())
    assert (d.town.dialled, d.seen, d.caller.live) == ([], [], 0)


def test_all_live_calls_are_ended_with_an_apology(run, desk) -> None:
    async def scene():
        d = desk()
        loop = asyncio.get_running_loop()
        making = [asyncio.create_task(d.caller.call(replace(ORDER, attempt_id=f"a{n}"))) for n in (1, 2)]
        await asyncio.sleep(3)
        assert d.caller.live == 2
        began = loop.time()
        await d.caller.end_all(4.5)
        took = loop.time() - began
        assert d.caller.live == 0
        return d, took, [await m for m in making]

    d, took, results = run(scene())
    assert took < 4
    assert [r.finish.disposition for r in results] == [Disposition.INTERRUPTED] * 2
    assert [r.finish.conclusions[0].outcome for r in results] == [Outcome.UNCLEAR] * 2
    for call_id in ("a1", "a2"):
        said = [r.text for r in transcript(d.rows.of(call_id)) if r.who is Who.ROBOT]
        assert said[-1] == APOLOGY.template


def test_ending_waits_no_longer_than_told_and_not_at_all_without_calls(run, desk, monkeypatch) -> None:
    async def scene():
        d, loop = desk(), asyncio.get_running_loop()
        await d.caller.end_all(4.5)
        idle = loop.time()
        making = asyncio.create_task(d.caller.call(ORDER))
        await asyncio.sleep(3)
        began = loop.time()
        await d.caller.end_all(0.5)  # shorter than the apology
        took = loop.time() - began
        await making
        return idle, took

    idle, took = run(scene())
    assert idle == 0
    assert took == pytest.approx(0.5)


def test_a_call_that_is_cut_counts_no_more(run, desk) -> None:
    async def scene():
        d = desk()
        making = asyncio.create_task(d.caller.call(ORDER))
        await asyncio.sleep(3)
        making.cancel()
        with pytest.raises(asyncio.CancelledError):
            await making
        await d.caller.end_all(4.5)
        await asyncio.gather(*d.town.lives)
        return d

    d = run(scene())
    assert d.caller.live == 0
    assert codec.decode(d.rows.rows[-1].body).disposition is Disposition.INTERRUPTED


def test_a_call_of_a_dead_process_is_hung_up_and_not_talked_to(run, desk) -> None:
    async def scene():
        d = desk()
        return d, await d.caller.recover("a7")

    d, result = run(scene())
    assert result is None
    assert (d.town.ended, d.town.dialled) == (["a7"], [])
