"""The engine under a full list of calls: how fast, how full the lines, how soon after its moment.

.venv/bin/python tests/bench/bench_engine.py [--quick]

The engine, the store and the rules are the real ones, on SQLite and on PostgreSQL; the telephone is a line in memory
that is answered at once, the MIS answers from memory. Three rounds each:
rate     attempts that are all due, on many lines, with calls of a second: attempts a second
use      more work than lines, calls of 10 to 30 seconds: the share of time in which a line had a call
latency  attempts that become due one after another while lines are free: from due to INVITE
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "integration")]

from store_postgres import binaries, postgres  # noqa: E402

from voicebot.calls.journal import CallJournal  # noqa: E402
from voicebot.clock import SystemClock  # noqa: E402
from voicebot.contacts.hours import CallingHours  # noqa: E402
from voicebot.contacts.model import (  # noqa: E402
    Appointment,
    Attempt,
    AttemptStatus,
    ClinicBranch,
    Contact,
    ContactStatus,
    Doctor,
    Patient,
)
from voicebot.contacts.rules import Rules  # noqa: E402
from voicebot.dialogue.actions import Conclusion, Finish  # noqa: E402
from voicebot.dialogue.outcome import Answer, Disposition, Outcome  # noqa: E402
from voicebot.dialogue.scenario import About, End, Purpose, Scenario, Step  # noqa: E402
from voicebot.engine.caller import CalledOff, CallOrder, CallResult  # noqa: E402
from voicebot.engine.durable import DurableEngine, DurableSettings  # noqa: E402
from voicebot.engine.machinery import MachinerySettings, assemble  # noqa: E402
from voicebot.engine.ports import Ports  # noqa: E402
from voicebot.mis.port import Applied, Capability, Command, Page, Result  # noqa: E402
from voicebot.store.database import SqlStore, upgrade  # noqa: E402
from voicebot.store.port import CallRow  # noqa: E402
from voicebot.telephony.memory import memory_call  # noqa: E402

SCENARIO = Scenario(
    "visit_reminder", "1", "", Purpose.SERVICE, About.APPOINTMENT, "", "who", {"who": Step("who", End())}, {}
)
EVENTS = 12  # of a usual call
ALWAYS = CallingHours(weekdays=((datetime.min.time(), datetime.max.time()),) * 1,
                      weekends=((datetime.min.time(), datetime.max.time()),) * 1)  # fmt: skip


@dataclass(frozen=True)
class Round:
    """name; attempts: how many; lines; call_s: shortest and longest call; over_s: they become due within so long."""

    name: str
    attempts: int
    lines: int
    call_s: tuple[float, float]
    over_s: float = 0.0


ROUNDS = (
    Round("rate", 400, 40, (1.0, 1.0)),
    Round("use", 100, 10, (10.0, 30.0)),
    Round("latency", 150, 60, (5.0, 5.0), over_s=60.0),
)
QUICK = (
    Round("rate", 100, 40, (1.0, 1.0)),
    Round("use", 40, 10, (5.0, 15.0)),
    Round("latency", 40, 40, (2.0, 2.0), over_s=15.0),
)


@dataclass
class MemoryMis:
    """A MIS that answers at once."""

    visits: dict[str, Appointment] = field(default_factory=dict)

    def capabilities(self) -> frozenset[Capability]:
        return frozenset({Capability.SET_ANSWER})

    async def patients(self, since: datetime | None = None, until: datetime | None = None) -> Page[Patient]:
        return Page(())

    async def appointments(self, start: datetime, end: datetime) -> Page[Appointment]:
        return Page(())

    async def appointment(self, appointment_id: str) -> Appointment | None:
        return self.visits.get(appointment_id)

    async def apply(self, command: Command, key: str, expected_version: str = "") -> Result:
        return Applied("2")


class NullTelephone:
    """Every call is answered at once and lasts as long as it is told. invites: attempt id -> moment."""

    def __init__(self, store: SqlStore, call_s: tuple[float, float], dice: random.Random) -> None:
        self._store = store
        self._call_s = call_s
        self._dice = dice
        self.invites: dict[str, float] = {}
        self.ends: dict[str, float] = {}

    async def call(self, order: CallOrder) -> CallResult:
        objection = await order.objection()
        if objection:
            raise CalledOff(objection)
        self.invites[order.attempt_id] = time.time()
        started = SystemClock().now()
        near, far = memory_call(order.attempt_id)
        finish = Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.CONFIRMED, Answer.CONFIRMED),))
        journal = CallJournal(self._store, order.attempt_id)
        writing = asyncio.create_task(journal.run())
        lasts = self._dice.uniform(*self._call_s)
        async with near, far:
            for serial in range(EVENTS):
                journal.said(serial, 1, "Здравствуйте")
                await asyncio.sleep(lasts / EVENTS)
        self.ends[order.attempt_id] = time.time()
        journal.event(finish, int(lasts * 1000))
        journal.close()
        await writing
        row = CallRow(order.attempt_id, order.attempt_id, order.phone, "visit_reminder", "1", started, started,
                      SystemClock().now(), Disposition.ANSWERED, True)  # fmt: skip
        return CallResult(finish, row)

    async def recover(self, attempt_id: str) -> CallResult | None:
        return None


class Wording:
    def message(self, template: str, patient: Patient, appointment: Appointment | None, now: datetime) -> str:
        return template


async def fill(store: SqlStore, mis: MemoryMis, wanted: Round, dice: random.Random) -> dict[str, float]:
    """Patients, visits and planned attempts; attempt id -> its due moment."""
    begin = SystemClock().now() + timedelta(seconds=4)  # the engine is up by then
    visit_at = begin + timedelta(days=1)
    branch, doctor = ClinicBranch("b1", "", "", "Europe/Moscow"), Doctor("d1", "Улюкаева")
    numbers = range(wanted.attempts)
    people = [Patient(f"p{n}", "Иванова", "Анна", phones=(f"+7888{n:07}",)) for n in numbers]
    visits = [Appointment(f"v{n}", "1", f"p{n}", visit_at, doctor, branch) for n in numbers]
    mis.visits = {visit.id: visit for visit in visits}
    await store.save_patients(people)
    await store.save_appointments(visits, begin)
    due = {f"a{n}": begin + timedelta(seconds=dice.uniform(0, wanted.over_s)) for n in numbers}
    contacts = [
        Contact(f"c{n}", f"p{n}", "visit_reminder", f"v{n}", "1", ContactStatus.PLANNED, due[f"a{n}"], visit_at)
        for n in numbers
    ]
    attempts = [Attempt(f"a{n}", f"+7888{n:07}", (f"c{n}",), AttemptStatus.PLANNED, due[f"a{n}"]) for n in numbers]
    await store.add_contacts(contacts, attempts)
    return {id_: moment.timestamp() for id_, moment in due.items()}


@contextlib.asynccontextmanager
async def running(
    url: str, engine_url: str, wanted: Round, dice: random.Random
) -> AsyncIterator[tuple[NullTelephone, dict[str, float]]]:
    await upgrade(url)
    store, mis = SqlStore(url), MemoryMis()
    due = await fill(store, mis, wanted, dice)
    telephone = NullTelephone(store, wanted.call_s, dice)
    engine = DurableEngine(DurableSettings(engine_url, "node1"))
    ports = Ports(store, mis, SystemClock(), telephone, Wording(), lambda _: SCENARIO)  # type: ignore[arg-type]
    settings = MachinerySettings("node1", b"secret", wanted.lines, 50.0, sync_every_s=3600)
    assemble(engine, ports, lambda: [], Rules(hours=ALWAYS), settings)
    await engine.start()
    try:
        yield telephone, due
    finally:
        await engine.stop(5)
        await store.close()


async def measure(url: str, engine_url: str, wanted: Round) -> str:
    """One round; its line of figures."""
    dice = random.Random(5)
    cpu = time.process_time()
    async with running(url, engine_url, wanted, dice) as (telephone, due):
        deadline = time.monotonic() + 600
        while len(telephone.ends) < wanted.attempts and time.monotonic() < deadline:
            await asyncio.sleep(0.1)
    cpu = time.process_time() - cpu
    invites = sorted(telephone.invites.values())
    figures = {
        "calls": f"{len(telephone.ends)}",
        "attempts/s": f"{(len(invites) - 1) / (invites[-1] - invites[0]):.1f}",
        "use of lines": f"{use(telephone, wanted.lines):.3f}",
        "due to INVITE p50/p99, s": "/".join(f"{q:.2f}" for q in delays(telephone, due)),
        "CPU": f"{cpu / wanted.attempts * 1000:.0f} ms an attempt",
    }
    return ", ".join(f"{name} {value}" for name, value in figures.items())


def use(telephone: NullTelephone, lines: int) -> float:
    """While more was due than there were lines: the share of line time in which a call was live."""
    begins = sorted(telephone.invites.values())
    until = begins[-1]  # from then on nothing waited
    since = begins[min(lines, len(begins)) - 1]
    live = sum(
        max(0.0, min(telephone.ends.get(id_, until), until) - max(at, since)) for id_, at in telephone.invites.items()
    )
    return live / (lines * (until - since)) if until > since else 0.0


def delays(telephone: NullTelephone, due: dict[str, float]) -> Sequence[float]:
    late = sorted(at - due[id_] for id_, at in telephone.invites.items())
    return late[len(late) // 2], late[min(len(late) - 1, int(len(late) * 0.99))]


def load() -> str:
    return " ".join(f"{each:.1f}" for each in os.getloadavg())


def rounds(title: str, place: Iterator[tuple[str, str]], wanted: Sequence[Round]) -> None:
    for each in wanted:
        url, engine_url = next(place)
        before = load()
        figures = asyncio.run(measure(url, engine_url, each))
        print(f"{title:10} {each.name:8} {figures}; load {before} -> {load()}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="", help="sqlite or postgresql")
    options = parser.parse_args()
    wanted = QUICK if options.quick else ROUNDS
    print(f"{os.cpu_count()} cores, load {load()}")
    with tempfile.TemporaryDirectory() as folder:
        if options.only != "postgresql":
            files = ((f"sqlite:///{folder}/{n}.db", f"sqlite:///{folder}/engine{n}.db") for n in range(len(wanted)))
            rounds("SQLite", files, wanted)
        programs = binaries()
        if programs is None:
            print("PostgreSQL is not installed: not measured")
        elif options.only != "sqlite":
            (Path(folder) / "pg").mkdir()
            with postgres(Path(folder) / "pg", programs) as cluster:
                urls = ((url, url) for url in (cluster.create(f"bench{n}") for n in range(len(wanted))))
                rounds("PostgreSQL", urls, wanted)


if __name__ == "__main__":
    main()
