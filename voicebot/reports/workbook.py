"""A period as a book of Excel: what it cost and brought, every call, every outcome, and whom people still must call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from voicebot.contacts.model import Patient, Task
from voicebot.reports.economics import Economics
from voicebot.reports.words import DISPOSITIONS, OUTCOMES
from voicebot.store.port import CallRow
from voicebot.store.staff import OutcomeLine

Cell = str | int | float | datetime | None


@dataclass(frozen=True, slots=True)
class Report:
    """until is the first moment that is not in the period any more. patients: those of the tasks and the outcomes."""

    since: datetime
    until: datetime
    economics: Economics
    calls: Sequence[CallRow]
    outcomes: Sequence[OutcomeLine]
    tasks: Sequence[Task]
    patients: Mapping[str, Patient]
    zone: ZoneInfo


def summary(report: Report) -> tuple[tuple[str, Cell], ...]:
    """The first sheet, and what the command prints."""
    money = report.economics
    return (
        ("С", f"{report.since.astimezone(report.zone):%d.%m.%Y}"),
        ("До", f"{report.until.astimezone(report.zone):%d.%m.%Y %H:%M}"),
        ("Звонков", money.calls),
        ("Ответили", money.answered),
        ("Оплачено минут", money.minutes),
        ("Частей СМС", money.segments),
        ("Стоило, ₽", money.cost),
        ("Подтвердили визит", money.confirmed),
        ("Отказались или просят перенести (время свободно)", money.freed),
        ("Записались после приглашения", money.invited),
        ("Принесло, ₽", money.brought),
        ("Осталось позвонить людям", len(report.tasks)),
    )


def write(report: Report, path: Path) -> None:
    """Raises OSError."""
    book = Workbook(write_only=True)
    counted = [*summary(report), ("", None), *((DISPOSITIONS[d], n) for d, n in report.economics.dispositions.items())]
    _sheet(book, "Сводка", ("Показатель", "Значение"), counted, (48, 20))
    _sheet(book, "Звонки", ("Начало", "Телефон", "Сценарий", "Чем кончился", "Разговор, с", "С администратором"),
           (_call(call, report.zone) for call in report.calls), (18, 16, 22, 26, 14, 20))  # fmt: skip
    _sheet(book, "Итоги", ("Когда", "Кампания", "Сценарий", "Пациент", "Итог", "Состояние"),
           (_outcome(line, report) for line in report.outcomes), (18, 20, 20, 34, 24, 40))  # fmt: skip
    _sheet(book, "Позвонить людям", ("Срок", "Пациент", "Телефоны", "Что сделать", "Номер задачи"),
           (_task(task, report) for task in report.tasks), (18, 34, 34, 60, 24))  # fmt: skip
    book.save(path)


def _sheet(
    book: Workbook, title: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]], widths: Sequence[int]
) -> None:
    sheet = book.create_sheet(title)
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.freeze_panes = "A2"
    bold = [WriteOnlyCell(sheet, head) for head in heads]
    for cell in bold:
        cell.font = Font(bold=True)
    sheet.append(bold)
    for row in rows:
        sheet.append([_text(sheet, value) if isinstance(value, str) else value for value in row])


def _text(sheet: Any, value: str) -> object:
    """A text that begins like a formula is none: names come from files that others wrote."""
    cell = WriteOnlyCell(sheet, value)
    cell.data_type = "s"
    return cell


def _call(call: CallRow, zone: ZoneInfo) -> tuple[Cell, ...]:
    talked = None
    if call.answered_at is not None and call.ended_at is not None:
        talked = round((call.ended_at - call.answered_at).total_seconds())
    ended = DISPOSITIONS[call.disposition] if call.disposition is not None else "идёт"
    return (
        _local(call.started_at, zone),
        call.phone,
        call.scenario_id,
        ended,
        talked,
        "да" if call.transferred else "",
    )


def _outcome(line: OutcomeLine, report: Report) -> tuple[Cell, ...]:
    contact = line.contact
    at = _local(line.at, report.zone) if line.at is not None else None
    who = _name(report.patients.get(contact.patient_id), contact.patient_id)
    return (at, contact.campaign_id or "напоминания", contact.scenario_id, who, OUTCOMES[line.outcome], contact.reason)


def _task(task: Task, report: Report) -> tuple[Cell, ...]:
    patient = report.patients.get(task.patient_id)
    phones = ", ".join(patient.phones) if patient is not None else ""
    return (_local(task.due_at, report.zone), _name(patient, task.patient_id), phones, task.what, task.id)


def _name(patient: Patient | None, patient_id: str) -> str:
    if patient is None:
        return patient_id
    return " ".join(part for part in (patient.surname, patient.given_name, patient.patronymic) if part)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    """Excel knows no zones: the clinic's time, without one."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)
