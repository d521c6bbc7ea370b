"""All ticks on the real engine, store and registry: visits become calls and answers without anybody pushing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from voicebot.clock import ShiftedClock
from voicebot.contacts.model import Appointment, ContactStatus, Patient
from voicebot.contacts.rules import Rules
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import About, End, Plan, Purpose, Scenario, Step
from voicebot.engine.caller import CallOrder, CallResult
from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.machinery import MachinerySettings, assemble
from voicebot.engine.ports import Ports
from voicebot.mis.registry import models
from voicebot.mis.registry.registry import Registry
from voicebot.mis.registry.registry import upgrade as upgrade_registry
from voicebot.store.database import SqlStore, upgrade
from voicebot.store.port import CallRow

START = datetime(2026, 11, 23, 7, tzinfo=UTC)  # Monday 10:00 in Moscow
LINES, PATIENTS = 2, 6
REMINDER = Scenario(
    "visit_reminder", "1", "", Purpose.SERVICE, About.APPOINTMENT, "", "who", {"who": Step("who", End())}, {},
    plan=Plan(before=(timedelta(hours=24),)),
)  # fmt: skip


class Telephone:
    """Every patient says yes after a moment."""

    def __init__(self, clock: ShiftedClock) -> None:
        self._clock = clock
        self.phones: list[str] = []
        self.now = self.most = 0

    async def call(self, order: CallOrder) -> CallResult:
        self.now += 1
        self.most = max(self.most, self.now)
        self.phones.append(order.phone)
        await asyncio.sleep(0.3)
        self.now -= 1
        finish = Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.CONFIRMED, Answer.CONFIRMED),))
        now = self._clock.now()
        row = CallRow(order.attempt_id, order.attempt_id, order.phone, order.scenario.id, "1", now, now, now)
        return CallResult(finish, row)

    async def recover(self, attempt_id: str) -> CallResult | None:
        return None


class Wording:
    def message(self, template: str, patient: Patient, appointment: Appointment | None, now: datetime) -> str:
        return template


async def fill(registry: Registry) -> None:
    async def work(connection) -> None:
        branch = {"id": "b1", "name": "", "address": "", "zone": "Europe/Moscow", "phone": ""}
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
        for n in range(PATIENTS):
            person = {"id": f"p{n}", "surname": "Иванова", "given_name": "Анна", "patronymic": "", "sex": "female"}
            rest = {"birth_date": None, "zone": "", "do_not_call": False, "changed_at": START}
            await connection.execute(insert(models.PatientRow).values(**person, **rest))
            phone = {"patient_id": f"p{n}", "position": 0, "phone": f"+7888000001{n}"}
            await connection.execute(insert(models.PhoneRow).values(**phone))
            visit = {"id": f"v{n}", "version": 1, "patient_id": f"p{n}", "start": START + timedelta(hours=24)}
            state = {"doctor_id": "d1", "branch_id": "b1", "lifecycle": "booked", "answer": "unknown"}
            more = {"service": "", "imported": "", "changed_at": START}
            await connection.execute(insert(models.AppointmentRow).values(**visit, **state, **more))

    await registry.database.write(work)


async def test_visits_become_answers_by_ticks_alone(tmp_path: Path) -> None:
    clock = ShiftedClock(START)
    for bring, name in ((upgrade, "voicebot"), (upgrade_registry, "registry")):
        await bring(f"sqlite:///{tmp_path / name}.db")
    store = SqlStore(f"sqlite:///{tmp_path / 'voicebot.db'}")
    registry = Registry(f"sqlite:///{tmp_path / 'registry.db'}", clock)
    await fill(registry)
    telephone = Telephone(clock)
    engine = DurableEngine(DurableSettings(f"sqlite:///{tmp_path / 'engine.db'}", "node1", poll_s=0.1))
    ports = Ports(store, registry, clock, telephone, Wording(), {REMINDER.id: REMINDER}.get)
    settings = MachinerySettings("node1", b"secret", LINES, calls_per_second=20, sync_every_s=1, due_every_s=0.3)
    rules = Rules(spread=timedelta(0))
    assemble(engine, ports, lambda: [REMINDER], rules, settings)
    await engine.start()
    try:
        async with asyncio.timeout(60):
            while True:
                visits = (await registry.appointments(START, START + timedelta(days=3))).items
                if all(v.answer is Answer.CONFIRMED for v in visits):
                    break
                await asyncio.sleep(0.2)
    finally:
        await engine.stop(3)
    assert sorted(telephone.phones) == [f"+7888000001{n}" for n in range(PATIENTS)]
    assert telephone.most == LINES
    assert {c.status for c in await store.contacts()} == {ContactStatus.REACHED}
    assert {v.version for v in visits} == {"2"}
    await store.close()
    await registry.close()
