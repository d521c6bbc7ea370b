"""Several nodes on one store: who is dead, who takes over, and that one who comes back doubles nothing (trap 2)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import timedelta

import pytest

from voicebot.contacts.model import AttemptStatus, ContactStatus
from voicebot.contacts.rules import DiallingLock, Rules
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.engine.attempting import Attempting
from voicebot.engine.gate import Gate
from voicebot.engine.memory import MemoryEngine
from voicebot.engine.nodes import SAME_NAME, Heartbeat, Reaper
from voicebot.engine.ports import Ports
from voicebot.engine.sweeping import Sweeper
from voicebot.store.port import StoreDown

DEAD_AFTER = 60.0


class Wording:
    def message(self, template, patient, appointment, now) -> str:
        return template


@dataclass
class Node:
    """A second machine: its own caller and gate, the same store."""

    attempting: Attempting
    sweeper: Sweeper
    heartbeat: Heartbeat
    reaper: Reaper
    gate: Gate


class Steady:
    """The steady clock of a machine."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def steady() -> Steady:
    return Steady()


@pytest.fixture
def node(clinic, steady):
    def make(name: str) -> Node:
        gate = Gate()
        ports = Ports(clinic.store, clinic.mis, clinic.clock, clinic.caller, Wording(), clinic.scenarios.get)
        attempting = Attempting(ports, Rules(lock=DiallingLock(city_prefix="+7888000")), name, gate)
        sweeper = Sweeper(clinic.store, attempting, name)
        heartbeat = Heartbeat(clinic.store, clinic.clock, gate, name, "calls")
        reaper = Reaper(MemoryEngine(), clinic.store, sweeper, name, DEAD_AFTER, steady)
        return Node(attempting, sweeper, heartbeat, reaper, gate)

    return make


async def watch(steady: Steady, by: Node, seconds: float, *living: Node) -> tuple[str, ...]:
    """The ticks of so many seconds; what the reaper said last."""
    found: tuple[str, ...] = ()
    for _ in range(int(seconds // 10)):
        steady.now += 10
        for each in (by, *living):
            await each.heartbeat.run()
        found = await by.reaper.run()
    return found


async def due(clinic, words) -> str:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    return (await clinic.store.attempts())[0].id


async def test_a_silent_node_is_dead_after_its_time_and_a_living_one_is_not(clinic, steady, node) -> None:
    first, second = node("first"), node("second")
    await first.heartbeat.run()
    assert await watch(steady, second, 50) == ()
    assert await watch(steady, second, 30) == ("first",)
    assert await watch(steady, second, 120, first) == ()  # it is back
    assert await watch(steady, second, 50) == ()


async def test_a_clock_that_leaps_kills_nobody(clinic, steady, node) -> None:
    first, second = node("first"), node("second")
    await watch(steady, second, 30, first)
    clinic.clock.leap(timedelta(days=1))
    assert await watch(steady, second, 50, first) == ()


async def test_time_in_which_we_could_not_look_does_not_count(clinic, steady, node) -> None:
    """The database was away for everybody: nobody could beat."""
    first, second = node("first"), node("second")
    await watch(steady, second, 30, first)
    steady.now += 600
    assert await second.reaper.run() == ()
    assert await watch(steady, second, 40, first) == ()


async def test_the_work_of_a_dead_node_is_written_off_and_nobody_is_rung(clinic, words, steady, node) -> None:
    """Not within the hour: the policy of an interrupted call."""
    first, second = node("first"), node("second")
    await first.heartbeat.run()
    attempt_id = await due(clinic, words)
    assert await first.attempting.prepare(attempt_id) == "dial"  # and then it died
    assert await watch(steady, second, 80) == ("first",)
    await second.sweeper.idle()
    attempt, retry = await clinic.store.attempts()
    assert (attempt.status, attempt.disposition) == (AttemptStatus.FINISHED, Disposition.INTERRUPTED)
    assert retry.due_at - clinic.clock.now() >= timedelta(minutes=60)
    assert (clinic.caller.rung, clinic.caller.recovered) == ([], [])  # its Asterisk is not ours to ask


async def test_only_one_of_the_living_takes_over_and_another_if_that_one_dies_too(clinic, steady, node) -> None:
    first, second, third = node("first"), node("second"), node("third")
    await first.heartbeat.run()
    for _ in range(9):
        steady.now += 10
        for each in (second, third):
            await each.heartbeat.run()
            await each.reaper.run()
    takers = {row.name: row.taken_by for row in await clinic.store.nodes()}
    assert takers == {"first": "second", "second": "", "third": ""}
    assert set(await watch(steady, third, 90)) == {"first", "second"}


async def test_an_attempt_of_a_node_that_lives_is_left_to_it(clinic, words, steady, node) -> None:
    """After a restart the queue may hand its work to anybody; its Asterisk, with the call, is there."""
    first, second = node("first"), node("second")
    await first.heartbeat.run()
    attempt_id = await due(clinic, words)
    assert await first.attempting.prepare(attempt_id) == "dial"
    steps = second.attempting
    done = [await steps.prepare(attempt_id), await steps.call(attempt_id), await steps.settle(attempt_id)]
    assert done == ["recover", "elsewhere", "elsewhere"]
    assert await second.sweeper.run() == 0
    assert (await clinic.store.attempt(attempt_id)).status is AttemptStatus.DIALLING
    assert await node("first").sweeper.run() == 1  # the first again, after its restart


async def live_call(clinic, words, first: Node) -> tuple[str, asyncio.Event, asyncio.Task[str]]:
    """A call that goes on at the first node until the event; the patient will say yes."""
    over = asyncio.Event()

    async def talking() -> None:
        await over.wait()

    clinic.caller.talking = talking
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await first.heartbeat.run()
    attempt_id = await due(clinic, words)
    await first.attempting.prepare(attempt_id)
    call = asyncio.create_task(first.attempting.call(attempt_id))
    while not clinic.caller.rung:
        await asyncio.sleep(0)
    return attempt_id, over, call


async def test_a_node_taken_for_dead_comes_back_and_the_answer_counts_once(clinic, words, steady, node) -> None:
    """It was cut off for minutes while its patient talked on."""
    first, second = node("first"), node("second")
    attempt_id, over, call = await live_call(clinic, words, first)
    assert await watch(steady, second, 80) == ("first",)
    await second.sweeper.idle()
    assert (await clinic.store.attempt(attempt_id)).disposition is Disposition.INTERRUPTED
    over.set()
    assert [await call, await first.attempting.settle(attempt_id)] == ["answered", "over"]
    assert await clinic.store.attempts() == (await clinic.store.attempt(attempt_id),)  # the retry is gone
    assert (await clinic.store.attempt(attempt_id)).disposition is Disposition.ANSWERED
    (contact,) = await clinic.store.contacts()
    assert (contact.status, contact.outcome) == (ContactStatus.REACHED, Outcome.CONFIRMED)
    for _ in range(3):
        await clinic.second()
    assert (await clinic.mis.appointment("v1")).answer is Answer.CONFIRMED
    answers = [d for d in await clinic.store.deliveries() if d.kind == "answer"]
    assert (len(answers), len(clinic.caller.rung), await clinic.store.tasks()) == (1, 1, ())


async def test_a_node_with_the_name_of_another_stops_dialling(clinic, node) -> None:
    first, twin = node("first"), node("first")
    await first.heartbeat.run()
    await twin.heartbeat.run()
    await first.heartbeat.run()
    assert first.gate.closed(clinic.clock.now()) == SAME_NAME


async def test_a_beat_that_the_database_lost_is_no_twin(clinic, node) -> None:
    """It was written, and then the connection broke."""
    first = node("first")
    await first.heartbeat.run()
    beat = clinic.store.beat

    async def lost(name, now):
        await beat(name, now)
        raise StoreDown("нет связи")

    clinic.store.beat = lost
    with pytest.raises(StoreDown):
        await first.heartbeat.run()
    clinic.store.beat = beat
    for _ in range(2):
        await first.heartbeat.run()
    assert first.gate.closed(clinic.clock.now()) == ""


async def test_attempts_of_a_node_that_never_beat_are_ended_too(clinic, words, steady, node) -> None:
    """It was renamed in its settings while it had a call on the line."""
    second = node("second")
    attempt_id = await due(clinic, words)
    await clinic.store.start_attempt(attempt_id, "old-name", clinic.clock.now())
    assert await watch(steady, second, 60) == ()
    assert await watch(steady, second, 100) == ("old-name",)
    await second.sweeper.idle()
    assert (await clinic.store.attempt(attempt_id)).disposition is Disposition.INTERRUPTED
