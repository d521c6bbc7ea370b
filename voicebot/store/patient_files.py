"""Everything that is kept about one patient, together: for the answer to "why"."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.decisions import DecisionNote
from voicebot.contacts.model import Attempt, Contact, ContactStatus, Delivery, Message, Suppression, Task
from voicebot.dialogue.outcome import Outcome
from voicebot.store.decision_models import DecisionRow
from voicebot.store.decisions import note_of
from voicebot.store.models import (
    AttemptContactRow,
    AttemptRow,
    CallRecord,
    ContactRow,
    DeliveryRow,
    MessageRow,
    OutcomeRow,
    SuppressionRow,
    TaskRow,
)
from voicebot.store.port import CallRow
from voicebot.store.repository import Repository, load_attempts

T = TypeVar("T")

#: A contact that ended so was never called about, unless attempts were made.
NOT_CALLED = (ContactStatus.CANCELLED, ContactStatus.SUPPRESSED)


@dataclass(frozen=True, slots=True)
class PatientFile:
    """outcomes: (attempt id, contact id) -> what the call meant. attempts: those that concern these contacts, also
    together with other people's. calls: of these attempts, and inbound ones from the phones asked for."""

    contacts: tuple[Contact, ...]
    attempts: tuple[Attempt, ...]
    calls: tuple[CallRow, ...]
    outcomes: Mapping[tuple[str, str], Outcome]
    decisions: tuple[DecisionNote, ...]
    tasks: tuple[Task, ...]
    messages: tuple[Message, ...]
    deliveries: tuple[Delivery, ...]
    suppressions: tuple[Suppression, ...]


class PatientFiles(Repository):
    async def patient_file(self, patient_id: str, phones: Sequence[str] = ()) -> PatientFile:
        """phones: of the patient; stops said at them, and calls from them, are in the file too."""
        async with self._database.reading() as connection:
            contacts = await _all(connection, ContactRow, ContactRow.patient_id == patient_id, Contact)
            ids = [contact.id for contact in contacts]
            of_these = select(AttemptContactRow.attempt_id).where(AttemptContactRow.contact_id.in_(ids))
            wanted = select(AttemptRow).where(AttemptRow.id.in_(of_these)).order_by(AttemptRow.due_at, AttemptRow.id)
            attempts = await load_attempts(connection, wanted)
            inbound = and_(CallRecord.attempt_id == "", CallRecord.phone.in_(phones))
            ours = CallRecord.attempt_id.in_([attempt.id for attempt in attempts])
            calls = await _all(connection, CallRecord, or_(ours, inbound), CallRow)
            means = select(OutcomeRow.attempt_id, OutcomeRow.contact_id, OutcomeRow.outcome)
            outcomes = await connection.execute(means.where(OutcomeRow.contact_id.in_(ids)))
            decided = select(DecisionRow).where(DecisionRow.patient_id == patient_id).order_by(DecisionRow.at)
            decisions = (await connection.execute(decided)).mappings()
            of_phone = and_(SuppressionRow.patient_id == "", SuppressionRow.phone.in_(phones))
            stopped = or_(SuppressionRow.patient_id == patient_id, of_phone)
            return PatientFile(
                contacts=contacts,
                attempts=attempts,
                calls=calls,
                outcomes={(row.attempt_id, row.contact_id): row.outcome for row in outcomes},
                decisions=tuple(note_of(dict(row)) for row in decisions),
                tasks=await _all(connection, TaskRow, TaskRow.patient_id == patient_id, Task),
                messages=await _all(connection, MessageRow, MessageRow.patient_id == patient_id, Message),
                deliveries=await _all(connection, DeliveryRow, DeliveryRow.patient_id == patient_id, Delivery),
                suppressions=await _all(connection, SuppressionRow, stopped, Suppression),
            )

    async def reached_out(
        self, patient_ids: Sequence[str], since: datetime, without: Collection[str]
    ) -> Sequence[tuple[str, datetime]]:
        """(scenario id, moment) of every contact of these patients since then that is open or was called about, but
        for these contacts (ids)."""
        called = or_(ContactRow.status.not_in(NOT_CALLED), ContactRow.attempts_used > 0)
        statement = select(ContactRow.scenario_id, ContactRow.due_at).where(
            ContactRow.patient_id.in_(patient_ids), ContactRow.due_at > since, called, ContactRow.id.not_in(without)
        )
        async with self._database.reading() as connection:
            return tuple((row.scenario_id, row.due_at) for row in await connection.execute(statement))


async def _all(connection: AsyncConnection, model: Any, where: ColumnElement[bool], made: type[T]) -> tuple[T, ...]:
    """The rows of a table whose columns are the fields of a plain type."""
    rows = await connection.execute(select(model).where(where))
    return tuple(made(**row) for row in rows.mappings())
