"""Campaigns on a generated registry: what a preview counts is what then happens, and who may set what going."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from campaign_desk import AFTER, AWAY, BEFORE, MISSED, NOW, OFFER, RECALL, WHO, Desk, empty, opened
from generated_registry import Town, fill_sqlite

from voicebot.contacts.campaign import Campaign, CampaignStatus, Segment
from voicebot.contacts.decisions import RuleId
from voicebot.contacts.model import AttemptStatus, ContactStatus, Sex
from voicebot.engine.campaigning import CampaignRefused

ALL = pytest.mark.parametrize("campaign", [BEFORE, AFTER, MISSED, RECALL, AWAY, OFFER], ids=lambda c: c.id)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    shutil.copytree(empty(), folder, dirs_exist_ok=True)
    fill_sqlite(folder / "registry.db", Town(1000, NOW))
    return folder


@pytest.fixture
async def desk(tmp_path: Path, town: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path, town) as made:
        yield made


@ALL
async def test_a_preview_equals_what_then_happens(desk: Desk, campaign: Campaign) -> None:
    preview = await desk.previewed(campaign)
    assert await desk.store.contacts() == ()  # a preview plans nothing
    desk.clock.leap(timedelta(minutes=3))
    done = await desk.campaigns.release(campaign.id, WHO)
    assert done.counts() == preview.counts()

    contacts = await desk.store.contacts()
    attempts = await desk.store.attempts()
    assert len(contacts) == preview.called > 0
    assert len(attempts) == preview.calls > 0
    assert {c.campaign_id for c in contacts} == {a.lane for a in attempts} == {campaign.id}
    with closing(sqlite3.connect(desk.folder / "voicebot.db")) as books:
        rows = books.execute("SELECT rule, count(*) FROM decision WHERE kind = 'suppressed' GROUP BY rule").fetchall()
    noted = {rule: n for rule, n in preview.suppressed.items() if rule is not RuleId.KNOWN}
    assert dict(rows) == noted


@ALL
async def test_planning_again_plans_nobody_twice(desk: Desk, campaign: Campaign) -> None:
    first = await desk.released(campaign)
    desk.clock.leap(timedelta(minutes=10))
    await desk.campaigns.plan(replace(campaign, status=CampaignStatus.RELEASED))
    contacts = await desk.store.contacts()
    assert len({(c.patient_id, c.appointment_id) for c in contacts}) == len(contacts)
    assert first.called <= len(contacts) <= first.called + 3  # a visit may have come near meanwhile


async def test_a_segment_means_only_those_who_fit_it(desk: Desk) -> None:
    await desk.released(OFFER)
    contacts = await desk.store.contacts()
    assert contacts
    for contact in contacts:
        patient = await desk.store.patient(contact.patient_id)
        assert patient is not None and patient.sex is Sex.FEMALE and patient.birth_date is not None
        assert 1966 <= patient.birth_date.year <= 1996


async def test_advertising_needs_a_named_user_and_consent(desk: Desk) -> None:
    everybody = replace(OFFER, segment=Segment(), hold_out=0.0)
    preview = await desk.previewed(everybody)
    with pytest.raises(CampaignRefused, match="под своим именем"):
        await desk.campaigns.release(everybody.id, "  ")
    assert await desk.store.contacts() == ()
    await desk.campaigns.release(everybody.id, WHO)
    released = await desk.store.campaign(everybody.id)
    assert released is not None and released.released_by == WHO and released.released_at == NOW
    consents = await desk.mis.consents([c.patient_id for c in await desk.store.contacts()])
    assert len(consents) == preview.called
    assert all(consent.withdrawn_at is None for consent in consents.values())
    assert preview.suppressed[RuleId.CONSENT] > preview.called


async def test_the_hold_out_group_is_left_uncalled(desk: Desk) -> None:
    preview = await desk.previewed(replace(AWAY, hold_out=0.3))
    held_out = preview.suppressed[RuleId.HOLD_OUT]
    assert 0.2 < held_out / (held_out + preview.called) < 0.4


async def test_only_a_previewed_campaign_is_released(desk: Desk) -> None:
    with pytest.raises(CampaignRefused, match="нет"):
        await desk.campaigns.release("away", WHO)
    await desk.campaigns.draft(AWAY, WHO)
    with pytest.raises(CampaignRefused, match="не просмотрена"):
        await desk.campaigns.release("away", WHO)
    await desk.released(AWAY)
    with pytest.raises(CampaignRefused, match="не выпущена: она выпущена"):
        await desk.campaigns.release("away", WHO)
    with pytest.raises(CampaignRefused, match="менять её нельзя"):
        await desk.campaigns.draft(AWAY, WHO)


async def test_pausing_closes_the_lane_and_resuming_opens_it(desk: Desk) -> None:
    await desk.released(replace(AWAY, lines=2))
    assert (await desk.store.lanes())["away"].closed == ""
    await desk.campaigns.pause("away", WHO, "планёрка")
    lane = (await desk.store.lanes())["away"]
    assert lane.closed == "кампания приостановлена: планёрка" and lane.lines == 2
    assert await desk.campaigns.run(nightly=True) == ()  # nothing is planned meanwhile
    with pytest.raises(CampaignRefused, match="не приостановлена"):
        await desk.campaigns.pause("away", WHO)
    await desk.campaigns.resume("away", WHO)
    assert (await desk.store.lanes())["away"].closed == ""
    statuses = [event.status for event in await desk.store.campaign_events("away")]
    assert statuses[-3:] == [CampaignStatus.RELEASED, CampaignStatus.PAUSED, CampaignStatus.RELEASED]


async def test_stopping_cancels_the_rest_but_not_the_call_that_goes_on(desk: Desk) -> None:
    done = await desk.released(AWAY)
    live, *_ = await desk.store.attempts()
    assert await desk.store.start_attempt(live.id, "node1", NOW, 4)
    cancelled = await desk.campaigns.stop("away", WHO)
    assert cancelled == done.called - len(live.contact_ids)
    statuses = Counter(a.status for a in await desk.store.attempts())
    assert statuses == {AttemptStatus.DIALLING: 1, AttemptStatus.DROPPED: done.calls - 1}
    still_open = [c.id for c in await desk.store.contacts() if c.status is not ContactStatus.CANCELLED]
    assert sorted(still_open) == sorted(live.contact_ids)
    with pytest.raises(CampaignRefused, match="остановлена"):
        await desk.campaigns.resume("away", WHO)


async def test_who_was_not_called_by_a_stopped_campaign_may_be_called_by_the_next(desk: Desk) -> None:
    first = await desk.released(AWAY)
    await desk.campaigns.stop("away", WHO)
    second = await desk.released(replace(AWAY, id="again"))
    assert second.called == first.called


async def test_two_campaigns_of_one_scenario_call_nobody_twice(desk: Desk) -> None:
    first = await desk.released(AWAY)
    second = await desk.previewed(replace(AWAY, id="again"))
    assert second.called == 0
    assert second.suppressed[RuleId.KNOWN] == first.called


async def test_a_campaign_that_cannot_be_planned_stops_no_other(desk: Desk) -> None:
    await desk.released(RECALL)
    broken = replace(AWAY, id="broken", scenario_id="feedback")
    await desk.released(broken)
    del desk.scenarios["feedback"]
    found = await desk.campaigns.run(nightly=True)
    assert {p.campaign.id: bool(p.faults) for p in found} == {"recall": False, "broken": True}
