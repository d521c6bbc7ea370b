"""Events of calls that the database did not take: kept in local files until it does.

One file a call, JSON lines, each batch on the disk before we go on. Writing an event twice changes nothing (its serial
is its key), so whatever dies on the way is simply written again.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import structlog

from voicebot.errors import NetworkFault, VoicebotError
from voicebot.store.port import EventRow, Store

log = structlog.get_logger(__name__)

_ENDING = ".jsonl"


class Backlog:
    """folder: made when it is needed, for its owner only: these are conversations."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turn = asyncio.Lock()  # a file is not written to while it is being written off

    async def keep(self, rows: Sequence[EventRow]) -> None:
        """Raises OSError."""
        async with self._turn:
            await asyncio.to_thread(self._append, rows)

    def waiting(self) -> int:
        """How many calls have events here."""
        return len(self._files())

    async def write_off(self, store: Store) -> int:
        """Everything into the database; returns how many calls that were. Raises StoreDown: what is left stays here."""
        done = 0
        for path in self._files():
            async with self._turn:
                if not path.exists():  # another call's end has written it off while we waited for our turn
                    continue
                await self._write(store, path)
                done += 1
        return done

    async def _write(self, store: Store, path: Path) -> None:
        rows = await asyncio.to_thread(_read, path)
        try:
            await store.append_events(rows)
        except NetworkFault:
            raise
        except VoicebotError as error:  # it will never take them (its call is not there): kept for a human
            log.error("events of a call cannot be written", file=str(path), error=str(error))
            await asyncio.to_thread(path.replace, path.with_suffix(".refused"))
            return
        await asyncio.to_thread(path.unlink)
        log.warning("events of a call were written late", file=path.name, rows=len(rows))

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"*{_ENDING}"))

    def _append(self, rows: Sequence[EventRow]) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        by_call: dict[str, list[EventRow]] = {}
        for row in rows:
            by_call.setdefault(row.call_id, []).append(row)
        for call_id, some in by_call.items():
            path = self._folder / f"{call_id.replace('/', '_')}{_ENDING}"
            text = "".join(json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in some)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())


def _read(path: Path) -> list[EventRow]:
    """Lines that are whole: the last one may have been cut by a crash; its event was not promised to anybody."""
    found: list[EventRow] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            found.append(EventRow(**json.loads(line)))
        except (ValueError, TypeError):
            log.error("a line of a journal is not readable", file=str(path))
    return found
