"""Recall to the end (M6, M7): who is invited, who is left in peace for how long, and that somebody is there to talk."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import update

from voicebot.contacts.campaign import Campaign, CampaignStatus, Trigger, TriggerKind
from voicebot.contacts.decisions import RuleId
from voicebot.contacts.model import ContactStatus
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.scenario import About, Plan
from voicebot.engine.inviting import InvitationBudget
from voicebot.mis.registry import models
from voicebot.store.port import CallRow, EventRow
from voicebot.store.reception import ASKED, Reception

AWAY = Campaign("away", "Давно не были", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6))
DATED = Campaign("dated", "Осмотр", "recall", Trigger(TriggerKind.RECALL_DATE))
DAY = timedelta(days=1)


def says(outcome: Outcome):
    """A call about the patient as such: there is no visit to conclude about."""
    return lambda order: Finish(Disposition.ANSWERED, True, (Conclusion(0, outcome),))


@pytest.fixture
async def recall(clinic, words):
    """The clinic with the scenario of an invitation, and one patient who was here 200 days ago."""
    clinic.scenarios["recall"] = words.reminder(id="recall", about=About.PATIENT, plan=Plan(), messages={})
    await clinic.book("old", clinic.clock.now() - 200 * DAY)
    await clinic.change("old", lifecycle="done")
    await clinic.parts.syncing.run()
    return clinic


async def released(clinic, campaign: Campaign = AWAY):
    work = clinic.parts.campaigning
    await work.draft(campaign, "Орлова")
    await clinic.store.previewed(campaign.id, "{}", clinic.clock.now())
    return await work.release(campaign.id, "Орлова")


async def night(clinic) -> None:
    await clinic.parts.syncing.run()
    await clinic.parts.campaigning.run(nightly=True)


async def recall_on(clinic, day: date) -> None:
    async def work(connection) -> None:
        await connection.execute(update(models.PatientRow).values(recall_on=day))

    await clinic.mis.database.write(work)


@pytest.mark.parametrize("campaign", [AWAY, DATED], ids=["no visit for six months", "preventive date"])
async def test_m7_a_refusal_holds_for_two_calendar_months(recall, words, campaign: Campaign) -> None:
    await recall_on(recall, recall.clock.now().date() - DAY)
    recall.caller.play = says(Outcome.REFUSED)
    await released(recall, campaign)
    await recall.live(recall.clock.now() + DAY)
    assert len(recall.caller.rung) == 1
    refused_at, _ = recall.caller.rung[0]  # 23 November, by Moscow time
    recall.clock.leap(refused_at + 59 * DAY - recall.clock.now())
    await night(recall)
    await recall.live(recall.clock.now() + timedelta(hours=9))
    assert len(recall.caller.rung) == 1
    recall.clock.leap(words.msk(23, 12) + 62 * DAY - recall.clock.now())  # 24 January: two months and a day
    await night(recall)
    await recall.live(recall.clock.now() + DAY)
    assert len(recall.caller.rung) == 2


async def test_m7_stop_is_for_good(recall) -> None:
    recall.caller.play = says(Outcome.OPTED_OUT)
    await released(recall)
    await recall.live(recall.clock.now() + DAY)
    assert len(recall.caller.rung) == 1
    for _ in range(4):
        recall.clock.leap(100 * DAY)
        await night(recall)
        await recall.live(recall.clock.now() + DAY)
    assert len(recall.caller.rung) == 1


async def test_m6_a_future_booking_excludes_the_patient(recall) -> None:
    await recall.book("next", recall.clock.now() + 30 * DAY)
    done = await released(recall)
    assert (done.called, done.suppressed) == (0, {RuleId.BOOKED: 1})


async def test_m6_who_books_after_the_plan_was_made_is_not_rung(recall) -> None:
    recall.scenarios.pop("visit_reminder")
    assert (await released(recall)).called == 1
    await recall.book("next", recall.clock.now() + 30 * DAY)
    await recall.live(recall.clock.now() + DAY)
    assert recall.caller.rung == []
    (contact,) = await recall.store.contacts()
    assert contact.status is ContactStatus.SUPPRESSED and "уже записан" in contact.reason


async def test_m6_a_visit_about_the_preventive_date_keeps_it(recall) -> None:
    await recall_on(recall, recall.clock.now().date() - 170 * DAY)  # the visit was thirty days before
    assert (await released(recall, DATED)).found == 0


async def test_the_nightly_plan_calls_those_whose_time_has_come(recall) -> None:
    await recall_on(recall, (recall.clock.now() + 10 * DAY).date())
    assert (await released(recall, DATED)).found == 0
    recall.clock.leap(9 * DAY)
    await night(recall)
    assert await recall.store.contacts() == ()
    recall.clock.leap(1 * DAY)
    await night(recall)
    assert [c.campaign_id for c in await recall.store.contacts()] == ["dated"]


async def many_released(recall, *campaigns: Campaign) -> None:
    for n in range(8):
        await recall.book(f"old{n}", recall.clock.now() - 300 * DAY, f"q{n}", (f"+7888000100{n}",))
        await recall.change(f"old{n}", lifecycle="done")
    for campaign in campaigns:
        await released(recall, campaign)
    recall.clock.leap(timedelta(hours=2))


async def hands_over(recall, call_id: str) -> None:
    """A live call begins to ring an administrator, as its journal tells."""
    await recall.store.append_events([EventRow(call_id, 10, 1, ASKED, '{"queue": "reception"}')])


async def lets_go(recall, call_id: str) -> None:
    await recall.store.append_events([EventRow(call_id, 11, 2, "TransferEnded", "{}")])


async def dial(recall, desk: Reception, node: str = "node1") -> list[str]:
    """A node starts whatever may be started now; the ids."""
    await InvitationBudget(recall.store, desk).run()
    now, started = recall.clock.now(), []
    for attempt in await recall.store.due_attempts(now, 100):
        row = CallRow(attempt.id, attempt.id, attempt.phone, "recall", "1", now)
        if await recall.store.start_attempt(attempt.id, node, now, 50, row, (), desk):
            started.append(attempt.id)
    return started


async def test_m7_invitations_in_progress_never_exceed_the_free_administrators(recall) -> None:
    await many_released(recall, AWAY)
    desk = Reception(3, per_administrator=1.0)
    started = await dial(recall, desk)
    assert len(started) == 3
    await hands_over(recall, started[0])  # one of them talks to a patient now
    assert await dial(recall, desk) == []
    assert "свободных администраторов 2" in (await recall.store.lanes())["away"].closed
    for attempt_id in started[1:]:
        assert await recall.store.retract_attempt(attempt_id, "node1", recall.clock.now() + DAY, "положил трубку")
    assert len(await dial(recall, desk)) == 1  # two are free, one call goes on
    nobody = Reception(1, per_administrator=1.0)
    assert await dial(recall, nobody) == []
    assert (await recall.store.lanes())["away"].closed.startswith("нет свободных администраторов")
    await lets_go(recall, started[0])
    assert len(await dial(recall, Reception(3, per_administrator=1.0))) == 1


async def test_m7_who_is_busy_on_one_node_is_busy_for_the_other(recall) -> None:
    """Two machines, two administrators: neither machine sees the other's telephones, and the limit is for both."""
    await many_released(recall, AWAY)
    desk = Reception(2, per_administrator=1.0)
    (first, second) = await dial(recall, desk, "node1")
    await hands_over(recall, first)
    assert await recall.store.retract_attempt(second, "node1", recall.clock.now() + DAY, "положил трубку")
    assert await dial(recall, desk, "node2") == [], "one talks on node1; one is free, and one call goes on"
    await lets_go(recall, first)
    assert len(await dial(recall, desk, "node2")) == 1


async def test_m7_the_guard_holds_where_the_budget_is_a_second_old(recall) -> None:
    """Between two ticks an administrator is taken by another node: the lane still stands open with its lines."""
    await many_released(recall, AWAY)
    desk = Reception(1, per_administrator=2.0)
    (first, _) = await dial(recall, desk)
    assert await recall.store.retract_attempt(_, "node1", recall.clock.now(), "положил трубку")
    await InvitationBudget(recall.store, desk).run()
    assert (await recall.store.lanes())["away"].closed == ""
    await hands_over(recall, first)
    (due, *_rest) = await recall.store.due_attempts(recall.clock.now(), 9)
    assert not await recall.store.start_attempt(due.id, "node2", recall.clock.now(), 50, None, (), desk)
    recall.parts.attempting._preparing._reception = desk
    assert await recall.parts.attempting.prepare(due.id) == "wait"
    assert (await recall.store.attempt(due.id)).reason.startswith("нет свободных администраторов")


async def test_m7_two_campaigns_share_the_administrators_and_a_pause_outlives_the_count(recall) -> None:
    await many_released(recall, replace(DATED, priority=10, lines=2), AWAY)
    desk = Reception(5, per_administrator=1.0)
    await InvitationBudget(recall.store, desk).run()
    lanes = await recall.store.lanes()
    assert (lanes["dated"].lines, lanes["away"].lines) == (2, 3)
    assert len(await dial(recall, desk)) == 3
    await recall.parts.campaigning.pause("away", "Орлова")
    await InvitationBudget(recall.store, desk).run()
    lanes = await recall.store.lanes()
    assert lanes["away"].closed == "кампания приостановлена"
    assert lanes["dated"].lines == 2, "the calls of a paused campaign go on and count"
    assert (await recall.store.campaign("away")).status is CampaignStatus.PAUSED
