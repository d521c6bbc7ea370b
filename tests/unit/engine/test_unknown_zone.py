"""Patients whose zone nobody knows: the common hours of all eleven zones. At weekends there is none, and it is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from voicebot.contacts.campaign import Campaign, Trigger, TriggerKind
from voicebot.contacts.hours import CallingHours
from voicebot.contacts.model import AttemptStatus
from voicebot.contacts.unknown_zone import ANY_ZONE, NOT_TODAY, unknown_zone
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.scenario import About, Plan
from voicebot.mis.registry import models
from voicebot.reports.campaigns import preview_lines
from voicebot.reports.timeline import timeline

MOSCOW = ZoneInfo("Europe/Moscow")
#: Nine in Kaliningrad and not yet eight in the evening in Kamchatka: the only common hour of a weekday.
MONDAY = datetime(2026, 11, 30, 7, tzinfo=UTC), datetime(2026, 11, 30, 8, tzinfo=UTC)
AWAY = Campaign("away", "Давно не были", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6))


@pytest.fixture
async def nowhere(clinic):
    """The clinic with a branch of which nobody knows the zone."""
    await clinic.mis.database.write(lambda c: c.execute(update(models.BranchRow).values(zone="")))
    return clinic


async def told(clinic) -> list[str]:
    file = await clinic.store.patient_file("p1", ("+78880000001",))
    return [line.shown(MOSCOW) for line in timeline(file, MOSCOW)]


def test_what_is_said() -> None:
    saturday, monday = datetime(2026, 11, 28, 9, tzinfo=UTC), MONDAY[0]
    assert unknown_zone(CallingHours(), saturday, "") == NOT_TODAY
    assert unknown_zone(CallingHours(), monday, "") == ANY_ZONE
    assert unknown_zone(CallingHours(), saturday, "Asia/Omsk") == ""
    long = CallingHours().within((), ())
    assert unknown_zone(CallingHours(weekends=long.weekdays), saturday, "") == ANY_ZONE


async def test_a_recall_that_is_due_on_saturday_is_made_on_monday_and_the_preview_says_why(nowhere, words) -> None:
    clinic = nowhere
    clinic.scenarios["recall"] = words.reminder(id="recall", about=About.PATIENT, plan=Plan(), messages={})
    clinic.caller.play = lambda order: Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.REFUSED),))
    await clinic.book("old", clinic.clock.now() - timedelta(days=200))
    await clinic.change("old", lifecycle="done")
    clinic.clock.leap(words.msk(28, 12) - clinic.clock.now())
    await clinic.parts.syncing.run()
    work = clinic.parts.campaigning
    await work.draft(AWAY, "Орлова")
    preview = await work.preview(AWAY)
    assert (preview.called, MONDAY[0] <= preview.first_due < MONDAY[1]) == (1, True)
    assert any("В выходные и праздники такого часа нет: 1" in line for line in preview_lines(preview, MOSCOW))
    await clinic.store.previewed("away", "{}", clinic.clock.now())
    await work.release("away", "Орлова")
    await clinic.live(words.msk(30, 9, 59))
    assert clinic.caller.rung == []
    await clinic.live(words.msk(30, 12))
    ((moment, _),) = clinic.caller.rung
    assert MONDAY[0] <= moment < MONDAY[1]
    assert any(NOT_TODAY in line for line in await told(clinic))


async def test_an_attempt_that_comes_to_a_weekend_waits_for_monday_and_why_tells(nowhere, words) -> None:
    """Planned for Friday, held back by a pause over its only hour."""
    clinic = nowhere
    clinic.clock.leap(words.msk(26, 20) - clinic.clock.now())
    await clinic.book("v1", words.msk(30, 18))
    await clinic.plan()
    (attempt,) = await clinic.store.attempts()
    clinic.clock.leap(words.msk(28, 12) - clinic.clock.now())
    await clinic.second()
    waiting = await clinic.store.attempt(attempt.id)
    assert (waiting.status, waiting.reason) == (AttemptStatus.PLANNED, f"сейчас звонить нельзя: {NOT_TODAY}")
    assert MONDAY[0] <= waiting.due_at < MONDAY[1]
    assert any(NOT_TODAY in line and "не позвонили" in line for line in await told(clinic))
    clinic.clock.leap(waiting.due_at - clinic.clock.now())
    await clinic.second()
    assert len(clinic.caller.rung) == 1


async def test_a_visit_on_sunday_that_was_booked_on_saturday_is_given_to_people_with_the_reason(nowhere, words) -> None:
    clinic = nowhere
    clinic.clock.leap(words.msk(28, 12) - clinic.clock.now())
    await clinic.book("v1", words.msk(29, 15))
    await clinic.plan()
    (contact,) = await clinic.store.contacts()
    assert NOT_TODAY in contact.reason
    state = await clinic.state()
    assert (state["contacts"], len(state["tasks"])) == (["unreached:unreached"], 1)
    assert any(NOT_TODAY in line for line in await told(clinic))
