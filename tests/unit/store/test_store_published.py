"""Versions of scenarios in the store: numbered, immutable, one of them running."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from voicebot.store.database import SqlStore, upgrade
from voicebot.store.published import PublishedScenario

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
FIRST = PublishedScenario("recall", 0, "id: recall", "yes: [да]", "", "d1", "первая", NOW)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    await upgrade(f"sqlite:///{tmp_path}/voicebot.db")
    made = SqlStore(f"sqlite:///{tmp_path}/voicebot.db")
    yield made
    await made.close()


async def numbers(store: SqlStore) -> list[int]:
    return [v.number for v in await store.published_scenarios("recall")]


async def test_versions_count_from_one_and_the_last_one_runs(store: SqlStore) -> None:
    assert await store.running_scenarios() == ()
    assert await store.publish_scenario(FIRST) == 1
    assert await store.publish_scenario(replace(FIRST, text="id: recall # 2", digest="d2")) == 2
    assert await store.publish_scenario(replace(FIRST, scenario_id="feedback")) == 1
    assert [(s.scenario_id, s.number) for s in await store.running_scenarios()] == [("feedback", 1), ("recall", 2)]
    assert (await store.published_scenarios("recall"))[0] == replace(FIRST, number=1)
    assert (await store.published_scenarios("recall"))[1].text == "id: recall # 2"


async def test_publishing_what_runs_already_makes_no_version(store: SqlStore) -> None:
    await store.publish_scenario(FIRST)
    assert await store.publish_scenario(replace(FIRST, note="ещё раз")) == 1
    assert await numbers(store) == [1]


async def test_rolling_back_adds_a_release_and_no_version(store: SqlStore) -> None:
    for digest in ("d1", "d2"):
        await store.publish_scenario(replace(FIRST, digest=digest))
    later = NOW + timedelta(hours=1)
    assert await store.release_scenario("recall", 1, later, "плохо звучало")
    assert not await store.release_scenario("recall", 9, later, "")
    assert not await store.release_scenario("unknown", 1, later, "")
    [running] = await store.running_scenarios()
    assert running.number == 1 and await numbers(store) == [1, 2]
    assert [r.number for r in await store.scenario_releases("recall")] == [1, 2, 1]
    assert (await store.scenario_releases("recall"))[-1].note == "плохо звучало"
    await store.release_scenario("recall", 1, later, "")
    assert len(await store.scenario_releases("recall")) == 3  # it runs already
    # What was published before and is so again becomes a version of its own: numbers only grow.
    assert await store.publish_scenario(replace(FIRST, digest="d2")) == 3


async def test_two_that_publish_at_once_get_numbers_of_their_own(store: SqlStore) -> None:
    many = [replace(FIRST, digest=f"d{n}") for n in range(5)]
    assert sorted(await asyncio.gather(*(store.publish_scenario(v) for v in many))) == [1, 2, 3, 4, 5]
