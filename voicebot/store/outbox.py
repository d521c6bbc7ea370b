"""What goes out: deliveries to the MIS, messages, tasks for people."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import Delivery, DeliveryStatus, Message, Task
from voicebot.sql.statements import insert_new
from voicebot.store.models import DeliveryRow, MessageRow, TaskRow
from voicebot.store.repository import Repository, flat


class Outbox(Repository):
    async def due_deliveries(self, now: datetime, limit: int) -> Sequence[Delivery]:
        statement = (
            select(DeliveryRow)
            .where(DeliveryRow.status == DeliveryStatus.WAITING, DeliveryRow.next_at <= now)
            .order_by(DeliveryRow.next_at, DeliveryRow.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return tuple(Delivery(**row) for row in (await connection.execute(statement)).mappings())

    async def delivery(self, delivery_id: str) -> Delivery | None:
        async with self._database.reading() as connection:
            found = await connection.execute(select(DeliveryRow).where(DeliveryRow.id == delivery_id))
            row = found.mappings().one_or_none()
        return None if row is None else Delivery(**row)

    async def deliveries(self) -> Sequence[Delivery]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(DeliveryRow).order_by(DeliveryRow.next_at, DeliveryRow.id))
            return tuple(Delivery(**row) for row in rows.mappings())

    async def finish_delivery(
        self, delivery_id: str, status: DeliveryStatus, result: str, task: Task | None = None
    ) -> None:
        """A delivery that does not wait any more is left as it is, and no task is written."""

        async def work(connection: AsyncConnection) -> None:
            finished = await connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id == delivery_id, DeliveryRow.status == DeliveryStatus.WAITING)
                .values(status=status, result=result, tries=DeliveryRow.tries + 1)
            )
            if finished.rowcount and task is not None:
                await insert_new(connection, TaskRow, [flat(task)])

        await self._database.write(work)

    async def retry_delivery(self, delivery_id: str, next_at: datetime, reason: str) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(DeliveryRow)
                .where(DeliveryRow.id == delivery_id, DeliveryRow.status == DeliveryStatus.WAITING)
                .values(next_at=next_at, result=reason, tries=DeliveryRow.tries + 1)
            )

        await self._database.write(work)

    async def tasks(self) -> Sequence[Task]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(TaskRow).order_by(TaskRow.due_at, TaskRow.id))
            return tuple(Task(**row) for row in rows.mappings())

    async def messages(self) -> Sequence[Message]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(MessageRow).order_by(MessageRow.created_at, MessageRow.id))
            return tuple(Message(**row) for row in rows.mappings())
