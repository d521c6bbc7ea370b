"""Calls and their events, stored as they happen; and what earlier calls say about a patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import and_, distinct, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.dialogue.outcome import Outcome
from voicebot.sql.statements import insert_new
from voicebot.store.models import AttemptContactRow, CallEventRow, CallRecord, CallValueRow, ContactRow, OutcomeRow
from voicebot.store.port import CallRow, EventRow
from voicebot.store.repository import Repository, flat


class Calls(Repository):
    async def add_call(self, call: CallRow) -> None:
        """A call that exists is left as it is: only settle() changes it."""

        async def work(connection: AsyncConnection) -> None:
            await insert_new(connection, CallRecord, [flat(call)])

        await self._database.write(work)

    async def append_events(self, events: Sequence[EventRow]) -> None:
        """The calls must exist: DataConflict otherwise."""

        async def work(connection: AsyncConnection) -> None:
            await insert_new(connection, CallEventRow, [flat(event) for event in events])

        await self._database.write(work)

    async def calls(self) -> Sequence[CallRow]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(CallRecord).order_by(CallRecord.started_at, CallRecord.id))
            return tuple(CallRow(**row) for row in rows.mappings())

    async def call(self, call_id: str) -> CallRow | None:
        async with self._database.reading() as connection:
            found = await connection.execute(select(CallRecord).where(CallRecord.id == call_id))
            row = found.mappings().one_or_none()
        return None if row is None else CallRow(**row)

    async def events(self, call_id: str) -> Sequence[EventRow]:
        statement = select(CallEventRow).where(CallEventRow.call_id == call_id).order_by(CallEventRow.serial)
        async with self._database.reading() as connection:
            return tuple(EventRow(**row) for row in (await connection.execute(statement)).mappings())

    async def outcomes(self, attempt_id: str) -> dict[str, Outcome]:
        """What this attempt meant for each of its contacts, by the contact's id."""
        statement = select(OutcomeRow.contact_id, OutcomeRow.outcome).where(OutcomeRow.attempt_id == attempt_id)
        async with self._database.reading() as connection:
            return {row.contact_id: row.outcome for row in await connection.execute(statement)}

    async def values(self, call_id: str) -> Mapping[str, str]:
        statement = select(CallValueRow.name, CallValueRow.value).where(CallValueRow.call_id == call_id)
        async with self._database.reading() as connection:
            return {row.name: row.value for row in await connection.execute(statement.order_by(CallValueRow.name))}

    async def values_between(self, name: str, since: datetime, until: datetime) -> Mapping[str, str]:
        statement = (
            select(CallValueRow.call_id, CallValueRow.value)
            .join(CallRecord, CallRecord.id == CallValueRow.call_id)
            .where(CallValueRow.name == name, CallRecord.started_at >= since, CallRecord.started_at < until)
            .order_by(CallRecord.started_at, CallRecord.id)
        )
        async with self._database.reading() as connection:
            return {row.call_id: row.value for row in await connection.execute(statement)}

    async def conversations(self, patient_id: str, since: datetime, until: datetime, *wards: str) -> int:
        at = func.coalesce(CallRecord.answered_at, CallRecord.started_at)
        of_this = and_(OutcomeRow.attempt_id == CallRecord.attempt_id, OutcomeRow.contact_id == ContactRow.id)
        statement = (
            select(func.count(distinct(CallRecord.id)))
            .join(AttemptContactRow, AttemptContactRow.attempt_id == CallRecord.attempt_id)
            .join(ContactRow, ContactRow.id == AttemptContactRow.contact_id)
            .outerjoin(OutcomeRow, of_this)
            .where(ContactRow.patient_id.in_((patient_id, *wards)), CallRecord.identity_known.is_(True))
            .where(or_(OutcomeRow.talked.is_(None), OutcomeRow.talked.is_(True)))
            .where(at >= since, at < until)
        )
        async with self._database.reading() as connection:
            return await connection.scalar(statement) or 0

    async def scenario_of(self, call_id: str) -> tuple[str, str] | None:
        statement = select(CallRecord.scenario_id, CallRecord.scenario_version).where(CallRecord.id == call_id)
        async with self._database.reading() as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else (row[0], row[1])
