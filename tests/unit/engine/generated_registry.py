"""A registry of made-up people, as large as wanted, the same for a seed: for tests of planning, and its bench.

Distributions of a city's clinic: one patient in seven shares a phone with somebody, one card in two hundred is a
second card of the same person, a few have no phone or a wrong one, most visits are over, few patients are booked.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random

Row = tuple[object, ...]

SURNAMES = ("Иванов", "Петров", "Соколов", "Орлов", "Зайцев", "Морозов", "Волков", "Лебедев", "Козлов", "Павлов")
MEN = ["Иван", "Пётр", "Олег", "Сергей", "Андрей", "Павел", "Никита"]
WOMEN = ["Анна", "Мария", "Ольга", "Елена", "Ирина", "Дарья", "Нина"]
SERVICES = ["Осмотр", "Чистка", "Консультация", "УЗИ", "Анализы", "Массаж"]
BRANCHES = [
    ("b1", "Центр", "ул. Лесная, 1", "Europe/Moscow", "+78880009901"),
    ("b2", "Садовая", "ул. Садовая, 2", "Europe/Moscow", "+78880009902"),
    ("b3", "Урал", "ул. Горная, 3", "Asia/Yekaterinburg", "+78880009903"),
    ("b4", "Новый", "ул. Новая, 4", "", "+78880009904"),
]
TABLES = {
    "branch": "id, name, address, zone, phone",
    "doctor": "id, surname, given_name, patronymic, speciality, sex",
    "patient": "id, surname, given_name, patronymic, sex, birth_date, zone, do_not_call, changed_at, recall_on",
    "patient_phone": "patient_id, position, phone",
    "consent": "patient_id, text, at, channel, withdrawn_at",
    "appointment": "id, version, patient_id, start, doctor_id, branch_id, lifecycle, answer, service, imported, "
    "changed_at",
}


@dataclass
class Town:
    """patients: how many cards. now: what is past and what is to come. recent: 1 spreads the visits evenly over three
    years, more of it moves them towards now. Rows come table by table."""

    patients: int
    now: datetime
    seed: int = 1
    recent: float = 1.5
    _visits: int = 0
    _random: Random = field(init=False)
    _previous: tuple[str, str, date | None, str] = ("", "", None, "")

    def __post_init__(self) -> None:
        self._random = Random(self.seed)

    def again(self) -> Town:
        """The same town from the beginning."""
        return Town(self.patients, self.now, self.seed, self.recent)

    def references(self) -> Iterator[tuple[str, Row]]:
        for branch in BRANCHES:
            yield "branch", branch
        for n in range(60):
            yield "doctor", (f"d{n}", SURNAMES[n % len(SURNAMES)] + "а", "Вера", "Павловна", "врач", "female")

    def people(self) -> Iterator[tuple[str, Row]]:
        """Rows of patients, each followed by what belongs to them."""
        for n in range(self.patients):
            yield from self._patient(n)

    def _patient(self, n: int) -> Iterator[tuple[str, Row]]:
        random, id_ = self._random, f"p{n:07}"
        male = random.random() < 0.4
        surname = random.choice(SURNAMES) + ("" if male else "а")
        given = random.choice(MEN if male else WOMEN)
        birth = date(1935, 1, 1) + timedelta(days=int(random.random() ** 0.8 * 31_000))
        born: date | None = None if random.random() < 0.1 else birth
        phone = f"+7888{n % 10_000_000:07}"
        odd = random.random()
        if odd < 0.005 and self._previous[0]:
            surname, given, born, phone = self._previous  # a second card of the same person
        elif odd < 0.15 and self._previous[3]:
            phone = self._previous[3]  # somebody of the same family
        elif odd < 0.18:
            phone = ""
        elif odd < 0.185:
            phone = "+3712" + f"{n % 10_000_000:07}"
        elif odd < 0.19:
            phone = "+7888" + f"{n % 1000:03}"
        self._previous = (surname, given, born, phone)
        visits = list(self._of_patient(id_))
        last = max((start for start, lifecycle in visits if start <= self.now and lifecycle == "done"), default=None)
        recall = (
            (last + timedelta(days=random.choice((90, 182, 365)))).date() if last and random.random() < 0.3 else None
        )
        mark = random.random() < 0.005
        yield "patient", (id_, surname, given, "Павлович" if male else "Павловна", "male" if male else "female",
                          born, "", mark, self.now, recall)  # fmt: skip
        if phone:
            yield "patient_phone", (id_, 0, phone)
        if random.random() < 0.4:
            gone = self.now - timedelta(days=9) if random.random() < 0.05 else None
            yield "consent", (id_, "Согласен получать рекламу", self.now - timedelta(days=90), "анкета", gone)
        branch = random.choice(BRANCHES)[0]
        for start, lifecycle in visits:
            self._visits += 1
            yield "appointment", (f"v{self._visits}", 1, id_, start, f"d{random.randrange(60)}", branch, lifecycle,
                                  "unknown", random.choice(SERVICES), "", self.now)  # fmt: skip

    def _of_patient(self, id_: str) -> Iterator[tuple[datetime, str]]:
        random = self._random
        for _ in range(min(12, 1 + int(random.expovariate(0.45)))):
            when = self._working(self.now - timedelta(days=random.random() ** self.recent * 1_000))
            odd = random.random()
            yield when, "done" if odd < 0.8 else "no_show" if odd < 0.86 else "cancelled" if odd < 0.96 else "booked"
        soon = random.random()
        if soon < 0.015:
            yield self._working(self.now + timedelta(days=random.random() * 6 + 0.5)), "booked"
        elif soon < 0.06:
            yield self._working(self.now + timedelta(days=random.random() * 90 + 7)), "booked"

    def _working(self, moment: datetime) -> datetime:
        minutes = self._random.randrange(0, 9 * 60, 15)
        return moment.replace(hour=6, minute=0, second=0, microsecond=0) + timedelta(minutes=minutes)


#: What a sync has copied into the robot's own database.
MIRRORED = {
    "patient": "id, surname, given_name, patronymic, sex, birth_date, zone, do_not_call",
    "patient_phone": TABLES["patient_phone"],
}


def fill_sqlite(path: Path, town: Town, store: Path | None = None) -> None:
    """Into the tables of an upgraded registry; store: and the patients into the robot's own, as a sync does."""
    if store is not None:
        with sqlite3.connect(store) as connection:
            for table, rows in _buffered(town, 20_000, MIRRORED):
                width = MIRRORED[table].count(",") + 1
                plain = [tuple(_sqlite(value) for value in row[:width]) for row in rows]
                marks = ", ".join("?" * width)
                connection.executemany(f"INSERT INTO {table} ({MIRRORED[table]}) VALUES ({marks})", plain)
        connection.close()
        town = town.again()
    with sqlite3.connect(path) as connection:
        for table, rows in _buffered(town, 20_000, TABLES):
            marks = ", ".join("?" * (TABLES[table].count(",") + 1))
            plain = [tuple(_sqlite(value) for value in row) for row in rows]
            connection.executemany(f"INSERT INTO {table} ({TABLES[table]}) VALUES ({marks})", plain)
        connection.execute("ANALYZE")
    connection.close()


def fill_postgres(url: str, town: Town, store: str) -> None:
    """By COPY, then statistics, as autovacuum would have made them by the next night. store: the robot's database."""
    import psycopg

    for where, tables in ((store, MIRRORED), (url, TABLES)):
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute("SET session_replication_role = replica")  # no foreign keys while it is filled
            for table, rows in _buffered(town.again(), 100_000, tables):
                width = tables[table].count(",") + 1
                with connection.cursor().copy(f"COPY {table} ({tables[table]}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row[:width])
            connection.execute("VACUUM ANALYZE")


def _buffered(town: Town, size: int, tables: Mapping[str, str]) -> Iterator[tuple[str, Sequence[Row]]]:
    """Rows by table, many at a time; patients before what refers to them."""
    waiting: dict[str, list[Row]] = {table: [] for table in TABLES}
    for source in (town.references(), town.people()):
        for table, row in source:
            if table not in tables:
                continue
            waiting[table].append(row)
            if len(waiting[table]) >= size:
                yield from _all(waiting)
    yield from _all(waiting)


def _all(waiting: dict[str, list[Row]]) -> Iterator[tuple[str, Sequence[Row]]]:
    for table, rows in waiting.items():
        if rows:
            yield table, rows
            waiting[table] = []


def _sqlite(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC).replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"
    return value.isoformat() if isinstance(value, date) else value
