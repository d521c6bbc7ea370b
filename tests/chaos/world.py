"""The world of a chaos run: PostgreSQL, the robot with its Asterisk and city, its clock and its MIS.

How each is hurt and comes back; what happened when is kept for the books.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from tests.chaos.books import LEDGER_SQL
from tests.chaos.faults import Fault, Kind
from tests.chaos.faulty_mis import TROUBLE, WRITES, Trouble
from tests.chaos.robot import CLOCK
from tests.chaos.sockets import cut
from tests.chaos.supervised import Supervised
from tests.chaos.timekeeping import Ledger
from tests.chaos.town import ZONE, Town, opening
from tests.integration.robot_process import ROOT, Clinic
from tests.integration.store_postgres import Postgres
from voicebot.city.journal import CallLog, read_run
from voicebot.store import database

LINES = 6
MONDAY = datetime(2026, 11, 9, 11, 0, tzinfo=ZONE)  # no public holiday until the new year
TROUBLES = {Kind.MIS_LATE: Trouble.LATE, Kind.MIS_TWICE: Trouble.TWICE, Kind.MIS_NONSENSE: Trouble.NONSENSE}
NIGHT_S = 6.0  # how long it stays night before the next morning comes
PATIENCE_S = 15.0  # how long a fault waits for calls
PLANNED_WITHIN_S = 60  # a reading every 2 s, with kills, restarts and a MIS that talks nonsense in between
IDLE_S = 6.0  # when nobody was rung for so long, time leaps a little


@dataclass(frozen=True)
class Disturbance:
    """What may have touched calls between two moments of the machine's clock."""

    kind: Kind
    began: datetime
    ended: datetime


class World:
    """Use as a context manager. tell: where progress is told."""

    def __init__(
        self, folder: Path, seed: int, size: int, server: Postgres, voiced: Path, tell: Callable[[str], None]
    ) -> None:
        self.folder, self.server = folder, server
        self.store, self._chance = server.create("robot"), random.Random(f"world {seed}")
        more = {
            "VOICEBOT_DATABASE__URL": self.store,
            "VOICEBOT_DATABASE__ENGINE_URL": server.create("engine"),
            "VOICEBOT_TELEPHONY__LINES": str(LINES),
            "VOICEBOT_TELEPHONY__CALLS_PER_SECOND": "4",
            "VOICEBOT_TELEPHONY__RING_TIMEOUT_S": "4",
            "VOICEBOT_MIS__SYNC_EVERY_S": "2",
            CLOCK: str(folder / "clock"), TROUBLE: str(folder / "trouble"), WRITES: str(folder / "writes.jsonl"),
            "PYTHONPATH": str(ROOT),
        }  # fmt: skip
        self.clinic = Clinic(folder / "clinic", voiced, zone=ZONE.key, more=more)
        (folder / "trouble").write_text(Trouble.NONE)
        self.clock = Ledger(folder / "clock", MONDAY)
        self.town = Town(folder, seed, size, f"sqlite:///{self.clinic.data / 'registry.db'}")
        (self.clinic.folder / "people.yaml").write_text(self.town.people())
        self.disturbances: list[Disturbance] = []
        self.asterisk_deaths: list[datetime] = []
        self.done: Counter[str] = Counter()
        self.robot = Supervised(self.clinic, folder, tell)
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._restart: threading.Thread | None = None
        self._night_since: float | None = None
        self._rung, self._rung_at, self._looked_at = 0, time.monotonic(), 0.0

    def __enter__(self) -> World:
        asyncio.run(database.upgrade(self.store))
        with psycopg.connect(self.store, autocommit=True) as connection:
            connection.execute(LEDGER_SQL)
        self.town.book(LINES * 4, self.clock.shown())
        self.robot.start()
        try:
            self.until(self.robot.serving, 120, "the robot serves")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *exc: object) -> None:
        self._later.clear()
        if self._restart is not None:
            self._restart.join(60)
        for _ in range(5):
            for pid in self.clinic.processes():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
        self.robot.reap()

    # Time passes ------------------------------------------------------------------------------

    def _after(self, seconds: float, what: Callable[[], None]) -> None:
        self._later.append((time.monotonic() + seconds, what))

    def wait(self, seconds: float) -> None:
        """Let the world go on."""
        end = time.monotonic() + seconds
        while True:
            now = time.monotonic()
            due = [each for each in self._later if each[0] <= now]
            self._later = [each for each in self._later if each[0] > now]
            for _, what in due:
                what()
            self.robot.look()
            if now - self._looked_at > 1:
                self._looked_at = now
                self._work_goes_on(now)
            if now >= end:
                return
            time.sleep(min(0.1, max(0.0, end - now)))

    def live(self, seconds: float, calls: int) -> None:
        """Let the world live so long, and until so many more telephones have rung: faults are to meet work however
        slow the machine is."""
        wanted = self._count_rung() + calls
        self.wait(seconds)
        deadline = time.monotonic() + PATIENCE_S
        while self._count_rung() < wanted and time.monotonic() < deadline:
            self.wait(0.2)

    def _count_rung(self) -> int:
        """How many calls have reached the city."""
        return sum(1 for _ in self.clinic.data.glob("city/*/calls/*.jsonl"))

    def until(self, true: Callable[[], object], seconds: float, what: str) -> None:
        deadline = time.monotonic() + seconds
        while not true():
            assert time.monotonic() < deadline, f"not within {seconds} s: {what}; {self.robot.log.read_text()[-2000:]}"
            self.wait(0.2)

    def _work_goes_on(self, now: float) -> None:
        """Somebody is to be rung, it is day, and time passes when there is nothing to do."""
        shown = self.clock.shown()
        first, last = opening(shown)
        if not first <= shown < last:
            self._night_since = self._night_since or now
            if now - self._night_since > NIGHT_S:
                self._morning(shown)
            return
        self._night_since = None
        rung = len({path.name.partition("-")[0] for path in self.clinic.data.glob("city/*/calls/*.jsonl")})
        if rung != self._rung or not self.robot.serving():
            self._rung, self._rung_at = rung, now
        elif now - self._rung_at > IDLE_S:
            self.clock.jump(timedelta(minutes=3))
            self.done["time leapt as nothing was due"] += 1
            self._rung_at = now
            self.town.book(LINES * 2, shown)  # for many it is too late after a night
        if len(self.town.booked) - rung < LINES * 3:
            self.town.book(LINES * 3, shown)

    def _morning(self, shown: datetime) -> None:
        day = shown if shown < opening(shown)[0] else shown + timedelta(days=1)
        self.clock.jump(opening(day)[0] + timedelta(minutes=self._chance.uniform(0.1, 20)) - shown)

    # Faults -----------------------------------------------------------------------------------

    def hurt(self, fault: Fault) -> None:
        """One fault, now; what comes back by itself does so later."""
        began = datetime.now(UTC)
        struck = self._strike(fault, began)
        self.done[fault.kind if struck else f"{fault.kind}, but there was none"] += 1

    def _strike(self, fault: Fault, began: datetime) -> bool:
        if fault.kind is Kind.ROBOT_KILLED:
            return self.robot.kill(fault.lasts_s)
        if fault.kind is Kind.ASTERISK_KILLED:
            return self._kill_asterisk(began)
        if fault.kind is Kind.DATABASE_KILLED:
            return self._kill_database(fault, began)
        if fault.kind in (Kind.ALL_SOCKETS, Kind.ONE_SOCKET, Kind.DATABASE_SOCKETS):
            return self._cut(fault, began)
        if fault.kind in TROUBLES:
            trouble = self.folder / "trouble"
            trouble.write_text(f"{TROUBLES[fault.kind]} {fault.draw}")
            self._after(fault.lasts_s, lambda: _replace(trouble, Trouble.NONE))
            return True
        self._jump(fault)
        return True

    def _kill_asterisk(self, at: datetime) -> bool:
        conf = str(self.clinic.data / "asterisk" / "conf")
        pids = [pid for pid, command in self.clinic.processes().items() if conf in command]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if pids:
            self.asterisk_deaths.append(at)
            self._touched(Kind.ASTERISK_KILLED, at, 5)
        return bool(pids)

    def _kill_database(self, fault: Fault, at: datetime) -> bool:
        if self._restart is not None:
            self._restart.join(60)
        self.server.kill(signal.SIGKILL)

        def back() -> None:
            time.sleep(fault.lasts_s)
            self.server.start()

        self._restart = threading.Thread(target=back, name="PostgreSQL comes back")
        self._restart.start()
        return True

    def _cut(self, fault: Fault, at: datetime) -> bool:
        pid = self.robot.pid
        if pid is None:
            return False
        if fault.kind is Kind.DATABASE_SOCKETS:
            return cut(pid, self.server.port) > 0
        state = self.clinic.data / "asterisk" / "running.json"
        if not state.exists():
            return False
        port = int(json.loads(state.read_text())["http"])
        if not cut(pid, port, fault.draw if fault.kind is Kind.ONE_SOCKET else None):
            return False
        self._touched(fault.kind, at, 5)
        return True

    def touched(self, began: datetime, ended: datetime) -> bool:
        """Whether something that ends or disturbs calls happened between these moments."""
        disturbed = [(d.began, d.ended) for d in self.disturbances]
        return any(since <= ended and began <= until for since, until in (*disturbed, *self.robot.down))

    def leapt_over(self, phone: str, start: datetime) -> bool:
        """Whether the clock passed this visit before a robot that is killed now and then could read and plan it."""
        booked = self.town.booked_at[phone]
        return any(self.clock.shown(booked + timedelta(seconds=s)) >= start for s in range(PLANNED_WITHIN_S))

    def _touched(self, kind: Kind, at: datetime, seconds: float) -> None:
        self.disturbances.append(Disturbance(kind, at, at + timedelta(seconds=seconds)))

    def _jump(self, fault: Fault) -> None:
        by = timedelta(minutes=fault.minutes)
        if fault.kind is Kind.CLOCK_BACK:
            by = -by
        elif fault.kind is Kind.CLOCK_NIGHT:
            shown = self.clock.shown()
            by = max(opening(shown)[1] + by - shown, by)
        self.clock.jump(by)

    # The end ----------------------------------------------------------------------------------

    def heal(self) -> None:
        """Everything is well again; the robot ends its calls, delivers what is due, and stops at night."""
        self.until(lambda: not self._later, 30, "every fault is over")
        _replace(self.folder / "trouble", Trouble.NONE)
        if self._restart is not None:
            self._restart.join(60)
        self.until(self.robot.serving, 120, "the robot serves")
        self.robot.look()
        shown = self.clock.shown()
        self.clock.jump(max(timedelta(0), opening(shown)[1] + timedelta(minutes=30) - shown))
        self._until_quietly("select 1 from attempt where status = 'dialling'", 90, timedelta(0))
        self._until_quietly("select 1 from delivery where status = 'waiting'", 90, timedelta(minutes=16))
        assert self.robot.end() == 0, self.robot.log.read_text()[-2000:]
        assert self.clinic.processes() == {}, "something was left behind"

    def _until_quietly(self, sql: str, seconds: float, leap: timedelta) -> None:
        """Wait until no such row is there. leap: let so much time pass now and then, for what waits long."""
        deadline, leaps = time.monotonic() + seconds, time.monotonic() + 3
        while self.rows(sql) and time.monotonic() < deadline:
            time.sleep(0.3)
            if leap and time.monotonic() > leaps:
                self.clock.jump(leap)
                leaps = time.monotonic() + 3

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.store, connect_timeout=5) as connection:
            return connection.execute(sql).fetchall()

    def calls(self) -> Sequence[CallLog]:
        """Every call that reached the city, in order."""
        runs = [run for run in (self.clinic.data / "city").glob("*") if (run / "calls").is_dir()]
        return sorted((log for run in runs for log in read_run(run)), key=lambda log: log.header.started_at)


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)
