"""A batch is written while the next one is decided: nothing is lost, nothing is read too early."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from campaign_desk import AFTER, AWAY, BEFORE, NOW, RECALL, SCENARIOS, empty, opened
from generated_registry import Town, fill_sqlite

from voicebot.contacts.campaign import CampaignStatus
from voicebot.contacts.model import Contact
from voicebot.contacts.rules import Rules
from voicebot.engine.behind import Behind, one_behind
from voicebot.engine.campaigning import Campaigning
from voicebot.mis.registry import selection
from voicebot.store.database import SqlStore


class Paper:
    """What was written, in order; a write lasts until it is let go on."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.go_on = asyncio.Event()

    async def write(self, what: str, fails: bool = False) -> None:
        await self.go_on.wait()
        if fails:
            raise RuntimeError(what)
        self.written.append(what)


async def _going_on(behind: Behind, ids: set[str]) -> asyncio.Task[None]:
    """Somebody who asks about these, as far as they come."""
    asking = asyncio.create_task(behind.settled(ids))
    for _ in range(5):
        await asyncio.sleep(0)
    return asking


def test_the_next_batch_is_decided_while_this_one_is_written(run):
    async def scene() -> None:
        paper = Paper()
        async with one_behind() as behind:
            await behind.write(partial(paper.write, "first"), {"p1"})
            assert (await _going_on(behind, {"p2"})).done()
            assert paper.written == []
            paper.go_on.set()
            await behind.write(partial(paper.write, "second"), {"p2"})
            assert paper.written == ["first"]
        assert paper.written == ["first", "second"]

    run(scene())


def test_who_is_being_written_about_is_read_after_it(run):
    async def scene() -> None:
        paper = Paper()
        async with one_behind() as behind:
            await behind.write(partial(paper.write, "first"), {"p1", "p2"})
            asking = await _going_on(behind, {"p2", "p3"})
            assert not asking.done()
            paper.go_on.set()
            await asking
            assert paper.written == ["first"]

    run(scene())


@pytest.mark.parametrize("then", ["nothing", "a write", "a question"])
def test_a_write_that_fails_stops_whoever_writes(run, then):
    async def scene() -> None:
        paper = Paper()
        paper.go_on.set()
        with pytest.raises(RuntimeError, match="first"):
            async with one_behind() as behind:
                await behind.write(partial(paper.write, "first", fails=True), {"p1"})
                if then == "a write":
                    await behind.write(partial(paper.write, "second"), {"p2"})
                elif then == "a question":
                    await behind.settled({"p1"})
        assert paper.written == []

    run(scene())


def test_when_the_reading_fails_what_was_decided_before_is_kept(run):
    async def scene() -> None:
        paper = Paper()
        asyncio.get_running_loop().call_later(1, paper.go_on.set)
        with pytest.raises(OSError, match="the MIS is gone"):
            async with one_behind() as behind:
                await behind.write(partial(paper.write, "first"), {"p1"})
                raise OSError("the MIS is gone")
        assert paper.written == ["first"]

    run(scene())


def test_whoever_is_cancelled_leaves_no_write_behind(run):
    async def scene() -> None:
        paper, begun = Paper(), asyncio.Event()

        async def work() -> None:
            async with one_behind() as behind:
                await behind.write(partial(paper.write, "first"), {"p1"})
                begun.set()
                await asyncio.Event().wait()

        before = asyncio.all_tasks()
        working = asyncio.create_task(work())
        await begun.wait()
        await asyncio.sleep(0)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert working.cancelled()
        assert asyncio.all_tasks() == before
        paper.go_on.set()
        await asyncio.sleep(0)
        assert paper.written == []

    run(scene())


# With the real store ------------------------------------------------------------------------


class Watched:
    """The store of a desk, whose plans take a while; notes who is asked about while their plan is being written."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._writing: set[str] = set()
        self.plans = 0
        self.too_early: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def contacts_of(self, patient_ids: Sequence[str], *rest: Any) -> Sequence[Contact]:
        self.too_early += self._writing & set(patient_ids)
        return await self._store.contacts_of(patient_ids, *rest)

    async def add_planned(self, contacts: Sequence[Contact], *rest: Any) -> set[str]:
        self._writing |= {contact.patient_id for contact in contacts}
        for _ in range(200):
            await asyncio.sleep(0)
        new = await self._store.add_planned(contacts, *rest)
        self._writing -= {contact.patient_id for contact in contacts}
        self.plans += bool(new)
        return new


@pytest.fixture
def small_town(tmp_path: Path) -> Path:
    shutil.copytree(empty(), tmp_path / "town")
    fill_sqlite(tmp_path / "town" / "registry.db", Town(40, NOW))
    return tmp_path / "town"


@pytest.mark.parametrize("campaign", [BEFORE, AFTER, RECALL, AWAY], ids=lambda c: c.id)
async def test_small_batches_plan_what_the_preview_says_and_read_nobody_too_early(
    tmp_path, small_town, monkeypatch, campaign
):
    monkeypatch.setattr(selection, "BATCH", 2)
    monkeypatch.setattr(selection, "CARDS", 3)
    async with opened(tmp_path / "desk", small_town) as desk:
        for n, near in enumerate((NOW - timedelta(days=1), NOW + timedelta(hours=26))):
            for number in range(3):  # one patient, batch after batch
                id_, start = f"{n}-{number}", near + timedelta(minutes=number)
                await desk.visit(id_, "p0000001", start, "done" if start < NOW else "booked", "b1")
        store = Watched(desk.store)
        work = Campaigning(store, desk.mis, desk.clock, SCENARIOS.get, SCENARIOS.values, Rules(hold_out_key=b"key"))
        preview = await work.preview(campaign)
        done = await work.plan(replace(campaign, status=CampaignStatus.RELEASED))
        assert done.counts() == preview.counts()
        assert store.plans > 1
        assert store.too_early == []
        assert len(await desk.store.contacts()) == preview.called
