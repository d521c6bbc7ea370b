"""A desk at which campaigns are drawn up and released: the real store and registry on SQLite, and a clock by hand."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import delete, insert

from voicebot.clock import ManualClock
from voicebot.contacts.campaign import Campaign, Segment, Trigger, TriggerKind
from voicebot.contacts.model import Sex
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import About, End, Plan, Purpose, Scenario, Step
from voicebot.engine.campaigning import Campaigning
from voicebot.engine.tally import Preview
from voicebot.mis.registry import models
from voicebot.mis.registry.registry import Registry
from voicebot.mis.registry.registry import upgrade as upgrade_registry
from voicebot.store.database import SqlStore, upgrade

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)  # Monday noon in Moscow, between two visits
WHO = "Орлова Нина"


def scenario(id_: str, **changes: object) -> Scenario:
    values: dict[str, object] = {
        "id": id_, "version": "1", "title": id_, "purpose": Purpose.SERVICE, "about": About.PATIENT, "voice": "anna",
        "start": "who", "steps": {"who": Step("who", End())}, "everywhere": {},
    }  # fmt: skip
    return Scenario(**{**values, **changes})  # type: ignore[arg-type]


SCENARIOS = {
    "reminder": scenario("reminder", about=About.APPOINTMENT, plan=Plan(before=(timedelta(hours=24),))),
    "missed": scenario("missed", about=About.APPOINTMENT, plan=Plan(lifecycle="no_show")),
    "feedback": scenario("feedback"),
    "recall": scenario("recall"),
    "offer": scenario("offer", purpose=Purpose.ADVERTISING),
}
BEFORE = Campaign("before", "За день", "reminder", Trigger(TriggerKind.BEFORE_VISIT, (timedelta(hours=24),)))
AFTER = Campaign("after", "Оценка", "feedback", Trigger(TriggerKind.AFTER_VISIT, (timedelta(hours=2),)))
MISSED = Campaign("missed", "Не пришёл", "missed", Trigger(TriggerKind.MISSED_VISIT, (timedelta(hours=3),)))
RECALL = Campaign("recall", "Осмотр", "recall", Trigger(TriggerKind.RECALL_DATE))
AWAY = Campaign("away", "Давно не были", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=12))
OFFER = Campaign(
    "offer", "Предложение", "offer", Trigger(TriggerKind.NO_VISIT_FOR, months=6),
    Segment(branches=("b1", "b3"), services=("Чистка", "Осмотр"), age_from=30, age_to=60, sex=Sex.FEMALE),
    hold_out=0.2,
)  # fmt: skip


@dataclass
class Desk:
    store: SqlStore
    mis: Registry
    clock: ManualClock
    scenarios: dict[str, Scenario]
    campaigns: Campaigning
    folder: Path

    async def previewed(self, campaign: Campaign) -> Preview:
        await self.campaigns.draft(campaign, WHO)
        preview = await self.campaigns.preview(campaign)
        await self.store.previewed(campaign.id, "{}", self.clock.now())
        return preview

    async def released(self, campaign: Campaign) -> Preview:
        await self.previewed(campaign)
        return await self.campaigns.release(campaign.id, WHO)

    async def patient(self, id_: str, *phones: str, surname: str = "Орлов", born: date | None = None,
                      recall_on: date | None = None, mark: bool = False) -> None:  # fmt: skip
        """A card in the registry, as another tool of the clinic would write it."""

        async def work(connection) -> None:
            await connection.execute(insert(models.PatientRow).values(
                id=id_, surname=surname, given_name="Павел", patronymic="", sex="male", birth_date=born, zone="",
                do_not_call=mark, changed_at=NOW, recall_on=recall_on))  # fmt: skip
            for position, phone in enumerate(phones):
                row = {"patient_id": id_, "position": position, "phone": phone}
                await connection.execute(insert(models.PhoneRow).values(**row))

        await self.mis.database.write(work)

    async def visit(self, id_: str, patient_id: str, start: datetime, lifecycle: str = "booked",
                    branch: str = "b1") -> None:  # fmt: skip
        async def work(connection) -> None:
            await connection.execute(insert(models.AppointmentRow).values(
                id=id_, version=1, patient_id=patient_id, start=start, doctor_id="d1", branch_id=branch,
                lifecycle=lifecycle, answer="unknown", service="Осмотр", imported="", changed_at=NOW))  # fmt: skip

        await self.mis.database.write(work)

    async def delete_visit(self, id_: str) -> None:
        async def work(connection) -> None:
            await connection.execute(delete(models.AppointmentRow).where(models.AppointmentRow.id == id_))

        await self.mis.database.write(work)


@cache
def empty() -> Path:
    """Both databases, upgraded once: copying them is ten times faster."""
    folder = Path(mkdtemp(prefix="desk"))
    asyncio.run(upgrade(f"sqlite:///{folder / 'voicebot.db'}"))
    asyncio.run(upgrade_registry(f"sqlite:///{folder / 'registry.db'}"))
    return folder


@asynccontextmanager
async def opened(folder: Path, source: Path) -> AsyncIterator[Desk]:
    """A desk on a copy of these databases."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    clock = ManualClock(NOW)
    store = SqlStore(f"sqlite:///{folder / 'voicebot.db'}")
    mis = Registry(f"sqlite:///{folder / 'registry.db'}", clock)
    scenarios = dict(SCENARIOS)
    campaigns = Campaigning(store, mis, clock, scenarios.get, lambda: scenarios.values(), Rules(hold_out_key=b"key"))
    yield Desk(store, mis, clock, scenarios, campaigns, folder)
    await store.close()
    await mis.close()
