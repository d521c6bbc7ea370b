"""One database: connections, transactions that are tried again when they lost a race, errors for a person."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, nullcontext
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from voicebot.errors import InputFault, NetworkFault, OurFault

T = TypeVar("T")

#: How long SQLite waits for another writer. Our write transactions take milliseconds.
BUSY_MS = 5_000
#: The whole of one transaction, waiting for locks included, in seconds.
TRANSACTION_S = 30.0
#: A transaction that lost a race (SQLite locked; PostgreSQL deadlock, serialization) is tried so often in all.
TRIES = 3
FIRST_PAUSE_S = 0.05

_READ_ONLY = "voicebot_read_only"
_LOST_RACE_SQLSTATES = frozenset({"40001", "40P01", "55P03"})


class BadDatabaseUrl(InputFault):
    """The setting that names the database cannot be used."""

    code = "database-url"


class DataConflict(OurFault):
    """The database refused a row by one of its constraints: a defect of the caller, nothing was written."""

    code = "data-conflict"


class SchemaFault(OurFault):
    """The database has not the tables that this program expects."""

    code = "database-schema"


def database_url(text: str) -> URL:
    """The URL with our drivers filled in. Accepts sqlite:///file.db and postgresql://user@host/name.

    Raises BadDatabaseUrl.
    """
    remedy = "Укажите sqlite:///путь/к/файлу.db или postgresql://пользователь@сервер/база."
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise BadDatabaseUrl("Адрес базы данных не разобран.", remedy) from error
    backend = url.get_backend_name()
    if backend == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise BadDatabaseUrl("В адресе базы данных SQLite нет имени файла.", remedy)
        return url.set(drivername="sqlite+aiosqlite")
    if backend in ("postgresql", "postgres"):
        return url.set(drivername="postgresql+psycopg")
    raise BadDatabaseUrl(f"База данных вида «{backend}» не поддерживается.", remedy)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself: BEGIN is sent below.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={BUSY_MS}", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later cannot wait for a lock (SQLITE_BUSY_SNAPSHOT comes at once,
    # whatever busy_timeout says), so writers take the lock at their beginning.
    read_only = connection.get_execution_options().get(_READ_ONLY, False)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")


def make_engine(url: URL) -> AsyncEngine:
    """An engine with our settings: SQLite in WAL with foreign keys, PostgreSQL with time limits."""
    if url.get_backend_name() == "sqlite":
        engine = create_async_engine(url, hide_parameters=True)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        return engine
    limits = f"-c statement_timeout={int(TRANSACTION_S * 1000)} -c lock_timeout=10000 -c timezone=UTC"
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_pre_ping=True,
        pool_size=12,  # those beyond it are closed after each use, and to open one costs more than to use it
        max_overflow=4,
        pool_timeout=10,
        connect_args={"connect_timeout": 5, "options": limits},
    )


def _lost_race(error: DBAPIError) -> bool:
    original = error.orig
    if isinstance(original, sqlite3.OperationalError):
        return "locked" in str(original) or "busy" in str(original)
    return getattr(original, "sqlstate", None) in _LOST_RACE_SQLSTATES


class Database:
    """One database by its URL.

    down:   the class of the error that says that the database does not answer (StoreDown, MisUnavailable)
    Raises `down`, DataConflict, SchemaFault. close() must be awaited: SQLite's thread lives until then.
    """

    def __init__(self, url: str, down: type[NetworkFault]) -> None:
        self.url = database_url(url)
        self._down = down
        self._engine = make_engine(self.url)
        # SQLite has one writer at a time, and those who wait for it only look again now and then: in turn is quicker.
        one_writer = self.url.get_backend_name() == "sqlite"
        self._turn: asyncio.Lock | nullcontext[None] = asyncio.Lock() if one_writer else nullcontext()
        self._shared: ContextVar[AsyncConnection | None] = ContextVar("voicebot_reading", default=None)

    @property
    def place(self) -> str:
        """The database as a person knows it, without its password."""
        if self.url.get_backend_name() == "sqlite":
            return str(self.url.database)
        return f"{self.url.host or 'localhost'}:{self.url.port or 5432}/{self.url.database}"

    @asynccontextmanager
    async def reading(self, timeout_s: float = TRANSACTION_S) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads: it never waits for a writer on SQLite."""
        shared = self._shared.get()
        try:
            if shared is not None:
                yield shared
                return
            async with asyncio.timeout(timeout_s), self._engine.connect() as plain:
                connection = await plain.execution_options(**{_READ_ONLY: True})
                async with connection.begin():
                    yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._translated(error) from error

    @asynccontextmanager
    async def together(self) -> AsyncIterator[None]:
        """What this task reads within it is one transaction: it costs one way to the database and back for each
        question, not four (measured: 0.2 ms of CPU in place of 1.2). Nothing is written within it."""
        async with self.reading() as connection:
            token = self._shared.set(connection)
            try:
                yield
            finally:
                self._shared.reset(token)

    async def write(self, work: Callable[[AsyncConnection], Awaitable[T]], timeout_s: float = TRANSACTION_S) -> T:
        """Run `work` in one transaction: all of it or nothing. It runs again when it lost a race for a lock."""
        if self._shared.get() is not None:
            raise RuntimeError("a write among reads that belong together: they would not see it")
        for tried in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(timeout_s), self._turn, self._engine.begin() as connection:
                    return await work(connection)
            except DBAPIError as error:
                if tried == TRIES or not _lost_race(error):
                    raise self._translated(error) from error
            except (SQLAlchemyError, OSError) as error:
                raise self._translated(error) from error
            await asyncio.sleep(FIRST_PAUSE_S * 2 ** (tried - 1))
        raise AssertionError("unreachable")

    async def close(self) -> None:
        await self._engine.dispose()

    def _translated(self, error: Exception) -> Exception:
        """asyncio.timeout's TimeoutError is an OSError, so it arrives here as well."""
        cause = error.orig if isinstance(error, DBAPIError) else error
        reason = " ".join(str(cause).split()) or type(cause).__name__
        if isinstance(error, IntegrityError):
            return DataConflict(f"База данных {self.place} отказала в записи: {reason}.", "Сообщите разработчикам.")
        if "no such table" in reason or "no such column" in reason or _undefined_in_postgres(cause):
            return SchemaFault(
                f"В базе данных {self.place} нет нужных таблиц: {reason}.", "Запустите обновление базы (upgrade)."
            )
        if isinstance(error, (DBAPIError, PoolTimeout, OSError)):
            return self._down(f"База данных {self.place} не отвечает: {reason}.", _remedy(reason))
        return error


def _undefined_in_postgres(cause: BaseException | None) -> bool:
    return getattr(cause, "sqlstate", None) in ("42P01", "42703")


def _remedy(reason: str) -> str:
    if "full" in reason or "No space" in reason:
        return "Освободите место на диске."
    if "not a database" in reason or "malformed" in reason:
        return "Файл повреждён: восстановите базу из резервной копии."
    if "unable to open" in reason or "readonly" in reason:
        return "Проверьте путь к файлу и права на папку."
    if "locked" in reason:
        return "Файл занят другой программой: закройте её."
    return "Проверьте, что база данных запущена и доступна."


def make_private_file(url: URL) -> None:
    """Create a new SQLite file for its owner only (0600), and its folder: it will hold patients."""
    if url.get_backend_name() != "sqlite" or url.database is None:
        return
    path = Path(url.database)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600, exist_ok=True)
    except OSError as error:
        raise BadDatabaseUrl(
            f"Файл базы данных {path} нельзя создать: {error.strerror}.", "Проверьте путь и права на папку."
        ) from error
