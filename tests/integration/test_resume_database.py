"""The database is lost in mid call: the call goes on, nobody else is rung, and nothing of it is lost or done twice."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.integration.robot_process import Clinic, Serve, until
from tests.integration.store_postgres import Postgres, binaries, postgres
from voicebot.city.journal import What, read_run

PATIENT, NEXT = "+78880000221", "+78880000222"
PEOPLE = f"""
persons:
  "{PATIENT}":
    calls: [{{answer_after: 100ms, again: false, lines: [{{keys: "1"}}, {{keys: "1"}}]}}]
  "{NEXT}":
    calls: [busy]
"""


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    with postgres(tmp_path_factory.mktemp("lost"), programs) as running:
        yield running


@pytest.fixture
def clinic(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, server: Postgres) -> Clinic:
    more = {
        "VOICEBOT_DATABASE__URL": server.create("robot"),
        "VOICEBOT_DATABASE__ENGINE_URL": server.create("engine"),
        "VOICEBOT_TELEPHONY__LINES": "1",
    }
    made = Clinic(tmp_path / "clinic", tmp_path_factory.getbasetemp() / "voiced", more=more)
    (made.folder / "people.yaml").write_text(PEOPLE)
    return made


def rows(clinic: Clinic, sql: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(clinic.more["VOICEBOT_DATABASE__URL"], connect_timeout=5) as connection:
        return connection.execute(sql).fetchall()


def rung(clinic: Clinic, phone: str) -> int:
    logs = [log for run in (clinic.data / "city").iterdir() for log in read_run(run)]
    return sum(log.header.number == phone for log in logs)


def journal(clinic: Clinic) -> list[str]:
    """Kinds of the events that wait on the disk."""
    files = sorted((clinic.data / "journal").glob("*.jsonl")) if (clinic.data / "journal").exists() else []
    return [json.loads(line)["kind"] for file in files for line in file.read_text().splitlines()]


def hung_up(clinic: Clinic) -> bool:
    logs = [log for run in (clinic.data / "city").iterdir() for log in read_run(run)]
    return any(log.header.number == PATIENT and log.first(What.GONE) for log in logs)


@pytest.mark.parametrize("killed", [False, True], ids=["the robot stays", "the robot is killed too"])
def test_a_call_outlives_its_database(clinic: Clinic, server: Postgres, killed: bool) -> None:
    clinic.book(PATIENT, NEXT)
    with Serve(clinic) as serve:
        until(lambda: rung(clinic, PATIENT) or rung(clinic, NEXT), 60)
        first = rung(clinic, PATIENT)
        until(lambda: rows(clinic, "select 1 from call_event where kind = 'KeyPressed'"), 90)
        others = rung(clinic, NEXT)
        server.kill()
        until(lambda: "Finish" in journal(clinic), 60)
        until(lambda: hung_up(clinic), 10)  # the call was talked to its end; the city writes that down in its own time
        time.sleep(3)
        assert rung(clinic, NEXT) == others, "nobody is rung while results cannot be written"
        if killed:
            serve.process.kill()
            serve.process.wait(10)
        server.start()
        again = Serve(clinic).__enter__() if killed else serve
        try:
            until(lambda: rows(clinic, "select 1 from outcome where outcome = 'confirmed'"), 60)
            until(lambda: clinic.rows("select 1 from appointment where answer = 'confirmed'", "registry.db"), 20)
            until(lambda: rung(clinic, NEXT) > 0, 60)
        finally:
            again.end(15)

    (call,) = rows(clinic, f"select id, disposition::text from call where phone = '{PATIENT}'")
    assert call[1] == "answered"
    events = rows(
        clinic, f"select serial, kind from call_event where call_id = '{call[0]}' and serial > 0 order by serial"
    )
    assert [n for n, _ in events] == list(range(1, len(events) + 1))
    assert [kind for _, kind in events].count("Finish") == 1
    assert rung(clinic, PATIENT) == 1 and first <= 1
    assert journal(clinic) == []
