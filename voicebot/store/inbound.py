"""Calls that come in: whose open matters they may be about, and the row that stands while they last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import CLOSED, Attempt, AttemptStatus, Contact
from voicebot.sql.engine import DataConflict
from voicebot.sql.statements import insert_new
from voicebot.store.models import AttemptContactRow, AttemptRow, CallEventRow, CallRecord, ContactRow
from voicebot.store.port import CallRow, EventRow
from voicebot.store.repository import Repository, flat, link


class InboundCalls(Repository):
    async def open_contacts_of(self, patient_ids: Sequence[str]) -> Sequence[Contact]:
        statement = (
            select(ContactRow)
            .where(ContactRow.patient_id.in_(list(patient_ids)), ContactRow.status.not_in(CLOSED))
            .order_by(ContactRow.deadline, ContactRow.id)
        )
        async with self._database.reading() as connection:
            return tuple(Contact(**row) for row in (await connection.execute(statement)).mappings())

    async def begin_inbound(self, attempt: Attempt, call: CallRow, prepared: EventRow, until: datetime) -> bool:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(insert(AttemptRow).values(**flat(attempt, "contact_ids")))
            await link(connection, attempt.id, attempt.contact_ids)
            await insert_new(connection, CallRecord, [flat(call)])
            await insert_new(connection, CallEventRow, [flat(prepared)])
            of_these = select(AttemptContactRow.attempt_id).where(AttemptContactRow.contact_id.in_(attempt.contact_ids))
            await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id.in_(of_these), AttemptRow.status == AttemptStatus.PLANNED)
                .where(AttemptRow.due_at < until)
                .values(due_at=until, reason=attempt.reason)
            )

        try:
            await self._database.write(work)
        except DataConflict:  # uq_attempt_phone_dialling
            return False
        return True
