"""A small robot for the tests of the engine: the real engine and store; a telephone that writes down each INVITE.

python crashing_robot.py '{"store": url, "engine": url, "folder": dir, "node": name, "what": …, …}'

what  plan    `attempts` visits are booked and planned from number `first` on, in `lane`; nothing is run
      hang    run; the calls never end (the test kills us)
      work    run until `attempts` attempts have ended, or until nothing is dialling
      ticks   only ticks: each notes the run of its slot
lines, call_s, dead_after_s, adopt (a node whose work is taken over without waiting), administrators (how many there
are), asks (each call rings one of them, as its events tell): see main().
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voicebot.clock import ShiftedClock
from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, ClinicBranch, Contact, ContactStatus, Doctor
from voicebot.contacts.model import Patient as Person
from voicebot.contacts.rules import Rules
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Disposition
from voicebot.dialogue.scenario import About, End, Purpose, Scenario, Step
from voicebot.engine.attempting import WORK
from voicebot.engine.caller import CalledOff, CallOrder, CallResult
from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.machinery import MachinerySettings, assemble
from voicebot.engine.port import Queue, Work
from voicebot.engine.ports import Ports
from voicebot.mis.port import Capability, Command, MisUnavailable, Page, Result
from voicebot.store.database import SqlStore, upgrade
from voicebot.store.port import CallRow, EventRow
from voicebot.store.reception import ASKED

START = datetime(2026, 11, 24, 9, tzinfo=UTC)  # noon in Moscow; the visit is on the next day
VISIT = START + timedelta(days=1)
SCENARIO = Scenario(
    "visit_reminder", "1", "", Purpose.SERVICE, About.APPOINTMENT, "", "who", {"who": Step("who", End())}, {}
)


@dataclass(frozen=True)
class Options:
    store: str
    engine: str
    folder: str
    node: str
    what: str
    attempts: int = 1
    lines: int = 2
    call_s: float = 0.2
    dead_after_s: float = 60.0
    adopt: str = ""
    for_s: float = 30.0
    first: int = 1
    lane: str = ""
    administrators: int | None = None
    asks: bool = False


class AwayMis:
    """A MIS whose single visits cannot be read: the fresh copy in the store is dialled by."""

    def capabilities(self) -> frozenset[Capability]:
        return frozenset()

    async def appointment(self, appointment_id: str) -> Appointment | None:
        raise MisUnavailable("нет связи")

    async def apply(self, command: Command, key: str, expected_version: str = "") -> Result:
        raise MisUnavailable("нет связи")

    async def patients(self, since: datetime | None = None) -> Page[Person]:
        raise MisUnavailable("нет связи")


class Wording:
    def message(self, template: str, patient: Person, appointment: Appointment | None, now: datetime) -> str:
        return template


class Telephone:
    """Each INVITE, and each end of a call, is a line in a file that outlives us: what, attempt, phone, node, moment."""

    def __init__(self, options: Options, store: SqlStore) -> None:
        self._options = options
        self._store = store
        self._book = Path(options.folder) / "invites"

    def note(self, what: str, order: CallOrder) -> None:
        with self._book.open("a") as book:
            book.write(f"{what} {order.attempt_id} {order.phone} {self._options.node} {time.monotonic():.4f}\n")

    async def call(self, order: CallOrder) -> CallResult:
        objection = await order.objection()
        if objection:
            raise CalledOff(objection)
        self.note("invite", order)
        if self._options.asks:
            await self._store.append_events([EventRow(order.attempt_id, 1, 1, ASKED, "{}")])
        print("ringing", flush=True)
        if self._options.what == "hang":
            await asyncio.Event().wait()
        await asyncio.sleep(self._options.call_s)
        self.note("end", order)
        row = CallRow(order.attempt_id, order.attempt_id, order.phone, "visit_reminder", "1", START)
        return CallResult(Finish(Disposition.NO_ANSWER, False, ()), row)

    async def recover(self, attempt_id: str) -> CallResult | None:
        print("recovering", attempt_id, flush=True)
        return None


async def plan(store: SqlStore, options: Options) -> None:
    branch, doctor = ClinicBranch("b1", "", "", "Europe/Moscow"), Doctor("d1", "Улюкаева")
    numbers = range(options.first, options.first + options.attempts)
    await store.save_patients([Person(f"p{n}", "Иванова", "Анна", phones=(f"+7888{n:07}",)) for n in numbers])
    await store.save_appointments([Appointment(f"v{n}", "1", f"p{n}", VISIT, doctor, branch) for n in numbers], START)
    contacts = [
        Contact(f"c{n}", f"p{n}", "visit_reminder", f"v{n}", "1", ContactStatus.PLANNED, START, VISIT) for n in numbers
    ]
    attempts = [
        Attempt(f"a{n}", f"+7888{n:07}", (f"c{n}",), AttemptStatus.PLANNED, START, lane=options.lane) for n in numbers
    ]
    await store.add_contacts(contacts, attempts)


async def main(options: Options) -> None:
    if options.what == "ticks":
        return await ticks(options)
    await upgrade(options.store)
    store = SqlStore(options.store)
    if options.what == "plan":
        await plan(store, options)
        return await store.close()
    engine = DurableEngine(DurableSettings(options.engine, options.node, poll_s=0.1))
    clock = ShiftedClock(START)
    telephone = Telephone(options, store)
    ports = Ports(store, AwayMis(), clock, telephone, Wording(), lambda _: SCENARIO, options.administrators)  # type: ignore[arg-type]
    settings = MachinerySettings(
        options.node, b"secret", options.lines, None, 3600, 0.2, 0.5, dead_after_s=options.dead_after_s, role="calls"
    )
    machinery = assemble(engine, ports, lambda: [], Rules(), settings)
    await engine.start()
    if options.adopt:
        print("adopted", await engine.adopt([options.adopt]), flush=True)
    print("started", flush=True)
    until = time.monotonic() + options.for_s
    while time.monotonic() < until:
        await asyncio.sleep(0.05)
        if options.what == "work" and await done(store, engine, options.attempts):
            break
    await machinery.sweeper.stop()
    await engine.stop(2)
    await store.close()
    print("stopped", flush=True)


async def done(store: SqlStore, engine: DurableEngine, many: int) -> bool:
    ended = [a for a in await store.attempts() if a.status is AttemptStatus.FINISHED]
    return len(ended) >= many and not await store.dialling() and not await engine.running(WORK)


async def ticks(options: Options) -> None:
    """Every node ticks ten times a second; the id of the work is its slot's."""
    engine = DurableEngine(DurableSettings(options.engine, options.node, poll_s=0.05))

    async def note(slot: str) -> str:
        with (Path(options.folder) / "slots").open("a") as book:
            book.write(f"{slot} {options.node}\n")
        return slot

    engine.register(Work("tick", Queue("chores", 1), (note,)))

    async def tick() -> None:
        slot = int(time.time() * 2)
        print(await engine.enqueue("tick", f"tick:{slot}", str(slot)), flush=True)

    engine.tick("tick", 0.1, tick)
    await engine.start()
    print("started", flush=True)
    await asyncio.sleep(options.for_s)
    await engine.stop(2)


if __name__ == "__main__":
    asyncio.run(main(Options(**json.loads(sys.argv[1]))))
