"""Contacts: what was planned, and what was closed before it was done."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.decisions import DecisionNote
from voicebot.contacts.giving_up import GivenUp
from voicebot.contacts.model import CLOSED, Attempt, AttemptStatus, Contact
from voicebot.sql.statements import insert_new, insert_new_ids
from voicebot.store.decisions import insert_decisions
from voicebot.store.models import AttemptContactRow, AttemptRow, ContactRow, DeliveryRow, MessageRow, TaskRow
from voicebot.store.repository import Repository, drop_orphans, flat, insert_attempts

_c = ContactRow
_BEING_CALLED = exists().where(
    AttemptContactRow.contact_id == _c.id,
    AttemptContactRow.attempt_id == AttemptRow.id,
    AttemptRow.status == AttemptStatus.DIALLING,
)


class Planning(Repository):
    async def add_contacts(self, contacts: Sequence[Contact], attempts: Sequence[Attempt]) -> int:
        """An attempt for several contacts of which some are new is inserted for the new ones only."""

        async def work(connection: AsyncConnection) -> int:
            new = await insert_new_ids(connection, ContactRow, [flat(contact) for contact in contacts])
            await insert_attempts(connection, attempts, new)
            return len(new)

        return await self._database.write(work)

    async def contact(self, contact_id: str) -> Contact | None:
        async with self._database.reading() as connection:
            found = await connection.execute(select(ContactRow).where(ContactRow.id == contact_id))
            row = found.mappings().one_or_none()
        return None if row is None else Contact(**row)

    async def contacts(self) -> Sequence[Contact]:
        async with self._database.reading() as connection:
            rows = await connection.execute(select(ContactRow).order_by(ContactRow.due_at, ContactRow.id))
            return tuple(Contact(**row) for row in rows.mappings())

    async def close_contacts(self, contacts: Sequence[Contact]) -> None:
        """A contact that is closed already stays as it is: what a call found out is not overwritten.

        A planned attempt is dropped when none of its contacts is open any more.
        """

        async def work(connection: AsyncConnection) -> None:
            for contact in contacts:
                await connection.execute(
                    update(ContactRow)
                    .where(ContactRow.id == contact.id, ContactRow.status.not_in(CLOSED))
                    .values(**flat(contact, "id"))
                )
                await drop_orphans(connection, [contact.id], contact.reason)

        await self._database.write(work)

    async def overdue_contacts(self, scenario_id: str, until: datetime) -> Sequence[Contact]:
        statement = (
            select(_c)
            .where(_c.scenario_id == scenario_id, _c.appointment_id != "", _c.status.not_in(CLOSED))
            .where(_c.deadline <= until, ~_BEING_CALLED)
            .order_by(_c.deadline, _c.id)
        )
        async with self._database.reading() as connection:
            return tuple(Contact(**row) for row in (await connection.execute(statement)).mappings())

    async def give_up(self, given: Sequence[GivenUp], notes: Sequence[DecisionNote] = ()) -> int:
        async def work(connection: AsyncConnection) -> int:
            closed = [one for one in given if await _closed(connection, one.contact)]
            ids = {one.contact.id for one in closed}
            for one in closed:
                await drop_orphans(connection, [one.contact.id], one.contact.reason)
            await insert_new(connection, TaskRow, [flat(one.task) for one in closed])
            await insert_new(connection, MessageRow, [flat(each) for one in closed for each in one.messages])
            await insert_new(connection, DeliveryRow, [flat(each) for one in closed for each in one.deliveries])
            await insert_decisions(connection, [note for note in notes if note.contact_id in ids])
            return len(closed)

        return await self._database.write(work)


async def _closed(connection: AsyncConnection, contact: Contact) -> bool:
    """Whether this contact was new, or open, and is closed now."""
    if await insert_new_ids(connection, _c, [flat(contact)]):
        return True
    still = update(_c).where(_c.id == contact.id, _c.status.not_in(CLOSED), ~_BEING_CALLED)
    return bool((await connection.execute(still.values(**flat(contact, "id")))).rowcount)
