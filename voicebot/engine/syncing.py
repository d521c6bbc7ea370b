"""The sync tick: what the MIS says of patients and visits, copied into our store page by page."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

from voicebot.clock import Clock
from voicebot.contacts.model import Patient
from voicebot.mis.paging import Paging
from voicebot.mis.port import BadRecord, Capability, Mis, Page
from voicebot.store.port import Store, SyncState

log = logging.getLogger(__name__)

_OVERLAP = timedelta(hours=1)  # clocks of a MIS and ours differ: what changed near the edge is read twice
_A_DAY = timedelta(days=1)
_BAD_SHOWN = 1_000  # unreadable records that are kept to be shown; there may be as many as there are patients


@dataclass(frozen=True, slots=True)
class Synced:
    """One sync. bad: records that could not be read, the first thousand; the others are in the store."""

    at: datetime
    patients: int
    visits: int
    bad: tuple[BadRecord, ...] = ()


@dataclass(slots=True)
class _Count:
    patients: int = 0
    visits: int = 0
    bad: list[BadRecord] = field(default_factory=list)

    def note(self, bad: tuple[BadRecord, ...]) -> None:
        for record in bad:
            log.warning("MIS record skipped: %s: %s", record.place, record.problem)
        self.bad += bad[: _BAD_SHOWN - len(self.bad)]


class Syncing:
    """Reads the MIS. Visits are read from a day back to the horizon, a day of them at a time; patients as far as they
    changed, a page at a time. A page is one transaction, with the place where the next one begins: what a crash or a
    MIS that went away broke off goes on there, on whatever node. Reading anything twice changes nothing."""

    def __init__(
        self, store: Store, mis: Mis, clock: Clock, horizon: timedelta, timeout_s: float = 60.0, page: int = 1_000
    ) -> None:
        """timeout_s: of one page. page: patients in it."""
        self._store = store
        self._mis = mis
        self._clock = clock
        self._horizon = horizon
        self._timeout_s = timeout_s
        self._page = page
        self.last: Synced | None = None

    async def run(self) -> Synced:
        """Raises MisUnavailable, MisRefused, StoreDown, TimeoutError: the next run goes on where this one stopped."""
        now, count = self._clock.now(), _Count()
        await self._patients(now, count)
        await self._visits(now, count)
        self.last = Synced(now, count.patients, count.visits, tuple(count.bad))
        return self.last

    async def _patients(self, now: datetime, count: _Count) -> None:
        state = _sane(await self._store.sync_state(), now)
        if state.began_at is None:
            state = replace(state, began_at=now, cursor="")
        since = state.read_at - _OVERLAP if state.read_at is not None else None
        async for page in self._pages(since, state.cursor):
            state = replace(state, cursor=page.next) if page.next else SyncState(state.began_at)
            await self._store.save_patients(page.items, state)
            count.patients += len(page.items)
            count.note(page.bad)

    async def _pages(self, since: datetime | None, cursor: str) -> AsyncIterator[Page[Patient]]:
        if Capability.PAGES not in self._mis.capabilities():
            async with asyncio.timeout(self._timeout_s):
                whole = await self._mis.patients(since=since)
            yield whole
            return
        mis = cast(Paging, self._mis)
        while True:
            async with asyncio.timeout(self._timeout_s):
                page = await mis.patients_after(cursor, self._page, since)
            yield page
            if not page.next:
                return
            cursor = page.next

    async def _visits(self, now: datetime, count: _Count) -> None:
        begin, end = now - _A_DAY, now + self._horizon
        while begin < end:
            until = min(begin + _A_DAY, end)
            async with asyncio.timeout(self._timeout_s):
                page = await self._mis.appointments(begin, until)
            await self._store.save_appointments(page.items, now, whole=until == end)
            count.visits += len(page.items)
            count.note(page.bad)
            begin = until


def _sane(state: SyncState, now: datetime) -> SyncState:
    """A clock that was set back: what is said to have been read in the future is read anew."""
    ahead = [moment for moment in (state.read_at, state.began_at) if moment is not None and moment > now]
    return SyncState() if ahead else state
