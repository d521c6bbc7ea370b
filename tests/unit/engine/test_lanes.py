"""Campaigns have lines of their own: never more calls at once than those, and nobody else has to wait for them."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta

import pytest

from voicebot.contacts.campaign import REMINDERS
from voicebot.contacts.model import Attempt, AttemptStatus, Contact, ContactStatus
from voicebot.engine.reminding import Reminders
from voicebot.store.port import ALL_LANES, Lane


async def plan(clinic, words, lane: str, many: int, priority: int = 100) -> None:
    """Attempts of a campaign that are due now."""
    now = clinic.clock.now()
    at = len(await clinic.store.attempts())
    contacts, attempts = [], []
    for n in range(at, at + many):
        await clinic.book(f"v{n}", words.msk(25, 15), f"p{n}", (f"+788800001{n:02}",))
        contact = Contact(
            f"c{n}", f"p{n}", "visit_reminder", f"v{n}", "1", ContactStatus.PLANNED, now, words.msk(25, 15)
        )
        contacts.append(contact)
        phone = f"+788800001{n:02}"
        attempts.append(Attempt(f"a{n}", phone, (f"c{n}",), AttemptStatus.PLANNED, now, priority, lane=lane))
    await clinic.parts.syncing.run()
    await clinic.store.add_contacts(contacts, attempts)


class Busy:
    """Calls that go on until told."""

    def __init__(self, clinic) -> None:
        self._clinic = clinic
        self._talking = 0
        self.end = asyncio.Event()

    async def talk(self) -> None:
        self._talking += 1
        await self.end.wait()

    async def live(self) -> Counter[str]:
        """What is live, by lane, once everything that runs has come to its telephone."""
        while len(self._clinic.engine._tasks) > self._talking:
            await asyncio.sleep(0.001)
        return Counter(a.lane for a in await self._clinic.store.dialling())


@pytest.fixture
def busy(clinic) -> Busy:
    made = Busy(clinic)
    clinic.caller.talking = made.talk
    return made


async def test_a_campaign_uses_its_lines_and_leaves_the_others(clinic, words, busy) -> None:
    """Two lines in this clinic: the campaign may use one, however many of its calls are due and urgent."""
    await plan(clinic, words, "recall", 20, priority=50)
    await plan(clinic, words, "", 3)
    await clinic.store.save_lane(Lane("recall", 1))
    for _ in range(4):
        await clinic.parts.dispatcher.run()
        assert (await busy.live())["recall"] == 1
        clinic.clock.leap(timedelta(seconds=1))
    assert await busy.live() == {"recall": 1, "": 1}
    busy.end.set()
    await clinic.engine.idle()
    await clinic.live(clinic.clock.now() + timedelta(minutes=1))
    assert len(clinic.caller.rung) == 23


async def test_a_paused_campaign_starts_nothing_and_goes_on_when_resumed(clinic, words) -> None:
    await plan(clinic, words, "recall", 3)
    await plan(clinic, words, "", 1)
    await clinic.store.save_lane(Lane("recall", None, "кампания на паузе"))
    await clinic.live(clinic.clock.now() + timedelta(seconds=30))
    assert [order.attempt_id for _, order in clinic.caller.rung] == ["a3"]
    await clinic.store.save_lane(Lane("recall"))
    await clinic.live(clinic.clock.now() + timedelta(minutes=2))
    assert {order.attempt_id for _, order in clinic.caller.rung} == {"a0", "a1", "a2", "a3"}


async def test_reminders_pause_within_a_second_and_campaigns_go_on(clinic, words) -> None:
    """By the database's own times: no attempt of theirs begins later than a second after the pause."""
    await plan(clinic, words, "", 30)
    await plan(clinic, words, "recall", 10, priority=200)

    async def ticks(many: int) -> None:
        for _ in range(many):
            await clinic.parts.dispatcher.run()
            await clinic.engine.idle()
            clinic.clock.leap(timedelta(seconds=0.5))

    reminders = Reminders(clinic.store, clinic.clock)
    await ticks(3)
    begun = len(clinic.caller.rung)
    assert 0 < begun < 30
    await clinic.parts.dispatcher.run()  # handed out, and on their way to the telephone
    await reminders.pause("Орлова", "планёрка")
    await ticks(10)
    (paused,) = await clinic.store.campaign_events(REMINDERS)
    attempts = {a.id: a for a in await clinic.store.attempts() if a.started_at is not None}
    latest = max(a.started_at for a in attempts.values() if not a.lane)
    assert latest <= paused.at + timedelta(seconds=1)
    assert sum(not a.lane for a in attempts.values()) < 30
    assert sum(a.lane == "recall" for a in attempts.values()) == 10, "a campaign of its own goes on"
    waiting = [a for a in await clinic.store.attempts() if not a.lane and a.status is AttemptStatus.PLANNED]
    told = "напоминания приостановлены сотрудником — Орлова — планёрка"
    assert told in {a.reason for a in waiting}
    await reminders.resume("Орлова")
    clinic.clock.leap(timedelta(minutes=1))  # those that were handed out wait so long
    await ticks(10)
    first_calls = {order.attempt_id for _, order in clinic.caller.rung if order.number == 1}
    assert len(first_calls) == 40


async def test_everything_can_be_paused_at_once(clinic, words) -> None:
    await plan(clinic, words, "", 3)
    await clinic.store.save_lane(Lane(ALL_LANES, None, "все звонки на паузе"))
    await clinic.live(clinic.clock.now() + timedelta(seconds=30))
    assert clinic.caller.rung == []


async def test_what_waits_in_the_queue_is_paused_too(clinic, words, busy) -> None:
    """Pausing stops new calls within a second, also those that were handed out already."""
    await plan(clinic, words, "recall", 4)
    await clinic.parts.dispatcher.run()
    assert await busy.live() == {"recall": 2}  # two lines; two more wait in the queue
    await clinic.store.save_lane(Lane("recall", None, "кампания на паузе"))
    busy.end.set()
    await clinic.engine.idle()
    assert len(clinic.caller.rung) == 2
    waiting = [a for a in await clinic.store.attempts() if a.lane and a.status is AttemptStatus.PLANNED]
    assert {a.reason for a in waiting if a.id in ("a0", "a1", "a2", "a3")} == {"кампания на паузе"}


async def test_the_lines_of_the_trunk_hold_even_where_the_queue_lets_more_through(clinic, words) -> None:
    """The queue's limit is not exact over several nodes: the last guard stands where the attempt starts."""
    await plan(clinic, words, "", 3)
    for n in range(2):
        assert await clinic.store.start_attempt(f"a{n}", "elsewhere", clinic.clock.now(), 2)
    assert await clinic.parts.attempting.prepare("a2") == "wait"
    row = await clinic.store.attempt("a2")
    assert (row.status, row.reason) == (AttemptStatus.PLANNED, "все линии заняты")


async def test_a_retry_stays_in_its_campaign(clinic, words) -> None:
    await plan(clinic, words, "recall", 1)
    await clinic.live(clinic.clock.now() + timedelta(minutes=1))
    assert [a.lane for a in await clinic.store.attempts()] == ["recall", "recall"]
