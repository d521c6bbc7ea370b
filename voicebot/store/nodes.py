"""Nodes: who is at work, as their heartbeats tell; and who takes over the work of one that is dead."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.sql.statements import insert_new, upsert
from voicebot.store.node_models import NodeRecord, SecretRecord
from voicebot.store.port import NodeRow
from voicebot.store.repository import Repository


class Nodes(Repository):
    async def enter_node(self, name: str, role: str, now: datetime) -> int:
        """A node that was there before goes on counting its beats: whoever watches it sees that it lives."""

        async def work(connection: AsyncConnection) -> int:
            row = NodeRecord
            beats = (await connection.scalar(select(row.beats).where(row.name == name)) or 0) + 1
            values = {"name": name, "role": role, "started_at": now, "at": now, "beats": beats, "taken_by": ""}
            await upsert(connection, row, [values], keys=("name",))
            return beats

        return await self._database.write(work)

    async def beat(self, name: str, now: datetime) -> NodeRow | None:
        async def work(connection: AsyncConnection) -> NodeRow | None:
            row = NodeRecord
            found = await connection.execute(select(row).where(row.name == name).with_for_update())
            before = found.mappings().one_or_none()
            if before is None:
                return None
            live = update(row).where(row.name == name).values(at=now, beats=row.beats + 1, taken_by="")
            await connection.execute(live)
            return NodeRow(**before)

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

    async def shared_secret(self, name: str, mine: bytes) -> bytes:
        """The key of this name that all nodes use: `mine` if none was known before."""

        async def work(connection: AsyncConnection) -> bytes:
            await insert_new(connection, SecretRecord, [{"name": name, "value": mine}])
            found = await connection.scalar(select(SecretRecord.value).where(SecretRecord.name == name))
            assert found is not None
            return found

        return await self._database.write(work)
