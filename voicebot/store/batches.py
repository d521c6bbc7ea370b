"""What is known of many patients or visits at a time: a plan asks once for a batch, never once for each patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.decisions import DecisionNote
from voicebot.contacts.model import CLOSED, Appointment, Attempt, Contact, Patient, Suppression
from voicebot.dialogue.outcome import Outcome
from voicebot.sql.statements import among, chunks, insert_new_ids
from voicebot.store.decisions import insert_decisions
from voicebot.store.mirror import load_visits, save_patients, save_visits
from voicebot.store.models import AppointmentRow, ContactRow, OutcomeRow, PatientRow, SuppressionRow
from voicebot.store.repository import Repository, flat, insert_attempts

_c = ContactRow


class Batches(Repository):
    async def contacts_of(self, patient_ids: Sequence[str], scenario_id: str, since: datetime) -> Sequence[Contact]:
        concern = or_(_c.scenario_id == scenario_id, _c.due_at > since, _c.outcome == Outcome.REFUSED)
        return await self._contacts(_c.patient_id, patient_ids, concern)

    async def contacts_about(self, scenario_id: str, visit_ids: Sequence[str]) -> Sequence[Contact]:
        return await self._contacts(_c.appointment_id, visit_ids, _c.scenario_id == scenario_id)

    async def _contacts(self, column: Any, keys: Sequence[str], condition: Any) -> tuple[Contact, ...]:
        found: list[Contact] = []
        async with self._database.reading() as connection:
            for some in chunks(keys):
                result = await connection.execute(
                    select(_c).where(among(connection.dialect.name, column, some), condition).order_by(_c.due_at)
                )
                names = tuple(result.keys())  # as in the registry: many rows are quicker without their mappings
                found += [Contact(**dict(zip(names, row, strict=True))) for row in result.all()]
        return tuple(found)

    async def refused(self, patient_ids: Sequence[str]) -> Mapping[str, datetime]:
        row = OutcomeRow
        found: dict[str, datetime] = {}
        async with self._database.reading() as connection:
            for some in chunks(patient_ids):
                statement = (
                    select(_c.patient_id, func.max(row.at))
                    .join(row, row.contact_id == _c.id)
                    .where(among(connection.dialect.name, _c.patient_id, some), row.outcome == Outcome.REFUSED)
                    .group_by(_c.patient_id)
                )
                found.update({id_: at for id_, at in await connection.execute(statement) if at is not None})
        return found

    async def suppressions_of(
        self, patient_ids: Sequence[str], phones: Sequence[str], now: datetime
    ) -> Sequence[Suppression]:
        row = SuppressionRow
        found: dict[Suppression, None] = {}
        async with self._database.reading() as connection:
            of_patients = [
                select(row).where(among(connection.dialect.name, row.patient_id, some)) for some in chunks(patient_ids)
            ]
            of_phones = [select(row).where(among(connection.dialect.name, row.phone, some), row.patient_id == "")
                         for some in chunks(phones)]  # fmt: skip
            for statement in (*of_patients, *of_phones):
                in_force = statement.where(row.since <= now, or_(row.until.is_(None), row.until > now))
                for one in (await connection.execute(in_force.order_by(row.since))).mappings():
                    found[Suppression(**one)] = None
        return tuple(found)

    async def open_about_visits(
        self, lifecycle: str, answers: Sequence[str], scenario_id: str
    ) -> Sequence[tuple[Contact, Appointment | None]]:
        visit = AppointmentRow
        suspect = or_(
            visit.id.is_(None),
            visit.start != _c.deadline,
            visit.lifecycle != lifecycle,
            visit.answer.not_in(tuple(answers)),
        )
        statement = (
            select(_c)
            .outerjoin(visit, visit.id == _c.appointment_id)
            .where(_c.scenario_id == scenario_id, _c.appointment_id != "", _c.status.not_in(CLOSED), suspect)
            .order_by(_c.due_at, _c.id)
        )
        async with self._database.reading() as connection:
            contacts = [Contact(**row) for row in (await connection.execute(statement)).mappings()]
            visits: dict[str, Appointment] = {}
            for ids in chunks([contact.appointment_id for contact in contacts]):
                visits.update(
                    {
                        v.id: v
                        for v in await load_visits(
                            connection, select(visit).where(among(connection.dialect.name, visit.id, ids))
                        )
                    }
                )
        return tuple((contact, visits.get(contact.appointment_id)) for contact in contacts)

    async def add_planned(
        self,
        contacts: Sequence[Contact],
        attempts: Sequence[Attempt],
        notes: Sequence[DecisionNote],
        patients: Sequence[Patient],
        visits: Sequence[Appointment],
        now: datetime,
    ) -> set[str]:
        async def work(connection: AsyncConnection) -> set[str]:
            new = await insert_new_ids(connection, ContactRow, [flat(contact) for contact in contacts])
            await insert_attempts(connection, attempts, new)
            await insert_decisions(connection, notes)
            await save_patients(connection, await _unknown(connection, patients))
            await save_visits(connection, visits, now)
            return new

        return await self._database.write(work)


async def _unknown(connection: AsyncConnection, patients: Sequence[Patient]) -> list[Patient]:
    """Those whom no sync has copied yet; the others it keeps up to date."""
    known: set[str] = set()
    for ids in chunks([patient.id for patient in patients]):
        known.update(
            (await connection.execute(select(PatientRow.id).where(among(connection.dialect.name, PatientRow.id, ids))))
            .scalars()
            .all()
        )
    return [patient for patient in patients if patient.id not in known]
