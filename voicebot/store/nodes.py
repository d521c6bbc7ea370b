"""Nodes: who is at work, as their heartbeats tell; and who takes over the work of one that is dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.sql.statements import upsert
from voicebot.store.node_models import NodeRecord
from voicebot.store.port import NodeRow
from voicebot.store.repository import Repository


class Nodes(Repository):
    async def enter_node(self, name: str, role: str, now: datetime) -> None:
        """A node that was there before goes on counting its beats: whoever watches it sees that it lives."""

        async def work(connection: AsyncConnection) -> None:
            row = NodeRecord
            beats = await connection.scalar(select(row.beats).where(row.name == name)) or 0
            values = {"name": name, "role": role, "started_at": now, "at": now, "beats": beats + 1, "taken_by": ""}
            await upsert(connection, row, [values], keys=("name",))

        await self._database.write(work)

    async def beat(self, name: str, now: datetime) -> str:
        async def work(connection: AsyncConnection) -> str:
            row = NodeRecord
            found = await connection.execute(select(row.taken_by).where(row.name == name).with_for_update())
            taken_by = found.scalar() or ""
            await connection.execute(
                update(row).where(row.name == name).values(at=now, beats=row.beats + 1, taken_by="")
            )
            return taken_by

        return await self._database.write(work)

    async def nodes(self) -> Sequence[NodeRow]:
        async with self._database.reading() as connection:
            rows = (await connection.execute(select(NodeRecord).order_by(NodeRecord.name))).mappings()
            return tuple(NodeRow(**row) for row in rows)

    async def take_over(self, dead: NodeRow, by: str) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            row = NodeRecord
            unchanged = (row.name == dead.name, row.beats == dead.beats, row.taken_by == dead.taken_by)
            taken = await connection.execute(update(row).where(*unchanged).values(taken_by=by))
            return bool(taken.rowcount)

        return await self._database.write(work)
