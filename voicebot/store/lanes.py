"""Lanes: how many lines a campaign may use at once, over all nodes, and whether it may make new calls at all."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import AttemptStatus
from voicebot.sql.statements import one_after_another, upsert
from voicebot.store.models import AttemptRow
from voicebot.store.node_models import LaneRecord
from voicebot.store.port import ALL_LANES, Lane
from voicebot.store.repository import Repository, flat


class Lanes(Repository):
    async def save_lane(self, lane: Lane) -> None:
        async def work(connection: AsyncConnection) -> None:
            await upsert_lane(connection, lane)

        await self._database.write(work)

    async def lanes(self) -> Mapping[str, Lane]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(LaneRecord))).mappings()
            return {row["name"]: Lane(**row) for row in rows}

    async def lines_of(self, lane: str) -> int | None:
        async with self._database.reading() as connection:
            return await connection.scalar(select(LaneRecord.lines).where(LaneRecord.name == lane))

    async def lines_taken(self) -> Mapping[str, int]:
        """lane -> how many of its attempts are dialling now, on all nodes."""
        statement = (
            select(AttemptRow.lane, func.count())
            .where(AttemptRow.status == AttemptStatus.DIALLING)
            .group_by(AttemptRow.lane)
        )
        async with self._database.reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(statement)}


async def upsert_lane(connection: AsyncConnection, lane: Lane) -> None:
    """For whoever changes a campaign and its lane in one transaction."""
    await upsert(connection, LaneRecord, [flat(lane)], keys=("name",))


async def has_room(connection: AsyncConnection, attempt_id: str, lines: int) -> bool:
    """Whether one more call may be made: of all the lines, and of those of the attempt's lane. The last guard: until
    the end of the transaction nobody else may ask, on any node, so that two cannot take the last line."""
    await one_after_another(connection, "lines")
    lane = await connection.scalar(select(AttemptRow.lane).where(AttemptRow.id == attempt_id)) or ""
    busy = select(func.count()).select_from(AttemptRow).where(AttemptRow.status == AttemptStatus.DIALLING)
    if (await connection.scalar(busy) or 0) >= lines:
        return False
    rows = (await connection.execute(select(LaneRecord).where(LaneRecord.name.in_((lane, ALL_LANES))))).mappings()
    found = [Lane(**row) for row in rows]
    if any(each.closed for each in found):
        return False
    mine = next((each.lines for each in found if each.name == lane and lane), None)
    return mine is None or (await connection.scalar(busy.where(AttemptRow.lane == lane)) or 0) < mine
