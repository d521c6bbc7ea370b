"""What every engine promises, on the one in memory and on DBOS with SQLite and PostgreSQL (ENGINE.md, trap 6)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from engine_kit import on_postgres, on_sqlite

from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.memory import MemoryEngine
from voicebot.engine.port import Engine, EngineFault, Enqueued, Queue, Work


@dataclass
class Yard:
    """An engine under test with one kind of work, whose second step waits for `gate`."""

    engine: Engine
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    first: list[str] = field(default_factory=list)
    second: list[str] = field(default_factory=list)
    now: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        self.engine.register(Work("job", Queue("lines", 2), (self.step_one, self.step_two)))
        self.engine.register(Work("single", Queue("single", 1), (self.step_one, self.step_two)))
        self.engine.register(Work("bad", Queue("others", 1), (self.explode,)))

    async def step_one(self, argument: str) -> str:
        self.first.append(argument)
        return "one"

    async def step_two(self, argument: str) -> str:
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.wait_for(self.gate.wait(), 20)
        finally:
            self.now -= 1
        self.second.append(argument)
        return "two"

    async def explode(self, argument: str) -> str:
        self.first.append(argument)
        raise ValueError(argument)


async def until(condition: Callable[[], bool], what: str) -> None:
    for _ in range(800):
        if condition():
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"never: {what}")


async def ended(engine: Engine, work_id: str) -> None:
    for _ in range(400):
        if not await engine.active(work_id):
            return
        await asyncio.sleep(0.02)
    pytest.fail(f"{work_id} never ended")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def yard(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Yard]:
    engine: Engine
    if request.param == "memory":
        engine = MemoryEngine()
    else:
        on_file = request.param == "sqlite"
        place = on_sqlite(tmp_path) if on_file else on_postgres(request.getfixturevalue("new_database"))
        engine = DurableEngine(DurableSettings(place.engine_url, "node1", poll_s=0.05))
    made = Yard(engine)
    await engine.start()
    yield made
    made.gate.set()
    await engine.stop(5)


async def test_steps_run_in_order_and_a_repeated_id_starts_nothing(yard: Yard) -> None:
    yard.gate.set()
    assert await yard.engine.enqueue("job", "w1", "a") is Enqueued.STARTED
    assert await yard.engine.enqueue("job", "w1", "a") is Enqueued.KNOWN
    await until(lambda: yard.second == ["a"], "the second step")
    await ended(yard.engine, "w1")
    assert await yard.engine.enqueue("job", "w1", "a") is Enqueued.KNOWN
    await asyncio.sleep(0.2)
    assert (yard.first, yard.second) == (["a"], ["a"])


async def test_a_held_deduplication_key_is_busy_until_its_holder_ends(yard: Yard) -> None:
    assert await yard.engine.enqueue("job", "w1", "a", dedup="phone") is Enqueued.STARTED
    assert await yard.engine.enqueue("job", "w2", "b", dedup="phone") is Enqueued.BUSY
    assert await yard.engine.enqueue("job", "w1", "a", dedup="phone") is Enqueued.KNOWN
    yard.gate.set()
    await ended(yard.engine, "w1")
    assert await yard.engine.enqueue("job", "w2", "b", dedup="phone") is Enqueued.STARTED


async def test_no_more_run_than_there_are_lines(yard: Yard) -> None:
    for n in range(5):
        await yard.engine.enqueue("job", f"w{n}", str(n))
    await until(lambda: yard.now == 2, "two at once")
    assert await yard.engine.running("job") == 5
    await asyncio.sleep(0.3)
    yard.gate.set()
    await until(lambda: len(yard.second) == 5, "all five")
    assert yard.most == 2


async def test_the_urgent_go_first(yard: Yard) -> None:
    await yard.engine.enqueue("single", "w0", "holds the line")
    await until(lambda: yard.now == 1, "one at work")
    await yard.engine.enqueue("single", "late", "late", priority=100)
    await yard.engine.enqueue("single", "soon", "soon", priority=50)
    yard.gate.set()
    await until(lambda: len(yard.first) == 3, "all three")
    assert yard.first[1:] == ["soon", "late"]


async def test_cancelled_work_never_starts_and_frees_its_key(yard: Yard) -> None:
    for n in range(2):
        await yard.engine.enqueue("job", f"w{n}", "holds a line")
    await yard.engine.enqueue("job", "gone", "gone", dedup="phone")
    await yard.engine.cancel("gone")
    assert not await yard.engine.active("gone")
    assert await yard.engine.enqueue("job", "other", "other", dedup="phone") is Enqueued.STARTED
    yard.gate.set()
    await until(lambda: "other" in yard.second, "the other")
    assert "gone" not in yard.first


async def test_work_that_fails_ends_and_frees_its_line(yard: Yard) -> None:
    await yard.engine.enqueue("bad", "b1", "x")
    await yard.engine.enqueue("bad", "b2", "y")
    await until(lambda: yard.first == ["x", "y"], "both")
    await ended(yard.engine, "b2")
    assert await yard.engine.running("bad") == 0


async def test_work_must_be_registered_before_the_start(yard: Yard) -> None:
    with pytest.raises(EngineFault, match="после запуска"):
        yard.engine.register(Work("late", Queue("lines", 2), ()))


async def test_ended_work_can_be_forgotten(yard: Yard) -> None:
    yard.gate.set()
    await yard.engine.enqueue("job", "w1", "a")
    await ended(yard.engine, "w1")
    yard.gate.clear()
    await yard.engine.enqueue("job", "w2", "b")
    await until(lambda: yard.now == 1, "w2 at work")
    assert await yard.engine.forget(timedelta(0)) == 1
    assert await yard.engine.active("w2")
    yard.gate.set()
    assert await yard.engine.enqueue("job", "w1", "a") is Enqueued.STARTED
    await ended(yard.engine, "w1")
