"""Import of a clinic's table of visits: read, show what would happen, then do it in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import and_, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.model import ClinicBranch, Doctor, Patient, Representative, Sex
from voicebot.mis.port import BadRecord
from voicebot.mis.registry.changes import BookedVisit, Changes, Counts, work_out
from voicebot.mis.registry.columns import Header, find_header
from voicebot.mis.registry.lines import LineReader, VisitLine
from voicebot.mis.registry.models import (
    AppointmentRow,
    BranchRow,
    ConsentRow,
    DoctorRow,
    PatientRow,
    PhoneRow,
    RepresentativePhoneRow,
    RepresentativeRow,
)
from voicebot.mis.registry.people import phones_of, representatives_of
from voicebot.mis.registry.reading import no_progress, read_file
from voicebot.mis.registry.registry import Registry
from voicebot.mis.registry.rows import Row, to_patient, to_representative
from voicebot.mis.registry.table import BadSpreadsheet, Progress
from voicebot.sql.statements import chunks, insert_new, upsert

_EVERY = 500
#: Writing 200,000 lines takes a while; nobody else writes into the registry meanwhile.
_APPLY_S = 600.0


@dataclass(frozen=True, slots=True)
class ImportPreview:
    """What a file holds and what importing it would do. Nothing is written yet.

    rows: visits that can be imported. bad: lines that cannot, each with a sentence in Russian; they stop nothing.
    remarks: what was left out of good lines. recognised: (header in the file, our name of the column).
    """

    path: Path
    origin: str
    rows: int
    bad: tuple[BadRecord, ...]
    remarks: tuple[BadRecord, ...]
    recognised: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]
    patients: Counts
    visits: Counts
    lines: tuple[VisitLine, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What was written."""

    patients: Counts
    visits: Counts


@dataclass(frozen=True, slots=True)
class _Parsed:
    origin: str
    header: Header
    lines: tuple[VisitLine, ...]
    bad: tuple[BadRecord, ...]
    remarks: tuple[BadRecord, ...]


class RegistryImport:
    """zone: IANA zone of the clinic, for files without a column «Часовой пояс»."""

    def __init__(self, registry: Registry, zone: str = "Europe/Moscow") -> None:
        self._registry = registry
        self._zone = zone

    async def preview(self, path: Path, progress: Progress = no_progress) -> ImportPreview:
        """Raises BadSpreadsheet when the file as a whole cannot be read, MisUnavailable."""
        async with self._registry.database.reading() as connection:
            rows = (await connection.execute(select(BranchRow.id, BranchRow.zone))).mappings()
            zones = {row["id"]: row["zone"] for row in rows if row["zone"]}
        parsed = await asyncio.to_thread(_parse, path, self._zone, zones, progress)
        async with self._registry.database.reading() as connection:
            changes = await _changes(connection, parsed.lines)
        return ImportPreview(
            path=path,
            origin=parsed.origin,
            rows=len(parsed.lines) - len(changes.bad) - len(changes.remarks),
            bad=_by_line(*parsed.bad, *changes.bad),
            remarks=_by_line(*parsed.remarks, *changes.remarks),
            recognised=tuple((title, column.value) for title, column in parsed.header.recognised),
            ignored=parsed.header.ignored,
            patients=changes.patient_counts,
            visits=changes.visit_counts,
            lines=parsed.lines,
        )

    async def apply(self, preview: ImportPreview, progress: Progress = no_progress) -> ImportResult:
        """Write the good lines of a preview in one transaction. What changes is worked out anew inside of it:
        between preview and apply the robot may have written answers."""
        now = self._registry.clock.now()

        async def work(connection: AsyncConnection) -> ImportResult:
            changes = await _changes(connection, preview.lines)
            await _write(connection, changes, now, progress)
            return ImportResult(changes.patient_counts, changes.visit_counts)

        return await self._registry.database.write(work, timeout_s=_APPLY_S)


def _parse(path: Path, zone: str, zones: dict[str, str], progress: Progress) -> _Parsed:
    table = read_file(path, progress)
    header = find_header(table.lines, path.name)
    body = [line for line in table.lines if line.number > header.line]
    if not body:
        raise BadSpreadsheet(f"В файле «{path.name}» под заголовками нет ни одной строки.", "Добавьте визиты.")
    reader = LineReader(header, zone, zones)
    visits: list[VisitLine] = []
    for done, line in enumerate(body, start=1):
        visit = reader.read(line)
        if visit is not None:
            visits.append(visit)
        if done % _EVERY == 0 or done == len(body):
            progress("Разбор", done, len(body))
    return _Parsed(table.origin, header, tuple(visits), tuple(reader.bad), tuple(reader.remarks))


def _by_line(*records: BadRecord) -> tuple[BadRecord, ...]:
    return tuple(sorted(records, key=lambda record: int(record.place.split()[-1])))


async def _changes(connection: AsyncConnection, lines: Sequence[VisitLine]) -> Changes:
    """What these lines change in what the registry holds now."""
    patients = await _patients_at(connection, sorted({phone for line in lines for phone in line.phones}))
    ids = {visit.id for visit in work_out(lines, patients, {}).visits}
    by_id = [AppointmentRow.id.in_(some) for some in chunks(sorted(ids))]
    moments = [line.start for line in lines]
    by_moment = [
        and_(AppointmentRow.patient_id.in_(some), AppointmentRow.start.between(min(moments), max(moments)))
        for some in chunks(sorted(patients))
    ]
    visits: dict[str, BookedVisit] = {}
    for condition in (*by_id, *by_moment):
        found = await connection.execute(select(AppointmentRow).where(condition))
        for row in found.mappings():
            visits[row["id"]] = BookedVisit(**{name: value for name, value in row.items() if name != "changed_at"})
    return work_out(lines, patients, visits)


async def _patients_at(connection: AsyncConnection, phones: Sequence[str]) -> dict[str, Patient]:
    rows: dict[str, Any] = {}
    for some in chunks(phones):
        owners = select(PhoneRow.patient_id).where(PhoneRow.phone.in_(some))
        found = await connection.execute(select(PatientRow).where(PatientRow.id.in_(owners)))
        rows.update({row["id"]: row for row in found.mappings()})
    of, who = await phones_of(connection, list(rows)), await representatives_of(connection, list(rows))
    found_patients: dict[str, Patient] = {}
    for id_, row in rows.items():
        answers = who.get(id_)
        representative = to_representative(_readable(answers[0]), answers[1]) if answers else None
        found_patients[id_] = to_patient(_readable(row), of.get(id_, ()), representative)
    return found_patients


def _readable(row: Row) -> Row:
    """A sex that we do not know (another tool wrote it) does not stop an import."""
    return {**row, "sex": _known_sex(row["sex"])}


def _known_sex(text: str) -> Sex:
    return Sex(text) if text in list(Sex) else Sex.UNKNOWN


async def _write(connection: AsyncConnection, changes: Changes, now: datetime, progress: Progress) -> None:
    await _write_references(connection, DoctorRow, changes.doctors)
    await _write_references(connection, BranchRow, changes.branches)
    total = len(changes.patients) + len(changes.visits)
    done = 0
    for some in chunks(changes.patients):
        await _write_patients(connection, some, now)
        done += len(some)
        progress("Запись", done, total)
    for visits in chunks(changes.visits):
        await upsert(connection, AppointmentRow, [{**asdict(visit), "changed_at": now} for visit in visits])
        done += len(visits)
        progress("Запись", done, total)
    await _write_invitations(connection, changes, now)


async def _write_invitations(connection: AsyncConnection, changes: Changes, now: datetime) -> None:
    """What campaigns go by: the doctor's dates, and consents. One that was withdrawn stays, with the moment."""
    for patient_id, day in changes.recalls.items():
        row = update(PatientRow).where(PatientRow.id == patient_id)
        await connection.execute(row.values(recall_on=day))
    given = [
        {
            "patient_id": id_,
            "text": said.text,
            "at": datetime.combine(said.on, time(0), UTC),
            "channel": said.channel,
            "withdrawn_at": None,
        }
        for id_, said in changes.consents.items()
        if said.on is not None
    ]
    await upsert(connection, ConsentRow, given, keys=("patient_id",))
    withdrawn = [id_ for id_, said in changes.consents.items() if said.on is None]
    for ids in chunks(withdrawn):
        rows = update(ConsentRow).where(ConsentRow.patient_id.in_(ids), ConsentRow.withdrawn_at.is_(None))
        await connection.execute(rows.values(withdrawn_at=now))


def _row(item: Patient | Representative | Doctor | ClinicBranch) -> dict[str, Any]:
    """Enums by their value: these tables hold plain text."""
    return {name: value.value if isinstance(value, Sex) else value for name, value in asdict(item).items()}


async def _write_references(
    connection: AsyncConnection, model: type[DoctorRow] | type[BranchRow], items: Sequence[Doctor | ClinicBranch]
) -> None:
    """A file without «Специальность» or «Адрес» does not wipe out what an earlier one said."""
    rows = {item.id: _row(item) for item in items}
    for ids in chunks(list(rows)):
        for stored in (await connection.execute(select(model).where(model.id.in_(ids)))).mappings():
            row = rows[stored["id"]]
            row.update({name: row[name] or stored[name] for name in row})
    await upsert(connection, model, list(rows.values()))


async def _write_patients(connection: AsyncConnection, patients: Sequence[Patient], now: datetime) -> None:
    rows = [{**_row(replace(patient, representative=None)), "changed_at": now} for patient in patients]
    for row in rows:
        del row["phones"], row["representative"]
    await upsert(connection, PatientRow, rows)
    ids = [patient.id for patient in patients]
    for model in (PhoneRow, RepresentativePhoneRow, RepresentativeRow):
        await connection.execute(delete(model).where(model.patient_id.in_(ids)))
    await insert_new(connection, PhoneRow, _phone_rows((patient.id, patient.phones) for patient in patients))
    who = [(patient.id, patient.representative) for patient in patients if patient.representative is not None]
    names = [{**_row(one), "patient_id": id_} for id_, one in who]
    for row in names:
        del row["phones"]
    await insert_new(connection, RepresentativeRow, names)
    await insert_new(connection, RepresentativePhoneRow, _phone_rows((id_, one.phones) for id_, one in who))


def _phone_rows(people: Iterable[tuple[str, Sequence[str]]]) -> list[dict[str, Any]]:
    return [
        {"patient_id": id_, "position": position, "phone": phone}
        for id_, phones in people
        for position, phone in enumerate(phones)
    ]
