"""The clinic of the demo: what its file holds, and that its script still makes it."""

from __future__ import annotations

import runpy
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import all_patients, all_visits, opened

from voicebot.contacts.model import Lifecycle
from voicebot.dialogue.outcome import Answer
from voicebot.mis.registry.importing import ImportPreview, RegistryImport
from voicebot.mis.registry.registry import Registry

EXAMPLES = Path(__file__).parents[3] / "examples"
MOSCOW = ZoneInfo("Europe/Moscow")
TOMORROW = datetime(2026, 11, 24, tzinfo=MOSCOW)


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(tmp_path) as registry:
        yield registry


async def bring(registry: Registry, name: str) -> ImportPreview:
    importer = RegistryImport(registry)
    preview = await importer.preview(EXAMPLES / name)
    await importer.apply(preview)
    return preview


async def test_every_line_is_good_and_twice_changes_nothing(registry: Registry) -> None:
    preview = await bring(registry, "clinic.xlsx")
    assert (preview.bad, preview.remarks, preview.ignored) == ((), (), ())
    assert (preview.rows, preview.visits.new, preview.patients.new) == (32, 32, 31)
    again = await bring(registry, "clinic.xlsx")
    assert (again.visits.unchanged, again.patients.unchanged) == (32, 31)


async def test_all_visits_are_on_the_day_after_the_demos_monday(registry: Registry) -> None:
    await bring(registry, "clinic.xlsx")
    visits = await all_visits(registry)
    assert TOMORROW.weekday() == 1
    for visit in visits:
        local = visit.start.astimezone(MOSCOW)
        assert local.date() == TOMORROW.date()
        assert time(10, 30) <= local.time() <= time(19, 0)
        assert visit.branch.zone == "Europe/Moscow"
        assert visit.branch.address
    assert {visit.doctor.surname for visit in visits} == {"Улюкаева", "Дорохов", "Белых"}
    assert len({visit.branch.id for visit in visits}) == 2


async def test_the_phones_of_the_city_in_order_and_one_with_two_visits(registry: Registry) -> None:
    await bring(registry, "clinic.xlsx")
    patients = await all_patients(registry)
    assert sorted(patients) == [f"+7888000{number:04}" for number in range(101, 130)]
    visits = Counter(visit.patient_id for visit in await all_visits(registry))
    assert [phone for phone, patient in patients.items() if visits[patient.id] == 2] == ["+78880000119"]
    assert all(patient.sex != "unknown" for patient in patients.values())


async def test_the_families_share_a_phone_each(registry: Registry) -> None:
    await bring(registry, "clinic.xlsx")
    patients = sorted((await registry.patients()).items, key=lambda p: p.given_name)
    children = [p for p in patients if p.phones == ("+78880000128",)]
    assert [p.given_name for p in children] == ["Алиса", "Егор"]
    assert {p.spoken_to.given_name for p in children} == {"Ирина"}
    couple = [p for p in patients if p.phones == ("+78880000129",)]
    assert [(p.given_name, p.representative) for p in couple] == [("Нина", None), ("Сергей", None)]


async def test_one_is_confirmed_already_and_one_cancelled(registry: Registry) -> None:
    await bring(registry, "clinic.xlsx")
    patients = {patient.id: phone for phone, patient in (await all_patients(registry)).items()}
    special = {
        patients[visit.patient_id]: (visit.lifecycle, visit.answer)
        for visit in await all_visits(registry)
        if (visit.lifecycle, visit.answer) != (Lifecycle.BOOKED, Answer.UNKNOWN)
    }
    assert special == {
        "+78880000126": (Lifecycle.BOOKED, Answer.CONFIRMED),
        "+78880000127": (Lifecycle.CANCELLED, Answer.UNKNOWN),
    }


async def test_the_csv_of_an_old_program(registry: Registry) -> None:
    preview = await bring(registry, "clinic.csv")
    assert preview.origin == "CSV, Windows-1251, точка с запятой"
    assert (preview.rows, preview.bad) == (3, ())
    first = (await all_visits(registry))[0]
    assert first.start == (TOMORROW + timedelta(hours=10, minutes=30)).astimezone(UTC)


def test_the_script_makes_the_committed_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["make_clinic.py", str(tmp_path)])
    runpy.run_path(str(EXAMPLES / "make_clinic.py"), run_name="__main__")
    assert (tmp_path / "clinic.csv").read_bytes() == (EXAMPLES / "clinic.csv").read_bytes()
    made, committed = (
        list(load_workbook(folder / "clinic.xlsx").worksheets[0].values) for folder in (tmp_path, EXAMPLES)
    )
    assert made == committed
