"""Writes examples/clinic.xlsx and examples/clinic.csv: invented patients of an invented clinic.

    python examples/make_clinic.py [FOLDER]

The same files come out on every run. The visits are on Tuesday 24 November 2026; the demo's clock starts on the
Monday before, at 10:00 in Moscow, whatever the day is. What the person behind each number does is written in
examples/city.yaml; a number is a person of the city there.
"""

from __future__ import annotations

import csv
import io
import re
import sys
import zipfile
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Font

DAY = date(2026, 11, 24)
FIRST = datetime.combine(DAY, time(10, 30))
BETWEEN = timedelta(minutes=55)

HEADERS = (
    "Номер визита", "ФИО", "Дата рождения", "Телефон", "Дата", "Время", "Врач", "Специальность", "Филиал", "Адрес",
    "Часовой пояс", "Услуга", "Статус", "Ответ", "Представитель", "Телефон представителя",
)  # fmt: skip
WIDTHS = (13, 32, 14, 19, 12, 8, 26, 16, 14, 24, 15, 24, 12, 14, 32, 24)

CENTRE = ("Центральный", "улица Ленина, 5", "Europe/Moscow")
NORTH = ("Северный", "Северный проспект, 12", "Europe/Moscow")
#: doctor, speciality, service, branch
DOCTORS = (
    ("Улюкаева Мария Ивановна", "стоматолог", "Осмотр", CENTRE),
    ("Дорохов Павел Андреевич", "терапевт", "Консультация", CENTRE),
    ("Белых Нина Сергеевна", "офтальмолог", "Проверка зрения", NORTH),
)


@dataclass(frozen=True)
class Person:
    """number: the last four digits of +7 888 000 …; the comment in the list says what they do in the city.

    mother: answers for this patient, at that number; the patient has none.
    """

    number: str
    name: str
    born: date
    status: str = "записан"
    answer: str = ""
    mother: str = ""


PEOPLE = (
    Person("0101", "Соколова Анна Петровна", date(1985, 3, 12)),  # да, да
    Person("0102", "Морозов Илья Викторович", date(1979, 7, 1)),  # да, это я; конечно приду
    Person("0103", "Лебедева Ольга Николаевна", date(1990, 11, 23)),  # нет, не смогу; an administrator
    Person("0104", "Кузнецов Денис Олегович", date(1968, 5, 30)),  # не приду, перенесите; an administrator
    Person("0105", "Егорова Тамара Ильинична", date(1955, 1, 9)),  # always busy
    Person("0106", "Волков Артём Сергеевич", date(1993, 9, 17)),  # never answers
    Person("0107", "Зайцева Полина Андреевна", date(2000, 2, 29)),  # rejects
    Person("0108", "Тихонов Глеб Максимович", date(1988, 12, 5)),  # unknown number
    Person("0109", "Фомина Екатерина Львовна", date(1976, 4, 14)),  # voicemail with a beep
    Person("0110", "Гусев Роман Павлович", date(1982, 8, 8)),  # не звоните мне больше
    Person("0111", "Орлова Вера Дмитриевна", date(1961, 10, 2)),  # wrong person
    Person("0112", "Комаров Степан Ильич", date(1949, 6, 21)),  # оператор
    Person("0113", "Белова Софья Романовна", date(1997, 1, 30)),  # repeat, then yes
    Person("0114", "Киселёв Матвей Егорович", date(1971, 3, 3)),  # keys 1, 1
    Person("0115", "Алиева Лейла Рашид кызы", date(1986, 5, 19)),  # interrupts with «да, приду»
    Person("0116", "Новиков Юрий Борисович", date(1959, 9, 9)),  # silent
    Person("0117", "Сорокина Дарья Олеговна", date(1994, 7, 27)),  # noise behind the voice, yes
    Person("0118", "Панов Кирилл Антонович", date(1983, 2, 11)),  # hangs up in the middle
    Person("0119", "Крылова Надежда Юрьевна", date(1974, 12, 25)),  # two visits: yes to the first, no to the second
    Person("0120", "Мельников Фёдор Степанович", date(1965, 4, 4)),  # busy now, yes at the second call
    Person("0121", "Жукова Алина Игоревна", date(1999, 8, 16)),  # answers at the second attempt, yes
    Person("0122", "Баранов Лев Аркадьевич", date(1952, 11, 11)),  # not understood twice
    Person("0123", "Щукина Марина Валерьевна", date(1980, 6, 6)),  # да нет, приду
    Person("0124", "Шестаков Олег Геннадьевич", date(1977, 10, 13)),  # не отменяйте, я буду
    Person("0125", "Юдина Галина Фёдоровна", date(1958, 3, 28)),  # no, and no administrator picks up
    Person("0126", "Ершов Тимур Маратович", date(1991, 5, 5), answer="подтверждён"),  # must not be called
    Person("0127", "Цветкова Жанна Вадимовна", date(1987, 9, 1), status="отменён"),  # must not be called
)
TWICE = "0119"
#: Families: one call a phone. A mother answers for two children; a wife answers, then hands over to her husband.
MOTHER = "Ветрова Ирина Олеговна"
FAMILIES = (
    Person("0128", "Ветров Егор Андреевич", date(2017, 4, 18), mother=MOTHER),  # да, придём
    Person("0129", "Лаптева Нина Сергеевна", date(1984, 7, 9)),  # да, приду
    Person("0128", "Ветрова Алиса Андреевна", date(2020, 2, 3), mother=MOTHER),  # да
    Person("0129", "Лаптев Сергей Игоревич", date(1981, 10, 30)),  # нет, не смогу; an administrator
)


def phone_cell(number: str, at: int) -> str | float:
    """As clinics keep them: as Excel's number, with 8 and brackets, with +7, or ten digits."""
    tail = f"{number[:2]} {number[2:]}"
    forms: tuple[str | float, ...] = (
        float(f"7888000{number}"),
        f"8 (888) 000-{tail.replace(' ', '-')}",
        f"+7 888 000 {tail}",
        f"888000{number}",
    )
    return forms[at % len(forms)]


def visits() -> list[tuple[object, ...]]:
    """One row of cells a visit, in the order of HEADERS."""
    second = next(person for person in PEOPLE if person.number == TWICE)
    rows = []
    for at, person in enumerate((*PEOPLE, second, *FAMILIES)):
        doctor, speciality, service, branch = DOCTORS[at % len(DOCTORS)]
        place = at if person not in FAMILIES else at - 12  # families in the afternoon: the day is full by evening
        start = FIRST + (place // len(DOCTORS)) * BETWEEN
        phone = phone_cell(person.number, at)
        rows.append(
            (
                at + 1, person.name, person.born, None if person.mother else phone, start.date(), start.time(), doctor,
                speciality, *branch, service, person.status, person.answer or None,
                person.mother or None, phone if person.mother else None,
            )
        )  # fmt: skip
    return rows


def xlsx() -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "Визиты"
    sheet.append(HEADERS)
    for row in visits():
        sheet.append(row)
    for column, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[sheet.cell(1, column).column_letter].width = width
        sheet.cell(1, column).font = Font(bold=True)
    for line in range(2, sheet.max_row + 1):
        sheet.cell(line, 3).number_format = sheet.cell(line, 5).number_format = "DD.MM.YYYY"
        sheet.cell(line, 4).number_format = sheet.cell(line, 16).number_format = "0"
        sheet.cell(line, 6).number_format = "HH:MM"
    sheet.freeze_panes = "A2"
    made = io.BytesIO()
    book.save(made)
    return without_clock(made.getvalue())


def without_clock(book: bytes) -> bytes:
    """openpyxl writes the present moment into the properties and into the zip: both are made constant."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT[\d:]+Z", b"2026-11-20T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, (2026, 11, 20, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, content)
    return made.getvalue()


def csv_cp1251() -> bytes:
    """Three visits as an old program exports them: Windows-1251, semicolons, other names of the columns."""
    made = io.StringIO(newline="")
    out = csv.writer(made, delimiter=";")
    out.writerow(("Фамилия", "Имя", "Отчество", "Моб. телефон", "Дата и время", "Врач", "Специальность", "Филиал"))
    for at, person in enumerate(PEOPLE[:3]):
        start = FIRST + at * BETWEEN
        doctor, speciality, _service, branch = DOCTORS[at]
        phone = phone_cell(person.number, 1)
        moment = start.strftime("%d.%m.%Y %H:%M")
        out.writerow((*person.name.split(" ", 2), phone, moment, doctor, speciality, branch[0]))
    return made.getvalue().encode("cp1251")


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    (folder / "clinic.xlsx").write_bytes(xlsx())
    (folder / "clinic.csv").write_bytes(csv_cp1251())


if __name__ == "__main__":
    main()
