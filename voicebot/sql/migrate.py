"""Alembic behind one call: bring a database to the newest schema, under a lock, in one transaction."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from alembic import command, context
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, Enum, MetaData, create_engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.errors import NetworkFault
from voicebot.sql.engine import Database, SchemaFault, database_url, make_private_file
from voicebot.sql.types import UtcDateTime

#: Any constant: two nodes that start at once upgrade one after the other.
_LOCK = 7_888_000


def _config(scripts: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    return config


def _upgrade(connection: Connection, config: Config) -> None:
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def newest(scripts: Path) -> str | None:
    """The id of the newest migration in this folder."""
    return ScriptDirectory.from_config(_config(scripts)).get_current_head()


async def upgrade(url: str, scripts: Path, down: type[NetworkFault]) -> None:
    """Bring the database at `url` to the newest migration of `scripts`; all of them or none are applied.

    Raises `down`, SchemaFault (the database is newer than this program), BadDatabaseUrl.
    """
    make_private_file(database_url(url))
    database = Database(url, down)

    async def work(connection: AsyncConnection) -> None:
        await connection.run_sync(_upgrade, _config(scripts))

    try:
        await database.write(work, timeout_s=600)
    except CommandError as error:
        raise SchemaFault(
            f"База данных {database.place} не подходит к этой версии программы: {error}.",
            "Обновите программу или восстановите базу из резервной копии.",
        ) from error
    finally:
        await database.close()


def run_environment(metadata: MetaData) -> None:
    """The body of an env.py: with the connection of upgrade(), or for a developer with `alembic -x url=…`."""
    given = context.config.attributes.get("connection")
    if given is not None:
        _run(given, metadata)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if url is None:
        raise SystemExit("alembic -c …/alembic.ini -x url=sqlite:///scratch.db upgrade head")
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            _run(connection, metadata)
    except SQLAlchemyError as error:
        raise SystemExit(str(error)) from error
    finally:
        engine.dispose()


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    """A migration is frozen: it must not change its meaning when our types or enums do."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Enum):
        return f"sa.String(length={item.length})"
    return False


def _run(connection: Connection, metadata: MetaData) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=connection.dialect.name == "sqlite",
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()
