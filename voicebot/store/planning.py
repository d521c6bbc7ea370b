"""Contacts: what was planned, and what was closed before it was done."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import CLOSED, Attempt, Contact
from voicebot.sql.statements import insert_new_ids
from voicebot.store.models import ContactRow
from voicebot.store.repository import Repository, drop_orphans, flat, insert_attempts


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
