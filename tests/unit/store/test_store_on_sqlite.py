"""The store's contract on SQLite, and what is special there."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from sqlalchemy import ExceptionContext, event

pytest.register_assert_rewrite("store_contract", "nodes_contract", "decisions_contract", "inbound_contract")
sys.path.insert(0, str(Path(__file__).parent))

from decisions_contract import DecisionsContract  # noqa: E402
from inbound_contract import InboundContract  # noqa: E402
from late_contract import GivingUpContract, SyncContract  # noqa: E402
from nodes_contract import LanesContract, LateEndContract, NodesContract  # noqa: E402
from store_contract import (  # noqa: E402 - the folder of tests is no package
    NOW,
    FamilyContract,
    HistoryContract,
    OutboxContract,
    SettleContract,
    StoreContract,
    attempt,
    contact,
)

from voicebot.sql import engine  # noqa: E402
from voicebot.sql.engine import BadDatabaseUrl, SchemaFault, database_url  # noqa: E402
from voicebot.store.database import SqlStore, upgrade  # noqa: E402
from voicebot.store.port import StoreDown  # noqa: E402


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "voicebot.db"


@pytest.fixture
def spoilt(path: Path) -> Path:
    path.parent.mkdir()
    path.write_text("это не база данных " * 100)
    return path


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Upgraded once and copied for each test: that is ten times faster than upgrading."""
    path = tmp_path_factory.mktemp("empty") / "voicebot.db"
    asyncio.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def store(path: Path, empty: Path) -> AsyncIterator[SqlStore]:
    await asyncio.to_thread(shutil.copytree, empty.parent, path.parent)
    made = SqlStore(f"sqlite:///{path}")
    yield made
    await made.close()


class TestStore(StoreContract):
    pass


class TestSettle(SettleContract):
    pass


class TestFamilies(FamilyContract):
    pass


class TestLanes(LanesContract):
    pass


class TestNodes(NodesContract):
    pass


class TestSync(SyncContract):
    pass


class TestGivingUp(GivingUpContract):
    pass


class TestLateEnds(LateEndContract):
    pass


class TestInbound(InboundContract):
    pass


class TestHistory(HistoryContract):
    pass


class TestDecisions(DecisionsContract):
    pass


class TestOutbox(OutboxContract):
    pass


async def test_a_new_file_is_for_its_owner_only(path: Path) -> None:
    await upgrade(f"sqlite:///{path}")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600


async def test_the_journal_and_keys_are_as_we_want(store: SqlStore, path: Path) -> None:
    async with store._database.reading() as connection:
        pragmas = {
            name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000}


async def test_twenty_writers_at_once_do_not_meet_a_locked_database(store: SqlStore, path: Path) -> None:
    """Half of them through a second store on the same file, as a command line beside the running robot would."""
    other = SqlStore(f"sqlite:///{path}")
    await store.add_contacts([contact(n) for n in range(20)], [attempt(n, phone=f"+7888{n:07}") for n in range(20)])
    try:
        started = await asyncio.gather(
            *(which.start_attempt(f"a{n}", "n", NOW) for n in range(20) for which in (store, other))
        )
    finally:
        await other.close()
    assert sum(started) == 20


@pytest.fixture
def locked(store: SqlStore, path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Another program holds the database; SQLite itself waits for it 10 ms, not 5 s."""
    monkeypatch.setattr(engine, "BUSY_MS", 10)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield other
    other.close()


async def test_a_write_that_met_a_locked_database_is_tried_again(store: SqlStore, locked: sqlite3.Connection) -> None:
    seen: list[str] = []

    def release(problem: ExceptionContext) -> None:
        seen.append(str(problem.original_exception))
        locked.execute("ROLLBACK")

    event.listen(store._database._engine.sync_engine, "handle_error", release)
    assert await store.add_contacts([contact()], [attempt()]) == 1
    assert seen == ["database is locked"]


async def test_a_database_that_stays_locked_is_said(store: SqlStore, locked: sqlite3.Connection) -> None:
    with pytest.raises(StoreDown, match=r"voicebot\.db не отвечает: database is locked\. Файл занят другой программой"):
        await store.add_contacts([contact()], [attempt()])
    locked.execute("ROLLBACK")
    assert await store.add_contacts([contact()], [attempt()]) == 1


async def test_reading_does_not_wait_for_a_writer(store: SqlStore, path: Path) -> None:
    writer = sqlite3.connect(path, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    try:
        assert await store.contacts() == ()
    finally:
        writer.execute("ROLLBACK")
        writer.close()


async def test_a_file_that_is_no_database_says_so(spoilt: Path) -> None:
    with pytest.raises(StoreDown, match=r"voicebot\.db не отвечает: file is not a database.*резервной копии"):
        await upgrade(f"sqlite:///{spoilt}")


async def test_tables_that_were_never_made_are_not_a_dead_database(path: Path) -> None:
    path.parent.mkdir()
    store = SqlStore(f"sqlite:///{path}")
    try:
        with pytest.raises(SchemaFault, match=r"нет нужных таблиц.*upgrade"):
            await store.contacts()
    finally:
        await store.close()


async def test_a_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadDatabaseUrl, match=r"нельзя создать.*Проверьте путь"):
        await upgrade(f"sqlite:///{tmp_path}/file/voicebot.db")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("voicebot.db", "не разобран"),
        ("sqlite://", "нет имени файла"),
        ("sqlite:///:memory:", "нет имени файла"),
        ("mysql://localhost/db", "«mysql» не поддерживается"),
    ],
)
def test_a_wrong_url_says_what_a_right_one_looks_like(text: str, message: str) -> None:
    with pytest.raises(BadDatabaseUrl, match=f"{message}.*sqlite:///путь"):
        database_url(text)
