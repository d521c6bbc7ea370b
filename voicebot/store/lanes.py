"""Lanes: how many lines a campaign may use at once, over all nodes, and whether it may make new calls at all."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import aliased

from voicebot.contacts.model import AttemptStatus
from voicebot.sql.statements import one_after_another, upsert
from voicebot.store.models import AttemptRow, CallEventRow
from voicebot.store.node_models import LaneRecord
from voicebot.store.port import ALL_LANES, Lane
from voicebot.store.reception import ASKED, InvitationsNow, Reception
from voicebot.store.repository import Repository, flat

_LIVE = AttemptRow.status == AttemptStatus.DIALLING
#: Events after which a call holds no administrator: they did not come, have hung up, or the robot is back alone.
_LET_GO = ("TransferFailed", "TransferEnded", "Resumed", "HungUp", "Finish")


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

    async def invitations_now(self) -> InvitationsNow:
        async with self._database.reading() as connection:
            return await _now(connection)


async def upsert_lane(connection: AsyncConnection, lane: Lane) -> None:
    """For whoever changes a campaign and its lane in one transaction."""
    await upsert(connection, LaneRecord, [flat(lane)], keys=("name",))


async def has_room(
    connection: AsyncConnection, attempt_id: str, lines: int | None, reception: Reception | None = None
) -> bool:
    """Whether one more call may be made: of all the lines, of those of the attempt's lane, and, if it invites, of what
    the free administrators can take. The last guard: until the end of the transaction nobody else may ask, on any
    node, so that two cannot take the last line, nor two invitations the last administrator."""
    await one_after_another(connection, "lines")
    lane = await connection.scalar(select(AttemptRow.lane).where(AttemptRow.id == attempt_id)) or ""
    rows = (await connection.execute(select(LaneRecord).where(LaneRecord.name.in_((lane, ALL_LANES))))).mappings()
    found = [Lane(**row) for row in rows]
    if any(each.closed for each in found):
        return False
    busy = select(func.count()).select_from(AttemptRow).where(_LIVE)
    if lines is not None and (await connection.scalar(busy) or 0) + await _administrators(connection) >= lines:
        return False
    mine = next((each for each in found if each.name == lane and lane), None)
    if mine is None:
        return True
    if mine.inviting and reception is not None and (await _now(connection)).refused(reception) is not None:
        return False
    return mine.lines is None or (await connection.scalar(busy.where(AttemptRow.lane == lane)) or 0) < mine.lines


async def _now(connection: AsyncConnection) -> InvitationsNow:
    inviting = select(func.count()).select_from(AttemptRow).join(LaneRecord, LaneRecord.name == AttemptRow.lane)
    live = await connection.scalar(inviting.where(_LIVE, LaneRecord.inviting))
    return InvitationsNow(live or 0, await _administrators(connection))


async def _administrators(connection: AsyncConnection) -> int:
    """How many live calls have asked for an administrator and have not let them go: the events tell, so that it is
    known of every node, and of a call whose robot died, until somebody takes it up or writes it off."""
    later = aliased(CallEventRow)
    let_go = exists().where(
        later.call_id == CallEventRow.call_id, later.serial > CallEventRow.serial, later.kind.in_(_LET_GO)
    )
    statement = (
        select(func.count(CallEventRow.call_id.distinct()))
        .join(AttemptRow, AttemptRow.id == CallEventRow.call_id)
        .where(_LIVE, CallEventRow.kind == ASKED, ~let_go)
    )
    return await connection.scalar(statement) or 0
