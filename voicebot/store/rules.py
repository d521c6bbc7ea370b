"""What restrains calling."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import Suppression
from voicebot.sql.statements import insert_new
from voicebot.store.models import SuppressionRow
from voicebot.store.repository import Repository, flat


class Rules(Repository):
    async def suppressions(self, phone: str, patient_id: str, now: datetime) -> Sequence[Suppression]:
        """'' for phone or patient_id asks about the other alone."""
        row = SuppressionRow
        concerns = or_(
            and_(row.phone == phone, row.patient_id == "", row.phone != ""),
            and_(row.phone == "", row.patient_id == patient_id, row.patient_id != ""),
            and_(row.phone == phone, row.patient_id == patient_id, row.phone != "", row.patient_id != ""),
        )
        statement = (
            select(row).where(concerns, row.since <= now, or_(row.until.is_(None), row.until > now)).order_by(row.since)
        )
        async with self._database.reading() as connection:
            return tuple(Suppression(**found) for found in (await connection.execute(statement)).mappings())

    async def add_suppression(self, suppression: Suppression) -> None:
        async def work(connection: AsyncConnection) -> None:
            await insert_new(connection, SuppressionRow, [flat(suppression)])

        await self._database.write(work)
