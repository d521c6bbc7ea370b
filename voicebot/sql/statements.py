"""INSERT … ON CONFLICT, spelt alike for SQLite and PostgreSQL."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any, TypeVar

from sqlalchemy import Column, ColumnElement, String, any_, cast, func, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")
Values = Mapping[str, Any]

#: Keys in one IN (…): far below SQLite's limit of variables.
CHUNK = 1_000
#: From so many rows on, an INSERT is worth one statement of its own.
MANY = 50


def chunks(items: Sequence[T], size: int = CHUNK) -> Iterator[Sequence[T]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]


def among(dialect: str, column: Any, keys: Sequence[str]) -> ColumnElement[bool]:
    """column IN (keys), with all keys in one parameter: for a thousand keys a small part of the work of a thousand
    parameters, most of which is the driver's. dialect: connection.dialect.name."""
    given = literal(json.dumps(list(keys), ensure_ascii=False), String)
    if dialect == "postgresql":
        listed = func.jsonb_array_elements_text(cast(given, postgresql.JSONB)).column_valued("key")
        found: ColumnElement[bool] = column == any_(func.array(select(listed).scalar_subquery()))
        return found
    found = column.in_(select(func.json_each(given).table_valued("value").c.value))
    return found


def _insert(connection: AsyncConnection, model: Any) -> Any:
    # Any: the two dialects' Insert classes share these methods but no base that declares them.
    dialect: Any = sqlite if connection.dialect.name == "sqlite" else postgresql
    return dialect.insert(model)


async def insert_new(connection: AsyncConnection, model: Any, rows: Sequence[Values]) -> None:
    """Insert; a row that exists by any unique key is left as it is."""
    if len(rows) >= MANY and connection.dialect.name == "postgresql":
        await connection.execute(_at_once(connection, model, rows).on_conflict_do_nothing())
    elif rows:
        await connection.execute(_insert(connection, model).on_conflict_do_nothing(), list(rows))


async def insert_new_ids(connection: AsyncConnection, model: Any, rows: Sequence[Values]) -> set[str]:
    """Like insert_new; the ids of the rows that were new."""
    if not rows:
        return set()
    if len(rows) >= MANY and connection.dialect.name == "postgresql":
        whole = _at_once(connection, model, rows).on_conflict_do_nothing().returning(model.id)
        return set((await connection.execute(whole)).scalars())
    statement = _insert(connection, model).on_conflict_do_nothing().returning(model.id)
    return set((await connection.execute(statement, list(rows))).scalars())


def _at_once(connection: AsyncConnection, model: Any, rows: Sequence[Values]) -> Any:
    """INSERT … SELECT from one parameter of JSON, where PostgreSQL's driver would send row after row. What is the same
    in all rows (status, campaign …) goes beside it once: half of the text that both sides would have to go through."""
    table = model.__table__
    names = list(rows[0])
    alike = {name: rows[0][name] for name in names if _same(rows, name)}
    several = [name for name in names if name not in alike] or names[:1]
    listed = [{name: row[name] for name in several} for row in rows]
    given = literal(json.dumps(listed, ensure_ascii=False, default=_plain), String)
    typed = [Column(name, table.c[name].type) for name in several]
    records = func.jsonb_to_recordset(cast(given, postgresql.JSONB)).table_valued(*typed, name="given")
    found = records.render_derived(with_types=True)
    values = [found.c[name] if name in several else literal(alike[name], table.c[name].type) for name in names]
    return _insert(connection, model).from_select(names, select(*values))


def _same(rows: Sequence[Values], name: str) -> bool:
    first = rows[0][name]
    return rows[-1][name] == first and all(row[name] == first for row in rows)


def _plain(value: object) -> str:
    """Days and moments; a naive moment is refused, as everywhere."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a naive datetime cannot be stored: {value!r}")
        return value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be stored")


async def upsert(
    connection: AsyncConnection,
    model: Any,
    rows: Sequence[Values],
    keys: Sequence[str] = ("id",),
    where: ColumnElement[bool] | None = None,
) -> None:
    """Insert, or overwrite the row with these keys (if `where` holds for it)."""
    if not rows:
        return
    statement = _insert(connection, model)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if changed:
        statement = statement.on_conflict_do_update(index_elements=list(keys), set_=changed, where=where)
    else:
        statement = statement.on_conflict_do_nothing(index_elements=list(keys))
    await connection.execute(statement, list(rows))


async def one_after_another(connection: AsyncConnection, what: str) -> None:
    """From here to the end of the transaction nobody else is past this line for the same `what`. On SQLite that is so
    of every transaction that writes."""
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(what, 0))))
