"""What the product does, by the ids of DOMAIN.md, over the real store and registry in virtual time.

M6 and M7 (recall) have tests of their own names in test_recall.py; live calls of M1–M5 are made in the simulated city
(integration/test_city_calls.py, acceptance/test_demo.py). M8: as far as the outbox; sending comes later.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from voicebot.contacts.model import (
    Appointment,
    Attempt,
    AttemptStatus,
    ClinicBranch,
    ContactStatus,
    Doctor,
    Patient,
    Sex,
)
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Attempts
from voicebot.language.facts import facts_of
from voicebot.language.writing import message_text
from voicebot.store.port import CallRow, Concluded, Settlement


@pytest.mark.parametrize(("hour", "rung"), [(15, (24, 15)), (8, (24, 9))], ids=["a day before", "the next window"])
async def test_m1_the_first_invite_within_60_s_of_the_due_moment_or_of_the_next_window(
    clinic, words, hour, rung
) -> None:
    """Due is 24 h before, spread over the hour that follows; the dispatcher adds less than a minute."""
    await clinic.book("v1", words.msk(25, hour))
    await clinic.plan()
    (contact,) = await clinic.store.contacts()
    await clinic.live(words.msk(24, 18))
    first = clinic.caller.rung[0][0]
    assert timedelta(0) <= first - contact.due_at <= timedelta(seconds=60)
    assert words.msk(*rung) <= first < words.msk(*rung) + timedelta(hours=1)


def test_m1_the_doctor_stands_in_the_right_case(words) -> None:
    doctor = Doctor("d1", "Улюкаева", speciality="Стоматолог", sex=Sex.FEMALE)
    visit = Appointment("v1", "1", "p1", words.msk(25, 15), doctor, ClinicBranch("b1", "", "", "Europe/Moscow"))
    facts = facts_of(Patient("p1", "Иванова", "Анна"), visit, "Здоровье", 1, 1, words.msk(24, 15))
    text = message_text("{visit.day} в {visit.time} к {visit.specialist:кому}", facts, words.msk(24, 15))
    assert text == "25.11 в 15:00 к стоматологу Улюкаевой"


async def test_m2_yes_is_exactly_one_write_although_the_mis_was_down_for_ten_minutes(clinic, words) -> None:
    """The robot killed meanwhile: test_after_a_crash.py, integration/test_store_kill.py."""
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    await clinic.parts.dispatcher.run()
    await clinic.engine.idle()
    clinic.mis.away = True
    await clinic.live(clinic.clock.now() + timedelta(minutes=10))
    assert clinic.mis.applied == 0
    clinic.mis.away = False
    await clinic.live(words.msk(25, 15))
    visit = await clinic.mis.appointment("v1")
    assert (visit.answer, visit.version, clinic.mis.applied) == (Answer.CONFIRMED, "2", 1)


@pytest.mark.parametrize("picked_up", [True, False])
async def test_m3_an_administrator_or_one_task(clinic, words, picked_up: bool) -> None:
    """That the patient is told after 20 s, and what the administrator hears first: dialogue/test_machine.py,
    integration/test_telephony_transfer.py, integration/test_city_calls.py."""
    clinic.caller.play = lambda order: replace(
        words.says(Outcome.DECLINED, Answer.DECLINED)(order), transferred=picked_up
    )
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    assert len(clinic.caller.rung) == 1
    assert len((await clinic.state())["tasks"]) == (0 if picked_up else 1)
    assert (await clinic.mis.appointment("v1")).answer is Answer.DECLINED


@pytest.mark.parametrize("tries", [3, 4, 5])
async def test_m4_exactly_n_invites_an_hour_apart_one_sms_one_task(clinic, words, tries: int) -> None:
    clinic.scenarios["visit_reminder"] = words.reminder(attempts=Attempts(max=tries))
    await clinic.book("v1", words.msk(25, 15), phones=(words.phone, words.second))
    for _ in range(3):
        await clinic.plan()  # planned once, however often
        await clinic.live(words.msk(25, 15))
    moments = [moment for moment, _ in clinic.caller.rung]
    assert len(moments) == tries
    assert all(later - earlier >= timedelta(minutes=60) for earlier, later in pairwise(moments))
    assert [o.phone for _, o in clinic.caller.rung] == [words.phone] * 2 + [words.second] * (tries - 2)
    state = await clinic.state()
    assert (len(state["messages"]), len(state["tasks"])) == (1, 1)
    visit = await clinic.mis.appointment("v1")
    assert (visit.answer, visit.lifecycle.value) == (Answer.UNCONFIRMED, "booked")  # no answer cancels nothing
    (task,) = await clinic.store.tasks()
    assert task.due_at == words.msk(25, 9)


async def test_m5_an_answer_given_in_a_call_to_us_closes_the_pending_retries(clinic, words) -> None:
    """The dialogue, caller ID and unknown numbers are calls/'s: here is what the answer does to the plan."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    await clinic.second()
    assert [a.status for a in await clinic.store.attempts()].count(AttemptStatus.PLANNED) == 1
    now = clinic.clock.now()
    (contact,) = await clinic.store.contacts()
    ours = Attempt("inbound-1", words.phone, (contact.id,), AttemptStatus.FINISHED, now)
    inbound = replace(ours, started_at=now, finished_at=now, disposition=Disposition.ANSWERED)
    call = CallRow(
        "inbound-1", "inbound-1", words.phone, "visit_reminder", "1", now, now, now, Disposition.ANSWERED, True
    )
    reached = replace(contact, status=ContactStatus.REACHED, outcome=Outcome.CONFIRMED, reason="перезвонил сам")
    assert await clinic.store.settle(Settlement(inbound, call, (Concluded(reached, Outcome.CONFIRMED),)))
    await clinic.live(words.msk(25, 15))
    assert len(clinic.caller.rung) == 1
    assert AttemptStatus.PLANNED not in {a.status for a in await clinic.store.attempts()}


async def test_m8_the_sms_waits_in_the_outbox_with_its_final_text(clinic, words) -> None:
    """At the number that was tried last, unless that is not to be used; without a doctor (rule 5)."""
    clinic.caller.play = lambda order: Finish(Disposition.INVALID_NUMBER, False, (Conclusion(0, Outcome.UNREACHED),)) \
        if order.phone == words.phone else words.ends(Disposition.NO_ANSWER)(order)  # fmt: skip
    await clinic.book("v1", words.msk(25, 15), phones=(words.phone, words.second))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    (message,) = await clinic.store.messages()
    assert (message.phone, message.text, message.status.value) == (words.second, "Ждём вас, Анна", "queued")
