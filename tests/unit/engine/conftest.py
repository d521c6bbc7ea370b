"""A clinic in a folder: the real store and the real registry on SQLite, virtual time, an engine in memory.

Only the telephone is played: a caller whose calls end as the test says.
"""

from __future__ import annotations

import asyncio
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, update

from voicebot.clock import ManualClock
from voicebot.contacts.model import Appointment, Patient
from voicebot.contacts.rules import DiallingLock, Rules
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import About, End, Plan, Purpose, Scenario, Step, Unreached
from voicebot.engine.caller import CalledOff, CallOrder, CallResult
from voicebot.engine.machinery import Machinery, MachinerySettings, assemble
from voicebot.engine.memory import MemoryEngine
from voicebot.engine.ports import Ports
from voicebot.mis.port import Command, MisUnavailable, Result
from voicebot.mis.registry import models
from voicebot.mis.registry.registry import Registry
from voicebot.mis.registry.registry import upgrade as upgrade_registry
from voicebot.store.database import SqlStore, upgrade
from voicebot.store.port import CallRow, EventRow

MSK = timedelta(hours=3)
PHONE, SECOND = "+78880000001", "+78880000002"


def msk(day: int, hour: int = 0, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - MSK


def reminder(**changes: object) -> Scenario:
    values: dict[str, object] = {
        "id": "visit_reminder",
        "version": "1",
        "title": "Напоминание",
        "purpose": Purpose.SERVICE,
        "about": About.APPOINTMENT,
        "voice": "anna",
        "start": "who",
        "steps": {"who": Step("who", End())},
        "everywhere": {},
        "unreached": Unreached(Answer.UNCONFIRMED, "visit_sms", "Позвонить в день визита"),
        "plan": Plan(before=(timedelta(hours=24),)),
        "messages": {"visit_sms": "Ждём вас"},
    }
    return Scenario(**{**values, **changes})  # type: ignore[arg-type]


class Wording:
    """The words of an SMS, without the grammar of the real thing."""

    def message(self, template: str, patient: Patient, appointment: Appointment | None, now: datetime) -> str:
        return f"{template}, {patient.given_name}"


class MisWithMoods(Registry):
    """The registry behind a line that can be cut."""

    away = False
    applied = 0

    async def appointment(self, appointment_id: str) -> Appointment | None:
        if self.away:
            raise MisUnavailable("Реестр не отвечает.")
        return await super().appointment(appointment_id)

    async def apply(self, command: Command, key: str, expected_version: str = "") -> Result:
        if self.away:
            raise MisUnavailable("Реестр не отвечает.")
        self.applied += 1
        return await super().apply(command, key, expected_version)


Play = Callable[[CallOrder], Finish]


def ends(disposition: Disposition) -> Play:
    return lambda order: Finish(disposition, False, tuple(Conclusion(i, Outcome.UNREACHED) for i in range(9)))


def says(outcome: Outcome, answer: Answer | None = None, **more: object) -> Play:
    def play(order: CallOrder) -> Finish:
        conclusions = tuple(
            Conclusion(i, outcome, answer, **more)  # type: ignore[arg-type]
            for i in range(len(order.appointments))
        )
        return Finish(Disposition.ANSWERED, True, conclusions)

    return play


@dataclass
class ScriptedCaller:
    """Plays calls. rung: the orders that reached the telephone, each with its moment."""

    store: SqlStore
    clock: ManualClock
    play: Play = field(default_factory=lambda: ends(Disposition.NO_ANSWER))
    rung: list[tuple[datetime, CallOrder]] = field(default_factory=list)
    recovered: list[str] = field(default_factory=list)
    fault: Exception | None = None
    meanwhile: Callable[[], Awaitable[None]] | None = None  # while the prompts are made
    talking: Callable[[], Awaitable[None]] | None = None  # while the call is live

    async def call(self, order: CallOrder) -> CallResult:
        if self.fault is not None:
            raise self.fault
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        objection = await order.objection()
        if objection:
            raise CalledOff(objection)
        now = self.clock.now()
        self.rung.append((now, order))
        if self.talking is not None:
            await self.talking()
        finish = self.play(order)
        body = codec.encode(finish)
        await self.store.append_events([EventRow(order.attempt_id, 1, 1000, "Finish", body)])
        row = CallRow(order.attempt_id, order.attempt_id, order.phone, order.scenario.id, "1", now, now, now,
                      finish.disposition, finish.identity_known)  # fmt: skip
        return CallResult(finish, row)

    async def recover(self, attempt_id: str) -> CallResult | None:
        self.recovered.append(attempt_id)
        return None


@dataclass
class Clinic:
    """Everything under test, and the moves of a test."""

    store: SqlStore
    mis: MisWithMoods
    clock: ManualClock
    caller: ScriptedCaller
    engine: MemoryEngine
    parts: Machinery
    scenarios: dict[str, Scenario]

    async def book(
        self, visit_id: str, start: datetime, patient_id: str = "p1", phones=(PHONE,), mother: str = ""
    ) -> None:
        """A visit in the MIS, with its patient; mother: the given name of the one who answers for them."""
        now = self.clock.now()
        async with self.mis.database.reading() as connection:
            known = (await connection.execute(models.PatientRow.__table__.select())).mappings().all()

        async def work(connection) -> None:
            if patient_id not in {row["id"] for row in known}:
                await connection.execute(
                    insert(models.PatientRow).values(
                        id=patient_id, surname="Иванова", given_name="Анна", patronymic="", sex="female",
                        birth_date=None, zone="", do_not_call=False, changed_at=now,
                    )
                )  # fmt: skip
                for position, phone in enumerate(phones):
                    values = {"patient_id": patient_id, "position": position, "phone": phone}
                    await connection.execute(insert(models.PhoneRow).values(**values))
                if mother:
                    who = {"surname": "Иванова", "given_name": mother, "patronymic": "", "sex": "female"}
                    await connection.execute(insert(models.RepresentativeRow).values(patient_id=patient_id, **who))
            await connection.execute(
                insert(models.AppointmentRow).values(
                    id=visit_id, version=1, patient_id=patient_id, start=start, doctor_id="d1", branch_id="b1",
                    lifecycle="booked", answer="unknown", service="", imported="", changed_at=now,
                )
            )  # fmt: skip

        await self.mis.database.write(work)

    async def change(self, visit_id: str, **values: object) -> None:
        """The clinic changes a visit in the MIS."""

        async def work(connection) -> None:
            row = models.AppointmentRow
            await connection.execute(update(row).where(row.id == visit_id).values(version=row.version + 1, **values))

        await self.mis.database.write(work)

    async def delete(self, visit_id: str) -> None:
        """The clinic deletes a visit from the MIS."""

        async def work(connection) -> None:
            await connection.execute(delete(models.AppointmentRow).where(models.AppointmentRow.id == visit_id))

        await self.mis.database.write(work)

    async def plan(self) -> None:
        await self.parts.syncing.run()
        await self.parts.planner.run()

    async def second(self) -> None:
        """What the ticks of one second do."""
        await self.parts.dispatcher.run()
        await self.engine.idle()
        await self.parts.delivering.run()
        await self.engine.idle()

    async def live(self, until: datetime, at_most: int = 400) -> None:
        """Leap from one due moment to the next until then, as the ticks would have met them."""
        for _ in range(at_most):
            await self.second()
            following = await self.store.next_due()
            if following is None or following > until or self.clock.now() >= until:
                self.clock.leap(max(timedelta(0), until - self.clock.now()))
                return
            self.clock.leap(max(timedelta(seconds=1), following - self.clock.now()))
        pytest.fail("the clinic never came to rest")

    async def state(self) -> dict[str, list[str]]:
        """What the books say, in short."""
        found: dict[str, list[str]] = defaultdict(list)
        found["contacts"] = [f"{c.status}:{c.outcome}" for c in await self.store.contacts()]
        found["attempts"] = [f"{a.status}:{a.disposition}" for a in await self.store.attempts()]
        found["tasks"] = [t.what for t in await self.store.tasks()]
        found["messages"] = [m.text for m in await self.store.messages()]
        return found


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with both databases migrated, once for all tests."""
    folder = tmp_path_factory.mktemp("clinic")
    asyncio.run(upgrade(f"sqlite:///{folder / 'voicebot.db'}"))
    asyncio.run(upgrade_registry(f"sqlite:///{folder / 'registry.db'}"))
    return folder


@pytest.fixture
async def clinic(tmp_path: Path, empty: Path) -> AsyncIterator[Clinic]:
    """A clinic on Monday the 23rd at 12:00 by Moscow time, without visits."""
    clock = ManualClock(msk(23, 12))
    shutil.copytree(empty, tmp_path, dirs_exist_ok=True)
    store = SqlStore(f"sqlite:///{tmp_path / 'voicebot.db'}")
    mis = MisWithMoods(f"sqlite:///{tmp_path / 'registry.db'}", clock)
    scenarios = {"visit_reminder": reminder()}
    caller = ScriptedCaller(store, clock)
    engine = MemoryEngine()
    ports = Ports(store, mis, clock, caller, Wording(), scenarios.get)
    settings = MachinerySettings(node="node1", secret=b"test", lines=2, calls_per_second=None)
    rules = Rules(lock=DiallingLock(city_prefix="+7888000"))
    parts = assemble(engine, ports, lambda: scenarios.values(), rules, settings)
    await engine.start()

    async def references(connection) -> None:
        branch = {"id": "b1", "name": "Главный", "address": "Лесная, 1", "zone": "Europe/Moscow", "phone": ""}
        doctor = {
            "id": "d1",
            "surname": "Улюкаева",
            "given_name": "",
            "patronymic": "",
            "speciality": "",
            "sex": "female",
        }
        await connection.execute(insert(models.BranchRow).values(**branch))
        await connection.execute(insert(models.DoctorRow).values(**doctor))

    await mis.database.write(references)
    yield Clinic(store, mis, clock, caller, engine, parts, scenarios)
    await engine.stop(1)
    await store.close()
    await mis.close()


@pytest.fixture
def words():
    """How calls may end, for tests that cannot import this file."""
    from types import SimpleNamespace

    return SimpleNamespace(msk=msk, ends=ends, says=says, reminder=reminder, phone=PHONE, second=SECOND)
