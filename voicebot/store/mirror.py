"""What the MIS said last: patients and visits, as a copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Representative
from voicebot.sql.statements import among, chunks, insert_new, upsert
from voicebot.store.models import (
    AppointmentRow,
    BranchRow,
    DoctorRow,
    PatientPhoneRow,
    PatientRow,
    RepresentativePhoneRow,
    RepresentativeRow,
    SyncRow,
)
from voicebot.store.port import SyncState
from voicebot.store.repository import Repository, flat

#: Rows of the table of readings: of visits, of patients, and of the reading of patients that is in progress.
_VISITS, _PATIENTS, _READING = "appointments", "patients", "patients in progress"


class Mirror(Repository):
    async def save_patients(self, patients: Sequence[Patient], state: SyncState | None = None) -> None:
        async def work(connection: AsyncConnection) -> None:
            await save_patients(connection, patients)
            if state is not None:
                await _save_state(connection, state)

        await self._database.write(work)

    async def sync_state(self) -> SyncState:
        async with self._database.reading() as connection:
            rows = {row["name"]: row for row in (await connection.execute(select(SyncRow))).mappings()}
        read, reading = rows.get(_PATIENTS), rows.get(_READING)
        return SyncState(
            read["at"] if read is not None else None,
            reading["at"] if reading is not None else None,
            reading["cursor"] if reading is not None else "",
        )

    async def save_appointments(
        self, appointments: Sequence[Appointment], synced_at: datetime, whole: bool = True
    ) -> None:
        async def work(connection: AsyncConnection) -> None:
            await save_visits(connection, appointments, synced_at)
            if whole:
                await upsert(connection, SyncRow, [{"name": _VISITS, "at": synced_at, "cursor": ""}], keys=("name",))

        await self._database.write(work)

    async def patient(self, patient_id: str) -> Patient | None:
        found = await self.patients_of([patient_id])
        return found[0] if found else None

    async def patients_at(self, phone: str) -> Sequence[Patient]:
        own = select(PatientPhoneRow.patient_id).where(PatientPhoneRow.phone == phone)
        wards = select(RepresentativePhoneRow.patient_id).where(RepresentativePhoneRow.phone == phone)
        async with self._database.reading() as connection:
            ids = sorted({id_ for ask in (own, wards) for id_ in (await connection.execute(ask)).scalars()})
        return await self.patients_of(ids)

    async def patients_of(self, patient_ids: Sequence[str]) -> tuple[Patient, ...]:
        """Those of these patients that are known, by id."""
        found: list[Patient] = []
        async with self._database.reading() as connection:
            for ids in chunks(sorted(patient_ids)):
                phones = await _phones(connection, PatientPhoneRow, ids)
                theirs = await _phones(connection, RepresentativePhoneRow, ids)
                statement = select(RepresentativeRow).where(
                    among(connection.dialect.name, RepresentativeRow.patient_id, ids)
                )
                who: dict[str, Representative] = {}
                for found_row in (await connection.execute(statement)).mappings():
                    row = dict(found_row)
                    id_ = row.pop("patient_id")
                    who[id_] = Representative(**row, phones=theirs.get(id_, ()))
                these = (
                    select(PatientRow).where(among(connection.dialect.name, PatientRow.id, ids)).order_by(PatientRow.id)
                )
                for one in (await connection.execute(these)).mappings():
                    id_ = one["id"]
                    found.append(Patient(**one, phones=phones.get(id_, ()), representative=who.get(id_)))
        return tuple(found)

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
            return await load_visits(connection, statement)


async def _save_state(connection: AsyncConnection, state: SyncState) -> None:
    await connection.execute(delete(SyncRow).where(SyncRow.name.in_((_PATIENTS, _READING))))
    moments = ((_PATIENTS, state.read_at, ""), (_READING, state.began_at, state.cursor))
    rows = [{"name": name, "at": at, "cursor": cursor} for name, at, cursor in moments if at is not None]
    await insert_new(connection, SyncRow, rows)


async def save_patients(connection: AsyncConnection, patients: Sequence[Patient]) -> None:
    unique = {patient.id: patient for patient in patients}
    plain = [flat(patient, "phones", "representative") for patient in unique.values()]
    await upsert(connection, PatientRow, plain)
    for ids in chunks(list(unique)):
        for model in (PatientPhoneRow, RepresentativePhoneRow, RepresentativeRow):
            await connection.execute(delete(model).where(among(connection.dialect.name, model.patient_id, ids)))
    phones = [
        {"patient_id": patient.id, "position": position, "phone": phone}
        for patient in unique.values()
        for position, phone in enumerate(patient.phones)
    ]
    await insert_new(connection, PatientPhoneRow, phones)
    who = {id_: patient.representative for id_, patient in unique.items() if patient.representative}
    rows = [{**flat(one, "phones"), "patient_id": id_} for id_, one in who.items()]
    await insert_new(connection, RepresentativeRow, rows)
    at = [
        {"patient_id": id_, "position": position, "phone": phone}
        for id_, one in who.items()
        for position, phone in enumerate(one.phones)
    ]
    await insert_new(connection, RepresentativePhoneRow, at)


async def save_visits(connection: AsyncConnection, visits: Sequence[Appointment], seen_at: datetime) -> None:
    unique = {visit.id: visit for visit in visits}
    doctors = {visit.doctor.id: flat(visit.doctor) for visit in unique.values()}
    branches = {visit.branch.id: flat(visit.branch) for visit in unique.values()}
    rows = [
        {
            **flat(visit, "doctor", "branch"),
            "doctor_id": visit.doctor.id,
            "branch_id": visit.branch.id,
            "seen_at": seen_at,
        }
        for visit in unique.values()
    ]
    await upsert(connection, DoctorRow, list(doctors.values()))
    await upsert(connection, BranchRow, list(branches.values()))
    await upsert(connection, AppointmentRow, rows)


async def load_visits(connection: AsyncConnection, statement: Select[Any]) -> tuple[Appointment, ...]:
    """Visits selected by `select(AppointmentRow)…`, in its order, with doctor and branch."""
    rows = [dict(row) for row in (await connection.execute(statement)).mappings()]
    doctors = {row["id"]: Doctor(**row) for row in await _by_id(connection, DoctorRow, rows, "doctor_id")}
    branches = {row["id"]: ClinicBranch(**row) for row in await _by_id(connection, BranchRow, rows, "branch_id")}
    visits = []
    for row in rows:
        del row["seen_at"]
        doctor, branch = doctors[row.pop("doctor_id")], branches[row.pop("branch_id")]
        visits.append(Appointment(**row, doctor=doctor, branch=branch))
    return tuple(visits)


async def _phones(
    connection: AsyncConnection, model: type[PatientPhoneRow] | type[RepresentativePhoneRow], ids: Sequence[str]
) -> dict[str, tuple[str, ...]]:
    """patient id -> phones, in the order in which they are to be tried."""
    statement = select(model.patient_id, model.phone).where(among(connection.dialect.name, model.patient_id, ids))
    found: dict[str, tuple[str, ...]] = {}
    for patient_id, phone in await connection.execute(statement.order_by(model.patient_id, model.position)):
        found[patient_id] = (*found.get(patient_id, ()), phone)
    return found


async def _by_id(
    connection: AsyncConnection, model: type[DoctorRow] | type[BranchRow], rows: Sequence[dict[str, Any]], key: str
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for ids in chunks(sorted({row[key] for row in rows})):
        result = await connection.execute(select(model).where(among(connection.dialect.name, model.id, ids)))
        found += [dict(row) for row in result.mappings()]
    return found
