"""Every bad file and bad line gets one sentence with its place; good lines are not stopped by bad ones."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import HEADERS, ROW, all_visits, csv_file, opened, xlsx_file

from voicebot.mis.registry import reading
from voicebot.mis.registry.importing import ImportPreview, RegistryImport
from voicebot.mis.registry.registry import Registry
from voicebot.mis.registry.table import BadSpreadsheet


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(tmp_path) as registry:
        yield registry


async def preview_of(registry: Registry, path: Path) -> ImportPreview:
    return await RegistryImport(registry).preview(path)


async def refused(registry: Registry, path: Path) -> str:
    with pytest.raises(BadSpreadsheet) as caught:
        await preview_of(registry, path)
    assert caught.value.code == "import-file"
    assert caught.value.remedy
    return str(caught.value)


WRONG_FILES = [
    ("v.xlsx", b"", "пуст"),
    ("v.csv", b"  \r\n ", "пуст"),
    ("v.xlsx", b"PK\x03\x04 and then nothing", "повреждена или скачана не до конца"),
    ("v.pdf", b"%PDF-1.7 ...", "это документ PDF"),
    ("v.csv", b"\x89PNG\r\n\x1a\n", "это картинка"),
    ("v.xls", b"<html><table><tr><td>", "веб-страница"),
    ("v.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512, "старая книга Excel"),
    (
        "v.xlsx",
        bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 512 + "EncryptedPackage".encode("utf-16-le"),
        "защищён паролем. Снимите пароль",
    ),
    ("v.csv", b"a;b\x00c;d", "внутри не текст"),
    ("v.csv", b"\xff\xfe\x00", "не UTF-8"),
    ("v.csv", "строка без заголовков;1\n2;3\n".encode(), "не хватает столбцов: «ФИО»"),
]


@pytest.mark.parametrize(("name", "content", "message"), WRONG_FILES)
async def test_a_wrong_file_says_what_it_is(
    registry: Registry, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(content)
    said = await refused(registry, tmp_path / name)
    assert message in said
    assert name in said


async def test_a_file_that_is_not_there_or_is_a_folder(registry: Registry, tmp_path: Path) -> None:
    assert "нет. Проверьте путь" in await refused(registry, tmp_path / "none.csv")
    assert "это папка" in await refused(registry, tmp_path)


async def test_a_file_that_is_too_large(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "huge.csv"
    with path.open("wb") as file:
        file.truncate(reading.MAX_BYTES + 1)
    assert "«huge.csv» больше 64 МБ. Разделите" in await refused(registry, path)


async def test_a_file_of_too_many_lines(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "long.csv"
    path.write_text("ФИО;Телефон;Дата\n" + "a;b;c\n" * (reading.MAX_LINES + 1))
    assert "больше 200000 строк" in await refused(registry, path)


async def test_a_book_that_unpacks_to_anything(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", b"<workbook/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(9):
                sheet.write(bytes(reading.MAX_UNPACKED // 8))
    assert "слишком велика внутри" in await refused(registry, path)


async def test_other_archives_and_broken_books(registry: Registry, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "letter.docx", "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    assert "не книга Excel" in await refused(registry, tmp_path / "letter.docx")
    with zipfile.ZipFile(tmp_path / "broken.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook")
    assert "«broken.xlsx» повреждена" in await refused(registry, tmp_path / "broken.xlsx")
    whole = xlsx_file(tmp_path / "whole.xlsx", HEADERS, ROW).read_bytes()
    (tmp_path / "half.xlsx").write_bytes(whole[: len(whole) // 2])
    assert "скачана не до конца" in await refused(registry, tmp_path / "half.xlsx")


async def test_an_empty_book_and_a_header_alone(registry: Registry, tmp_path: Path) -> None:
    assert "пуст" in await refused(registry, xlsx_file(tmp_path / "empty.xlsx"))
    assert "под заголовками нет ни одной строки" in await refused(registry, xlsx_file(tmp_path / "head.xlsx", HEADERS))


async def test_missing_columns_are_named_beside_those_that_are_there(registry: Registry, tmp_path: Path) -> None:
    said = await refused(registry, csv_file(tmp_path / "v.csv", ("Пациент", "Комната"), ("Соколова Анна", "5")))
    assert "не хватает столбцов: «Телефон», «Дата» (или «Дата и время»); в строке 1 есть «Пациент», «Комната»" in said


async def test_a_quote_that_nobody_closed(registry: Registry, tmp_path: Path) -> None:
    rows = [(*ROW[:6], '"Центр', ROW[7]), *[ROW] * 60]
    said = await refused(registry, csv_file(tmp_path / "v.csv", HEADERS, *rows))
    assert "в строке 2 не закрыта кавычка" in said


BAD_LINES = [
    ({"ФИО": ""}, "нет ФИО"),
    ({"ФИО": "Соколова"}, "в ФИО «Соколова» нет имени"),
    ({"ФИО": "Соколова Анна 2"}, "имя «2» не похоже на имя"),
    ({"Телефон": ""}, "нет телефона"),
    ({"Телефон": "нет"}, "телефон «нет» не похож на номер"),
    ({"Телефон": "112"}, "телефон «112» короче номера, нужен код города или оператора"),
    ({"Телефон": "+7 888 000 01 01 55"}, "телефон «+7 888 000 01 01 55» не той длины"),
    ({"Телефон": "7,88E+10"}, "телефон «7,88E+10» сокращён Excel"),
    ({"Телефон": "7.88E+10"}, "сокращён Excel"),
    ({"Дата": ""}, "нет даты визита"),
    ({"Дата": "завтра"}, "дата «завтра» не разобрана, нужна вида 24.11.2026"),
    ({"Дата": "31.02.2026"}, "даты «31.02.2026» не бывает"),
    ({"Дата": "24.11.2206"}, "дата «24.11.2206» невозможна"),
    ({"Время": ""}, "нет времени визита"),
    ({"Время": "25:00"}, "времени «25:00» не бывает"),
    ({"Время": "утром"}, "время «утром» не разобрано, нужно вида 10:30"),
    ({"Часовой пояс": "Марс"}, "часовой пояс «Марс» неизвестен"),
    ({"Часовой пояс": "UTC+1"}, "часовой пояс «UTC+1» — не российский"),
    ({"Пол": "оно"}, "пол «оно» неизвестен"),
    ({"Статус": "в раздумьях"}, "статус «в раздумьях» неизвестен"),
    ({"Ответ": "может быть"}, "ответ «может быть» неизвестен"),
    ({"Дата рождения": "когда-то"}, "дата «когда-то» не разобрана"),
    ({"Телефон": "нет", "Время": "утром"}, "телефон «нет» не похож на номер; время «утром» не разобрано"),
]


@pytest.mark.parametrize(("cells", "message"), BAD_LINES)
async def test_a_bad_line_is_told_and_the_others_are_imported(
    registry: Registry, tmp_path: Path, cells: dict[str, str], message: str
) -> None:
    bad = dict(zip(HEADERS, ROW, strict=True)) | cells
    good = dict.fromkeys(bad, "") | dict(zip(HEADERS, ROW, strict=True))
    path = csv_file(tmp_path / "v.csv", tuple(bad), tuple(good.values()), tuple(bad.values()))
    importer = RegistryImport(registry)
    preview = await importer.preview(path)
    [record] = preview.bad
    assert record.place == "строка 3"
    assert message in record.problem
    await importer.apply(preview)
    assert len(await all_visits(registry)) == preview.rows == 1


async def test_a_bad_second_phone_is_only_a_remark(registry: Registry, tmp_path: Path) -> None:
    header, row = (*HEADERS, "Доп. телефон"), (*ROW, "муж")
    preview = await preview_of(registry, csv_file(tmp_path / "v.csv", header, row))
    assert (preview.rows, preview.bad) == (1, ())
    assert [(item.place, item.problem) for item in preview.remarks] == [
        ("строка 2", "второй телефон «муж» не похож на номер, он пропущен")
    ]


async def test_a_repeated_line_is_a_remark_and_a_contradiction_is_bad(registry: Registry, tmp_path: Path) -> None:
    other = (*ROW[:4], "Дорохов Павел Андреевич", *ROW[5:])
    preview = await preview_of(registry, csv_file(tmp_path / "v.csv", HEADERS, ROW, ROW, other))
    assert preview.rows == 1
    assert [(item.place, item.problem) for item in preview.remarks] == [("строка 3", "повторяет строку 2 и пропущена")]
    assert [(item.place, item.problem) for item in preview.bad] == [
        ("строка 4", "противоречит строке 2: это один и тот же визит")
    ]
