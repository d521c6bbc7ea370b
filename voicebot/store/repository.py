"""What every repository of the store stands on: the database, and rows to plain types and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import CLOSED, Attempt, AttemptStatus, Contact
from voicebot.sql.engine import Database
from voicebot.sql.statements import chunks, insert_new
from voicebot.store.models import AttemptContactRow, AttemptRow, ContactRow


class Repository:
    """A part of the store. Every public method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def together(self) -> AbstractAsyncContextManager[None]:
        return self._database.together()


def flat(item: Any, *left_out: str) -> dict[str, Any]:
    """The fields of a plain type whose table has columns of the same names."""
    kind: Any = type(item)
    return {name: getattr(item, name) for name in _names(kind) if name not in left_out}


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


async def load_attempts(connection: AsyncConnection, statement: Select[Any]) -> tuple[Attempt, ...]:
    """Attempts selected by `select(AttemptRow)…`, in its order, with the contacts they are for."""
    rows = (await connection.execute(statement)).mappings().all()
    contacts: dict[str, list[str]] = {row["id"]: [] for row in rows}
    for ids in chunks(list(contacts)):
        links = (
            select(AttemptContactRow.attempt_id, AttemptContactRow.contact_id)
            .where(AttemptContactRow.attempt_id.in_(ids))
            .order_by(AttemptContactRow.attempt_id, AttemptContactRow.position)
        )
        for attempt_id, contact_id in await connection.execute(links):
            contacts[attempt_id].append(contact_id)
    return tuple(Attempt(**row, contact_ids=tuple(contacts[row["id"]])) for row in rows)


async def insert_attempts(connection: AsyncConnection, attempts: Sequence[Attempt], contact_ids: set[str]) -> None:
    """Insert attempts with links to those of their contacts that are in `contact_ids`.

    An attempt that was for contacts of which none is left is not inserted.
    """
    kept = [(attempt, [id_ for id_ in attempt.contact_ids if id_ in contact_ids]) for attempt in attempts]
    kept = [(attempt, links) for attempt, links in kept if links or not attempt.contact_ids]
    await insert_new(connection, AttemptRow, [flat(attempt, "contact_ids") for attempt, _ in kept])
    links = [
        {"attempt_id": attempt.id, "contact_id": contact_id, "position": position}
        for attempt, ids in kept
        for position, contact_id in enumerate(ids)
    ]
    await insert_new(connection, AttemptContactRow, links)


async def link(connection: AsyncConnection, attempt_id: str, contact_ids: Iterable[str]) -> None:
    """Contacts that an attempt takes over stand behind those that it has."""
    last = select(func.max(AttemptContactRow.position)).where(AttemptContactRow.attempt_id == attempt_id)
    first = (await connection.scalar(last) or 0) + 1
    rows = [
        {"attempt_id": attempt_id, "contact_id": contact_id, "position": first + n}
        for n, contact_id in enumerate(contact_ids)
    ]
    await insert_new(connection, AttemptContactRow, rows)


async def open_contacts(connection: AsyncConnection, contact_ids: Sequence[str]) -> set[str]:
    """Those of these contacts that are not closed."""
    found: set[str] = set()
    for ids in chunks(contact_ids):
        statement = select(ContactRow.id).where(ContactRow.id.in_(ids), ContactRow.status.not_in(CLOSED))
        found.update((await connection.execute(statement)).scalars())
    return found


async def save_contact(connection: AsyncConnection, contact: Contact) -> None:
    """Save a contact as it is now. One that was closed meanwhile is not opened again: it keeps its status and
    only counts its attempts."""
    await insert_new(connection, ContactRow, [flat(contact)])
    whole = update(ContactRow).where(ContactRow.id == contact.id).values(**flat(contact, "id"))
    if contact.status not in CLOSED:
        whole = whole.where(ContactRow.status.not_in(CLOSED))
    if (await connection.execute(whole)).rowcount == 0:
        count = update(ContactRow).where(ContactRow.id == contact.id).values(attempts_used=contact.attempts_used)
        await connection.execute(count)


async def drop_orphans(connection: AsyncConnection, contact_ids: Sequence[str], reason: str) -> None:
    """Drop the planned attempts of these contacts that have no open contact left."""
    still_open = (
        select(AttemptContactRow.attempt_id)
        .join(ContactRow, ContactRow.id == AttemptContactRow.contact_id)
        .where(ContactRow.status.not_in(CLOSED))
    )
    for ids in chunks(contact_ids):
        of_these = select(AttemptContactRow.attempt_id).where(AttemptContactRow.contact_id.in_(ids))
        await connection.execute(
            update(AttemptRow)
            .where(AttemptRow.status == AttemptStatus.PLANNED, AttemptRow.id.in_(of_these))
            .where(AttemptRow.id.not_in(still_open))
            .values(status=AttemptStatus.DROPPED, reason=reason)
        )
