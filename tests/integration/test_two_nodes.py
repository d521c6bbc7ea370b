"""Two machines that call, each with its own Asterisk, on one PostgreSQL; one of them dies in mid work for good.

The accounts: nobody is rung twice for an attempt, never more calls than lines, every attempt ended, no answer lost.
The city of each node is a carrier of its own with the same people: what was rung is read from both.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.integration.robot_process import Clinic, Serve, until
from voicebot.city.journal import CallLog, What, read_run

PATIENTS, LINES = 60, 10
#: Of ten people: six press «1», two are busy, one refuses, one does not pick up.
MANNERS = ["keys"] * 6 + ["busy"] * 2 + ["reject", "ring_for_ever"]
KEYS = """[{answer_after: 100ms, hang_up: {at: 5500ms},
             interrupt: [{phrase: 1, at: 500ms, keys: "1"}, {phrase: 1, at: 2500ms, keys: "1"}]}]"""
NAMES = ["Анна", "Ольга", "Мария", "Ирина", "Елена", "Нина", "Вера", "Тамара", "Лидия", "Зоя", "Раиса", "Галина"]
SURNAMES = ["Иванова", "Петрова", "Сидорова", "Смирнова", "Кузнецова"]


def phone(n: int) -> str:
    return f"+78880001{n:03}"


def manner(n: int) -> str:
    return MANNERS[n % len(MANNERS)]


def people() -> str:
    persons = [
        f'  "{phone(n)}":\n    calls: {KEYS if manner(n) == "keys" else f"[{manner(n)}]"}' for n in range(PATIENTS)
    ]
    return "persons:\n" + "\n".join(persons) + "\n"


def machine(folder: Path, name: str, store: str, registry: str, voiced: Path) -> Clinic:
    more = {
        "VOICEBOT_NODE": name,
        "VOICEBOT_DATABASE__URL": store,
        "VOICEBOT_MIS__URL": registry,
        "VOICEBOT_TELEPHONY__LINES": str(LINES),
        "VOICEBOT_TELEPHONY__CALLS_PER_SECOND": "4",
        "VOICEBOT_TELEPHONY__RING_TIMEOUT_S": "4",
        "VOICEBOT_NODES__DEAD_AFTER_S": "6",
    }
    clinic = Clinic(folder / name, voiced, more=more)
    (clinic.folder / "people.yaml").write_text(people())
    return clinic


def book(clinic: Clinic) -> None:
    start = datetime.now(ZoneInfo(clinic.zone)) + timedelta(hours=2)
    lines = [
        f"{SURNAMES[n % 5]};{NAMES[n % 12]};Ивановна;{phone(n)};{start:%d.%m.%Y %H:%M};"
        "Улюкаева Анна Петровна;На Садовой;ул. Садовая, д. 1"
        for n in range(PATIENTS)
    ]
    path = clinic.folder / "visits.csv"
    path.write_text("\n".join(["Фамилия;Имя;Отчество;Телефон;Дата и время;Врач;Филиал;Адрес", *lines]))
    done = clinic.run("import", str(path))
    assert done.returncode == 0, done


def die(clinic: Clinic) -> None:
    """The machine is gone: the robot, its Asterisk and whatever else ran there, at once."""
    for _ in range(5):
        for pid in clinic.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.1)
    until(lambda: not clinic.processes(), 5)


def rung(*clinics: Clinic) -> list[CallLog]:
    """Every call that reached either city."""
    return [log for clinic in clinics for run in (clinic.data / "city").iterdir() for log in read_run(run)]


def most_at_once(logs: list[CallLog], died: datetime) -> int:
    """How many calls were live at the same time, at most. What has no end in its journal ended with its machine."""
    marks: list[tuple[datetime, int]] = []
    for log in logs:
        gone = log.first(What.GONE)
        end = died if gone is None else log.header.started_at + timedelta(milliseconds=gone.at_ms)
        marks += [(log.header.started_at, 1), (max(end, log.header.started_at), -1)]
    now = most = 0
    for _, step in sorted(marks):
        now += step
        most = max(most, now)
    return most


@pytest.mark.timeout(600)  # a minute and a half on two idle cores; five with six others at work on them
def test_sixty_calls_on_two_nodes_of_which_one_dies(tmp_path: Path, new_database: Callable[[], str]) -> None:
    store, registry = new_database(), new_database()
    voiced = tmp_path / "voiced"
    first, second = (machine(tmp_path, name, store, registry, voiced) for name in ("node1", "node2"))
    book(first)
    with psycopg.connect(store, autocommit=True) as db, psycopg.connect(registry, autocommit=True) as mis:

        def rows(sql: str) -> list[tuple[object, ...]]:
            return db.execute(sql).fetchall()

        with Serve(first, "--role", "calls") as doomed, Serve(second, "--role", "calls") as survivor:
            until(lambda: len(rows("select 1 from attempt where status = 'finished'")) >= 15, 120)
            until(lambda: len(rows("select 1 from attempt where status = 'dialling' and node = 'node1'")) >= 2, 30)
            died = datetime.now(UTC)
            die(first)
            doomed.process.wait(10)
            until(lambda: len(rows("select 1 from attempt where status = 'finished'")) >= PATIENTS, 150)
            until(lambda: not rows("select 1 from attempt where status = 'dialling'"), 30)
            until(lambda: not rows("select 1 from delivery where status = 'waiting' and kind = 'answer'"), 30)
            nodes = dict(rows("select name, taken_by from node"))
            assert survivor.end(signal.SIGTERM)[0] == 0

        assert nodes == {"node1": "node2", "node2": ""}
        ended = rows("select id, phone, node, disposition from attempt where status = 'finished'")
        assert Counter(number for _, number, _, _ in ended) == {phone(n): 1 for n in range(PATIENTS)}
        assert {node for _, _, node, _ in ended} == {"node1", "node2"}

        calls = rung(first, second)
        invites = Counter(log.header.number for log in calls)
        assert max(invites.values()) == 1, "rung twice"
        interrupted = {str(number) for _, number, _, how in ended if how == "interrupted"}
        assert interrupted, "the node died with calls on its lines"
        assert {str(node) for _, number, node, _ in ended if number in interrupted} == {"node1"}
        assert {phone(n) for n in range(PATIENTS)} - set(invites) <= interrupted, "ended without a call"
        assert most_at_once(calls, died) <= LINES

        expected = {"keys": "answered", "busy": "busy", "reject": "rejected", "ring_for_ever": "no_answer"}
        for n in range(PATIENTS):
            (how,) = {d for _, number, _, d in ended if number == phone(n)}
            assert how == ("interrupted" if phone(n) in interrupted else expected[manner(n)])

        soonest = "select min(n.due_at - a.finished_at) from attempt a join attempt n on n.phone = a.phone"
        again = "where a.disposition = 'interrupted' and n.status = 'planned'"
        ((wait,),) = rows(f"{soonest} {again}")
        assert isinstance(wait, timedelta) and wait >= timedelta(hours=1), "not within the hour"

        confirmed = "select a.phone from attempt a join outcome o on o.attempt_id = a.id where o.outcome = 'confirmed'"
        yes = {number for (number,) in rows(confirmed)}
        assert len(yes) >= 20, "the people who press «1» come"
        sql = "select p.phone, a.answer, a.version from appointment a join patient_phone p using (patient_id)"
        books = {number: (answer, version) for number, answer, version in mis.execute(sql).fetchall()}
        assert {number for number, (answer, _) in books.items() if answer == "confirmed"} == yes
        assert {version for number, (_, version) in books.items() if number in yes} == {2}, "each written once"
