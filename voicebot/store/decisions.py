"""Decisions, kept as they are made: the answers to "why was this patient called, and why not then"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.decisions import Decision, DecisionNote
from voicebot.sql.statements import insert_new
from voicebot.store.decision_models import DecisionRow
from voicebot.store.repository import Repository


async def insert_decisions(connection: AsyncConnection, notes: Iterable[DecisionNote]) -> None:
    """Within a transaction that writes what was decided. What is known already stays as it was first noted."""
    rows = {row["id"]: row for row in map(_row, notes)}
    await insert_new(connection, DecisionRow, list(rows.values()))


class Decisions(Repository):
    async def add_decisions(self, notes: Sequence[DecisionNote]) -> None:
        """Keep decisions. One that is made again and again (every tick, every try) is one row: for good, or, for
        waiting, one a day."""
        if not notes:
            return

        async def work(connection: AsyncConnection) -> None:
            await insert_decisions(connection, notes)

        await self._database.write(work)

    async def decisions(self, patient_id: str = "", contact_ids: Sequence[str] = ()) -> Sequence[DecisionNote]:
        """About this patient, and about these contacts, in the order of time."""
        row = DecisionRow
        concerns = [row.patient_id == patient_id] if patient_id else []
        statement = select(row).where(or_(*concerns, row.contact_id.in_(contact_ids))).order_by(row.at, row.id)
        async with self._database.reading() as connection:
            return tuple(note_of(dict(found)) for found in (await connection.execute(statement)).mappings())


def _row(note: DecisionNote) -> dict[str, Any]:
    made = note.decision
    return {
        "id": note.id,
        "at": made.at,
        "contact_id": note.contact_id,
        "patient_id": note.patient_id,
        "attempt_id": note.attempt_id,
        "kind": made.verdict,
        "rule": made.rule,
        "reason": made.reason,
        "next_at": made.next_at,
    }


def note_of(row: dict[str, Any]) -> DecisionNote:
    """A row of the table, back as it was decided."""
    decision = Decision(row["kind"], row["rule"], row["reason"], row["at"], row["next_at"])
    return DecisionNote(decision, row["contact_id"], row["patient_id"], row["attempt_id"])
