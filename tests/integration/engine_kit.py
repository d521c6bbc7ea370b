"""What the tests of the engine share: where its tables lie (SQLite or PostgreSQL), and patience."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psycopg


@dataclass(frozen=True)
class Place:
    """The databases of one robot, or of several that share them."""

    engine_url: str
    store_url: str

    @property
    def several_nodes(self) -> bool:
        """Whether processes may share it: SQLite is for one machine (ENGINE.md, trap 6)."""
        return self.engine_url.startswith("postgresql")

    def engine_rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the engine's own tables; a table is written as {table}."""
        if self.several_nodes:
            with psycopg.connect(self.engine_url, autocommit=True) as connection:
                return connection.execute(sql.replace("{", "dbos.").replace("}", "")).fetchall()
        connection = sqlite3.connect(self.engine_url.removeprefix("sqlite:///"), timeout=10)
        try:
            with connection:
                return connection.execute(sql.replace("{", "").replace("}", "")).fetchall()
        finally:
            connection.close()

    def engine_change(self, sql: str) -> None:
        """Change the engine's own tables, as a death at the wrong moment would have left them."""
        if self.several_nodes:
            with psycopg.connect(self.engine_url, autocommit=True) as connection:
                connection.execute(sql.replace("{", "dbos.").replace("}", ""))
            return
        connection = sqlite3.connect(self.engine_url.removeprefix("sqlite:///"), timeout=10)
        try:
            with connection:
                connection.execute(sql.replace("{", "").replace("}", ""))
        finally:
            connection.close()

    def dump(self) -> str:
        """Every row of the engine's tables as text."""
        if not self.several_nodes:
            connection = sqlite3.connect(self.engine_url.removeprefix("sqlite:///"))
            try:
                return "\n".join(connection.iterdump())
            finally:
                connection.close()
        with psycopg.connect(self.engine_url, autocommit=True) as connection:
            names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'dbos'").fetchall()
            rows = [str(row) for (name,) in names for row in connection.execute(f'SELECT * FROM dbos."{name}"')]
        return "\n".join(rows)


def on_sqlite(folder: Path) -> Place:
    return Place(f"sqlite:///{folder / 'engine.db'}", f"sqlite:///{folder / 'voicebot.db'}")


def on_postgres(new_database: Callable[[], str]) -> Place:
    """Both in one database, as the settings have it when engine_url is left empty."""
    url = new_database()
    return Place(url, url)


async def eventually(condition: Callable[[], bool], what: str = "it", seconds: float = 20) -> None:
    try:
        async with asyncio.timeout(seconds):
            while not condition():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"never: {what}") from None
