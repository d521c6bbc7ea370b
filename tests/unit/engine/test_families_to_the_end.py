"""One phone, one call (DOMAIN rule 3), over the real store and registry: families, wards, and what is told of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from voicebot.contacts.model import AttemptStatus, Suppression
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Plan


async def answer_of(clinic, visit_id: str) -> Answer:
    return (await clinic.mis.appointment(visit_id)).answer


async def test_two_people_behind_one_phone_are_one_call_with_an_answer_each(clinic, words) -> None:
    clinic.caller.play = lambda order: Finish(
        Disposition.ANSWERED, True, (Conclusion(0, Outcome.CONFIRMED), Conclusion(1, Outcome.DECLINED, Answer.DECLINED))
    )
    for n in range(2):
        await clinic.book(f"v{n}", words.msk(25, 12 + n), f"p{n}", (words.phone,))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    ((_, order),) = clinic.caller.rung
    assert [p.id for p in order.patients] == ["p0", "p1"]
    assert [await answer_of(clinic, v) for v in ("v0", "v1")] == [Answer.CONFIRMED, Answer.DECLINED]


async def test_children_booked_one_after_the_other_are_one_call_to_their_mother(clinic, words) -> None:
    """Each booking is planned by a tick of its own; the call takes them together."""
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    for n in (2, 1, 0):
        await clinic.book(f"v{n}", words.msk(25, 12 + n), f"p{n}", (words.phone,), mother="Ирина")
        await clinic.plan()
    assert len(await clinic.store.attempts()) == 3
    await clinic.live(words.msk(25, 15))
    ((moment, order),) = clinic.caller.rung
    assert moment < words.msk(24, 14)
    assert [v.id for v in order.appointments] == ["v0", "v1", "v2"]
    assert {order.patient_of(n).spoken_to.given_name for n in range(3)} == {"Ирина"}
    assert [await answer_of(clinic, f"v{n}") for n in range(3)] == [Answer.CONFIRMED] * 3
    assert sorted(a.status for a in await clinic.store.attempts()) == ["dropped", "dropped", "finished"]


async def test_the_mother_is_talked_with_once_a_day_whichever_child_it_is_about(clinic, words) -> None:
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.book("v0", words.msk(25, 12), "p0", (words.phone,), mother="Ирина")
    await clinic.plan()
    await clinic.live(words.msk(24, 14))
    assert len(clinic.caller.rung) == 1
    await clinic.book("v1", words.msk(25, 16), "p1", (words.phone,), mother="Ирина")
    await clinic.book("v2", words.msk(25, 16), "p2", (words.phone,), mother="Ольга")  # another person at that phone
    await clinic.plan()
    await clinic.live(words.msk(24, 20))
    assert [[v.id for v in o.appointments] for _, o in clinic.caller.rung] == [["v0"], ["v2"]]
    await clinic.live(words.msk(25, 12))
    assert [v.id for v in clinic.caller.rung[-1][1].appointments] == ["v1"]
    assert clinic.caller.rung[-1][0] >= words.msk(25, 9)


async def test_a_suppressed_child_drops_out_of_the_call(clinic, words) -> None:
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    for n in range(2):
        await clinic.book(f"v{n}", words.msk(25, 12), f"p{n}", (words.phone,), mother="Ирина")
    await clinic.plan()
    await clinic.store.add_suppression(Suppression("", "p0", "просили о нём не звонить", clinic.clock.now()))
    await clinic.live(words.msk(25, 12))
    ((_, order),) = clinic.caller.rung
    assert [v.id for v in order.appointments] == ["v1"]
    assert sorted((await clinic.state())["contacts"]) == ["reached:confirmed", "suppressed:None"]


async def test_the_family_scenario_speaks_and_plans_nothing_by_itself(clinic, words) -> None:
    clinic.scenarios["visit_reminder_family"] = words.reminder(id="visit_reminder_family", version="f")
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    for n in range(2):
        await clinic.book(f"v{n}", words.msk(25, 12), f"p{n}", (words.phone,))
    await clinic.book("v3", words.msk(25, 12), "p3", (words.second,))
    await clinic.plan()
    await clinic.live(words.msk(25, 12))
    spoken = {len(o.appointments): o.scenario.id for _, o in clinic.caller.rung}
    assert spoken == {2: "visit_reminder_family", 1: "visit_reminder"}
    assert {c.scenario_id for c in await clinic.store.contacts()} == {"visit_reminder"}
    assert sorted(c.scenario_id for c in await clinic.store.calls()) == ["visit_reminder", "visit_reminder_family"]


async def test_a_family_that_does_not_answer_stays_together_to_the_end(clinic, words) -> None:
    for n in range(2):
        await clinic.book(f"v{n}", words.msk(25, 15), f"p{n}", (words.phone,))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    assert [len(o.appointments) for _, o in clinic.caller.rung] == [2] * 4
    state = await clinic.state()
    assert (len(state["messages"]), len(state["tasks"])) == (2, 2)


async def test_a_retry_is_not_pulled_forward_by_another_one_s_call(clinic, words) -> None:
    await clinic.book("v0", words.msk(25, 12), "p0", (words.phone,))
    await clinic.plan()
    await clinic.live(words.msk(24, 13))
    assert len(clinic.caller.rung) == 1
    first = clinic.caller.rung[0][0]
    await clinic.book("v1", words.msk(24, 14), "p1", (words.phone,))
    await clinic.plan()
    await clinic.live(words.msk(24, 14))
    about = [(m, {v.id for v in o.appointments}) for m, o in clinic.caller.rung]
    retried = [m for m, ids in about[1:] if "v0" in ids]
    assert all(m - first >= timedelta(minutes=60) for m in retried)
    assert {"v1"} in [ids for _, ids in about]


async def test_reminders_at_72_and_at_24_hours(clinic, words) -> None:
    clinic.scenarios["visit_reminder"] = replace(
        words.reminder(), plan=Plan((timedelta(hours=72), timedelta(hours=24)))
    )
    said = iter([Outcome.UNCLEAR, Outcome.UNCLEAR, Outcome.CONFIRMED])
    clinic.caller.play = lambda order: words.says(next(said))(order)
    await clinic.book("v1", words.msk(27, 15))
    for day in (23, 24, 25, 26):
        await clinic.plan()
        await clinic.live(words.msk(day, 23))
    days = [(m + timedelta(hours=3)).day for m, _ in clinic.caller.rung]
    assert days == [24, 25, 26]  # 72 h before, once more about it the day after, then 24 h before
    assert await answer_of(clinic, "v1") is Answer.CONFIRMED


async def test_a_yes_at_72_hours_is_not_asked_again_at_24(clinic, words) -> None:
    clinic.scenarios["visit_reminder"] = words.reminder(plan=Plan((timedelta(hours=72), timedelta(hours=24))))
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.book("v1", words.msk(27, 15))
    for day in (23, 24, 25, 26, 27):
        await clinic.plan()
        await clinic.live(words.msk(day, 14))
    assert len(clinic.caller.rung) == 1
    assert len(await clinic.store.contacts()) == 1


async def test_what_ask_steps_heard_is_kept_with_the_call(clinic, words) -> None:
    clinic.caller.play = lambda order: replace(
        words.says(Outcome.CONFIRMED)(order), values=(("comment", "всё хорошо"), ("rating", "5"))
    )
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    (call,) = await clinic.store.calls()
    assert await clinic.store.values(call.id) == {"comment": "всё хорошо", "rating": "5"}
    day = words.msk(24, 0), words.msk(25, 0)
    assert await clinic.store.values_between("rating", *day) == {call.id: "5"}
    assert await clinic.store.values_between("rating", words.msk(25, 0), words.msk(26, 0)) == {}
    assert [a.status for a in await clinic.store.attempts()] == [AttemptStatus.FINISHED]
