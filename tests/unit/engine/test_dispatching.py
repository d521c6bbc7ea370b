"""The tick of each second, the gate, and the engine in memory that the other tests stand on."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from voicebot.clock import ManualClock
from voicebot.dialogue.outcome import Disposition
from voicebot.engine.gate import Gate
from voicebot.engine.machinery import SyncTick
from voicebot.engine.memory import MemoryEngine
from voicebot.engine.pacing import Pace
from voicebot.engine.port import EngineFault, Queue, Work

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


async def test_no_more_is_enqueued_than_is_soon_needed(clinic, words) -> None:
    """Two lines: four go into the queue, the others wait as rows, where the rules can still reach them."""
    for n in range(10):
        await clinic.book(f"v{n}", words.msk(25, 15), f"p{n}", (f"+7888000010{n}",))
    await clinic.plan()
    clinic.clock.leap(words.msk(24, 17) - clinic.clock.now())
    held = asyncio.Event()

    async def call(order):
        await held.wait()
        raise RuntimeError

    clinic.caller.call = call
    assert await clinic.parts.dispatcher.run() == 4
    await asyncio.sleep(0)
    assert await clinic.parts.dispatcher.run() == 0
    held.set()
    await clinic.engine.idle()


async def test_every_due_call_is_made_on_few_lines(clinic, words) -> None:
    for n in range(10):
        await clinic.book(f"v{n}", words.msk(25, 15), f"p{n}", (f"+7888000010{n}",))
    await clinic.plan()
    await clinic.live(words.msk(24, 16, 5))
    assert sorted({order.patient.id for _, order in clinic.caller.rung}) == [f"p{n}" for n in range(10)]


async def test_a_planning_twice_plans_once(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    first = clinic.parts.planner.last
    await clinic.plan()
    assert (first.new, clinic.parts.planner.last.new) == (1, 0)
    assert [s.reason for s in clinic.parts.planner.last.skipped] == ["звонок уже запланирован"]


async def test_a_record_that_cannot_be_read_stops_only_itself(clinic, words) -> None:
    """M9: an unknown status stops that record only."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.book("v2", words.msk(25, 16), "p2", (words.second,))
    await clinic.change("v2", lifecycle="levitating")
    synced = await clinic.parts.syncing.run()
    await clinic.parts.planner.run()
    assert (synced.visits, len(synced.bad)) == (1, 1)
    assert clinic.parts.planner.last.new == 1


def test_the_gate_closes_when_most_calls_fail(caplog: pytest.LogCaptureFixture) -> None:
    gate = Gate()
    for n in range(3):
        gate.record(Disposition.FAILED, NOW + timedelta(seconds=n))
    assert gate.closed(NOW) == ""  # three are too few to judge by
    gate.record(Disposition.ANSWERED, NOW + timedelta(seconds=4))
    assert gate.closed(NOW + timedelta(seconds=5))
    assert not gate.closed(NOW + timedelta(minutes=3))


def test_the_gate_forgets_old_failures() -> None:
    gate = Gate()
    for n in range(3):
        gate.record(Disposition.FAILED, NOW + timedelta(seconds=n))
    gate.record(Disposition.FAILED, NOW + timedelta(minutes=5))
    assert gate.closed(NOW + timedelta(minutes=5)) == ""


def test_half_good_is_good_enough() -> None:
    gate = Gate()
    for disposition in [Disposition.BUSY, Disposition.FAILED] * 4:
        gate.record(disposition, NOW)
    assert gate.closed(NOW) == ""


def test_starts_are_spread_by_the_limit_of_a_queue(run) -> None:
    """Ten starts at four a second take at least two seconds, on a virtual clock."""

    async def scene() -> list[float]:
        engine, started = MemoryEngine(), []
        loop = asyncio.get_running_loop()

        async def step(argument: str) -> str:
            started.append(loop.time())
            return ""

        engine.register(Work("job", Queue("lines", 20, per_second=4), (step,)))
        await engine.start()
        for n in range(10):
            await engine.enqueue("job", str(n), str(n))
        await asyncio.sleep(10)
        await engine.stop(1)
        return started

    moments = run(scene())
    assert len(moments) == 10
    for begin in moments:
        assert sum(1 for m in moments if begin <= m < begin + 0.99) <= 4


def test_the_pace_of_a_node_is_exact(run) -> None:
    async def scene() -> list[float]:
        pace, moments = Pace(2.0), []

        async def begin() -> None:
            await pace.turn()
            moments.append(asyncio.get_running_loop().time())

        await asyncio.gather(*(begin() for _ in range(5)))
        await asyncio.sleep(10)
        await begin()
        return moments

    assert run(scene()) == pytest.approx([0, 0.5, 1, 1.5, 2, 12])


def test_an_engine_that_is_not_started_says_so(run) -> None:
    with pytest.raises(EngineFault, match="не запущен"):
        run(MemoryEngine().enqueue("job", "1", "1"))


async def test_the_mis_is_read_also_after_the_clock_was_set_back() -> None:
    """The ids of the periods that come once more are used up: each must still be one sync, and one only."""
    engine, synced = MemoryEngine(), []

    async def sync(slot: str) -> str:
        synced.append(slot)
        return slot

    engine.register(Work("sync", Queue("chores", 1), (sync,)))
    await engine.start()
    wound = [ManualClock(NOW + timedelta(minutes=minutes)) for minutes in (0, 1, 2, 0, 0, 1, 3)]

    class SetByHand:
        def now(self) -> datetime:
            return wound[0].now()

    tick = SyncTick(engine, SetByHand(), 60)
    while wound:
        await tick.run()
        wound.pop(0)
        await engine.idle()
    first = int(NOW.timestamp() // 60)
    assert synced == [str(first + minutes) for minutes in (0, 1, 2, 0, 1, 3)]
    await engine.stop(1)
