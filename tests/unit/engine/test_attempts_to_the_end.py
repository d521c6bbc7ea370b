"""A reminder from the visit in the MIS to its end, over the real store and registry, in virtual time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from voicebot.contacts.model import AttemptStatus, ContactStatus, DeliveryStatus, Lifecycle, Suppression
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Attempts
from voicebot.errors import InputFault, PeerFault


async def answer_of(clinic, visit_id: str = "v1") -> Answer:
    return (await clinic.mis.appointment(visit_id)).answer


async def test_no_answer_ends_as_unconfirmed_with_one_sms_and_one_task(clinic, words) -> None:
    """M4: exactly N INVITEs at least 60 min apart, 1 SMS, 1 task."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    moments = [moment for moment, _ in clinic.caller.rung]
    assert len(moments) == 4
    assert all(later - earlier >= timedelta(minutes=60) for earlier, later in pairwise(moments))
    assert [order.number for _, order in clinic.caller.rung] == [1, 2, 3, 4]
    state = await clinic.state()
    assert state["contacts"] == ["unreached:unreached"]
    assert state["messages"] == ["Ждём вас, Анна"]
    assert state["tasks"] == ["Позвонить в день визита"]
    assert await answer_of(clinic) is Answer.UNCONFIRMED

    await clinic.plan()  # our own write gave the visit a new version: nobody is called again
    await clinic.live(words.msk(25, 15))
    assert len(clinic.caller.rung) == 4


async def test_the_first_call_comes_within_a_minute_of_its_moment(clinic, words) -> None:
    """M1."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    (planned,) = await clinic.store.contacts()
    await clinic.live(words.msk(24, 18))
    assert timedelta(0) <= clinic.caller.rung[0][0] - planned.due_at <= timedelta(minutes=1)


async def test_yes_is_written_once_although_the_mis_was_away(clinic, words) -> None:
    """M2, as far as one process goes: the MIS is away for ten minutes; one write afterwards."""
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(24, 14))
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    await clinic.parts.dispatcher.run()
    await clinic.engine.idle()
    clinic.mis.away = True
    await clinic.live(clinic.clock.now() + timedelta(minutes=10))
    assert await clinic.store.next_due() is not None
    clinic.mis.away = False
    await clinic.live(clinic.clock.now() + timedelta(hours=1))
    assert await answer_of(clinic) is Answer.CONFIRMED
    assert clinic.mis.applied == 1
    assert len(clinic.caller.rung) == 1
    assert (await clinic.state())["contacts"] == ["reached:confirmed"]


async def test_the_visit_is_read_again_right_before_dialling(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.book("v2", words.msk(25, 16), "p2", (words.second,))
    await clinic.plan()
    await clinic.change("v1", lifecycle=Lifecycle.CANCELLED)
    await clinic.change("v2", answer=Answer.CONFIRMED)
    await clinic.live(words.msk(25, 17))
    assert clinic.caller.rung == []
    assert {c.reason for c in await clinic.store.contacts()} == {"визит: отменён в МИС", "визит уже подтверждён"}
    assert {a.status for a in await clinic.store.attempts()} == {AttemptStatus.DROPPED}


async def test_a_moved_visit_is_called_about_at_its_new_time(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.change("v1", start=words.msk(26, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 14))
    assert clinic.caller.rung == []
    await clinic.live(words.msk(26, 15))
    assert len(clinic.caller.rung) == 4
    assert min(m for m, _ in clinic.caller.rung) >= words.msk(25, 15)
    assert sorted(c.status for c in await clinic.store.contacts()) == ["cancelled", "unreached"]


async def test_two_visits_of_one_person_are_one_call(clinic, words) -> None:
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.book("v2", words.msk(25, 12))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    ((_, order),) = clinic.caller.rung
    assert [v.id for v in order.appointments] == ["v2", "v1"]
    assert [await answer_of(clinic, v) for v in ("v1", "v2")] == [Answer.CONFIRMED] * 2


async def test_a_phone_that_is_being_rung_is_waited_for(clinic, words) -> None:
    """The last guard is the row: an attempt that is dialling elsewhere blocks the phone."""
    for n in range(2):
        await clinic.book(f"v{n}", words.msk(25, 15), f"p{n}", (words.phone,))
        await clinic.plan()  # booked one after the other: two attempts
    first, second = await clinic.store.attempts()
    clinic.clock.leap(words.msk(24, 16) - clinic.clock.now())
    assert await clinic.store.start_attempt(first.id, "elsewhere", clinic.clock.now())
    assert await clinic.parts.attempting.prepare(second.id) == "wait"
    waiting = await clinic.store.attempt(second.id)
    assert waiting.due_at == clinic.clock.now() + timedelta(minutes=1)
    assert "другой звонок" in waiting.reason


async def test_stop_silences_every_other_plan(clinic, words) -> None:
    clinic.caller.play = words.says(Outcome.OPTED_OUT)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.book("v2", words.msk(26, 15))
    await clinic.plan()
    await clinic.live(words.msk(26, 15))
    assert len(clinic.caller.rung) == 1
    assert sorted((await clinic.state())["contacts"]) == ["reached:opted_out", "suppressed:None"]


async def test_a_suppression_after_planning_holds(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.store.add_suppression(Suppression("", "p1", "просил в регистратуре", clinic.clock.now()))
    await clinic.live(words.msk(25, 15))
    assert clinic.caller.rung == []
    assert (await clinic.store.contacts())[0].status is ContactStatus.SUPPRESSED


async def test_a_real_number_stays_locked(clinic, words) -> None:
    """DOMAIN rule 14, end to end: nothing but the city is rung, and a human is told in time."""
    await clinic.book("v1", words.msk(25, 15), phones=("+78889990001",))  # the city of this clinic: +7888000
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    assert clinic.caller.rung == []
    (attempt,) = await clinic.store.attempts()
    assert "звонки заперты" in attempt.reason
    assert (await clinic.state())["tasks"] == ["Позвонить пациенту: робот до визита не успевает"]


async def test_a_mis_that_is_away_is_dialled_by_a_fresh_copy_only(clinic, words) -> None:
    """DOMAIN rule 16."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    clinic.mis.away = True
    await clinic.second()
    assert clinic.caller.rung == []
    assert "МИС не отвечает" in (await clinic.store.attempts())[0].reason
    await clinic.parts.syncing.run()  # lists can be read, single visits cannot
    await clinic.live(clinic.clock.now() + timedelta(minutes=6))
    assert len(clinic.caller.rung) == 1


async def test_a_call_back_is_made_once_at_its_time(clinic, words) -> None:
    asked = words.msk(24, 18).isoformat()
    clinic.caller.play = lambda order: (
        words.says(Outcome.CALLBACK_LATER, callback=asked)(order)
        if order.number == 1
        else words.says(Outcome.CONFIRMED, Answer.CONFIRMED)(order)
    )
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    assert [m for m, _ in clinic.caller.rung][1] == words.msk(24, 18)
    assert len(clinic.caller.rung) == 2
    assert await answer_of(clinic) is Answer.CONFIRMED


async def test_a_visit_changed_during_the_call_is_a_conflict_with_both_values(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    original = clinic.caller.call

    async def call(order):
        result = await original(order)
        await clinic.change("v1", start=words.msk(26, 15))  # the clinic moves the visit while they talk
        await clinic.parts.syncing.run()  # and our copy learns of it: what counts is what the patient was told
        return result

    clinic.caller.call = call
    await clinic.live(words.msk(24, 17))
    assert await answer_of(clinic) is Answer.UNKNOWN
    (task,) = await clinic.store.tasks()
    assert "ответа нет" in task.what and "визит подтверждён" in task.what
    delivery = (await clinic.store.deliveries())[0]
    assert delivery.status is DeliveryStatus.CONFLICT


async def test_a_call_that_can_never_be_made_is_given_to_a_human(clinic, words) -> None:
    clinic.caller.fault = InputFault("В визите нет врача.", "Заполните врача в МИС.")
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    (attempt,) = await clinic.store.attempts()
    assert (attempt.status, attempt.disposition) == (AttemptStatus.FINISHED, Disposition.FAILED)
    assert (await clinic.store.contacts())[0].reason == "В визите нет врача."
    assert len(await clinic.store.tasks()) == 1


async def test_a_telephone_that_fails_uses_up_no_attempt(clinic, words) -> None:
    clinic.caller.fault = PeerFault("Asterisk ответил 500.")
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(24, 16, 30))
    (contact,) = await clinic.store.contacts()
    assert contact.attempts_used == 0
    clinic.caller.fault = None
    await clinic.live(words.msk(25, 15))
    assert len(clinic.caller.rung) == 4


async def test_an_unpublished_scenario_calls_nobody(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.scenarios.clear()
    await clinic.live(words.msk(25, 15))
    assert clinic.caller.rung == []
    assert (await clinic.store.contacts())[0].reason == "сценарий этого звонка не опубликован"


async def test_the_gate_keeps_calls_back_until_it_opens(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.parts.gate.close("пауза по просьбе регистратуры")
    clinic.clock.leap(words.msk(24, 16) - clinic.clock.now())
    await clinic.second()
    assert clinic.caller.rung == []
    (attempt,) = await clinic.store.attempts()
    assert await clinic.parts.attempting.prepare(attempt.id) == "wait"  # also what stands in the queue already
    clinic.parts.gate.open()
    clinic.clock.leap(timedelta(minutes=2))
    await clinic.second()
    assert len(clinic.caller.rung) == 1


async def test_the_demo_may_shorten_the_hour(clinic, words) -> None:
    quick = Attempts(max=3, every=timedelta(seconds=10), busy=timedelta(seconds=5))
    clinic.scenarios["visit_reminder"] = replace(words.reminder(), attempts=quick)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    moments = [m for m, _ in clinic.caller.rung]
    assert len(moments) == 3
    assert moments[-1] - moments[0] <= timedelta(seconds=30)
