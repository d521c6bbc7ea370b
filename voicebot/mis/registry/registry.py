"""The built-in registry as an adapter of the MIS port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.clock import Clock
from voicebot.contacts.campaign import Campaign
from voicebot.contacts.consents import Consent
from voicebot.contacts.model import Appointment, Lifecycle, Patient
from voicebot.mis.port import (
    AddCallNote,
    Capability,
    Command,
    CreateTask,
    MisRefused,
    MisUnavailable,
    Page,
    ReferenceItem,
    ReferenceKind,
    Result,
)
from voicebot.mis.registry.models import (
    AppointmentRow,
    BranchRow,
    ConsentRow,
    DoctorRow,
    NoteRow,
    PatientRow,
    TaskRow,
)
from voicebot.mis.registry.people import by_id, phones_of, representatives_of
from voicebot.mis.registry.rows import Row, page, to_appointment, to_patient, to_representative
from voicebot.mis.registry.selection import Selection
from voicebot.mis.registry.writing import write_once
from voicebot.mis.selecting import CandidateBatch
from voicebot.sql import migrate
from voicebot.sql.engine import Database, DataConflict
from voicebot.sql.statements import among, chunks

MIGRATIONS = Path(__file__).parent / "migrations"

LIFECYCLE_NAMES = {
    Lifecycle.BOOKED: "записан",
    Lifecycle.ARRIVED: "пришёл",
    Lifecycle.DONE: "завершён",
    Lifecycle.CANCELLED: "отменён",
    Lifecycle.NO_SHOW: "не пришёл",
}


async def upgrade(url: str) -> None:
    """Make the registry's database, or bring it to the newest schema; before Registry is used.

    Raises MisUnavailable, SchemaFault (made by a newer program), BadDatabaseUrl.
    """
    await migrate.upgrade(url, MIGRATIONS, MisUnavailable)


class Registry:
    """port.Mis on the registry's own database. url: sqlite:///file.db (its own file) or postgresql://…

    close() must be awaited: SQLite's thread lives until then.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self.database = Database(url, MisUnavailable)
        self.clock = clock

    def capabilities(self) -> frozenset[Capability]:
        return frozenset(
            {
                Capability.SET_ANSWER,
                Capability.SET_CONTACT_STATUS,
                Capability.ADD_NOTE,
                Capability.CREATE_TASK,
                Capability.SELECT,
                Capability.PAGES,
            }
        )

    async def reference(self, kind: ReferenceKind) -> Sequence[ReferenceItem]:
        """Kinds that the registry does not keep are empty."""
        if kind is ReferenceKind.VISIT_STATUSES:
            return tuple(ReferenceItem(status.value, name) for status, name in LIFECYCLE_NAMES.items())
        async with self.database.reading() as connection:
            if kind is ReferenceKind.BRANCHES:
                rows = (await connection.execute(select(BranchRow).order_by(BranchRow.name))).mappings()
                return tuple(ReferenceItem(row["id"], row["name"] or row["address"]) for row in rows)
            if kind is ReferenceKind.DOCTORS:
                rows = (await connection.execute(select(DoctorRow).order_by(DoctorRow.surname))).mappings()
                return tuple(ReferenceItem(row["id"], _doctor_name(row)) for row in rows)
        return ()

    async def patients(self, since: datetime | None = None, until: datetime | None = None) -> Page[Patient]:
        statement = select(PatientRow).order_by(PatientRow.id)
        if since is not None:
            statement = statement.where(PatientRow.changed_at >= since)
        if until is not None:
            statement = statement.where(PatientRow.changed_at < until)
        return await self._patients(statement)

    async def patients_after(self, after: str, limit: int, since: datetime | None = None) -> Page[Patient]:
        """By id: a patient keeps their place however they change."""
        statement = select(PatientRow).where(PatientRow.id > after).order_by(PatientRow.id).limit(limit)
        if since is not None:
            statement = statement.where(PatientRow.changed_at >= since)
        return await self._patients(statement, limit)

    async def _patients(self, statement: Select[Any], limit: int = 0) -> Page[Patient]:
        """limit: how many make a full page, behind which there may be another; 0 for all in one."""
        async with self.database.reading() as connection:
            rows = (await connection.execute(statement)).mappings().all()
            ids = [row["id"] for row in rows]
            phones, who = await phones_of(connection, ids), await representatives_of(connection, ids)

        def read(row: Row) -> Patient:
            answers = who.get(row["id"])
            return to_patient(row, phones.get(row["id"], ()), to_representative(*answers) if answers else None)

        found = page(rows, "пациент", read)
        return replace(found, next=ids[-1]) if limit and len(ids) == limit else found

    async def appointments(self, start: datetime, end: datetime) -> Page[Appointment]:
        return await self._visits(
            select(AppointmentRow)
            .where(AppointmentRow.start >= start, AppointmentRow.start < end)
            .order_by(AppointmentRow.start, AppointmentRow.id)
        )

    async def appointment(self, appointment_id: str) -> Appointment | None:
        """Raises MisRefused when the visit is there and cannot be read (a status we do not know)."""
        found = await self._visits(select(AppointmentRow).where(AppointmentRow.id == appointment_id))
        if found.bad:
            raise MisRefused(f"{found.bad[0].place}: {found.bad[0].problem}.", "Исправьте статус в МИС.")
        return found.items[0] if found.items else None

    async def apply(self, command: Command, key: str, expected_version: str = "") -> Result:
        async def work(connection: AsyncConnection) -> Result:
            return await write_once(connection, command, key, expected_version, self.clock.now())

        try:
            return await self.database.write(work)
        except DataConflict:  # PostgreSQL: the same key is being written beside us; now it is there to be seen
            return await self.database.write(work)

    def candidates(self, campaign: Campaign, now: datetime) -> AsyncIterator[CandidateBatch]:
        return Selection(self.database).candidates(campaign, now)

    async def next_visits(self, patient_ids: Sequence[str], now: datetime) -> Mapping[str, datetime]:
        return await Selection(self.database).next_visits(patient_ids, now)

    async def consents(self, patient_ids: Sequence[str]) -> Mapping[str, Consent]:
        found: dict[str, Consent] = {}
        async with self.database.reading() as connection:
            for ids in chunks(patient_ids):
                these = among(connection.dialect.name, ConsentRow.patient_id, ids)
                rows = await connection.execute(select(ConsentRow).where(these))
                found.update({row["patient_id"]: Consent(**row) for row in rows.mappings()})
        return found

    async def notes(self) -> Sequence[AddCallNote]:
        """Notes that the robot has written, oldest first."""
        async with self.database.reading() as connection:
            rows = (await connection.execute(select(NoteRow).order_by(NoteRow.at, NoteRow.key))).mappings()
            return tuple(AddCallNote(row["patient_id"], row["appointment_id"], row["text"]) for row in rows)

    async def tasks(self) -> Sequence[CreateTask]:
        """Tasks that the robot has written, the most pressing first."""
        async with self.database.reading() as connection:
            rows = (await connection.execute(select(TaskRow).order_by(TaskRow.due_at, TaskRow.key))).mappings()
            return tuple(
                CreateTask(row["patient_id"], row["appointment_id"], row["text"], row["due_at"]) for row in rows
            )

    async def close(self) -> None:
        await self.database.close()

    async def _visits(self, statement: Select[Any]) -> Page[Appointment]:
        async with self.database.reading() as connection:
            rows = (await connection.execute(statement)).mappings().all()
            doctors = await by_id(connection, DoctorRow, {row["doctor_id"] for row in rows})
            branches = await by_id(connection, BranchRow, {row["branch_id"] for row in rows})

        def read(row: Row) -> Appointment:
            return to_appointment(row, doctors[row["doctor_id"]], branches[row["branch_id"]])

        return page(rows, "визит", read)


def _doctor_name(row: Row) -> str:
    name = " ".join(part for part in (row["surname"], row["given_name"], row["patronymic"]) if part)
    return f"{name}, {row['speciality']}" if row["speciality"] else name
