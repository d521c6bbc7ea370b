"""Ten thousand lines, as CSV and as a book: imported whole in seconds, found unchanged the second time."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "mis"))

from registry_kit import csv_file, opened, xlsx_file

from voicebot.mis.registry.changes import Counts
from voicebot.mis.registry.importing import RegistryImport
from voicebot.mis.registry.registry import Registry

LINES = 10_000
HEADERS = ("Номер визита", "ФИО", "Телефон", "Дата", "Время", "Врач", "Специальность", "Филиал", "Адрес")
#: CPU seconds for preview, import and a second preview; ten times what it takes here, against a quadratic step.
CPU_S = 60.0


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(tmp_path) as registry:
        yield registry


def lines(text: bool) -> list[tuple[object, ...]]:
    """8,000 patients, of whom 2,000 have two visits; every thousandth line has a bad phone."""
    day, surnames = date(2026, 11, 24), ("Соколова", "Лебедева", "Егорова", "Зайцева", "Фомина")
    made = []
    for at in range(LINES):
        person, visit = at % 8_000, day + timedelta(days=at // 8_000)
        start = time_of_day(9 + at % 10, at % 6 * 10)
        phone = "нет" if at % 1_000 == 999 else 78_880_000_000.0 + person
        name = f"{surnames[person % 5]} Анна Петровна"
        cells = (at + 1, name, phone, visit, start, "Улюкаева Мария Ивановна", "стоматолог", "Центр", "улица Ленина, 5")
        if text:
            plain = f"{phone:.0f}" if isinstance(phone, float) else phone
            cells = (str(at + 1), name, plain, f"{visit:%d.%m.%Y}", f"{start:%H:%M}", *cells[5:])  # type: ignore[assignment]
        made.append(cells)
    return made


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
async def test_ten_thousand_lines(registry: Registry, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"v.{kind}"
    if kind == "csv":
        rows = [[str(cell) for cell in row] for row in lines(text=True)]
        csv_file(path, HEADERS, *rows, encoding="cp1251")
    else:
        xlsx_file(path, HEADERS, *lines(text=False))
    importer = RegistryImport(registry)
    began, cpu = time.monotonic(), time.process_time()
    preview = await importer.preview(path)
    previewed = time.monotonic()
    await importer.apply(preview)
    applied = time.monotonic()
    again = await importer.preview(path)
    spent = time.process_time() - cpu
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{kind}: preview {previewed - began:.1f} s, import {applied - previewed:.1f} s, "
        f"CPU of all {spent:.1f} s, {memory} MB"
    )
    assert (preview.rows, len(preview.bad)) == (LINES - 10, 10)
    assert preview.bad[0].place == "строка 1001"
    assert preview.patients.new == 8_000 - 8  # eight have nothing but bad lines
    assert again.visits == Counts(unchanged=LINES - 10)
    begin = datetime(2026, 11, 23, tzinfo=UTC)
    read = await registry.appointments(begin, begin + timedelta(days=5))
    assert len(read.items) == LINES - 10
    assert spent < CPU_S
