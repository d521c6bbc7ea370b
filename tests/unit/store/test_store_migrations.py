"""Models and migrations say the same, and a database comes from nothing to the newest schema."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, MetaData, create_engine

from voicebot.mis.registry import models as registry_models
from voicebot.mis.registry import registry
from voicebot.sql import migrate
from voicebot.sql.engine import SchemaFault
from voicebot.store import database, models

Upgrade = Callable[[str], Awaitable[None]]

BOTH = pytest.mark.parametrize(
    ("upgrade", "scripts", "metadata"),
    [
        pytest.param(database.upgrade, database.MIGRATIONS, models.Base.metadata, id="store"),
        pytest.param(registry.upgrade, registry.MIGRATIONS, registry_models.Base.metadata, id="registry"),
    ],
)


def differences(connection: Connection, metadata: MetaData) -> list[object]:
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


@BOTH
async def test_migrations_lead_to_the_models(
    upgrade: Upgrade, scripts: Path, metadata: MetaData, tmp_path: Path
) -> None:
    await upgrade(f"sqlite:///{tmp_path}/new.db")
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    with engine.connect() as connection:
        assert differences(connection, metadata) == []
        assert MigrationContext.configure(connection).get_current_revision() == migrate.newest(scripts)
        # The comparison is no formality: it sees one missing index.
        connection.exec_driver_sql("DROP INDEX ix_patient_phone_phone")
        assert len(differences(connection, metadata)) == 1
    engine.dispose()


@BOTH
async def test_an_old_empty_file_is_upgraded_and_upgrading_again_changes_nothing(
    upgrade: Upgrade, scripts: Path, metadata: MetaData, tmp_path: Path
) -> None:
    old = tmp_path / "old.db"
    with sqlite3.connect(old) as connection:
        connection.execute("PRAGMA user_version = 0")
    connection.close()
    await upgrade(f"sqlite:///{old}")
    with sqlite3.connect(old) as connection:
        before = connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()
    await upgrade(f"sqlite:///{old}")
    with sqlite3.connect(old) as connection:
        assert connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall() == before
    connection.close()
    assert len(before) > len(metadata.tables)


@BOTH
async def test_two_that_start_at_once_upgrade_one_after_the_other(
    upgrade: Upgrade, scripts: Path, metadata: MetaData, tmp_path: Path
) -> None:
    await asyncio.gather(*(upgrade(f"sqlite:///{tmp_path}/new.db") for _ in range(3)))
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    with engine.connect() as connection:
        assert differences(connection, metadata) == []
    engine.dispose()


@BOTH
async def test_a_database_of_a_newer_program_is_left_alone(
    upgrade: Upgrade, scripts: Path, metadata: MetaData, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path}/newer.db"
    await upgrade(url)
    with sqlite3.connect(tmp_path / "newer.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'v9999'")
    connection.close()
    with pytest.raises(SchemaFault, match=r"newer\.db не подходит к этой версии программы.*v9999.*Обновите программу"):
        await upgrade(url)


@BOTH
def test_going_down_leaves_nothing_behind(upgrade: Upgrade, scripts: Path, metadata: MetaData, tmp_path: Path) -> None:
    asyncio.run(upgrade(f"sqlite:///{tmp_path}/new.db"))
    engine = create_engine(f"sqlite:///{tmp_path}/new.db")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(scripts))
        config.attributes["connection"] = connection
        command.downgrade(config, "base")
    engine.dispose()
    with sqlite3.connect(tmp_path / "new.db") as database_:
        left = database_.execute("SELECT name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    database_.close()
    assert left == [("alembic_version",)]
