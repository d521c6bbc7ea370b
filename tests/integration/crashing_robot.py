"""A small robot for test_engine_recovery.py: the real engine and store; a telephone that writes down each INVITE.

python crashing_robot.py FOLDER NODE plan      one visit is booked and planned, nothing is run
python crashing_robot.py FOLDER NODE hang      run; the call never ends (the test kills us)
python crashing_robot.py FOLDER NODE work [DEAD]  run until nothing is dialling; adopt the work of node DEAD
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voicebot.clock import ShiftedClock
from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, ClinicBranch, Contact, ContactStatus, Doctor
from voicebot.contacts.model import Patient as Person
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import About, End, Purpose, Scenario, Step
from voicebot.engine.attempting import WORK, Attempting
from voicebot.engine.caller import CallOrder, CallResult
from voicebot.engine.dispatching import Dispatcher
from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.gate import Gate
from voicebot.engine.ports import Ports
from voicebot.mis.port import MisUnavailable
from voicebot.store.database import SqlStore, upgrade

START = datetime(2026, 11, 24, 9, tzinfo=UTC)  # noon in Moscow; the visit is on the next day
VISIT = START + timedelta(days=1)
SCENARIO = Scenario(
    "visit_reminder", "1", "", Purpose.SERVICE, About.APPOINTMENT, "", "who", {"who": Step("who", End())}, {}
)


class AwayMis:
    """A MIS that does not answer: the fresh copy in the store is dialled by."""

    async def appointment(self, appointment_id: str) -> Appointment | None:
        raise MisUnavailable("нет связи")


class Wording:
    def message(self, template: str, patient: Person, appointment: Appointment | None, now: datetime) -> str:
        return template


class Telephone:
    """Rings for ever. Each INVITE is a line in a file that outlives us."""

    def __init__(self, folder: Path) -> None:
        self._book = folder / "invites"

    async def call(self, order: CallOrder) -> CallResult:
        with self._book.open("a") as book:
            book.write(f"{order.attempt_id} {order.phone}\n")
        print("ringing", flush=True)
        await asyncio.Event().wait()
        raise AssertionError("never")

    async def recover(self, attempt_id: str) -> CallResult | None:
        print("recovering", attempt_id, flush=True)
        return None


async def plan(store: SqlStore) -> None:
    branch, doctor = ClinicBranch("b1", "", "", "Europe/Moscow"), Doctor("d1", "Улюкаева")
    await store.save_patients([Person("p1", "Иванова", "Анна", phones=("+78880000001",))])
    await store.save_appointments([Appointment("v1", "1", "p1", VISIT, doctor, branch)], START)
    contact = Contact("c1", "p1", "visit_reminder", "v1", "1", ContactStatus.PLANNED, START, VISIT)
    await store.add_contacts([contact], [Attempt("a1", "+78880000001", ("c1",), AttemptStatus.PLANNED, START)])


async def main(folder: Path, node: str, what: str, dead: str) -> None:
    url = f"sqlite:///{folder / 'voicebot.db'}"
    await upgrade(url)
    store = SqlStore(url)
    if what == "plan":
        await plan(store)
        return await store.close()
    clock = ShiftedClock(START)
    gate = Gate()
    engine = DurableEngine(DurableSettings(f"sqlite:///{folder / 'engine.db'}", node, poll_s=0.1))
    ports = Ports(store, AwayMis(), clock, Telephone(folder), Wording(), lambda _: SCENARIO)  # type: ignore[arg-type]
    attempting = Attempting(ports, Rules(), node, gate)
    engine.register(attempting.work(2, None))
    dispatcher = Dispatcher(engine, store, clock, gate, 2, b"secret")
    engine.tick("due", 0.2, lambda: run(dispatcher))
    await engine.start()
    if dead:
        print("adopted", await engine.adopt([dead]), flush=True)
    print("started", flush=True)
    for _ in range(600):
        await asyncio.sleep(0.05)
        if what == "work" and not await store.dialling() and not await engine.running(WORK):
            break
    await engine.stop(2)
    await store.close()
    print("stopped", flush=True)


async def run(dispatcher: Dispatcher) -> None:
    await dispatcher.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else ""))
