"""Campaigns on a real PostgreSQL: the same counts in preview and release, and every move of a campaign."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS / "unit" / "engine"))
sys.path.insert(0, str(TESTS / "integration"))

from campaign_desk import AFTER, AWAY, BEFORE, NOW, OFFER, RECALL, SCENARIOS, WHO, Desk  # noqa: E402
from generated_registry import Town, fill_postgres  # noqa: E402
from store_postgres import Postgres, binaries, postgres  # noqa: E402

from voicebot.clock import ManualClock  # noqa: E402
from voicebot.contacts.campaign import CampaignStatus  # noqa: E402
from voicebot.contacts.model import AttemptStatus  # noqa: E402
from voicebot.contacts.rules import Rules  # noqa: E402
from voicebot.engine.campaigning import Campaigning  # noqa: E402
from voicebot.engine.inviting import InvitationBudget  # noqa: E402
from voicebot.mis.registry.registry import Registry  # noqa: E402
from voicebot.mis.registry.registry import upgrade as upgrade_registry  # noqa: E402
from voicebot.store.database import SqlStore, upgrade  # noqa: E402
from voicebot.store.reception import Reception  # noqa: E402

PROGRAMS = binaries()
pytestmark = pytest.mark.skipif(PROGRAMS is None, reason="PostgreSQL is not installed: its tests are NOT run")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    assert PROGRAMS is not None
    with postgres(tmp_path_factory.mktemp("postgres"), PROGRAMS) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def urls(cluster: Postgres) -> tuple[str, str]:
    """A robot's database and a registry of a thousand patients."""
    store, registry = cluster.create("robot"), cluster.create("registry")
    asyncio.run(upgrade(store))
    asyncio.run(upgrade_registry(registry))
    fill_postgres(registry, Town(1000, NOW), store)
    return store, registry


@pytest.fixture
async def desk(urls: tuple[str, str], tmp_path: Path) -> AsyncIterator[Desk]:
    clock = ManualClock(NOW)
    store, mis = SqlStore(urls[0]), Registry(urls[1], clock)
    scenarios = dict(SCENARIOS)
    campaigns = Campaigning(store, mis, clock, scenarios.get, lambda: scenarios.values(), Rules(hold_out_key=b"key"))
    yield Desk(store, mis, clock, scenarios, campaigns, tmp_path)
    await store.close()
    await mis.close()


async def test_a_preview_equals_the_release_also_on_postgresql(desk: Desk) -> None:
    for campaign in (BEFORE, AFTER, RECALL, OFFER):
        preview = await desk.previewed(campaign)
        done = await desk.campaigns.release(campaign.id, WHO)
        assert done.counts() == preview.counts()
        mine = [c for c in await desk.store.contacts() if c.campaign_id == campaign.id]
        assert len(mine) == preview.called > 0
        again = await desk.campaigns.plan(replace(campaign, status=CampaignStatus.RELEASED))
        assert again.called == 0


async def test_a_campaign_is_paused_measured_and_stopped_also_on_postgresql(desk: Desk) -> None:
    away = replace(AWAY, id="away-too", scenario_id="feedback")
    done = await desk.released(away)
    assert done.called > 0

    await InvitationBudget(desk.store, Reception(2, 1.0)).run()
    assert (await desk.store.lanes())["away-too"].lines is not None
    await desk.campaigns.pause("away-too", WHO)
    assert (await desk.store.lanes())["away-too"].closed
    await desk.campaigns.resume("away-too", WHO)
    live = next(a for a in await desk.store.attempts() if a.lane == "away-too")
    assert await desk.store.start_attempt(live.id, "node1", NOW, 4)
    assert await desk.campaigns.stop("away-too", WHO) == done.called - len(live.contact_ids)
    mine = Counter(a.status for a in await desk.store.attempts() if a.lane == "away-too")
    assert mine == {AttemptStatus.DIALLING: 1, AttemptStatus.DROPPED: done.calls - 1}
    progress = await desk.store.campaign_progress("away-too")
    assert (progress.live, progress.waiting) == (1, 0)
