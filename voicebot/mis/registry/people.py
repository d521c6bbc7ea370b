"""Patients, branches and doctors of the registry by their ids, many at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import ClinicBranch, Doctor, Patient
from voicebot.mis.port import BadRecord
from voicebot.mis.registry.models import (
    BranchRow,
    DoctorRow,
    PatientRow,
    PhoneRow,
    RepresentativePhoneRow,
    RepresentativeRow,
)
from voicebot.mis.registry.rows import Row, UnknownStatus, to_branch, to_doctor, to_patient, to_representative
from voicebot.sql.statements import among, chunks

_p = PatientRow
#: What a patient is made of: not when the card was changed.
_CARD = (_p.id, _p.surname, _p.given_name, _p.patronymic, _p.sex, _p.birth_date, _p.zone, _p.do_not_call)


async def patients_of(
    connection: AsyncConnection, patient_ids: Sequence[str]
) -> tuple[dict[str, Patient], list[BadRecord]]:
    """id -> patient, with phones and representative; and those whose rows cannot be read."""
    phones, who = await phones_of(connection, patient_ids), await representatives_of(connection, patient_ids)
    found: dict[str, Patient] = {}
    bad: list[BadRecord] = []
    for ids in chunks(patient_ids):
        result = await connection.execute(select(*_CARD).where(among(connection.dialect.name, PatientRow.id, ids)))
        names = tuple(result.keys())
        for values in result.all():  # all at once: one by one costs a call of the driver each
            row = dict(zip(names, values, strict=True))
            answers = who.get(row["id"])
            try:
                representative = to_representative(*answers) if answers else None
                found[row["id"]] = to_patient(row, phones.get(row["id"], ()), representative)
            except UnknownStatus as error:
                bad.append(BadRecord(f"пациент {row['id']}", str(error)))
    return found, bad


async def shared_phones(connection: AsyncConnection, phones: Iterable[str]) -> frozenset[str]:
    """Those of these phones that stand in the cards of several patients."""
    found: set[str] = set()
    for some in chunks(list(dict.fromkeys(phones))):
        statement = (
            select(PhoneRow.phone).where(among(connection.dialect.name, PhoneRow.phone, some)).group_by(PhoneRow.phone)
        )
        several = statement.having(func.count(PhoneRow.patient_id.distinct()) > 1)
        found.update((await connection.execute(several)).scalars().all())
    return frozenset(found)


class References:
    """Doctors and branches as they are met: a clinic has few of them, and each is read once."""

    def __init__(self) -> None:
        self._doctors: dict[str, Doctor | UnknownStatus] = {}
        self._branches: dict[str, ClinicBranch] = {}

    async def learn(self, connection: AsyncConnection, visits: Sequence[Row]) -> None:
        """Read what these visits name and nobody has asked for yet."""
        doctors = {row["doctor_id"] for row in visits} - self._doctors.keys()
        branches = {row["branch_id"] for row in visits} - self._branches.keys()
        self._branches |= {id_: to_branch(row) for id_, row in (await by_id(connection, BranchRow, branches)).items()}
        for id_, row in (await by_id(connection, DoctorRow, doctors)).items():
            try:
                self._doctors[id_] = to_doctor(row)
            except UnknownStatus as error:
                self._doctors[id_] = error

    def of(self, visit: Row) -> tuple[Doctor, ClinicBranch]:
        """Raises UnknownStatus for a doctor who cannot be read."""
        doctor = self._doctors[visit["doctor_id"]]
        if isinstance(doctor, UnknownStatus):
            raise doctor
        return doctor, self._branches[visit["branch_id"]]


async def phones_of(
    connection: AsyncConnection,
    patient_ids: Sequence[str],
    model: type[PhoneRow] | type[RepresentativePhoneRow] = PhoneRow,
) -> dict[str, tuple[str, ...]]:
    """The phones of these patients (or of their representatives), in the order in which they are to be tried."""
    found: dict[str, tuple[str, ...]] = {}
    for ids in chunks(patient_ids):
        statement = (
            select(model.patient_id, model.phone)
            .where(among(connection.dialect.name, model.patient_id, ids))
            .order_by(model.patient_id, model.position)
        )
        for patient_id, phone in (await connection.execute(statement)).all():
            found[patient_id] = (*found.get(patient_id, ()), phone)
    return found


async def representatives_of(
    connection: AsyncConnection, patient_ids: Sequence[str]
) -> dict[str, tuple[Row, tuple[str, ...]]]:
    """patient id -> the row of the one who answers for them, and that one's phones."""
    rows: dict[str, Row] = {}
    for ids in chunks(patient_ids):
        wanted = select(RepresentativeRow).where(among(connection.dialect.name, RepresentativeRow.patient_id, ids))
        rows.update({row["patient_id"]: row for row in (await connection.execute(wanted)).mappings()})
    phones = await phones_of(connection, list(rows), RepresentativePhoneRow)
    return {id_: (row, phones.get(id_, ())) for id_, row in rows.items()}


async def by_id(
    connection: AsyncConnection, model: type[DoctorRow] | type[BranchRow], wanted: set[str]
) -> dict[str, Row]:
    found: dict[str, Row] = {}
    for ids in chunks(sorted(wanted)):
        rows = (await connection.execute(select(model).where(among(connection.dialect.name, model.id, ids)))).mappings()
        found.update({row["id"]: row for row in rows})
    return found
