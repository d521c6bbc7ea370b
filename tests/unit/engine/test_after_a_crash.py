"""What a dead process leaves behind, and that nobody is rung twice for it (ENGINE.md, trap 1)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from voicebot.contacts.model import AttemptStatus
from voicebot.contacts.rules import Rules
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.engine.attempting import Attempting
from voicebot.engine.caller import CallOrder, CallResult
from voicebot.engine.ports import Ports
from voicebot.store.port import EventRow


@pytest.fixture
def reborn(clinic):
    """The same node after a restart: nothing is remembered but what is in the store."""

    def make() -> Attempting:
        ports = Ports(clinic.store, clinic.mis, clinic.clock, clinic.caller, Wording(), clinic.scenarios.get)
        return Attempting(ports, Rules(), "node1", clinic.parts.gate)

    return make


class Wording:
    def message(self, template, patient, appointment, now) -> str:
        return template


async def due(clinic, words) -> str:
    """A planned attempt whose moment has come; its id."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    return (await clinic.store.attempts())[0].id


async def through(steps: Attempting, attempt_id: str) -> list[str]:
    return [await steps.prepare(attempt_id), await steps.call(attempt_id), await steps.settle(attempt_id)]


async def test_died_before_the_invite_was_certain(clinic, words, reborn) -> None:
    """Prepared, then killed: whether the INVITE went out is unknown, so it counts as interrupted."""
    attempt_id = await due(clinic, words)
    assert await clinic.parts.attempting.prepare(attempt_id) == "dial"
    clinic.clock.leap(timedelta(minutes=1))
    assert await through(reborn(), attempt_id) == ["recover", "over", "settled"]
    assert clinic.caller.rung == []
    assert clinic.caller.recovered == [attempt_id]
    attempts = await clinic.store.attempts()
    assert [(a.status, a.disposition) for a in attempts[:1]] == [(AttemptStatus.FINISHED, Disposition.INTERRUPTED)]
    assert attempts[1].due_at - clinic.clock.now() >= timedelta(hours=1)
    assert (await clinic.store.contacts())[0].attempts_used == 0


async def test_died_between_the_rows(clinic, words, reborn) -> None:
    attempt_id = await due(clinic, words)
    await clinic.store.start_attempt(attempt_id, "node1", clinic.clock.now())
    assert await through(reborn(), attempt_id) == ["recover", "over", "settled"]
    assert (await clinic.store.attempt(attempt_id)).disposition is Disposition.INTERRUPTED


async def test_died_after_the_call_before_settling(clinic, words, reborn) -> None:
    """The answer was stored with the call's events: it is not lost, and nobody is asked again."""
    attempt_id = await due(clinic, words)
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.parts.attempting.prepare(attempt_id)
    await clinic.parts.attempting.call(attempt_id)
    assert await through(reborn(), attempt_id) == ["recover", "over", "settled"]
    assert len(clinic.caller.rung) == 1
    assert clinic.caller.recovered == []
    await clinic.second()
    assert (await clinic.mis.appointment("v1")).answer is Answer.CONFIRMED
    (call,) = await clinic.store.calls()
    assert (call.disposition, call.identity_known) == (Disposition.ANSWERED, True)


async def test_settling_twice_changes_nothing(clinic, words, reborn) -> None:
    attempt_id = await due(clinic, words)
    assert await through(clinic.parts.attempting, attempt_id) == ["dial", "no_answer", "settled"]
    before = await clinic.state()
    assert await through(reborn(), attempt_id) == ["over", "over", "over"]
    assert await clinic.state() == before


async def test_a_call_that_lives_on_is_taken_up(clinic, words, reborn) -> None:
    attempt_id = await due(clinic, words)
    await clinic.parts.attempting.prepare(attempt_id)
    (row,) = await clinic.store.calls()

    async def recover(attempt_id: str) -> CallResult:
        return CallResult(Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.DECLINED, Answer.DECLINED),)), row)

    clinic.caller.recover = recover
    assert await through(reborn(), attempt_id) == ["recover", "answered", "settled"]
    await clinic.second()
    assert (await clinic.mis.appointment("v1")).answer is Answer.DECLINED


async def test_an_answer_counts_for_the_visit_that_was_spoken_of(clinic, words, reborn) -> None:
    """Two visits, one cancelled by the planner while they talked: the subjects are those of the call."""
    await clinic.book("v2", words.msk(25, 12))
    attempt_id = await due(clinic, words)

    def play(order: CallOrder) -> Finish:
        return Finish(
            Disposition.ANSWERED,
            True,
            (Conclusion(0, Outcome.DECLINED, Answer.DECLINED), Conclusion(1, Outcome.CONFIRMED, Answer.CONFIRMED)),
        )

    clinic.caller.play = play
    await clinic.parts.attempting.prepare(attempt_id)
    await clinic.parts.attempting.call(attempt_id)
    await clinic.change("v2", lifecycle="cancelled")
    await clinic.plan()
    await reborn().settle(attempt_id)
    await clinic.second()
    assert (await clinic.mis.appointment("v1")).answer is Answer.CONFIRMED


async def test_a_driver_that_breaks_in_mid_call_is_no_blind_redial(clinic, words) -> None:
    attempt_id = await due(clinic, words)

    async def call(order: CallOrder) -> CallResult:
        await clinic.store.append_events(
            [EventRow(order.attempt_id, 1, 5, "Answered", '{"kind":"Answered","at_ms":5}')]
        )
        raise RuntimeError("boom")

    clinic.caller.call = call
    await through(clinic.parts.attempting, attempt_id)
    assert (await clinic.store.attempt(attempt_id)).disposition is Disposition.INTERRUPTED
    following = (await clinic.store.attempts())[1]
    assert following.due_at - clinic.clock.now() >= timedelta(hours=1)


async def test_the_sweeper_takes_up_what_nobody_works_on(clinic, words) -> None:
    attempt_id = await due(clinic, words)
    await clinic.store.start_attempt(attempt_id, "node1", clinic.clock.now())
    assert await clinic.parts.sweeper.run() == 1
    await clinic.parts.sweeper.idle()
    assert (await clinic.store.attempt(attempt_id)).status is AttemptStatus.FINISHED
    assert await clinic.parts.sweeper.run() == 0
    assert clinic.caller.rung == []


async def test_the_sweeper_leaves_other_nodes_and_live_work_alone(clinic, words) -> None:
    attempt_id = await due(clinic, words)
    await clinic.store.start_attempt(attempt_id, "node2", clinic.clock.now())
    assert await clinic.parts.sweeper.run() == 0


async def test_work_that_ended_without_a_trace_is_tried_again(clinic, words) -> None:
    """The database was away while the work ran: the id is used up, the row still waits."""
    attempt_id = await due(clinic, words)
    original = clinic.store.start_attempt

    async def broken(*args) -> bool:
        raise RuntimeError("database is away")

    clinic.store.start_attempt = broken
    await clinic.second()
    clinic.store.start_attempt = original
    assert (await clinic.store.attempt(attempt_id)).status is AttemptStatus.PLANNED
    clinic.clock.leap(timedelta(seconds=31))
    await clinic.second()  # sees that the id is known and nobody works on it
    clinic.clock.leap(timedelta(minutes=2))
    await clinic.second()
    assert len(clinic.caller.rung) == 1


async def test_the_engine_gets_no_personal_data(clinic, words) -> None:
    """Ids and hashes only: neither the phone nor a name is in what is handed to the engine."""
    seen: list[str] = []
    original = clinic.engine.enqueue

    async def enqueue(work, work_id, argument, *, priority=100, dedup=""):
        seen.append(json.dumps([work, work_id, argument, dedup], ensure_ascii=False))
        return await original(work, work_id, argument, priority=priority, dedup=dedup)

    clinic.engine.enqueue = enqueue
    await due(clinic, words)
    await clinic.second()
    assert seen
    assert not any(word in line for line in seen for word in (words.phone, words.phone[2:], "Иванова", "Анна"))


async def test_events_say_what_the_call_was_about(clinic, words) -> None:
    attempt_id = await due(clinic, words)
    await clinic.parts.attempting.prepare(attempt_id)
    (row,) = await clinic.store.events(attempt_id)
    contacts = [c.id for c in await clinic.store.contacts()]
    assert (row.kind, json.loads(row.body)) == ("Prepared", {"contacts": contacts, "versions": ["1"]})
    await clinic.parts.attempting.call(attempt_id)
    last = (await clinic.store.events(attempt_id))[-1]
    assert isinstance(codec.decode(last.body), Finish)
