"""kill -9 at every statement of settle() leaves all of it or nothing, and settling again then completes it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "unit" / "store"), str(TESTS / "integration")]

from store_contract import NOW, PHONE, attempt, contact  # noqa: E402
from store_postgres import binaries, postgres  # noqa: E402

from voicebot.contacts.model import AttemptStatus  # noqa: E402
from voicebot.dialogue.outcome import Outcome  # noqa: E402
from voicebot.store.database import SqlStore, upgrade  # noqa: E402

#: Settles in a process of its own and kills itself right after statement number N, COMMIT counted last.
VICTIM = """
import asyncio, os, signal, sys
from sqlalchemy import event
from store_contract import settlement
from voicebot.store.database import SqlStore

url, die_after = sys.argv[1], int(sys.argv[2])
store = SqlStore(url)
engine = store._database._engine.sync_engine
seen = 0

def count(*_):
    global seen
    seen += 1
    if seen == die_after:
        os.kill(os.getpid(), signal.SIGKILL)

event.listen(engine, "after_cursor_execute", count)
event.listen(engine, "commit", count)  # just before the COMMIT is sent

async def main():
    assert await store.settle(settlement())
    await store.close()

asyncio.run(main())
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/voicebot.db"
        return
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql): its tests are NOT run")
    folder = tmp_path / "postgres"
    folder.mkdir()
    with postgres(folder, programs) as cluster:
        yield cluster.create("voicebot")


def settle_and_die(url: str, die_after: int) -> int:
    """The exit status of the victim: -9 when it died, 0 when it got through."""
    paths = [str(Path(__file__).parents[2]), str(TESTS / "unit" / "store")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    victim = subprocess.run(
        [sys.executable, "-c", VICTIM, url, str(die_after)], env=environment, timeout=60, capture_output=True
    )
    assert victim.returncode in (0, -signal.SIGKILL), victim.stderr.decode()
    return victim.returncode


async def traces(url: str) -> list[bool]:
    """For each thing that a settlement writes: whether it is there."""
    store = SqlStore(url)
    try:
        found = await store.attempt("a1")
        call_contact = await store.contact("c1")
        assert found is not None
        assert call_contact is not None
        return [
            found.status is AttemptStatus.FINISHED,
            call_contact.outcome is Outcome.CONFIRMED,
            bool(await store.calls()),
            bool(await store.outcomes("a1")),
            bool(await store.suppressions(PHONE, "p1", NOW)),
            bool(await store.tasks()),
            bool(await store.messages()),
            bool(await store.deliveries()),
        ]
    finally:
        await store.close()


async def prepare(url: str) -> None:
    await upgrade(url)
    store = SqlStore(url)
    await store.add_contacts([contact()], [attempt()])
    await store.start_attempt("a1", "n1", NOW)
    await store.close()


async def test_kill_at_every_statement_leaves_all_or_nothing(url: str) -> None:
    await prepare(url)
    deaths = 0
    for die_after in range(1, 60):
        died = await asyncio.to_thread(settle_and_die, url, die_after)
        if not died:
            break
        deaths += 1
        assert not any(await traces(url)), f"half a settlement after statement {die_after}"
    assert deaths >= 10  # one a statement: the settlement writes eight tables
    assert all(await traces(url))
