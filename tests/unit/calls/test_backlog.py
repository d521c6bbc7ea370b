"""Events that the database does not take: on the disk at once, in the database once, whatever dies between."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from voicebot.calls.backlog import Backlog
from voicebot.calls.journal import CallJournal
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.events import Answered, SpeechStarted
from voicebot.dialogue.outcome import Disposition
from voicebot.sql.engine import DataConflict
from voicebot.store.port import EventRow, StoreDown


class Store:
    def __init__(self) -> None:
        self.rows: dict[tuple[str, int], EventRow] = {}
        self.error: Exception | None = None
        self.slow_s = 0.0

    async def append_events(self, rows) -> None:
        if self.slow_s:
            await asyncio.sleep(self.slow_s)
        if self.error is not None:
            raise self.error
        for row in rows:
            self.rows.setdefault((row.call_id, row.serial), row)

    def kinds(self) -> list[str]:
        return [row.kind for _, row in sorted(self.rows.items())]


async def written(store: Store, backlog: Backlog) -> None:
    journal = CallJournal(store, "a1", 0, backlog)
    writer = asyncio.create_task(journal.run())
    journal.event(Answered(5), 5)
    await asyncio.sleep(0)
    journal.event(SpeechStarted(100), 100)
    journal.event(Finish(Disposition.ANSWERED, True, ()), 200)
    journal.close()
    await asyncio.wait_for(writer, 60)


def test_a_call_ends_although_the_database_is_away(tmp_path: Path) -> None:
    async def scene():
        store, backlog = Store(), Backlog(tmp_path / "journal")
        store.error = StoreDown("нет")
        await written(store, backlog)
        assert backlog.waiting() == 1 and store.rows == {}
        with pytest.raises(StoreDown):
            await backlog.write_off(store)
        store.error = None
        assert await Backlog(tmp_path / "journal").write_off(store) == 1  # also by the next process
        return store, backlog

    store, backlog = asyncio.run(scene())
    assert store.kinds() == ["Answered", "SpeechStarted", "Finish"]
    assert backlog.waiting() == 0


def test_a_database_that_hangs_is_not_waited_for(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("voicebot.calls.journal.SLOW_S", 0.01)

    async def scene():
        store, backlog = Store(), Backlog(tmp_path)
        store.slow_s = 3_600.0
        await written(store, backlog)
        store.slow_s = 0.0
        await backlog.write_off(store)
        return store

    assert asyncio.run(scene()).kinds() == ["Answered", "SpeechStarted", "Finish"]


def test_written_twice_is_written_once_and_a_torn_line_is_left_out(tmp_path: Path) -> None:
    async def scene():
        store, backlog = Store(), Backlog(tmp_path)
        row = EventRow("a1", 1, 5, "Answered", '{"kind":"Answered","at_ms":5}')
        await store.append_events([row])
        await backlog.keep([row, EventRow("a1", 2, 9, "HungUp", "{}")])
        file = tmp_path / "a1.jsonl"
        assert file.stat().st_mode & 0o077 == 0
        with file.open("a") as torn:
            torn.write(json.dumps({"call_id": "a1", "serial": 3})[:-4])
        await backlog.write_off(store)
        return store

    assert asyncio.run(scene()).kinds() == ["Answered", "HungUp"]


def test_what_the_database_refuses_for_ever_is_kept_for_a_human(tmp_path: Path) -> None:
    async def scene():
        store, backlog = Store(), Backlog(tmp_path)
        await backlog.keep([EventRow("nobody", 1, 5, "Answered", "{}")])
        store.error = DataConflict("нет такого звонка")
        await backlog.write_off(store)
        return backlog

    assert asyncio.run(scene()).waiting() == 0
    assert [p.name for p in tmp_path.iterdir()] == ["nobody.refused"]
