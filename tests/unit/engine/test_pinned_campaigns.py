"""A campaign that is pinned to a version of its scenario speaks that one, whatever is published meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from voicebot.contacts.campaign import Campaign, Trigger, TriggerKind
from voicebot.contacts.rules import DiallingLock, Rules
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.engine.campaigning import CampaignRefused
from voicebot.engine.machinery import MachinerySettings, assemble
from voicebot.engine.memory import MemoryEngine
from voicebot.engine.ports import Ports
from voicebot.scenarios.repertoire import Repertoire
from voicebot.scenarios.versions import draft_of
from voicebot.settings import shipped

PINNED = Campaign("away", "Осмотр", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6), scenario_version=1)
OLD, NEW = "Приглашение по-старому", "Приглашение по-новому"


@pytest.fixture
async def recall(clinic) -> AsyncIterator[object]:
    """The clinic with what is really published: recall at version 1; and one patient who was here 200 days ago."""
    await clinic.book("old", clinic.clock.now() - timedelta(days=200))
    await clinic.change("old", lifecycle="done")
    await clinic.parts.syncing.run()
    await publish(clinic, OLD)
    repertoire = Repertoire(clinic.store)
    await repertoire.refresh()
    ports = Ports(clinic.store, clinic.mis, clinic.clock, clinic.caller, None, repertoire.scenario,
                  version=repertoire.version)  # fmt: skip
    engine = MemoryEngine()
    settings = MachinerySettings(node="node2", secret=b"test", lines=2, calls_per_second=None)
    rules = Rules(lock=DiallingLock(city_prefix="+7888000"))
    clinic.parts = assemble(engine, ports, lambda: repertoire.scenarios.values(), rules, settings)
    clinic.engine, clinic.repertoire = engine, repertoire
    clinic.caller.play = lambda order: Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.REFUSED),))
    await engine.start()
    yield clinic
    await engine.stop(1)


async def publish(clinic, title: str) -> int:
    draft = draft_of(shipped("scenarios") / "recall.yaml", clinic.clock.now())
    lines = [f"title: {title}" if line.startswith("title:") else line for line in draft.text.splitlines()]
    return await clinic.store.publish_scenario(replace(draft, text="\n".join(lines), digest=title))


async def released(clinic, campaign: Campaign):
    work = clinic.parts.campaigning
    await work.draft(campaign, "Орлова")
    preview = await work.preview(campaign)
    await clinic.store.previewed(campaign.id, "{}", clinic.clock.now())
    return preview, await work.release(campaign.id, "Орлова")


async def test_it_is_released_planned_and_spoken_although_another_version_runs(recall) -> None:
    assert await publish(recall, NEW) == 2
    await recall.repertoire.refresh()
    preview, done = await released(recall, PINNED)
    assert (preview.faults, preview.called, done.called) == ((), 1, 1)
    await recall.live(recall.clock.now() + timedelta(days=1))
    ((_, order),) = recall.caller.rung
    assert (order.scenario.version, order.scenario.title) == ("1", OLD)
    (call,) = await recall.store.calls()
    assert (call.scenario_id, call.scenario_version) == ("recall", "1")


async def test_publishing_after_the_release_changes_nothing_for_it(recall) -> None:
    await released(recall, PINNED)
    await publish(recall, NEW)
    await recall.repertoire.refresh()
    await recall.live(recall.clock.now() + timedelta(days=1))
    assert [order.scenario.title for _, order in recall.caller.rung] == [OLD]


async def test_one_that_is_not_pinned_speaks_what_runs_at_the_call(recall) -> None:
    await released(recall, replace(PINNED, scenario_version=0))
    await publish(recall, NEW)
    await recall.repertoire.refresh()
    await recall.live(recall.clock.now() + timedelta(days=1))
    assert [order.scenario.title for _, order in recall.caller.rung] == [NEW]


async def test_a_version_that_never_was_keeps_it_from_release(recall) -> None:
    with pytest.raises(CampaignRefused, match="у сценария «recall» нет версии 7"):
        await released(recall, replace(PINNED, scenario_version=7))


async def test_a_pinned_version_brings_its_own_words(recall) -> None:
    await publish(recall, NEW)
    await recall.repertoire.refresh()
    old = await recall.repertoire.version("recall", "1")
    assert old is not None
    assert recall.repertoire.language_of(old).understanding.understand("да").candidates
    assert await recall.repertoire.version("recall", "7") is None
    assert (await recall.repertoire.version("recall", "2")).title == NEW
