"""The other traps of ENGINE.md, each by its number; on both databases where the database matters."""

from __future__ import annotations

import asyncio
import tomllib
from collections import Counter
from importlib.metadata import version
from itertools import pairwise
from pathlib import Path

import pytest
from dbos import DBOS, SetEnqueueOptions, SetWorkflowID
from engine_kit import Place, eventually
from robot_child import Robot, book, most_at_once

from voicebot.contacts.model import AttemptStatus
from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.pacing import Pace
from voicebot.engine.port import Enqueued, Queue, Work
from voicebot.store.database import SqlStore

ROOT = Path(__file__).resolve().parents[2]


class Yard:
    """One line, and work that holds it until told."""

    def __init__(self, place: Place, node: str = "node2", lines: int = 1, per_second: float | None = None) -> None:
        self.engine = DurableEngine(DurableSettings(place.engine_url, node, poll_s=0.05))
        self.engine.register(Work("job", Queue("lines", lines, per_second), (self.first, self.second)))
        self.gate = asyncio.Event()
        self.firsts: list[str] = []
        self.seconds: list[str] = []

    async def first(self, argument: str) -> str:
        self.firsts.append(argument)
        await asyncio.wait_for(self.gate.wait(), 30)
        return ""

    async def second(self, argument: str) -> str:
        self.seconds.append(argument)
        return ""

    async def __aenter__(self) -> Yard:
        await self.engine.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        self.gate.set()
        await self.engine.stop(3)


def pretend_dead(place: Place, values: str) -> None:
    """The running work becomes that of a node that died, as its row in the engine's tables would say."""
    place.engine_change(f"UPDATE {{workflow_status}} SET {values} WHERE workflow_uuid = 'w1'")


async def left_running(place: Place, values: str) -> None:
    """Work w1 was being done when its process died."""
    async with Yard(place, "node1") as yard:
        await yard.engine.enqueue("job", "w1", "left behind")
        await eventually(lambda: yard.firsts == ["left behind"])
        await yard.engine._ticks.stop(0)
        pretend_dead(place, values)
        yard.engine._tasks.clear()  # nobody waits for it
    pretend_dead(place, f"status = 'PENDING', {values}")


async def test_trap_3_work_of_a_dead_node_holds_its_line_until_it_is_adopted(place: Place) -> None:
    await left_running(place, "executor_id = 'node1'")
    async with Yard(place) as yard:
        assert await yard.engine.enqueue("job", "w2", "waits") is Enqueued.STARTED
        await asyncio.sleep(1.5)
        assert yard.firsts == []
        assert await yard.engine.adopt(["node1"]) == 1
        yard.gate.set()
        await eventually(lambda: sorted(yard.seconds) == ["left behind", "waits"])
        assert await yard.engine.adopt(["node1"]) == 0


async def test_trap_3_work_of_another_version_is_given_up_and_holds_no_line(place: Place) -> None:
    await left_running(place, "executor_id = 'node1', application_version = '0'")
    async with Yard(place) as yard:
        yard.gate.set()
        await yard.engine.enqueue("job", "w2", "goes on")
        await eventually(lambda: yard.seconds == ["goes on"])
        assert not await yard.engine.active("w1")
    ((stamped,),) = place.engine_rows("SELECT application_version FROM {workflow_status} WHERE workflow_uuid = 'w2'")
    assert stamped == "1"  # said explicitly, not a hash of the code


async def test_trap_4_a_partition_for_each_phone_would_lose_deduplication(place: Place) -> None:
    async with Yard(place) as yard:
        with (
            SetWorkflowID("w1"),
            SetEnqueueOptions(deduplication_id="phone", queue_partition_key="phone"),
            pytest.raises(Exception, match="not supported for partitioned queues"),
        ):
            await DBOS.enqueue_workflow_async("lines", yard.engine._flows["job"], "a")
    limits = "partition_concurrency, partition_worker_concurrency, partition_rate_limit_max"
    assert place.engine_rows(f"SELECT {limits} FROM {{queues}} WHERE name = 'lines'") == [(None, None, None)]


async def test_trap_5_starts_may_clump_at_the_queue_but_not_at_the_invite(place: Place) -> None:
    yard = Yard(place, lines=10, per_second=5)
    pace, invites = Pace(5), []

    async def call(argument: str) -> str:
        await pace.turn()
        invites.append(asyncio.get_running_loop().time())
        return ""

    yard.engine.register(Work("call", Queue("lines", 10, 5), (call,)))
    async with yard:
        for n in range(8):
            await yard.engine.enqueue("call", f"w{n}", "a")
        await eventually(lambda: len(invites) == 8)
    # a busy machine wakes one of them late, and its neighbour is then nearer: of a clump all would come at once
    assert min(later - earlier for earlier, later in pairwise(invites)) >= 0.1
    assert invites[-1] - invites[0] >= 7 * 0.2 - 0.1


async def test_trap_7_cancelling_stops_what_runs_only_at_its_next_step(place: Place) -> None:
    """So the contact and the visit are read again right before dialling: tests/unit/engine/test_last_look.py."""
    async with Yard(place) as yard:
        await yard.engine.enqueue("job", "w1", "a")
        await eventually(lambda: yard.firsts == ["a"])
        await yard.engine.cancel("w1")
        await asyncio.sleep(0.3)
        assert yard.firsts == ["a"]  # the step goes on to its end
        yard.gate.set()
        await yard.engine.enqueue("job", "w2", "b")
        await eventually(lambda: yard.seconds == ["b"])


def test_trap_8_dbos_is_pinned_exactly_and_has_what_we_use_of_its_inside() -> None:
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (pin,) = [line for line in wanted if line.startswith("dbos")]
    assert pin == f"dbos=={version('dbos')}"
    assert callable(DBOS._recover_pending_workflows)


async def test_trap_8_the_name_of_the_application_is_long_enough(place: Place) -> None:
    async with Yard(place) as yard:
        yard.gate.set()
        await yard.engine.enqueue("job", "w1", "a")
        await eventually(lambda: yard.seconds == ["a"])
    ((name,),) = place.engine_rows("SELECT DISTINCT application_name FROM {workflow_status}")
    assert name == "voicebot"
    assert len(str(name)) >= 3


async def test_ticks_of_several_nodes_collapse_into_one(shared_place: Place, tmp_path: Path) -> None:
    """Each tick enqueues work under the id of its slot: whoever is first makes the run."""
    async with (
        Robot(shared_place, tmp_path, "node1", "ticks", for_s=4) as first,
        Robot(shared_place, tmp_path, "node2", "ticks", for_s=4) as second,
    ):
        await first.until("started")
        await second.until("started")
        await first.ended()
        await second.ended()
    runs = Counter(line.split()[0] for line in (tmp_path / "slots").read_text().splitlines())
    assert len(runs) >= 4
    assert set(runs.values()) == {1}


async def test_the_lines_are_shared_by_all_nodes_and_every_attempt_is_made_once(
    shared_place: Place, tmp_path: Path
) -> None:
    more = {"attempts": 30, "lines": 4, "call_s": 0.4}
    async with Robot(shared_place, tmp_path, "node1", "plan", **more) as robot:
        await robot.ended()
    async with (
        Robot(shared_place, tmp_path, "node1", "work", **more) as first,
        Robot(shared_place, tmp_path, "node2", "work", **more) as second,
    ):
        await first.ended()
        await second.ended()
    lines = book(tmp_path)
    assert Counter(line.attempt_id for line in lines if line.what == "invite") == {f"a{n}": 1 for n in range(1, 31)}
    assert most_at_once(lines) == 4
    assert {line.node for line in lines} == {"node1", "node2"}
    store = SqlStore(shared_place.store_url)
    ended = [a for a in await store.attempts() if a.status is AttemptStatus.FINISHED]
    await store.close()
    assert len(ended) == 30
