"""A robot that comes back: from the rows in the store to the same conversation on the same line, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.unit.calls.test_caller import (
    LANGUAGE,
    NOW,
    ORDER,
    PERSON,
    PHONE,
    ROOT,
    SCENARIO,
    VISIT,
    Loudness,
    NoEars,
    Tones,
    listening,
    pressing_one,
)
from voicebot.calls.caller import CallingSettings, CallParts, RobotCaller
from voicebot.calls.prompts import Studio
from voicebot.clock import ManualClock
from voicebot.contacts.model import Contact, ContactStatus
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.prompts import APOLOGY
from voicebot.dialogue.scenario import Scenario
from voicebot.dialogue.turn import BACK
from voicebot.reports.transcript import Who, transcript
from voicebot.scenarios.loading import load
from voicebot.speech.listener import Listener
from voicebot.store.port import CallRow, EventRow
from voicebot.telephony.memory import MemoryLine, memory_call
from voicebot.telephony.port import Back, TransferLeft

INBOUND = load(ROOT / "scenarios/inbound.yaml")
CONTACT = Contact("c1", "p1", SCENARIO.id, VISIT.id, VISIT.version, ContactStatus.IN_PROGRESS, NOW, VISIT.start)


@dataclass
class Store:
    """What is known of one call."""

    row: CallRow = field(default_factory=lambda: CallRow("a1", "a1", PHONE, SCENARIO.id, SCENARIO.version, NOW))
    rows: list[EventRow] = field(default_factory=list)
    version: str = VISIT.version
    known: bool = True

    def __post_init__(self) -> None:
        body = json.dumps({"contacts": ["c1"], "versions": [VISIT.version]})
        self.rows.append(EventRow("a1", -1, 0, "Prepared", body))

    async def append_events(self, rows) -> None:
        self.rows += rows

    async def call(self, call_id):
        return self.row

    async def events(self, call_id):
        return list(self.rows)

    async def contact(self, contact_id):
        return CONTACT

    async def patient(self, patient_id):
        return PERSON if self.known else None

    async def appointment(self, appointment_id):
        return replace(VISIT, version=self.version)

    def kinds(self) -> list[str]:
        return [r.kind for r in self.rows]

    def said(self) -> list[str]:
        return [r.text for r in transcript(self.rows) if r.who is Who.ROBOT]


class OldLine(MemoryLine):
    """A line whose far end has been there all the time."""

    talking = False

    async def __aenter__(self) -> MemoryLine:
        self._entered = True
        self._pump = asyncio.create_task(self._send(), name="old line")
        self._events.put_nowait(Back(self.talking))
        if self.talking:
            self._events.put_nowait(TransferLeft())
        return self


class Town:
    """Everybody is on the line for ever; whoever comes back finds them there."""

    def __init__(self, life: Callable[[MemoryLine], object]) -> None:
        self.life, self.up, self.talking = life, True, False
        self.ended: list[str] = []
        self.taken: list[str] = []
        self.lives: list[asyncio.Task] = []

    def dial(self, call_id, number, caller_id, ring_timeout_s):
        near, far = memory_call(call_id)
        self.lives.append(asyncio.create_task(self._live(far, listening)))
        return near

    def take_up(self, call_id, caller_id):
        self.taken.append(call_id)
        near, far = memory_call(call_id)
        near.__class__ = type("Old", (OldLine,), {"talking": self.talking})
        self.lives.append(asyncio.create_task(self._live(far, self.life)))
        return near

    async def _live(self, far, life) -> None:
        async with far:
            await life(far)

    async def answered(self, call_id) -> bool:
        return self.up

    async def end(self, call_id) -> None:
        self.ended.append(call_id)


@dataclass
class Desk:
    store: Store
    town: Town
    clock: ManualClock
    robot: Callable[[], RobotCaller]
    scenario: Scenario = SCENARIO

    async def die_after(self, seconds: float) -> None:
        """A robot calls, and is gone without a word: nothing of its end is in the store."""
        making = asyncio.create_task(self.robot().call(ORDER))
        await asyncio.sleep(seconds)
        kept = list(self.store.rows)
        making.cancel()
        await asyncio.gather(making, return_exceptions=True)
        await asyncio.gather(*self.town.lives)
        self.store.rows = kept
        self.clock.leap(timedelta(seconds=seconds + 8))


@pytest.fixture
def desk(tmp_path: Path) -> Callable[..., Desk]:
    def make(life=pressing_one) -> Desk:
        store, town, clock = Store(), Town(life), ManualClock(NOW)

        def robot() -> RobotCaller:
            parts = CallParts(
                town, Studio(Tones(), tmp_path), lambda: Listener(Loudness()), NoEars(), lambda _: LANGUAGE, store,
                clock, scenarios=lambda _: made.scenario,
            )  # fmt: skip
            return RobotCaller(parts, CallingSettings("Клиника", "+78880000000", 25))

        made = Desk(store, town, clock, robot)
        return made

    return make


@pytest.mark.parametrize("seconds", [0.3, 1.5, 2.5, 4.0, 9.0])
def test_wherever_it_died_the_call_comes_to_its_answer(run, desk, seconds) -> None:
    async def scene():
        d = desk()
        await d.die_after(seconds)
        return d, await d.robot().recover("a1")

    d, result = run(scene())
    assert result.finish.disposition is Disposition.ANSWERED
    assert result.finish.conclusions[0].outcome is Outcome.CONFIRMED
    assert (d.store.kinds().count("Resumed"), d.store.kinds().count("Finish")) == (1, 1)
    serials = [r.serial for r in d.store.rows if r.serial > 0]
    assert serials == list(range(1, len(serials) + 1))
    times = [r.at_ms for r in d.store.rows]
    assert times == sorted(times)
    assert (BACK.template in d.store.said()) is (seconds > 1)
    assert result.call.answered_at is not None and result.call.started_at == NOW
    assert d.town.ended == []


def test_after_too_long_the_robot_says_good_bye(run, desk) -> None:
    async def scene():
        d = desk()
        await d.die_after(4.0)
        d.clock.leap(timedelta(minutes=2))
        return d, await d.robot().recover("a1")

    d, result = run(scene())
    assert d.store.said()[-1] == APOLOGY.template
    assert result.finish.disposition is Disposition.INTERRUPTED


def test_a_patient_who_has_hung_up_meanwhile_is_an_interrupted_call(run, desk) -> None:
    async def scene():
        d = desk()
        await d.die_after(4.0)
        d.town.up = False
        return d, await d.robot().recover("a1")

    d, result = run(scene())
    assert (result.finish.disposition, d.town.ended) == (Disposition.INTERRUPTED, ["a1"])
    assert result.finish.conclusions[0].outcome is Outcome.UNCLEAR


def test_a_visit_that_was_moved_meanwhile_is_not_spoken_of(run, desk) -> None:
    async def scene():
        d = desk()
        await d.die_after(4.0)
        d.store.version = "2"
        return d, await d.robot().recover("a1")

    d, result = run(scene())
    assert (result, d.town.ended) == (None, ["a1"])


def test_a_scenario_that_was_published_anew_leaves_only_a_good_bye(run, desk) -> None:
    async def scene():
        d = desk()
        await d.die_after(4.0)
        d.store.row = replace(d.store.row, scenario_version="before")
        return d, await d.robot().recover("a1")

    d, result = run(scene())
    assert d.store.said()[-1] == APOLOGY.template
    assert result.finish.disposition is Disposition.INTERRUPTED
    assert result.finish.conclusions[0].answer is None


def test_an_answer_of_before_the_crash_counts_although_the_patient_is_gone(run, desk) -> None:
    async def scene():
        d = desk()
        await d.die_after(4.0)
        back = asyncio.create_task(d.robot().recover("a1"))
        while "Спасибо" not in d.store.said()[-1]:
            await asyncio.sleep(0.05)
        kept = list(d.store.rows)
        back.cancel()
        await asyncio.gather(back, return_exceptions=True)
        d.store.rows, d.town.up = kept, False
        return d, await d.robot().recover("a1")

    _d, result = run(scene())
    assert result.finish.conclusions[0].outcome is Outcome.CONFIRMED
    assert result.finish.disposition is Disposition.INTERRUPTED


def test_a_call_that_came_in_is_taken_up_as_one(run, desk) -> None:
    """By the number of its channel, at the beginning of its own variant of the talk."""

    async def scene():
        d = desk()
        d.scenario = INBOUND
        d.store.row = replace(d.store.row, id="in-17.1@n1", attempt_id="in-17.1@n1", scenario_id="inbound",
                              scenario_version=INBOUND.version)  # fmt: skip
        d.store.rows.append(EventRow("in-17.1@n1", 1, 5, "Answered", '{"kind":"Answered","at_ms":5}'))
        return d, await d.robot().recover("in-17.1@n1")

    d, result = run(scene())
    assert d.town.taken == ["17.1"]
    assert "робот" in d.store.said()[0] and "напомнить" in d.store.said()[1]
    assert result.finish.conclusions[0].outcome is Outcome.CONFIRMED


def test_a_call_about_no_visit_is_taken_up_too(run, desk) -> None:
    async def scene():
        d = desk(listening)
        d.scenario = INBOUND
        d.store.row = replace(d.store.row, id="in-17.1@n1", scenario_id="inbound", scenario_version=INBOUND.version)
        d.store.rows = [
            EventRow("in-17.1@n1", -1, 0, "Prepared", '{"contacts":[],"versions":[],"patient":"nobody"}'),
            EventRow("in-17.1@n1", 1, 5, "Answered", '{"kind":"Answered","at_ms":5}'),
        ]
        d.store.known = False
        return d, await d.robot().recover("in-17.1@n1")

    d, result = run(scene())
    assert "администратор" in d.store.said()[0]
    assert result.finish.conclusions[0].task, "nobody picked up: a human calls back"
