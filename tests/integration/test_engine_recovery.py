"""A robot is killed in mid call (kill -9) and nobody is rung twice for it; how the engine stops and tries again.

ENGINE.md's traps, on SQLite and on PostgreSQL: trap 1 and trap 2 here (more of trap 2 in test_nodes.py of the unit
tests and in test_two_nodes.py), traps 3, 4, 5, 7 and 8 in test_engine_traps.py, trap 6 in test_engine_contract.py.
That Asterisk refuses a channel id that lives (409): test_telephony_calls.py.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from engine_kit import Place, eventually
from robot_child import Robot, book

from voicebot.contacts.model import Attempt, AttemptStatus
from voicebot.dialogue.outcome import Disposition
from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.port import EngineFault, Queue, Work
from voicebot.errors import NetworkFault
from voicebot.store.database import SqlStore


async def books(place: Place) -> list[Attempt]:
    store = SqlStore(place.store_url)
    try:
        return list(await store.attempts())
    finally:
        await store.close()


async def killed_in_mid_call(place: Place, folder: Path) -> None:
    async with Robot(place, folder, "node1", "plan") as robot:
        await robot.ended()
    async with Robot(place, folder, "node1", "hang") as robot:
        await robot.until("ringing")
        await robot.kill()
    (attempt,) = await books(place)
    assert (attempt.status, attempt.node) == (AttemptStatus.DIALLING, "node1")


def assert_interrupted(folder: Path, attempts: list[Attempt]) -> None:
    assert [(line.what, line.attempt_id, line.phone) for line in book(folder)] == [("invite", "a1", "+78880000001")]
    first, following = attempts
    assert (first.status, first.disposition) == (AttemptStatus.FINISHED, Disposition.INTERRUPTED)
    assert following.status is AttemptStatus.PLANNED
    assert first.finished_at is not None
    assert following.due_at - first.finished_at >= timedelta(hours=1)


async def test_trap_1_the_same_node_comes_back_and_does_not_dial_again(place: Place, tmp_path: Path) -> None:
    await killed_in_mid_call(place, tmp_path)
    async with Robot(place, tmp_path, "node1", "work") as robot:
        await robot.until("recovering a1")
        await robot.ended()
    assert_interrupted(tmp_path, await books(place))


async def test_trap_2_a_restart_leaves_the_work_of_another_name_alone(shared_place: Place, tmp_path: Path) -> None:
    await killed_in_mid_call(shared_place, tmp_path)
    async with Robot(shared_place, tmp_path, "node2", "work", for_s=3) as robot:
        await robot.ended()
    (attempt,) = await books(shared_place)
    assert (attempt.status, attempt.node) == (AttemptStatus.DIALLING, "node1")


async def test_trap_2_the_reaper_ends_the_work_of_a_node_that_never_comes_back(place: Place, tmp_path: Path) -> None:
    await killed_in_mid_call(place, tmp_path)
    async with Robot(place, tmp_path, "node2", "work", dead_after_s=2) as robot:
        await robot.until("stopped")
    assert "recovering a1" not in robot.said  # the channel is on another machine
    assert_interrupted(tmp_path, await books(place))


async def test_trap_2_a_dead_node_that_is_back_after_all_doubles_nothing(shared_place: Place, tmp_path: Path) -> None:
    await killed_in_mid_call(shared_place, tmp_path)
    async with Robot(shared_place, tmp_path, "node2", "work", dead_after_s=2) as robot:
        await robot.ended()
    async with Robot(shared_place, tmp_path, "node1", "work", for_s=2) as robot:
        await robot.ended()
    assert_interrupted(tmp_path, await books(shared_place))


async def test_the_tables_of_the_engine_hold_no_personal_data(shared_place: Place, tmp_path: Path) -> None:
    await killed_in_mid_call(shared_place, tmp_path)
    dump = shared_place.dump()
    assert "attempt:a1:" in dump
    for word in ("8880000001", "Иванова", "Анна"):
        assert word not in dump


def engine_at(place: Place) -> DurableEngine:
    return DurableEngine(DurableSettings(place.engine_url, "node1", poll_s=0.05, step_wait_s=0.05))


async def test_a_stop_is_bounded_and_what_it_broke_off_is_taken_up_again(place: Place) -> None:
    runs: list[str] = []
    begun, gate = asyncio.Event(), asyncio.Event()

    async def first(argument: str) -> str:
        runs.append("first")
        return ""

    async def stubborn(argument: str) -> str:
        runs.append("stubborn")
        begun.set()
        await gate.wait()
        return ""

    engine = engine_at(place)
    engine.register(Work("job", Queue("lines", 1), (first, stubborn)))
    await engine.start()
    await engine.enqueue("job", "w1", "a")
    await asyncio.wait_for(begun.wait(), 10)
    began = asyncio.get_running_loop().time()
    await engine.stop(0.3)
    assert asyncio.get_running_loop().time() - began < 8
    assert await asyncio.to_thread(lambda: "threads still work") == "threads still work"

    gate.set()
    again = engine_at(place)
    again.register(Work("job", Queue("lines", 1), (first, stubborn)))
    await again.start()
    await eventually(lambda: runs.count("stubborn") == 2)
    async with asyncio.timeout(10):
        while await again.active("w1"):
            await asyncio.sleep(0.02)
    await again.stop(1)
    assert runs == ["first", "stubborn", "stubborn"]  # a finished step is not run again


async def test_a_step_that_the_network_fails_is_tried_again_and_others_are_not(place: Place) -> None:
    tries: dict[str, int] = {"network": 0, "ours": 0}

    async def network(argument: str) -> str:
        tries["network"] += 1
        if tries["network"] < 3:
            raise NetworkFault("нет связи")
        return ""

    async def ours(argument: str) -> str:
        tries["ours"] += 1
        raise ValueError

    engine = engine_at(place)
    engine.register(Work("network", Queue("lines", 1), (network,)))
    engine.register(Work("ours", Queue("lines", 1), (ours,)))
    await engine.start()
    await engine.enqueue("network", "n", "a")
    await engine.enqueue("ours", "o", "a")
    await eventually(lambda: tries == {"network": 3, "ours": 1})
    async with asyncio.timeout(10):
        while await engine.active("o"):
            await asyncio.sleep(0.02)
    await engine.stop(1)
    assert tries == {"network": 3, "ours": 1}


async def test_starts_a_second_are_limited(place: Place) -> None:
    moments: list[float] = []

    async def step(argument: str) -> str:
        moments.append(asyncio.get_running_loop().time())
        return ""

    engine = engine_at(place)
    engine.register(Work("job", Queue("lines", 10, per_second=4), (step,)))
    await engine.start()
    for n in range(9):
        await engine.enqueue("job", f"w{n}", "a")
    await eventually(lambda: len(moments) == 9)
    await engine.stop(1)
    # Three periods of one second; dispatch is not exact (ENGINE.md, trap 5), so engine/pacing.py stands behind it.
    assert moments[-1] - moments[0] >= 0.9


async def test_ticks_do_not_overlap_and_survive_an_error(place: Place) -> None:
    engine = engine_at(place)
    running = most = runs = 0

    async def slow() -> None:
        nonlocal running, most, runs
        running, runs = running + 1, runs + 1
        most = max(most, running)
        await asyncio.sleep(0.15)
        running -= 1
        raise ValueError("a tick may fail")

    engine.tick("slow", 0.05, slow)
    await engine.start()
    await eventually(lambda: runs >= 3)
    await engine.stop(1)
    seen = runs
    await asyncio.sleep(0.3)
    assert (most, running, runs) == (1, 0, seen)


async def test_an_engine_without_a_place_says_so(tmp_path: Path) -> None:
    (tmp_path / "engine.db").write_text("this is no database")
    with pytest.raises(EngineFault, match=r"engine\.db"):
        await DurableEngine(DurableSettings(f"sqlite:///{tmp_path / 'engine.db'}", "node1")).start()
