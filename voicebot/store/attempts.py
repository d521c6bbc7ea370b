"""Attempts: rows that wait for their moment, the guard before the INVITE, and the end of an attempt."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import CLOSED, Attempt, AttemptStatus, Contact, ContactStatus, DeliveryStatus, Task
from voicebot.dialogue.outcome import Disposition
from voicebot.sql.engine import DataConflict
from voicebot.sql.statements import insert_new, upsert
from voicebot.store.decisions import insert_decisions
from voicebot.store.lanes import has_room
from voicebot.store.models import (
    AttemptContactRow,
    AttemptRow,
    CallEventRow,
    CallRecord,
    CallValueRow,
    ContactRow,
    DeliveryRow,
    MessageRow,
    OutcomeRow,
    SuppressionRow,
    TaskRow,
)
from voicebot.store.port import CallRow, EventRow, Settlement
from voicebot.store.reception import Reception
from voicebot.store.repository import (
    Repository,
    drop_orphans,
    flat,
    insert_attempts,
    link,
    load_attempts,
    open_contacts,
    save_contact,
)

_ENDED = (AttemptStatus.FINISHED, AttemptStatus.DROPPED)


class Attempts(Repository):
    async def due_attempts(self, now: datetime, limit: int, without: Collection[str] = ()) -> Sequence[Attempt]:
        statement = (
            select(AttemptRow)
            .where(AttemptRow.status == AttemptStatus.PLANNED, AttemptRow.due_at <= now)
            .where(AttemptRow.lane.not_in(tuple(without)))
            .order_by(AttemptRow.priority, AttemptRow.due_at, AttemptRow.id)
            .limit(limit)
        )
        async with self._database.reading() as connection:
            return await load_attempts(connection, statement)

    async def next_due(self) -> datetime | None:
        attempt = select(func.min(AttemptRow.due_at)).where(AttemptRow.status == AttemptStatus.PLANNED)
        delivery = select(func.min(DeliveryRow.next_at)).where(DeliveryRow.status == DeliveryStatus.WAITING)
        async with self._database.reading() as connection:
            moments = [await connection.scalar(attempt), await connection.scalar(delivery)]
        return min((moment for moment in moments if moment is not None), default=None)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        async with self._database.reading() as connection:
            found = await load_attempts(connection, select(AttemptRow).where(AttemptRow.id == attempt_id))
        return found[0] if found else None

    async def attempts(self) -> Sequence[Attempt]:
        async with self._database.reading() as connection:
            return await load_attempts(connection, select(AttemptRow).order_by(AttemptRow.due_at, AttemptRow.id))

    async def attempts_at(self, phone: str) -> Sequence[Attempt]:
        here = select(AttemptRow).where(AttemptRow.phone == phone, AttemptRow.status == AttemptStatus.PLANNED)
        async with self._database.reading() as connection:
            return await load_attempts(connection, here.order_by(AttemptRow.due_at, AttemptRow.id))

    async def dialling(self) -> Sequence[Attempt]:
        statement = select(AttemptRow).where(AttemptRow.status == AttemptStatus.DIALLING).order_by(AttemptRow.id)
        async with self._database.reading() as connection:
            return await load_attempts(connection, statement)

    async def start_attempt(
        self,
        attempt_id: str,
        node: str,
        now: datetime,
        lines: int | None = None,
        call: CallRow | None = None,
        events: Sequence[EventRow] = (),
        reception: Reception | None = None,
    ) -> bool:
        """Its planned contacts become in_progress. When False it stays as it is."""

        async def work(connection: AsyncConnection) -> bool:
            guarded = lines is not None or reception is not None
            if guarded and not await has_room(connection, attempt_id, lines, reception):
                return False
            started = await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id == attempt_id, AttemptRow.status == AttemptStatus.PLANNED)
                .values(status=AttemptStatus.DIALLING, node=node, started_at=now)
            )
            if started.rowcount == 0:
                return False
            of_this = select(AttemptContactRow.contact_id).where(AttemptContactRow.attempt_id == attempt_id)
            await connection.execute(
                update(ContactRow)
                .where(ContactRow.id.in_(of_this), ContactRow.status == ContactStatus.PLANNED)
                .values(status=ContactStatus.IN_PROGRESS)
            )
            await insert_new(connection, CallRecord, [flat(call)] if call is not None else [])
            await insert_new(connection, CallEventRow, [flat(event) for event in events])
            return True

        try:
            return await self._database.write(work)
        except DataConflict:  # uq_attempt_phone_dialling
            return False

    async def retract_attempt(self, attempt_id: str, node: str, due_at: datetime, reason: str) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            back = await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id == attempt_id, AttemptRow.status == AttemptStatus.DIALLING)
                .where(AttemptRow.node == node)
                .values(status=AttemptStatus.PLANNED, node="", started_at=None, due_at=due_at, reason=reason)
            )
            if back.rowcount == 0:
                return False
            await connection.execute(delete(CallRecord).where(CallRecord.id == attempt_id))  # its events go with it
            return True

        return await self._database.write(work)

    async def postpone_attempt(self, attempt_id: str, due_at: datetime, reason: str) -> None:
        async def work(connection: AsyncConnection) -> None:
            await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id == attempt_id, AttemptRow.status == AttemptStatus.PLANNED)
                .values(due_at=due_at, reason=reason)
            )

        await self._database.write(work)

    async def join_attempts(self, attempt_id: str, others: Sequence[str], reason: str) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            found = await load_attempts(connection, select(AttemptRow).where(AttemptRow.id.in_((attempt_id, *others))))
            planned = {a.id: a for a in found if a.status is AttemptStatus.PLANNED}
            if attempt_id not in planned:
                return False
            taken = dict.fromkeys(c for id_ in others if id_ in planned for c in planned[id_].contact_ids)
            await link(connection, attempt_id, taken)
            await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id.in_([id_ for id_ in others if id_ in planned and id_ != attempt_id]))
                .values(status=AttemptStatus.DROPPED, reason=reason, finished_at=planned[attempt_id].due_at)
            )
            return True

        return await self._database.write(work)

    async def part_attempt(
        self,
        attempt: Attempt,
        leaving: Sequence[str],
        closed: Sequence[Contact] = (),
        tasks: Sequence[Task] = (),
        instead: Sequence[Attempt] = (),
    ) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            kept = await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id == attempt.id, AttemptRow.status == AttemptStatus.PLANNED)
                .values(**flat(attempt, "id", "contact_ids"))
            )
            if kept.rowcount == 0:
                return False
            if attempt.status is AttemptStatus.PLANNED:
                mine = AttemptContactRow.attempt_id == attempt.id
                gone = delete(AttemptContactRow).where(mine, AttemptContactRow.contact_id.in_(leaving))
                await connection.execute(gone)
            for contact in closed:
                await save_contact(connection, contact)
            await drop_orphans(connection, [contact.id for contact in closed], attempt.reason)
            wanted = sorted({id_ for other in instead for id_ in other.contact_ids})
            await insert_attempts(connection, instead, await open_contacts(connection, wanted))
            await insert_new(connection, TaskRow, [flat(task) for task in tasks])
            return True

        return await self._database.write(work)

    async def drop_attempt(self, attempt: Attempt, contacts: Sequence[Contact]) -> None:
        """Nothing is written when the attempt is not planned any more."""

        async def work(connection: AsyncConnection) -> None:
            dropped = await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id == attempt.id, AttemptRow.status == AttemptStatus.PLANNED)
                .values(status=AttemptStatus.DROPPED, reason=attempt.reason, finished_at=attempt.finished_at)
            )
            if dropped.rowcount == 0:
                return
            for contact in contacts:
                await save_contact(connection, contact)
            closed = [contact.id for contact in contacts if contact.status in CLOSED]
            await drop_orphans(connection, closed, attempt.reason)

        await self._database.write(work)

    async def settle(self, settlement: Settlement) -> bool:
        """Contacts that this closes lose their other planned attempts; next attempts are only made for contacts
        that are open: a visit cancelled while its patient was on the line is not called again."""

        async def work(connection: AsyncConnection) -> bool:
            if not await _finish(connection, settlement):
                return False
            await _write_results(connection, settlement)
            await _write_consequences(connection, settlement)
            return True

        return await self._database.write(work)

    async def settle_late(self, settlement: Settlement) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            attempt = settlement.attempt
            written_off = await connection.execute(
                update(AttemptRow)
                .where(AttemptRow.id == attempt.id, AttemptRow.status == AttemptStatus.FINISHED)
                .where(AttemptRow.disposition == Disposition.INTERRUPTED)
                .values(**flat(attempt, "contact_ids"))
            )
            if written_off.rowcount == 0:
                return False
            await _forget_retries(connection, attempt)
            await connection.execute(delete(OutcomeRow).where(OutcomeRow.attempt_id == attempt.id))
            await _write_results(connection, settlement)
            await _write_consequences(connection, settlement)
            return True

        return await self._database.write(work)


async def _forget_retries(connection: AsyncConnection, attempt: Attempt) -> None:
    """What is planned for these contacts was planned because nobody knew how the call had ended. Deleted, not
    dropped: the retry that the real end leads to may have the same id."""
    of_these = select(AttemptContactRow.attempt_id).where(AttemptContactRow.contact_id.in_(attempt.contact_ids))
    await connection.execute(
        delete(AttemptRow).where(AttemptRow.status == AttemptStatus.PLANNED, AttemptRow.id.in_(of_these))
    )


async def _finish(connection: AsyncConnection, settlement: Settlement) -> bool:
    """False when the attempt had ended before. An attempt nobody planned (a call by hand) is inserted."""
    attempt = settlement.attempt
    values = flat(attempt, "contact_ids")
    finished = await connection.execute(
        update(AttemptRow).where(AttemptRow.id == attempt.id, AttemptRow.status.not_in(_ENDED)).values(**values)
    )
    if finished.rowcount:
        return True
    if await connection.scalar(select(AttemptRow.id).where(AttemptRow.id == attempt.id)):
        return False
    await insert_new(connection, ContactRow, [flat(concluded.contact) for concluded in settlement.concluded])
    await insert_attempts(connection, [attempt], set(attempt.contact_ids))
    return True


async def _write_results(connection: AsyncConnection, settlement: Settlement) -> None:
    if settlement.call is not None:
        await upsert(connection, CallRecord, [flat(settlement.call)])
        values = [{"call_id": settlement.call.id, "name": n, "value": v} for n, v in dict(settlement.values).items()]
        await insert_new(connection, CallValueRow, values)
    for concluded in settlement.concluded:
        await save_contact(connection, concluded.contact)
    outcomes = [
        {
            "attempt_id": settlement.attempt.id,
            "contact_id": concluded.contact.id,
            "outcome": concluded.outcome,
            "at": settlement.attempt.finished_at,
            "talked": concluded.talked,
        }
        for concluded in settlement.concluded
    ]
    await insert_new(connection, OutcomeRow, outcomes)


async def _write_consequences(connection: AsyncConnection, settlement: Settlement) -> None:
    closed = [concluded.contact.id for concluded in settlement.concluded if concluded.contact.status in CLOSED]
    await drop_orphans(connection, closed, "Повод уже закрыт")
    wanted = sorted({id_ for attempt in settlement.next_attempts for id_ in attempt.contact_ids})
    await insert_attempts(connection, settlement.next_attempts, await open_contacts(connection, wanted))
    await insert_new(connection, SuppressionRow, [flat(item) for item in settlement.suppressions])
    await insert_new(connection, TaskRow, [flat(item) for item in settlement.tasks])
    await insert_new(connection, MessageRow, [flat(item) for item in settlement.messages])
    await insert_new(connection, DeliveryRow, [flat(item) for item in settlement.deliveries])
    await insert_decisions(connection, settlement.decisions)
