"""Between the decision and the INVITE things change: the last look sees them (ENGINE.md, trap 7; DOMAIN: "the visit
is read again right before dialling")."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from voicebot.contacts.model import AttemptStatus, ContactStatus, Lifecycle, Suppression
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.store.port import ALL_LANES, REMINDERS_LANE, Lane, StoreDown


async def due(clinic, words) -> str:
    """A planned attempt whose moment has come; its id."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    return (await clinic.store.attempts())[0].id


def slow(clinic, change) -> None:
    """Making the prompts takes five seconds, and then this has happened."""

    async def meanwhile() -> None:
        clinic.clock.leap(timedelta(seconds=5))
        await change()

    clinic.caller.meanwhile = meanwhile


async def seconds(clinic, many: int = 3) -> None:
    for _ in range(many):
        await clinic.second()
        clinic.clock.leap(timedelta(seconds=1))


CHANGES = {
    "cancelled": ({"lifecycle": Lifecycle.CANCELLED}, "визит: отменён в МИС"),
    "confirmed": ({"answer": Answer.CONFIRMED}, "визит уже подтверждён"),
    "moved": ({"start": None}, "визит перенесён"),
    "deleted": (None, "визита больше нет в МИС"),
}


async def change_visit(clinic, words, how: str) -> None:
    values, _ = CHANGES[how]
    if values is None:
        await clinic.delete("v1")
    else:
        await clinic.change("v1", **{k: words.msk(26, 15) if v is None else v for k, v in values.items()})


@pytest.mark.parametrize("how", CHANGES)
async def test_a_visit_that_changed_before_the_decision_is_not_called(clinic, words, how: str) -> None:
    await due(clinic, words)
    await change_visit(clinic, words, how)
    await seconds(clinic)
    assert clinic.caller.rung == []
    (contact,) = await clinic.store.contacts()
    assert contact.status is ContactStatus.CANCELLED
    assert CHANGES[how][1] in contact.reason


@pytest.mark.parametrize("how", CHANGES)
async def test_a_visit_that_changed_after_the_decision_is_not_called(clinic, words, how: str) -> None:
    attempt_id = await due(clinic, words)
    slow(clinic, lambda: change_visit(clinic, words, how))
    await seconds(clinic)
    assert clinic.caller.rung == []
    (contact,) = await clinic.store.contacts()
    assert contact.status is ContactStatus.CANCELLED
    assert CHANGES[how][1] in contact.reason
    assert (await clinic.store.attempt(attempt_id)).status is AttemptStatus.DROPPED
    assert await clinic.store.calls() == ()


async def test_a_clock_that_was_set_back_into_the_night_after_the_decision_stops_the_call(clinic, words) -> None:
    await due(clinic, words)

    async def meanwhile() -> None:
        clinic.clock._now -= timedelta(hours=9)  # it was within 9–20 Moscow time, wherever the visit's moment put it

    clinic.caller.meanwhile = meanwhile
    before = clinic.clock.now()
    await seconds(clinic, 1)
    assert clinic.clock.now() < before, "the decision was made"
    assert clinic.caller.rung == []


async def test_a_contact_closed_after_the_decision_is_not_called_however_quick_we_are(clinic, words) -> None:
    """An answer came by another way (the patient rang us): no need to read the MIS again for that."""
    await due(clinic, words)

    async def answered() -> None:
        (contact,) = await clinic.store.contacts()
        await clinic.store.close_contacts([replace(contact, status=ContactStatus.REACHED, reason="позвонил сам")])

    clinic.caller.meanwhile = answered
    await seconds(clinic)
    assert clinic.caller.rung == []
    assert (await clinic.store.contacts())[0].reason == "позвонил сам"


async def test_stop_said_after_the_decision_counts(clinic, words) -> None:
    await due(clinic, words)
    now = clinic.clock.now()
    slow(clinic, lambda: clinic.store.add_suppression(Suppression("", "p1", "просил в регистратуре", now)))
    await seconds(clinic)
    assert clinic.caller.rung == []
    assert (await clinic.store.contacts())[0].status is ContactStatus.SUPPRESSED


@pytest.mark.parametrize("lane", ["gate", REMINDERS_LANE, ALL_LANES], ids=["gate", "reminders", "all"])
async def test_pausing_after_the_decision_stops_the_call_and_resuming_makes_it(clinic, words, lane: str) -> None:
    attempt_id = await due(clinic, words)

    async def pause() -> None:
        if lane != "gate":
            await clinic.store.save_lane(Lane(lane, closed="звонки на паузе"))
        else:
            clinic.parts.gate.close("звонки на паузе")

    clinic.caller.meanwhile = pause
    await seconds(clinic)
    assert clinic.caller.rung == []
    waiting = await clinic.store.attempt(attempt_id)
    assert (waiting.status, waiting.reason) == (AttemptStatus.PLANNED, "звонки на паузе")
    clinic.parts.gate.open()
    await clinic.store.save_lane(Lane(lane))
    clinic.clock.leap(timedelta(minutes=1))
    await seconds(clinic)
    assert [order.attempt_id for _, order in clinic.caller.rung] == [attempt_id]


async def test_an_attempt_that_another_node_wrote_off_is_not_dialled(clinic, words) -> None:
    """We were stopped between the decision and the INVITE for so long that we were taken for dead."""
    attempt_id = await due(clinic, words)

    async def write_off() -> None:
        attempt = await clinic.store.attempt(attempt_id)
        await clinic.parts.attempting._settling.settle(attempt, None)

    clinic.caller.meanwhile = write_off
    await seconds(clinic)
    assert clinic.caller.rung == []
    assert (await clinic.store.attempt(attempt_id)).disposition is Disposition.INTERRUPTED


async def test_a_database_that_is_away_at_the_last_look_costs_no_attempt(clinic, words) -> None:
    attempt_id = await due(clinic, words)
    lanes = clinic.store.lanes

    async def away():
        raise StoreDown("нет связи")

    async def cut() -> None:
        clinic.store.lanes = away

    clinic.caller.meanwhile = cut
    steps = clinic.parts.attempting
    assert await steps.prepare(attempt_id) == "dial"
    with pytest.raises(StoreDown):  # the engine tries the step again, with what was decided still at hand
        await steps.call(attempt_id)
    clinic.store.lanes = lanes
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    assert [await steps.call(attempt_id), await steps.settle(attempt_id)] == ["answered", "settled"]
    assert len(clinic.caller.rung) == 1


async def test_the_row_is_written_before_the_invite_and_its_id_is_the_call_s(clinic, words) -> None:
    """ENGINE.md, trap 1. That the telephone makes the channel's id of order.attempt_id: tests/unit/calls."""
    attempt_id = await due(clinic, words)
    seen = []

    async def look() -> None:
        attempt = await clinic.store.attempt(attempt_id)
        (event,) = await clinic.store.events(attempt_id)
        seen.append((attempt.status, attempt.node, attempt.started_at is not None, event.kind))

    clinic.caller.meanwhile = look
    await clinic.second()
    assert seen == [(AttemptStatus.DIALLING, "node1", True, "Prepared")]
    assert [order.attempt_id for _, order in clinic.caller.rung] == [attempt_id]
