"""What an import does to the registry: who is the same, what is new, what stays."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import (
    ANNA,
    HEADERS,
    NOW,
    ROW,
    all_patients,
    all_visits,
    csv_file,
    opened,
    xlsx_file,
)

from voicebot.clock import ManualClock
from voicebot.contacts.model import Lifecycle, Sex
from voicebot.dialogue.outcome import Answer
from voicebot.mis.port import SetAnswer
from voicebot.mis.registry.changes import Counts
from voicebot.mis.registry.importing import ImportPreview, RegistryImport
from voicebot.mis.registry.registry import Registry


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(tmp_path) as registry:
        yield registry


async def bring(registry: Registry, path: Path) -> ImportPreview:
    """Preview and apply, which must agree."""
    importer = RegistryImport(registry)
    preview = await importer.preview(path)
    result = await importer.apply(preview)
    assert (result.patients, result.visits) == (preview.patients, preview.visits)
    return preview


def with_cells(**cells: str) -> tuple[Sequence[str], Sequence[str]]:
    """The header and ANNA's row with some columns added or replaced."""
    row = dict(zip(HEADERS, ROW, strict=True)) | cells
    return tuple(row), tuple(row.values())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
async def test_csv_in_every_encoding_and_delimiter(
    registry: Registry, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    row = [cell.replace(",", "") for cell in ROW]
    preview = await bring(registry, csv_file(tmp_path / "v.csv", HEADERS, row, encoding=encoding, delimiter=delimiter))
    assert (preview.rows, preview.bad, preview.ignored) == (1, (), ())
    [visit] = await all_visits(registry)
    assert visit.start == datetime(2026, 11, 24, 7, 30, tzinfo=UTC)
    assert (await all_patients(registry))["+78880000101"].surname == "Соколова"


async def test_quoted_cells_hold_delimiters_and_lines(registry: Registry, tmp_path: Path) -> None:
    rows = (HEADERS, (*ANNA, '"Центр; второй\nэтаж"', '"ул. ""Мира"""'), ("x",) * 8)
    preview = await bring(registry, csv_file(tmp_path / "v.csv", *rows))
    [visit] = await all_visits(registry)
    assert (visit.branch.name, visit.branch.address) == ("Центр; второй этаж", 'ул. "Мира"')
    assert [record.place for record in preview.bad] == ["строка 4"]  # the cell of two lines is counted


async def test_xlsx_with_the_types_of_excel(registry: Registry, tmp_path: Path) -> None:
    headers = ("Фамилия", "Имя", "Отчество", "Телефон", "Телефон", "Дата", "Время", "Дата рождения", "Номер визита")
    rows = [
        ("Соколова", "Анна", "Петровна", 78880000101.0, 88880000201, datetime(2026, 11, 24), time(10, 30),
         datetime(1985, 3, 12), 17.0),
        ("Морозов", "Илья", "Викторович", "8 (888) 000-01-02", None, 46350, 0.4375, 29037.0, "18"),
        ("Лебедева", "Ольга", "Николаевна", "8880000103", None, 46350.4375, None, None, 19),
        ("Кузнецов", "Денис", "Олегович", "+78880000104", None, date(2026, 11, 24), timedelta(hours=10.5), None, 20),
    ]  # fmt: skip
    preview = await bring(registry, xlsx_file(tmp_path / "v.xlsx", headers, *rows))
    assert preview.bad == ()
    visits = await all_visits(registry)
    assert {visit.id for visit in visits} == {"n-17", "n-18", "n-19", "n-20"}
    assert {visit.start for visit in visits} == {datetime(2026, 11, 24, 7, 30, tzinfo=UTC)}
    patients = await all_patients(registry)
    assert patients["+78880000101"].phones == ("+78880000101", "+78880000201")
    assert patients["+78880000101"].birth_date == date(1985, 3, 12)
    assert patients["+78880000102"].birth_date == date(1979, 7, 1)


async def test_the_header_may_stand_below_a_title_on_another_sheet(registry: Registry, tmp_path: Path) -> None:
    def change(book: object) -> None:
        sheet = book.create_sheet("Визиты")  # type: ignore[attr-defined]
        for row in (("Клиника",), (), HEADERS, (), ROW):
            sheet.append(row)

    preview = await bring(registry, xlsx_file(tmp_path / "v.xlsx", ("Заметки",), ("позвонить",), change=change))
    assert (preview.origin, preview.rows) == ("книга Excel, лист «Визиты»", 1)


async def test_the_preview_names_columns_and_writes_nothing(registry: Registry, tmp_path: Path) -> None:
    header, row = with_cells(Комментарий="VIP", Пол="ж")
    preview = await RegistryImport(registry).preview(csv_file(tmp_path / "v.csv", header, row, encoding="cp1251"))
    assert ("ФИО", "ФИО") in preview.recognised
    assert preview.ignored == ("Комментарий",)
    assert preview.origin == "CSV, Windows-1251, точка с запятой"
    assert (preview.patients, preview.visits) == (Counts(new=1), Counts(new=1))
    assert await all_visits(registry) == ()


async def test_the_same_file_twice_changes_nothing(registry: Registry, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "v.csv", HEADERS, ROW)
    await bring(registry, path)
    before = (await all_visits(registry), await registry.patients())
    again = await bring(registry, path)
    assert (again.patients, again.visits) == (Counts(unchanged=1), Counts(unchanged=1))
    assert (await all_visits(registry), await registry.patients()) == before


async def test_the_same_file_does_not_undo_what_the_robot_wrote(registry: Registry, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "v.csv", *with_cells(Ответ="не подтверждён", Статус="записан"))
    await bring(registry, path)
    [visit] = await all_visits(registry)
    assert visit.answer is Answer.UNCONFIRMED
    await registry.apply(SetAnswer(visit.id, Answer.CONFIRMED), "k1", visit.version)
    again = await bring(registry, path)
    assert again.visits == Counts(unchanged=1)
    assert [(visit.answer, visit.version) for visit in await all_visits(registry)] == [(Answer.CONFIRMED, "2")]


async def test_the_robot_may_write_between_preview_and_import(registry: Registry, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "v.csv", HEADERS, ROW)
    await bring(registry, path)
    [visit] = await all_visits(registry)
    importer = RegistryImport(registry)
    preview = await importer.preview(csv_file(tmp_path / "w.csv", *with_cells(Услуга="Осмотр")))
    await registry.apply(SetAnswer(visit.id, Answer.CONFIRMED), "k1", "1")
    await importer.apply(preview)
    [now] = await all_visits(registry)
    assert (now.answer, now.service, now.version) == (Answer.CONFIRMED, "Осмотр", "3")


async def test_a_visit_that_moved_has_a_new_version_and_no_answer(registry: Registry, tmp_path: Path) -> None:
    await bring(registry, csv_file(tmp_path / "a.csv", *with_cells(**{"Номер визита": "7"})))
    await registry.apply(SetAnswer("n-7", Answer.CONFIRMED), "k1", "1")
    moved = await bring(registry, csv_file(tmp_path / "b.csv", *with_cells(**{"Номер визита": "7", "Время": "12:00"})))
    assert moved.visits == Counts(changed=1)
    [visit] = await all_visits(registry)
    assert (visit.id, visit.version, visit.answer) == ("n-7", "3", Answer.UNKNOWN)
    assert visit.start == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def test_files_with_and_without_numbers_mean_the_same_visit(registry: Registry, tmp_path: Path) -> None:
    await bring(registry, csv_file(tmp_path / "a.csv", *with_cells(**{"Номер визита": "7"})))
    without = await bring(registry, csv_file(tmp_path / "b.csv", HEADERS, ROW))
    assert without.visits == Counts(unchanged=1)
    assert [visit.id for visit in await all_visits(registry)] == ["n-7"]


async def test_same_name_and_phone_is_the_same_patient(registry: Registry, tmp_path: Path) -> None:
    header = ("ФИО", "Телефон", "Дата рождения", "Дата", "Время")
    rows = [
        ("Соколова Анна Петровна", "+78880000101", "", "24.11.2026", "10:30"),
        ("СОКОЛОВА  АННА ПЕТРОВНА", "8 888 000-01-01", "12.03.1985", "24.11.2026", "12:30"),
        ("Соколова Анна Петровна", "+78880000199, +78880000101", "12.03.85", "25.11.2026", "10:30"),
    ]
    preview = await bring(registry, csv_file(tmp_path / "v.csv", header, *rows))
    assert (preview.patients, preview.visits) == (Counts(new=1), Counts(new=3))
    [patient] = (await registry.patients()).items
    assert patient.phones == ("+78880000101", "+78880000199")
    assert patient.birth_date == date(1985, 3, 12)
    assert patient.surname == "Соколова"


async def test_same_name_with_another_phone_or_birthday_is_another_patient(registry: Registry, tmp_path: Path) -> None:
    header = ("ФИО", "Телефон", "Дата рождения", "Дата", "Время")
    rows = [
        ("Иванов Иван Иванович", "+78880000101", "01.01.1950", "24.11.2026", "10:30"),
        ("Иванов Иван Иванович", "+78880000101", "02.02.1980", "24.11.2026", "10:30"),
        ("Иванов Иван Иванович", "+78880000102", "01.01.1950", "24.11.2026", "10:30"),
    ]
    preview = await bring(registry, csv_file(tmp_path / "v.csv", header, *rows))
    assert (preview.patients, preview.visits) == (Counts(new=3), Counts(new=3))
    assert (await bring(registry, csv_file(tmp_path / "v.csv", header, *rows))).patients == Counts(unchanged=3)


async def test_an_import_deletes_neither_phones_nor_birthdays_nor_addresses(registry: Registry, tmp_path: Path) -> None:
    full = with_cells(**{"Телефон 2": "+78880000201", "Дата рождения": "12.03.1985", "Часовой пояс": "МСК+2"})
    await bring(registry, csv_file(tmp_path / "a.csv", *full))
    short = ("ФИО", "Телефон", "Дата", "Время", "Филиал", "Врач")
    row = (ANNA[0], ANNA[1], "25.11.2026", "10:30", "Центр", ANNA[4])
    await bring(registry, csv_file(tmp_path / "b.csv", short, row))
    [patient] = (await registry.patients()).items
    assert patient.phones == ("+78880000101", "+78880000201")
    assert patient.birth_date == date(1985, 3, 12)
    [first, second] = await all_visits(registry)
    assert (second.branch, second.doctor) == (first.branch, first.doctor)
    assert second.branch.address == "улица Ленина, 5"
    assert second.branch.zone == "Asia/Yekaterinburg"  # said by the first file, and 10:30 is meant there
    assert second.start == datetime(2026, 11, 25, 5, 30, tzinfo=UTC)


async def test_statuses_of_a_mis(registry: Registry, tmp_path: Path) -> None:
    header, row = with_cells(Статус="", Ответ="")
    cases = [
        ("записан", "", Lifecycle.BOOKED, Answer.UNKNOWN),
        ("Подтверждён", "", Lifecycle.BOOKED, Answer.CONFIRMED),
        ("Отменён пациентом", "", Lifecycle.CANCELLED, Answer.UNKNOWN),
        ("не пришла", "", Lifecycle.NO_SHOW, Answer.UNKNOWN),
        ("", "Просит перенести", Lifecycle.BOOKED, Answer.WANTS_CHANGE),
        ("", "да", Lifecycle.BOOKED, Answer.CONFIRMED),
        ("", "не дозвонились", Lifecycle.BOOKED, Answer.UNCONFIRMED),
    ]
    rows = []
    for at, (status, answer, *_) in enumerate(cases):
        cells = dict(zip(header, row, strict=True)) | {"Статус": status, "Ответ": answer, "Время": f"1{at}:00"}
        rows.append(tuple(cells.values()))
    preview = await bring(registry, csv_file(tmp_path / "v.csv", header, *rows))
    assert preview.bad == ()
    found = [(visit.lifecycle, visit.answer) for visit in await all_visits(registry)]
    assert found == [(lifecycle, answer) for _, _, lifecycle, answer in cases]


async def test_sex_by_column_then_patronymic_then_surname(registry: Registry, tmp_path: Path) -> None:
    header = ("ФИО", "Пол", "Телефон", "Дата", "Время")
    people = {
        "Соколова Анна Петровна": ("", Sex.FEMALE),
        "Морозов Илья Ильич": ("", Sex.MALE),
        "Егорова Тамара Ильинична": ("", Sex.FEMALE),
        "Алиев Расим Гасан оглы": ("", Sex.MALE),
        "Алиева Лейла Рашид кызы": ("", Sex.FEMALE),
        "Ким Саша": ("", Sex.UNKNOWN),
        "Белых Женя": ("жен", Sex.FEMALE),
        "Кузнецов Саша": ("", Sex.MALE),
    }
    rows = [
        (name, sex, f"+788800001{at:02}", "24.11.2026", "10:30") for at, (name, (sex, _)) in enumerate(people.items())
    ]
    await bring(registry, csv_file(tmp_path / "v.csv", header, *rows))
    found = {patient.phones[0]: patient for patient in (await registry.patients()).items}
    for at, (name, (_, sex)) in enumerate(people.items()):
        patient = found[f"+788800001{at:02}"]
        assert patient.sex is sex, name
        assert " ".join(filter(None, (patient.surname, patient.given_name, patient.patronymic))) == name


async def test_the_clinics_zone_is_used_where_the_file_has_none(registry: Registry, tmp_path: Path) -> None:
    importer = RegistryImport(registry, zone="Asia/Vladivostok")
    await importer.apply(await importer.preview(csv_file(tmp_path / "v.csv", HEADERS, ROW)))
    [visit] = await all_visits(registry)
    assert visit.start == datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    assert visit.branch.zone == "Asia/Vladivostok"


async def test_progress_is_told_to_the_end(registry: Registry, tmp_path: Path) -> None:
    rows = [(*ROW[:1], f"+788800{at:05}", *ROW[2:]) for at in range(1200)]
    seen: list[tuple[str, int, int]] = []
    importer = RegistryImport(registry)
    path = csv_file(tmp_path / "v.csv", HEADERS, *rows)
    preview = await importer.preview(path, lambda *step: seen.append(step))
    await importer.apply(preview, lambda *step: seen.append(step))
    assert ("Разбор", 500, 1200) in seen
    assert ("Разбор", 1200, 1200) in seen
    assert seen[-1] == ("Запись", 2400, 2400)


async def test_changes_are_stamped_by_the_clock(registry: Registry, tmp_path: Path) -> None:
    await bring(registry, csv_file(tmp_path / "a.csv", HEADERS, ROW))
    assert isinstance(registry.clock, ManualClock)
    registry.clock.leap(timedelta(hours=1))
    await bring(registry, csv_file(tmp_path / "a.csv", HEADERS, ROW))
    assert (await registry.patients(NOW + timedelta(minutes=1))).items == ()
    await bring(registry, csv_file(tmp_path / "b.csv", *with_cells(**{"Телефон 2": "+78880000201"})))
    assert len((await registry.patients(NOW + timedelta(minutes=1))).items) == 1
