"""Published scenarios: numbered, immutable versions, and which of them runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.store.published_models import PublishedScenarioRow, ScenarioReleaseRow
from voicebot.store.repository import Repository, flat


@dataclass(frozen=True, slots=True)
class PublishedScenario:
    """One version. text, phrases, pronunciations: the three files as they were; digest: the SHA-256 of them."""

    scenario_id: str
    number: int
    text: str
    phrases: str
    pronunciations: str
    digest: str
    note: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ScenarioRelease:
    """From `at` on, calls ran version `number`."""

    scenario_id: str
    serial: int
    number: int
    at: datetime
    note: str


class Published(Repository):
    async def publish_scenario(self, version: PublishedScenario) -> int:
        """Store a version under the next free number (the given one is ignored), to run from now on; its number.

        What is the same as the version that runs is not stored again: its number is returned.
        """

        async def work(connection: AsyncConnection) -> int:
            last = await connection.scalar(
                select(func.max(PublishedScenarioRow.number)).where(
                    PublishedScenarioRow.scenario_id == version.scenario_id
                )
            )
            running = await _running(connection, version.scenario_id)
            if running is not None and running.digest == version.digest:
                return running.number
            number = (last or 0) + 1
            row = {**flat(version), "number": number}
            await connection.execute(insert(PublishedScenarioRow), [row])
            await _release(connection, version.scenario_id, number, version.created_at, version.note)
            return number

        return await self._database.write(work)

    async def release_scenario(self, scenario_id: str, number: int, at: datetime, note: str) -> bool:
        """Let a version that was published run again. False when there is none of that number."""

        async def work(connection: AsyncConnection) -> bool:
            known = select(PublishedScenarioRow.number).where(
                PublishedScenarioRow.scenario_id == scenario_id, PublishedScenarioRow.number == number
            )
            if await connection.scalar(known) is None:
                return False
            running = await _running(connection, scenario_id)
            if running is None or running.number != number:
                await _release(connection, scenario_id, number, at, note)
            return True

        return await self._database.write(work)

    async def published_scenarios(self, scenario_id: str) -> Sequence[PublishedScenario]:
        """All versions of a scenario, oldest first."""
        row = PublishedScenarioRow
        statement = select(row).where(row.scenario_id == scenario_id).order_by(row.number)
        async with self._database.reading() as connection:
            return tuple(PublishedScenario(**found) for found in (await connection.execute(statement)).mappings())

    async def scenario_releases(self, scenario_id: str) -> Sequence[ScenarioRelease]:
        """Which version ran since when, oldest first: the last one runs now."""
        row = ScenarioReleaseRow
        statement = select(row).where(row.scenario_id == scenario_id).order_by(row.serial)
        async with self._database.reading() as connection:
            return tuple(ScenarioRelease(**found) for found in (await connection.execute(statement)).mappings())

    async def running_scenarios(self) -> Sequence[PublishedScenario]:
        """The version of each scenario that runs now, by id."""
        last = (
            select(ScenarioReleaseRow.scenario_id, func.max(ScenarioReleaseRow.serial).label("serial"))
            .group_by(ScenarioReleaseRow.scenario_id)
            .subquery()
        )
        statement = (
            select(PublishedScenarioRow)
            .join(ScenarioReleaseRow, and_(ScenarioReleaseRow.scenario_id == PublishedScenarioRow.scenario_id,
                                           ScenarioReleaseRow.number == PublishedScenarioRow.number))
            .join(last, and_(last.c.scenario_id == ScenarioReleaseRow.scenario_id,
                             last.c.serial == ScenarioReleaseRow.serial))
            .order_by(PublishedScenarioRow.scenario_id)
        )  # fmt: skip
        async with self._database.reading() as connection:
            return tuple(PublishedScenario(**found) for found in (await connection.execute(statement)).mappings())


async def _running(connection: AsyncConnection, scenario_id: str) -> PublishedScenario | None:
    released = select(ScenarioReleaseRow.number).where(ScenarioReleaseRow.scenario_id == scenario_id)
    number = await connection.scalar(released.order_by(ScenarioReleaseRow.serial.desc()).limit(1))
    statement = select(PublishedScenarioRow).where(
        PublishedScenarioRow.scenario_id == scenario_id, PublishedScenarioRow.number == number
    )
    found = (await connection.execute(statement)).mappings().one_or_none()
    return None if found is None else PublishedScenario(**found)


async def _release(connection: AsyncConnection, scenario_id: str, number: int, at: datetime, note: str) -> None:
    last = await connection.scalar(
        select(func.max(ScenarioReleaseRow.serial)).where(ScenarioReleaseRow.scenario_id == scenario_id)
    )
    row = {"scenario_id": scenario_id, "serial": (last or 0) + 1, "number": number, "at": at, "note": note}
    await connection.execute(insert(ScenarioReleaseRow), [row])
