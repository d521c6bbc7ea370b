"""What people ask of the robot's books: tasks to be done, and what a period brought."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import Contact, Lifecycle, Message, Task, TaskStatus
from voicebot.dialogue.outcome import Outcome
from voicebot.store.models import (
    AppointmentRow,
    AttemptContactRow,
    AttemptRow,
    CallRecord,
    ContactRow,
    MessageRow,
    OutcomeRow,
    TaskRow,
)
from voicebot.store.port import CallRow
from voicebot.store.repository import Repository

_CAME_TO_NOTHING = (Lifecycle.CANCELLED, Lifecycle.NO_SHOW)
_WELL = (Outcome.CONFIRMED, Outcome.TRANSFERRED, Outcome.WANTS_CHANGE)


@dataclass(frozen=True, slots=True)
class OutcomeLine:
    """What one call meant for one contact."""

    at: datetime | None
    call_id: str
    contact: Contact
    outcome: Outcome


class Staff(Repository):
    async def finish_task(self, task_id: str) -> bool:
        """False when there is no open task of this id."""

        async def work(connection: AsyncConnection) -> bool:
            done = await connection.execute(
                update(TaskRow)
                .where(TaskRow.id == task_id, TaskRow.status == TaskStatus.OPEN)
                .values(status=TaskStatus.DONE)
            )
            return bool(done.rowcount)

        return await self._database.write(work)

    async def open_tasks(self) -> Sequence[Task]:
        """The most pressing first."""
        statement = select(TaskRow).where(TaskRow.status == TaskStatus.OPEN).order_by(TaskRow.due_at, TaskRow.id)
        async with self._database.reading() as connection:
            return tuple(Task(**row) for row in (await connection.execute(statement)).mappings())

    async def calls_between(self, since: datetime, until: datetime) -> Sequence[CallRow]:
        """Calls that began in [since, until), by their beginning."""
        row = CallRecord
        statement = select(row).where(row.started_at >= since, row.started_at < until).order_by(row.started_at)
        async with self._database.reading() as connection:
            return tuple(CallRow(**found) for found in (await connection.execute(statement)).mappings())

    async def outcomes_between(self, since: datetime, until: datetime) -> Sequence[OutcomeLine]:
        row = OutcomeRow
        statement = (
            select(row.at, row.attempt_id, row.outcome.label("meant"), ContactRow)
            .join(ContactRow, ContactRow.id == row.contact_id)
            .where(row.at >= since, row.at < until)
            .order_by(row.at, row.attempt_id)
        )
        lines: list[OutcomeLine] = []
        async with self._database.reading() as connection:
            for found in (await connection.execute(statement)).mappings():
                values = dict(found)
                at, call_id, meant = values.pop("at"), values.pop("attempt_id"), values.pop("meant")
                lines.append(OutcomeLine(at, call_id, Contact(**values), meant))
        return tuple(lines)

    async def messages_between(self, since: datetime, until: datetime) -> Sequence[Message]:
        row = MessageRow
        statement = select(row).where(row.created_at >= since, row.created_at < until).order_by(row.created_at)
        async with self._database.reading() as connection:
            return tuple(Message(**found) for found in (await connection.execute(statement)).mappings())

    async def visits_after_invitations(self, since: datetime, until: datetime) -> int:
        """How many contacts of campaigns that ended well in a call of [since, until) were followed by a visit of the
        patient: booked or done, later than the call, as far as our copy of the MIS knows."""
        link = AttemptContactRow
        visit = exists().where(
            AppointmentRow.patient_id == ContactRow.patient_id,
            AppointmentRow.start > AttemptRow.finished_at,
            AppointmentRow.id != ContactRow.appointment_id,
            AppointmentRow.lifecycle.not_in(_CAME_TO_NOTHING),
        )
        ended_well = and_(ContactRow.campaign_id != "", ContactRow.outcome.in_(_WELL), visit)
        statement = (
            select(func.count(ContactRow.id.distinct()))
            .join(link, link.contact_id == ContactRow.id)
            .join(AttemptRow, AttemptRow.id == link.attempt_id)
            .where(ended_well, AttemptRow.finished_at >= since, AttemptRow.finished_at < until)
        )
        async with self._database.reading() as connection:
            return await connection.scalar(statement) or 0
