"""Deliveries to the MIS: once in effect, with backoff, degrading, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from voicebot.contacts.model import Attempt, AttemptStatus, Delivery, DeliveryKind, DeliveryStatus
from voicebot.dialogue.outcome import Answer
from voicebot.engine.delivering import FIRST_WAIT, LONGEST_WAIT, MAX_TRIES, backoff
from voicebot.mis.port import MisRefused, RetryLater, SetAnswer, SetContactStatus, Unsupported
from voicebot.store.port import Settlement


@pytest.fixture
def owe(clinic):
    """Put a delivery into the outbox, as settling an attempt does."""

    async def put(kind: DeliveryKind, value: str, version: str = "1") -> Delivery:
        now = clinic.clock.now()
        delivery = Delivery(f"d-{kind}-{value}", kind, "p1", "v1", version, value, now)
        attempt = Attempt(f"a-{delivery.id}", "+78880000001", (), AttemptStatus.FINISHED, now, finished_at=now)
        await clinic.store.settle(Settlement(attempt, None, deliveries=(delivery,)))
        return delivery

    return put


async def deliver(clinic, delivery: Delivery) -> Delivery:
    await clinic.parts.delivering.deliver(delivery.id)
    return await clinic.store.delivery(delivery.id)


async def test_an_answer_is_written_once(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    delivery = await owe(DeliveryKind.ANSWER, "confirmed")
    await clinic.parts.delivering.run()
    await clinic.engine.idle()
    assert (await clinic.store.delivery(delivery.id)).status is DeliveryStatus.DONE
    assert await clinic.parts.delivering.deliver(delivery.id) == "over"
    assert clinic.mis.applied == 1


async def test_a_crash_after_writing_is_seen_by_the_key(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    delivery = await owe(DeliveryKind.ANSWER, "confirmed")
    await clinic.mis.apply(SetAnswer("v1", Answer.CONFIRMED), delivery.id, "1")  # and then we died
    done = await deliver(clinic, delivery)
    assert (done.status, done.result) == (DeliveryStatus.DONE, "было записано раньше")
    assert (await clinic.mis.appointment("v1")).version == "2"


async def test_a_conflict_shows_both_values(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.change("v1", answer="declined")
    delivery = await owe(DeliveryKind.ANSWER, "confirmed")
    assert (await deliver(clinic, delivery)).status is DeliveryStatus.CONFLICT
    (task,) = await clinic.store.tasks()
    assert task.what == ("Проверить визит: в МИС пациент не придёт, статус «booked»; робот услышал: визит подтверждён")


async def test_the_same_answer_written_by_others_is_no_conflict(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.change("v1", answer="confirmed")
    done = await deliver(clinic, await owe(DeliveryKind.ANSWER, "confirmed"))
    assert done.status is DeliveryStatus.DONE
    assert await clinic.store.tasks() == ()


async def test_a_note_does_not_mind_that_the_visit_changed(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.change("v1", start=words.msk(26, 15))
    assert (await deliver(clinic, await owe(DeliveryKind.NOTE, "Просил перезвонить."))).status is DeliveryStatus.DONE
    assert [n.text for n in await clinic.mis.notes()] == ["Просил перезвонить."]


async def test_away_is_tried_again_later_and_later(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    delivery = await owe(DeliveryKind.ANSWER, "confirmed")
    clinic.mis.away = True
    for tries in range(1, 4):
        delivery = await deliver(clinic, delivery)
        assert (delivery.tries, delivery.status) == (tries, DeliveryStatus.WAITING)
        assert delivery.next_at == clinic.clock.now() + backoff(tries - 1)
    assert [backoff(n) for n in (0, 1, 99)] == [FIRST_WAIT, 2 * FIRST_WAIT, LONGEST_WAIT]
    assert sum((backoff(n) for n in range(MAX_TRIES)), timedelta()) > timedelta(days=2)


async def test_what_the_mis_cannot_take_becomes_a_note_then_a_task(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))
    takes_notes = True
    original = clinic.mis.apply

    async def apply(command, key, expected_version=""):
        if isinstance(command, SetAnswer | SetContactStatus) or not takes_notes:
            return Unsupported()
        return await original(command, key, expected_version)

    clinic.mis.apply = apply
    done = await deliver(clinic, await owe(DeliveryKind.ANSWER, "confirmed"))
    assert (done.status, done.result) == (DeliveryStatus.DONE, "записано заметкой")
    assert [n.text for n in await clinic.mis.notes()] == ["Робот: визит подтверждён."]
    takes_notes = False
    given_up = await deliver(clinic, await owe(DeliveryKind.CONTACT_STATUS, "opted_out"))
    assert given_up.status is DeliveryStatus.GIVEN_UP
    assert (await clinic.store.tasks())[0].what.startswith("Записать в МИС вручную: отказ от общения")


async def test_a_refusal_is_given_to_a_human(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))

    async def apply(command, key, expected_version=""):
        raise MisRefused("Нет прав на запись.")

    clinic.mis.apply = apply
    assert (await deliver(clinic, await owe(DeliveryKind.ANSWER, "confirmed"))).status is DeliveryStatus.GIVEN_UP
    assert "Нет прав на запись" in (await clinic.store.tasks())[0].what


async def test_retry_later_waits(clinic, words, owe) -> None:
    await clinic.book("v1", words.msk(25, 15))

    async def apply(command, key, expected_version=""):
        return RetryLater("идёт ночное закрытие")

    clinic.mis.apply = apply
    waiting = await deliver(clinic, await owe(DeliveryKind.NOTE, "x"))
    assert (waiting.status, waiting.result) == (DeliveryStatus.WAITING, "идёт ночное закрытие")
