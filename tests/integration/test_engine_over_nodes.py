"""What must hold over all machines: invitations and the administrators whom another machine sees, and a pause.

Processes of their own on one database; SQLite is for one machine, so it has one.
"""

from __future__ import annotations

import asyncio
import sqlite3
from datetime import timedelta
from pathlib import Path

import psycopg
from engine_kit import Place
from robot_child import Robot, book, most_at_once

from voicebot.clock import SystemClock
from voicebot.engine.reminding import Reminders
from voicebot.store.database import SqlStore
from voicebot.store.port import Lane

#: A witness in the database, by its own clock: when attempts began, and when the lane of the reminders was closed.
POSTGRES = """
create table witness (what text, at timestamptz not null default clock_timestamp());
create function note_start() returns trigger language plpgsql as $$ begin
    if old.status is distinct from new.status and new.status::text = 'dialling' then
        insert into witness (what) values ('start:' || new.lane); end if; return null; end $$;
create trigger starts after update on attempt for each row execute function note_start();
create function note_pause() returns trigger language plpgsql as $$ begin
    if new.closed <> '' then insert into witness (what) values ('pause'); end if; return null; end $$;
create trigger pauses after insert or update on lane for each row execute function note_pause();
"""
SQLITE = """
create table witness (what text, at real not null default ((julianday('now') - 2440587.5) * 86400));
create trigger starts after update on attempt when old.status <> new.status and new.status = 'dialling'
    begin insert into witness (what) values ('start:' || new.lane); end;
create trigger pauses after insert on lane when new.closed <> '' begin insert into witness (what) values ('pause'); end;
"""
REMINDERS, OTHERS = 60, 24


class Witness:
    def __init__(self, place: Place) -> None:
        self._place = place

    def rows(self, sql: str) -> list[tuple[str, float]]:
        if self._place.several_nodes:
            with psycopg.connect(self._place.store_url, autocommit=True) as db:
                return [(str(what), at.timestamp()) for what, at in db.execute(sql).fetchall()]  # type: ignore[union-attr]
        db = sqlite3.connect(self._place.store_url.removeprefix("sqlite:///"), timeout=10)
        try:
            return db.execute(sql).fetchall()
        finally:
            db.close()

    def install(self) -> None:
        if self._place.several_nodes:
            with psycopg.connect(self._place.store_url, autocommit=True) as db:
                db.execute(POSTGRES)
            return
        db = sqlite3.connect(self._place.store_url.removeprefix("sqlite:///"), timeout=10)
        db.executescript(SQLITE)
        db.close()

    def of(self, what: str) -> list[float]:
        return [at for kind, at in self.rows("select what, at from witness order by at") if kind == what]

    async def until(self, what: str, many: int) -> None:
        async with asyncio.timeout(60):
            while len(self.of(what)) < many:
                await asyncio.sleep(0.05)


async def test_invitations_of_two_nodes_leave_out_the_administrator_who_talks_on_a_third(
    shared_place: Place, tmp_path: Path
) -> None:
    """Three administrators, of whom one talks on node1 for good: never more than two invitations at once."""
    async with Robot(shared_place, tmp_path, "node1", "plan") as robot:
        await robot.ended()
    async with Robot(shared_place, tmp_path, "node1", "hang", asks=True, for_s=60) as talking:
        await talking.until("ringing")
        invited = tmp_path / "invited"
        invited.mkdir()
        store = SqlStore(shared_place.store_url)
        await store.save_lane(Lane("recall", None, "", inviting=True))
        more = {"lines": 20, "attempts": 10, "administrators": 3, "call_s": 0.5, "for_s": 60}
        async with (
            Robot(shared_place, invited, "node2", "work", **more) as second,
            Robot(shared_place, invited, "node3", "work", **more) as third,
        ):
            await second.until("started")
            await third.until("started")
            async with Robot(shared_place, invited, "node4", "plan", first=2, attempts=10, lane="recall") as robot:
                await robot.ended()
            async with asyncio.timeout(60):
                while sum(line.what == "end" for line in book(invited)) < 10:
                    await asyncio.sleep(0.1)
            assert (await store.invitations_now()).busy == 1
        await store.close()
    lines = book(invited)
    assert most_at_once(lines) == 2
    assert {line.node for line in lines} == {"node2", "node3"}


async def test_reminders_pause_within_a_second_by_the_databases_own_clock(place: Place, tmp_path: Path) -> None:
    """On every node, also those calls that were handed out already; campaigns go on."""
    async with Robot(place, tmp_path, "node1", "plan", attempts=REMINDERS) as robot:
        await robot.ended()
    async with Robot(place, tmp_path, "node1", "plan", first=900, attempts=OTHERS, lane="recall") as robot:
        await robot.ended()
    witness = Witness(place)
    witness.install()
    store = SqlStore(place.store_url)
    more = {"lines": 6, "attempts": 1000, "for_s": 90}
    async with Robot(place, tmp_path, "node1", "work", **more) as first:
        second = Robot(place, tmp_path, "node2", "work", **more) if place.several_nodes else None
        if second is not None:
            await second.__aenter__()
        await first.until("started")
        await witness.until("start:", 10)
        await Reminders(store, SystemClock()).pause("Орлова")
        await witness.until("start:recall", OTHERS)
        if second is not None:
            await second.__aexit__()
    await store.close()
    (paused,) = witness.of("pause")
    starts = witness.of("start:")
    assert 10 <= len(starts) < REMINDERS
    assert max(starts) <= paused + timedelta(seconds=1).total_seconds()
    assert max(witness.of("start:recall")) > paused
