"""Writes of the robot into the registry: once per key, and only to the version that the robot has seen."""

from __future__ import annotations

from datetime import datetime
from typing import assert_never

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.mis.port import (
    AddCallNote,
    AlreadyApplied,
    Applied,
    Command,
    Conflict,
    CreateTask,
    MisRefused,
    Result,
    SetAnswer,
    SetContactStatus,
)
from voicebot.mis.registry.models import (
    AppliedRow,
    AppointmentRow,
    BranchRow,
    ContactStatusRow,
    DoctorRow,
    NoteRow,
    PatientRow,
    TaskRow,
)
from voicebot.mis.registry.rows import UnknownStatus, to_appointment
from voicebot.sql.statements import insert_new

OPTED_OUT = "opted_out"
CONTACT_STATUSES = frozenset({"refused", OPTED_OUT})


async def write_once(
    connection: AsyncConnection, command: Command, key: str, expected_version: str, now: datetime
) -> Result:
    """Inside the caller's transaction. Only what was applied takes the key: a conflict may be tried again."""
    done = await connection.scalar(select(AppliedRow.version).where(AppliedRow.key == key))
    if done is not None:
        return AlreadyApplied(done)
    # Claimed first: on PostgreSQL a second writer of the same key waits here and is then tried again.
    await connection.execute(insert(AppliedRow).values(key=key, version="", at=now))
    result = await _write(connection, command, key, expected_version, now)
    claimed = AppliedRow.key == key
    if isinstance(result, Applied):
        await connection.execute(update(AppliedRow).where(claimed).values(version=result.version))
    else:
        await connection.execute(delete(AppliedRow).where(claimed))
    return result


async def _write(
    connection: AsyncConnection, command: Command, key: str, expected_version: str, now: datetime
) -> Result:
    match command:
        case SetAnswer():
            return await _set_answer(connection, command, expected_version, now)
        case SetContactStatus(patient_id=patient_id, status=status):
            await _must_exist(connection, patient_id)
            if status not in CONTACT_STATUSES:
                raise MisRefused(f"Статус контакта «{status}» неизвестен реестру.", "")
            row = {"key": key, "patient_id": patient_id, "status": status, "at": now}
            await insert_new(connection, ContactStatusRow, [row])
            if status == OPTED_OUT:
                mark = update(PatientRow).where(PatientRow.id == patient_id)
                await connection.execute(mark.values(do_not_call=True, changed_at=now))
        case AddCallNote(patient_id=patient_id, appointment_id=visit, text=text):
            await _must_exist(connection, patient_id)
            row = {"key": key, "patient_id": patient_id, "appointment_id": visit, "text": text, "at": now}
            await insert_new(connection, NoteRow, [row])
        case CreateTask(patient_id=patient_id, appointment_id=visit, text=text, due_at=due_at):
            await _must_exist(connection, patient_id)
            row = {"key": key, "patient_id": patient_id, "appointment_id": visit, "text": text, "at": now}
            await insert_new(connection, TaskRow, [{**row, "due_at": due_at}])
        case _:
            assert_never(command)
    return Applied()


async def _set_answer(connection: AsyncConnection, command: SetAnswer, expected_version: str, now: datetime) -> Result:
    visit = AppointmentRow
    version = await connection.scalar(select(visit.version).where(visit.id == command.appointment_id))
    if version is None:
        return Conflict(None)
    if expected_version and str(version) != expected_version:
        return await _conflict(connection, command.appointment_id)
    written = await connection.execute(
        update(visit)
        .where(visit.id == command.appointment_id, visit.version == version)
        .values(answer=command.answer.value, version=version + 1, changed_at=now)
    )
    if written.rowcount == 0:  # PostgreSQL: somebody was faster between the two statements
        return await _conflict(connection, command.appointment_id)
    return Applied(str(version + 1))


async def _conflict(connection: AsyncConnection, appointment_id: str) -> Conflict:
    found = await connection.execute(select(AppointmentRow).where(AppointmentRow.id == appointment_id))
    row = found.mappings().one()
    doctor = await connection.execute(select(DoctorRow).where(DoctorRow.id == row["doctor_id"]))
    branch = await connection.execute(select(BranchRow).where(BranchRow.id == row["branch_id"]))
    try:
        return Conflict(to_appointment(row, doctor.mappings().one(), branch.mappings().one()))
    except UnknownStatus:
        return Conflict(None)


async def _must_exist(connection: AsyncConnection, patient_id: str) -> None:
    if await connection.scalar(select(PatientRow.id).where(PatientRow.id == patient_id)) is None:
        raise MisRefused(f"Пациента {patient_id} нет в реестре.", "Загрузите список визитов заново.")
