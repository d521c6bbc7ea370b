"""A registry in a temporary folder, and files to import into it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from openpyxl import Workbook

from voicebot.clock import ManualClock
from voicebot.contacts.model import Appointment, Patient
from voicebot.mis.registry.registry import Registry, upgrade

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HEADERS = ("ФИО", "Телефон", "Дата", "Время", "Врач", "Специальность", "Филиал", "Адрес")
ANNA = ("Соколова Анна Петровна", "+7 888 000 01 01", "24.11.2026", "10:30", "Улюкаева Мария Ивановна", "стоматолог")
ROW = (*ANNA, "Центр", "улица Ленина, 5")


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Registry]:
    url = f"sqlite:///{folder}/registry.db"
    await upgrade(url)
    registry = Registry(url, ManualClock(NOW))
    try:
        yield registry
    finally:
        await registry.close()


async def all_visits(registry: Registry) -> Sequence[Appointment]:
    return (await registry.appointments(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))).items


async def all_patients(registry: Registry) -> dict[str, Patient]:
    """By the first phone."""
    return {patient.phones[0]: patient for patient in (await registry.patients()).items}


def csv_file(path: Path, *rows: Sequence[str], encoding: str = "utf-8", delimiter: str = ";") -> Path:
    """Cells are written as they are: no quotes are added."""
    path.write_bytes("\r\n".join(delimiter.join(row) for row in rows).encode(encoding))
    return path


def xlsx_file(path: Path, *rows: Sequence[object], change: Callable[[Workbook], None] | None = None) -> Path:
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    if change is not None:
        change(book)
    book.save(path)
    return path
