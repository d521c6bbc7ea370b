"""The built-in registry behind the MIS port."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import HEADERS, NOW, ROW, all_patients, all_visits, csv_file, opened

from voicebot.contacts.model import Lifecycle, Sex
from voicebot.dialogue.outcome import Answer
from voicebot.mis.port import (
    AddCallNote,
    AlreadyApplied,
    Applied,
    Conflict,
    CreateTask,
    Mis,
    MisRefused,
    MisUnavailable,
    ReferenceKind,
    SetAnswer,
    SetContactStatus,
)
from voicebot.mis.registry.importing import RegistryImport
from voicebot.mis.registry.registry import Registry

START = datetime(2026, 11, 24, 7, 30, tzinfo=UTC)


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    """With one visit of one patient."""
    async with opened(tmp_path) as registry:
        importer = RegistryImport(registry)
        await importer.apply(await importer.preview(csv_file(tmp_path / "one.csv", HEADERS, ROW)))
        yield registry


def spoil(folder: Path, statement: str) -> None:
    """As another program would, beside us."""
    with sqlite3.connect(folder / "registry.db") as connection:
        connection.execute(statement)
    connection.close()


async def test_a_visit_is_read_with_its_doctor_and_branch(registry: Registry) -> None:
    mis: Mis = registry
    [visit] = (await mis.appointments(START, START + timedelta(minutes=1))).items
    assert (visit.start, visit.version, visit.lifecycle, visit.answer) == (
        START,
        "1",
        Lifecycle.BOOKED,
        Answer.UNKNOWN,
    )
    assert (visit.doctor.surname, visit.doctor.speciality, visit.doctor.sex) == ("Улюкаева", "стоматолог", Sex.FEMALE)
    assert (visit.branch.name, visit.branch.address, visit.branch.zone) == (
        "Центр",
        "улица Ленина, 5",
        "Europe/Moscow",
    )
    assert await mis.appointment(visit.id) == visit
    assert (await mis.appointments(START - timedelta(hours=1), START)).items == ()


async def test_patients_are_read_by_the_time_of_their_change(registry: Registry) -> None:
    assert len((await registry.patients()).items) == 1
    assert len((await registry.patients(NOW, NOW + timedelta(seconds=1))).items) == 1
    assert (await registry.patients(NOW + timedelta(seconds=1))).items == ()
    assert (await registry.patients(None, NOW)).items == ()


async def test_an_answer_is_written_once_per_key(registry: Registry) -> None:
    [visit] = await all_visits(registry)
    command = SetAnswer(visit.id, Answer.CONFIRMED)
    assert await registry.apply(command, "k1", "1") == Applied("2")
    assert await registry.apply(command, "k1", "1") == AlreadyApplied("2")
    assert await registry.apply(SetAnswer(visit.id, Answer.DECLINED), "k1", "2") == AlreadyApplied("2")
    [now] = await all_visits(registry)
    assert (now.answer, now.version, now.lifecycle) == (Answer.CONFIRMED, "2", Lifecycle.BOOKED)


async def test_a_visit_that_moved_on_is_a_conflict_that_shows_it(registry: Registry) -> None:
    [visit] = await all_visits(registry)
    await registry.apply(SetAnswer(visit.id, Answer.CONFIRMED), "k1", "1")
    result = await registry.apply(SetAnswer(visit.id, Answer.UNCONFIRMED), "k2", "1")
    assert isinstance(result, Conflict)
    assert result.current is not None
    assert (result.current.version, result.current.answer) == ("2", Answer.CONFIRMED)
    # A conflict takes no key: with the version read again the same key is written.
    assert await registry.apply(SetAnswer(visit.id, Answer.UNCONFIRMED), "k2", "2") == Applied("3")


async def test_a_visit_that_is_gone_is_a_conflict_without_a_visit(registry: Registry) -> None:
    assert await registry.apply(SetAnswer("none", Answer.CONFIRMED), "k1", "1") == Conflict(None)
    assert await registry.appointment("none") is None


async def test_opting_out_marks_the_patient(registry: Registry) -> None:
    [patient] = (await registry.patients()).items
    assert await registry.apply(SetContactStatus(patient.id, "refused"), "k1") == Applied()
    assert (await registry.patients()).items[0].do_not_call is False
    assert await registry.apply(SetContactStatus(patient.id, "opted_out"), "k2") == Applied()
    assert (await registry.patients()).items[0].do_not_call is True


async def test_notes_and_tasks_are_kept_once(registry: Registry) -> None:
    [patient] = (await registry.patients()).items
    note = AddCallNote(patient.id, "", "Просил перезвонить")
    task = CreateTask(patient.id, "", "Позвонить в день визита", START)
    for key, command in (("k1", note), ("k1", note), ("k2", task), ("k2", task)):
        await registry.apply(command, key)
    assert await registry.notes() == (note,)
    assert await registry.tasks() == (task,)


async def test_what_the_registry_does_not_know_is_refused_and_takes_no_key(registry: Registry) -> None:
    [patient] = (await registry.patients()).items
    with pytest.raises(MisRefused, match="Пациента nobody нет в реестре"):
        await registry.apply(AddCallNote("nobody", "", "?"), "k1")
    with pytest.raises(MisRefused, match="Статус контакта «maybe» неизвестен"):
        await registry.apply(SetContactStatus(patient.id, "maybe"), "k1")
    assert await registry.apply(AddCallNote(patient.id, "", "!"), "k1") == Applied()


async def test_an_unknown_status_stops_that_record_only(registry: Registry, tmp_path: Path) -> None:
    other = (*ROW[:1], "+7 888 000 01 02", *ROW[2:])
    importer = RegistryImport(registry)
    await importer.apply(await importer.preview(csv_file(tmp_path / "two.csv", HEADERS, other)))
    [first, second] = await all_visits(registry)
    spoil(tmp_path, f"UPDATE appointment SET lifecycle = 'думает' WHERE id = '{first.id}'")
    page = await registry.appointments(START, START + timedelta(days=1))
    assert page.items == (second,)
    [bad] = page.bad
    assert bad.place == f"визит {first.id}"
    assert bad.problem.startswith("статус визита «думает» неизвестен; известны: booked, arrived")
    with pytest.raises(MisRefused, match=r"«думает» неизвестен.*Исправьте статус в МИС"):
        await registry.appointment(first.id)


async def test_an_unknown_sex_stops_that_patient_only(registry: Registry, tmp_path: Path) -> None:
    spoil(tmp_path, "UPDATE patient SET sex = 'оно'")
    page = await registry.patients()
    assert page.items == ()
    assert "пол «оно» неизвестен" in page.bad[0].problem
    importer = RegistryImport(registry)
    again = await importer.preview(csv_file(tmp_path / "again.csv", HEADERS, ROW))
    await importer.apply(again)
    assert (await all_patients(registry))["+78880000101"].sex is Sex.FEMALE


async def test_references(registry: Registry) -> None:
    [doctor] = await registry.reference(ReferenceKind.DOCTORS)
    assert doctor.name == "Улюкаева Мария Ивановна, стоматолог"
    assert [branch.name for branch in await registry.reference(ReferenceKind.BRANCHES)] == ["Центр"]
    statuses = {item.id: item.name for item in await registry.reference(ReferenceKind.VISIT_STATUSES)}
    assert statuses["cancelled"] == "отменён"
    assert len(statuses) == len(Lifecycle)
    assert await registry.reference(ReferenceKind.ICD10) == ()


async def test_a_broken_file_is_a_mis_that_does_not_answer(tmp_path: Path) -> None:
    async with opened(tmp_path) as registry:
        await registry.close()
        for suffix in ("", "-wal", "-shm"):
            (tmp_path / f"registry.db{suffix}").unlink(missing_ok=True)
        (tmp_path / "registry.db").write_text("это не база данных" * 100)
        with pytest.raises(MisUnavailable, match=r"registry\.db не отвечает: file is not a database"):
            await registry.patients()
