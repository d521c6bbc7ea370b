"""Some faults of every kind against a workload of reminders, then the books: tests/chaos. The long run: make chaos."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from tests.chaos.books import balance
from tests.chaos.run import replay, run
from tests.chaos.world import World
from tests.integration.store_postgres import binaries

SEED, FAULTS, WAIT_S = 7, 10, 0.5
REPLAY = replay(SEED, FAULTS, WAIT_S)


def test_the_books_balance_after_random_faults(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (make test-tools): the chaos test is NOT run")
    found: set[str] = set()

    def forge(world: World) -> None:
        found.update(found_in_forged(world))

    try:
        report = run(tmp_path / "chaos", SEED, FAULTS, tmp_path_factory.getbasetemp() / "voiced", print, WAIT_S, forge)
    except AssertionError as error:
        pytest.fail(f"{error}\nSeed {SEED}. Replay: {REPLAY}")
    told = f"Seed {SEED}, folder {tmp_path}. Replay: {REPLAY}\n{report.text()}\n{report.wrong()}"
    print(told)
    assert report.books.even, told
    assert report.books.totals["calls that reached the city"] > 5, told
    assert report.books.totals["answers (визит подтверждён)"] > 0, told
    assert found >= {
        "patients rung twice for one attempt",
        "lost outcomes",
        "double MIS writes",
        "attempts and visits not accounted for",
    }, "what is wrong is found"


def found_in_forged(world: World) -> set[str]:
    """The same books with four lies in them: which sums are not zero then."""
    with psycopg.connect(world.store) as robot:
        (attempt, contact, phone) = robot.execute(
            "select o.attempt_id, o.contact_id, a.phone from outcome o join attempt a on a.id = o.attempt_id"
            " where o.outcome = 'confirmed' limit 1"
        ).fetchone() or ("", "", "")
        robot.execute("delete from outcome where attempt_id = %s and contact_id = %s", (attempt, contact))
        robot.execute("update contact set status = 'planned' where id = %s", (contact,))
    for journal in sorted(world.clinic.data.glob(f"city/*/calls/{phone.lstrip('+')}-*.jsonl"))[-1:]:
        first, *rest = journal.read_text().splitlines(keepends=True)
        call = json.loads(first)
        call["started_at"] = (datetime.fromisoformat(call["started_at"]) + timedelta(milliseconds=50)).isoformat()
        again = journal.with_name(f"{phone.lstrip('+')}-99.jsonl")
        again.write_text("".join([json.dumps({**call, "call": 99}) + "\n", *rest]))
    registry = sqlite3.connect(world.clinic.data / "registry.db")
    with registry:
        registry.execute("update appointment set version = version + 1 where answer = 'confirmed'")
    registry.close()
    return {name for name, wrong in balance(world).wrong.items() if wrong}
