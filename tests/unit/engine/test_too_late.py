"""Reminders for which it is too late: never silently. They end as those that nobody answered: unconfirmed in the MIS,
an SMS while it can still be read, a task for a human."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from voicebot.contacts.giving_up import CALL_IN_TIME, LOOK_AFTER
from voicebot.contacts.model import AttemptStatus, ContactStatus
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Plan
from voicebot.store.port import REMINDERS_LANE, Lane


async def answer_of(clinic, visit_id: str = "v1") -> Answer:
    return (await clinic.mis.appointment(visit_id)).answer


async def ends(clinic, task: str, sms: int) -> None:
    """Unconfirmed, with this task and so many SMS; once, however often the ticks come."""
    for _ in range(3):
        clinic.clock.leap(timedelta(seconds=30))
        await clinic.plan()
        await clinic.second()
    state = await clinic.state()
    assert state["contacts"] == ["unreached:unreached"]
    assert state["tasks"] == [task]
    assert len(state["messages"]) == sms
    assert await answer_of(clinic) is Answer.UNCONFIRMED
    assert clinic.mis.applied == 1
    assert {a.status for a in await clinic.store.attempts()} <= {AttemptStatus.DROPPED, AttemptStatus.FINISHED}


async def rules_of(clinic) -> list[str]:
    return [note.decision.rule.value for note in await clinic.store.decisions("p1")]


async def test_the_robot_was_away_until_the_visit_began(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap(words.msk(25, 15, 5) - clinic.clock.now())
    await clinic.second()  # before any plan: the attempt is due, and the decision finds out
    assert clinic.caller.rung == []
    await ends(clinic, LOOK_AFTER, sms=0)
    assert "late" in await rules_of(clinic)


async def test_no_calling_hour_is_left_when_the_visit_is_booked(clinic, words) -> None:
    """Booked at 21:00 for 9:05: the hours begin at nine, and ten minutes before the visit nobody is rung any more."""
    clinic.clock.leap(words.msk(24, 21) - clinic.clock.now())
    await clinic.book("v1", words.msk(25, 9, 5))
    await clinic.plan()
    await ends(clinic, CALL_IN_TIME, sms=1)
    assert clinic.caller.rung == []
    (contact,) = await clinic.store.contacts()
    assert contact.reason == "до визита больше нет разрешённых часов для звонка"
    assert await rules_of(clinic) == ["late"]


async def test_a_clinic_that_does_not_call_late_bookings_has_its_wish(clinic, words) -> None:
    planner = clinic.parts.planner
    planner._rules = replace(planner._rules, call_late_bookings=False)
    await clinic.book("v1", words.msk(23, 18))
    await clinic.plan()
    await clinic.live(words.msk(23, 19))
    state = await clinic.state()
    assert (state["contacts"], state["tasks"], await answer_of(clinic)) == ([], [], Answer.UNKNOWN)


async def test_reminders_that_were_paused_until_it_was_too_late_are_given_to_people_in_time(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.store.save_lane(Lane(REMINDERS_LANE, None, "напоминания приостановлены"))
    clinic.clock.leap(words.msk(25, 14, 45) - clinic.clock.now())
    await clinic.plan()
    assert (await clinic.state())["tasks"] == []
    clinic.clock.leap(timedelta(minutes=6))
    await clinic.plan()
    await ends(clinic, CALL_IN_TIME, sms=1)
    assert clinic.caller.rung == []


async def test_a_mis_that_stays_away_leads_to_the_same_end(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap(words.msk(25, 14, 47) - clinic.clock.now())
    clinic.mis.away = True
    await clinic.second()
    state = await clinic.state()
    assert (state["tasks"], len(state["messages"])) == ([CALL_IN_TIME], 1)
    clinic.mis.away = False
    clinic.clock.leap(timedelta(minutes=6))
    await ends(clinic, CALL_IN_TIME, sms=1)


async def test_tries_in_vain_and_then_a_robot_that_is_away(clinic, words) -> None:
    clinic.caller.play = words.ends(Disposition.NO_ANSWER)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    await clinic.second()
    assert len(clinic.caller.rung) == 1
    clinic.clock.leap(words.msk(25, 16) - clinic.clock.now())
    await clinic.plan()
    await ends(clinic, LOOK_AFTER, sms=0)


async def test_whoever_asked_to_be_called_later_was_reached_a_human_calls(clinic, words) -> None:
    asked = words.msk(25, 14, 30).isoformat()
    clinic.caller.play = words.says(Outcome.CALLBACK_LATER, callback=asked)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 14))
    await clinic.store.save_lane(Lane(REMINDERS_LANE, None, "напоминания приостановлены"))
    clinic.clock.leap(words.msk(25, 14, 55) - clinic.clock.now())
    await clinic.plan()
    state = await clinic.state()
    assert (state["tasks"], state["messages"], await answer_of(clinic)) == ([CALL_IN_TIME], [], Answer.UNKNOWN)


async def test_two_reminders_of_one_visit_that_are_late_end_once(clinic, words) -> None:
    clinic.scenarios["visit_reminder"] = words.reminder(plan=Plan(before=(timedelta(hours=72), timedelta(hours=24))))
    await clinic.book("v1", words.msk(27, 15))
    await clinic.plan()
    (first,) = await clinic.store.contacts()
    assert not first.is_last
    clinic.clock.leap(words.msk(27, 15, 1) - clinic.clock.now())
    await ends(clinic, LOOK_AFTER, sms=0)


@pytest.mark.parametrize("answered", [True, False], ids=["the other is rung", "nobody is rung"])
async def test_of_a_family_only_those_who_are_late_are_given_up(clinic, words, answered: bool) -> None:
    """One call for two: the child's visit has begun, the mother's is to come."""
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED) if answered else words.ends(
        Disposition.NO_ANSWER)  # fmt: skip
    await clinic.book("v1", words.msk(25, 10))
    await clinic.book("v2", words.msk(25, 15), "p2", (words.phone,))
    await clinic.plan()
    clinic.clock.leap(words.msk(25, 10, 5) - clinic.clock.now())
    await clinic.second()
    ((_, order),) = clinic.caller.rung
    assert [v.id for v in order.appointments] == ["v2"]
    await clinic.live(words.msk(25, 15))
    late = next(c for c in await clinic.store.contacts() if c.appointment_id == "v1")
    assert late.status is ContactStatus.UNREACHED
    assert LOOK_AFTER in (await clinic.state())["tasks"]
    assert await answer_of(clinic, "v1") is Answer.UNCONFIRMED
    assert await answer_of(clinic, "v2") is (Answer.CONFIRMED if answered else Answer.UNCONFIRMED)


async def test_of_two_visits_of_one_person_the_one_that_began_is_given_up(clinic, words) -> None:
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.book("v1", words.msk(25, 10))
    await clinic.book("v2", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap(words.msk(25, 10, 5) - clinic.clock.now())
    await clinic.second()
    await clinic.second()
    assert [v.id for v in clinic.caller.rung[0][1].appointments] == ["v2"]
    assert (await clinic.state())["tasks"] == [LOOK_AFTER]
    assert await answer_of(clinic, "v1") is Answer.UNCONFIRMED


async def test_a_visit_that_was_cancelled_meanwhile_is_not_given_up(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.change("v1", lifecycle="cancelled")
    await clinic.parts.syncing.run()
    clinic.clock.leap(words.msk(25, 15, 1) - clinic.clock.now())
    await clinic.parts.planner._giving_up.run()
    state = await clinic.state()
    assert (state["contacts"], state["tasks"]) == (["cancelled:None"], [])
