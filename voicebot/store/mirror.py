"""What the MIS said last: patients and visits, as a copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient
from voicebot.sql.statements import chunks, insert_new, upsert
from voicebot.store.models import AppointmentRow, BranchRow, DoctorRow, PatientPhoneRow, PatientRow, SyncRow
from voicebot.store.repository import Repository, flat

_VISITS = "appointments"


class Mirror(Repository):
    async def save_patients(self, patients: Sequence[Patient]) -> None:
        unique = {patient.id: patient for patient in patients}

        async def work(connection: AsyncConnection) -> None:
            await upsert(connection, PatientRow, [flat(patient, "phones") for patient in unique.values()])
            for ids in chunks(list(unique)):
                await connection.execute(delete(PatientPhoneRow).where(PatientPhoneRow.patient_id.in_(ids)))
            phones = [
                {"patient_id": patient.id, "position": position, "phone": phone}
                for patient in unique.values()
                for position, phone in enumerate(patient.phones)
            ]
            await insert_new(connection, PatientPhoneRow, phones)

        await self._database.write(work)

    async def save_appointments(self, appointments: Sequence[Appointment], synced_at: datetime) -> None:
        """Also moves last_sync, even when there are none: an empty day was read as well."""
        unique = {visit.id: visit for visit in appointments}
        doctors = {visit.doctor.id: flat(visit.doctor) for visit in unique.values()}
        branches = {visit.branch.id: flat(visit.branch) for visit in unique.values()}
        rows = [
            {
                **flat(visit, "doctor", "branch"),
                "doctor_id": visit.doctor.id,
                "branch_id": visit.branch.id,
                "seen_at": synced_at,
            }
            for visit in unique.values()
        ]

        async def work(connection: AsyncConnection) -> None:
            await upsert(connection, DoctorRow, list(doctors.values()))
            await upsert(connection, BranchRow, list(branches.values()))
            await upsert(connection, AppointmentRow, rows)
            await upsert(connection, SyncRow, [{"name": _VISITS, "at": synced_at}], keys=("name",))

        await self._database.write(work)

    async def patient(self, patient_id: str) -> Patient | None:
        phones = (
            select(PatientPhoneRow.phone)
            .where(PatientPhoneRow.patient_id == patient_id)
            .order_by(PatientPhoneRow.position)
        )
        async with self._database.reading() as connection:
            found = await connection.execute(select(PatientRow).where(PatientRow.id == patient_id))
            row = found.mappings().one_or_none()
            if row is None:
                return None
            return Patient(**row, phones=tuple((await connection.execute(phones)).scalars()))

    async def appointment(self, appointment_id: str) -> Appointment | None:
        visits = await self._visits(select(AppointmentRow).where(AppointmentRow.id == appointment_id))
        return visits[0] if visits else None

    async def appointments_between(self, start: datetime, end: datetime) -> Sequence[Appointment]:
        """Visits that begin in [start, end), by their start."""
        return await self._visits(
            select(AppointmentRow)
            .where(AppointmentRow.start >= start, AppointmentRow.start < end)
            .order_by(AppointmentRow.start, AppointmentRow.id)
        )

    async def last_sync(self) -> datetime | None:
        async with self._database.reading() as connection:
            return await connection.scalar(select(SyncRow.at).where(SyncRow.name == _VISITS))

    async def _visits(self, statement: Select[Any]) -> tuple[Appointment, ...]:
        async with self._database.reading() as connection:
            rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
            doctors = {row["id"]: Doctor(**row) for row in await _by_id(connection, DoctorRow, rows, "doctor_id")}
            branches = {
                row["id"]: ClinicBranch(**row) for row in await _by_id(connection, BranchRow, rows, "branch_id")
            }
        visits = []
        for row in rows:
            del row["seen_at"]
            doctor, branch = doctors[row.pop("doctor_id")], branches[row.pop("branch_id")]
            visits.append(Appointment(**row, doctor=doctor, branch=branch))
        return tuple(visits)


async def _by_id(
    connection: AsyncConnection, model: type[DoctorRow] | type[BranchRow], rows: Sequence[dict[str, Any]], key: str
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for ids in chunks(sorted({row[key] for row in rows})):
        result = await connection.execute(select(model).where(model.id.in_(ids)))
        found += [dict(row) for row in result.mappings()]
    return found
