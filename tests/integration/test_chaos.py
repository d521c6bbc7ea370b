"""Some faults of every kind against a workload of reminders, then the books: tests/chaos. The long run: make chaos."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.run import replay, run
from tests.integration.store_postgres import binaries

SEED, FAULTS = 7, 10


def test_the_books_balance_after_random_faults(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if binaries() is None:
        pytest.skip("PostgreSQL is not installed (make test-tools): the chaos test is NOT run")
    try:
        report = run(tmp_path / "chaos", SEED, FAULTS, tmp_path_factory.getbasetemp() / "voiced", print, wait_s=1.5)
    except AssertionError as error:
        pytest.fail(f"{error}\nSeed {SEED}. Replay: {replay(SEED, FAULTS)}")
    print(report.text())
    told = f"Seed {SEED}, folder {tmp_path}. Replay: {replay(SEED, FAULTS)}\n{report.text()}\n{report.wrong()}"
    assert report.books.even, told
    assert report.books.totals["calls that reached the city"] > 5, told
