"""The events of a live call, written to the store as they happen, without making the conversation wait."""

from __future__ import annotations

import asyncio
import json

import structlog

from voicebot.calls.backlog import Backlog
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.events import Event
from voicebot.errors import VoicebotError
from voicebot.store.port import EventRow, Store, StoreDown
from voicebot.store.reception import ASKED

log = structlog.get_logger(__name__)

RETRY_S = 1.0
SLOW_S = 2.0


class CallJournal:
    """Writes in the background, in order, in batches. run() ends once all is written: into the database, or into the
    backlog when the database is away or slow."""

    def __init__(self, store: Store, call_id: str, serial: int = 0, backlog: Backlog | None = None) -> None:
        """serial: of the last event that stands there already."""
        self._backlog = backlog
        self._store = store
        self._call_id = call_id
        self._serial = max(0, serial)
        self._waiting: asyncio.Queue[EventRow] = asyncio.Queue()
        self._closing = asyncio.Event()

    def event(self, event: Event | Finish, at_ms: int) -> None:
        """An event of the machine, or its Finish."""
        self._put(at_ms, codec.kind_of(event), codec.encode(event))

    def said(self, at_ms: int, prompt_id: int, text: str) -> None:
        """What the robot began to say; the transcript is made of these and of Heard."""
        body = json.dumps({"prompt_id": prompt_id, "text": text}, ensure_ascii=False)
        self._put(at_ms, "Said", body)

    def asked(self, at_ms: int, queue: str) -> None:
        """An administrator of this queue is rung: until they hang up or do not come, no node counts them as free."""
        self._put(at_ms, ASKED, json.dumps({"queue": queue}, ensure_ascii=False))

    def _put(self, at_ms: int, kind: str, body: str) -> None:
        self._serial += 1
        self._waiting.put_nowait(EventRow(self._call_id, self._serial, at_ms, kind, body))

    async def run(self) -> None:
        """Write until closed; to be run as a task of the call."""
        while not (self._closing.is_set() and self._waiting.empty()):
            batch = [await self._waiting.get()]
            while not self._waiting.empty():
                batch.append(self._waiting.get_nowait())
            await self._write([row for row in batch if row.kind])

    async def _write(self, rows: list[EventRow]) -> None:
        """Rows that the database has not taken in SLOW_S are on the disk by then: we may be killed at any moment."""
        while rows:
            writing = asyncio.ensure_future(self._store.append_events(rows))
            try:
                await asyncio.wait([writing], timeout=SLOW_S)
                if not writing.done() and await self._kept(rows):
                    writing.cancel()
                    await asyncio.gather(writing, return_exceptions=True)
                    return
                return await writing
            except StoreDown as error:
                log.warning("call events wait for the database", call=self._call_id, rows=len(rows), error=str(error))
                if await self._kept(rows):
                    return
                await asyncio.sleep(RETRY_S)
            except VoicebotError as error:  # it will never take them; the call's outcome must not be lost with them
                log.error("call events are lost", call=self._call_id, rows=len(rows), error=str(error))
                return
            finally:
                writing.cancel()

    async def _kept(self, rows: list[EventRow]) -> bool:
        """Whether they are safe on the disk now."""
        if self._backlog is None:
            return False
        try:
            await self._backlog.keep(rows)
        except OSError as error:
            log.error("the local journal of calls cannot be written", call=self._call_id, error=str(error))
            return False
        return True

    def close(self) -> None:
        """No more will come: run() ends once everything is written."""
        self._closing.set()
        self._waiting.put_nowait(EventRow(self._call_id, 0, 0, "", ""))  # wakes the writer
