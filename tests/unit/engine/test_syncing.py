"""The MIS is read page by page: in bounded memory, and a crash in the middle costs the page that it hit."""

from __future__ import annotations

import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from sqlite3 import connect

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from campaign_desk import NOW, Desk, empty, opened
from generated_registry import Town, fill_sqlite
from sqlalchemy import update

from voicebot.contacts.model import Patient
from voicebot.engine.syncing import Syncing
from voicebot.mis.port import MisUnavailable, Page
from voicebot.mis.registry import models
from voicebot.mis.registry.registry import Registry
from voicebot.store.port import SyncState

PATIENTS, PAGE = 1000, 128
HORIZON = timedelta(days=7)


class Pages(Registry):
    """The registry behind a line that breaks after so many pages. asked: (after, since) of each."""

    breaks_after = 10_000

    def __init__(self, desk: Desk) -> None:
        super().__init__(f"sqlite:///{desk.folder / 'registry.db'}", desk.clock)
        self.asked: list[tuple[str, datetime | None]] = []
        self.most = 0

    async def patients_after(self, after: str, limit: int, since: datetime | None = None) -> Page[Patient]:
        if len(self.asked) >= self.breaks_after:
            raise MisUnavailable("связь пропала")
        self.asked.append((after, since))
        page = await super().patients_after(after, limit, since)
        self.most = max(self.most, len(page.items))
        return page

    async def patients(self, since: datetime | None = None, until: datetime | None = None) -> Page[Patient]:
        raise AssertionError("all patients at once")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("town")
    shutil.copytree(empty(), folder, dirs_exist_ok=True)
    fill_sqlite(folder / "registry.db", Town(PATIENTS, NOW))
    with closing(connect(folder / "voicebot.db")) as copy:
        copy.executescript("delete from patient_phone; delete from patient;")
        copy.commit()
    return folder


@pytest.fixture
async def desk(tmp_path: Path, town: Path) -> AsyncIterator[Desk]:
    async with opened(tmp_path, town) as made:
        yield made


def syncing(desk: Desk, mis: Pages) -> Syncing:
    """As a process that has just started has it."""
    return Syncing(desk.store, mis, desk.clock, HORIZON, page=PAGE)


def copied(desk: Desk) -> int:
    with closing(connect(desk.folder / "voicebot.db")) as books:
        return int(books.execute("select count(*) from patient").fetchone()[0])


async def test_a_reading_that_broke_off_goes_on_at_its_page_in_another_process(desk: Desk) -> None:
    mis = Pages(desk)
    mis.breaks_after = 3
    with pytest.raises(MisUnavailable):
        await syncing(desk, mis).run()
    assert copied(desk) == 3 * PAGE, "each page is a transaction of its own"
    state = await desk.store.sync_state()
    assert (state.read_at, state.began_at) == (None, NOW) and state.cursor
    assert await desk.store.last_sync() is None, "the visits have not been read"

    desk.clock.leap(timedelta(minutes=1))
    mis.breaks_after = 10_000
    done = await syncing(desk, mis).run()
    assert mis.asked[3] == (state.cursor, None)
    assert (done.patients, copied(desk)) == (PATIENTS - 3 * PAGE, PATIENTS)
    assert mis.most == PAGE
    assert await desk.store.sync_state() == SyncState(read_at=NOW), "what changed since the beginning is read next"
    assert await desk.store.last_sync() == desk.clock.now()
    whole = {p.id: p for p in (await Registry.patients(mis)).items}
    assert {p.id: p for p in await desk.store.patients_of(list(whole))} == whole
    await mis.close()


async def test_reading_again_reads_what_changed_and_changes_nothing_else(desk: Desk) -> None:
    mis = Pages(desk)
    desk.clock.leap(timedelta(hours=2))  # all of the town is older than the hour that is read twice
    await syncing(desk, mis).run()
    visits = await desk.store.appointments_between(NOW - timedelta(days=1), NOW + HORIZON)
    desk.clock.leap(timedelta(days=1))
    await mis.database.write(lambda c: c.execute(
        update(models.PatientRow).where(models.PatientRow.id == "p0000007").values(
            surname="Новая", changed_at=desk.clock.now())))  # fmt: skip
    mis.asked.clear()
    done = await syncing(desk, mis).run()
    assert mis.asked == [("", NOW + timedelta(hours=1))]
    assert (done.patients, (await desk.store.patient("p0000007")).surname) == (1, "Новая")
    assert await desk.store.appointments_between(NOW - timedelta(days=1), NOW + HORIZON) == visits
    await mis.close()


async def test_a_clock_that_was_set_back_reads_everything_anew(desk: Desk) -> None:
    mis = Pages(desk)
    await syncing(desk, mis).run()
    desk.clock._now -= timedelta(days=1)
    assert (await syncing(desk, mis).run()).patients == PATIENTS
    await mis.close()


async def test_all_visits_to_the_horizon_are_read_a_day_at_a_time(desk: Desk) -> None:
    mis = Pages(desk)
    done = await syncing(desk, mis).run()
    there = (await mis.appointments(NOW - timedelta(days=1), NOW + HORIZON)).items
    here = await desk.store.appointments_between(NOW - timedelta(days=1), NOW + HORIZON)
    assert done.visits == len(there) == len(here) > 0
    assert {v.id for v in there} == {v.id for v in here}
    await mis.close()
