"""The sync tick: what the MIS says of patients and visits, copied into our store."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.clock import Clock
from voicebot.mis.port import BadRecord, Mis
from voicebot.store.port import Store

log = logging.getLogger(__name__)

_OVERLAP = timedelta(hours=1)  # clocks of a MIS and ours differ: what changed near the edge is read twice


@dataclass(frozen=True, slots=True)
class Synced:
    """One sync. bad: records that could not be read; the others are in the store."""

    at: datetime
    patients: int
    visits: int
    bad: tuple[BadRecord, ...] = ()


class Syncing:
    """Reads the MIS. Visits are read from a day back to the horizon, patients as far as they changed."""

    def __init__(self, store: Store, mis: Mis, clock: Clock, horizon: timedelta, timeout_s: float = 60.0) -> None:
        self._store = store
        self._mis = mis
        self._clock = clock
        self._horizon = horizon
        self._timeout_s = timeout_s
        self._patients_at: datetime | None = None
        self.last: Synced | None = None

    async def run(self) -> Synced:
        """Raises MisUnavailable, MisRefused, StoreDown, TimeoutError: the next run reads all of it again."""
        now = self._clock.now()
        since = self._patients_at - _OVERLAP if self._patients_at is not None else None
        async with asyncio.timeout(self._timeout_s):
            patients = await self._mis.patients(since=since)
            visits = await self._mis.appointments(now - timedelta(days=1), now + self._horizon)
        await self._store.save_patients(patients.items)
        await self._store.save_appointments(visits.items, now)
        self._patients_at = now
        for record in (*patients.bad, *visits.bad):
            log.warning("MIS record skipped: %s: %s", record.place, record.problem)
        self.last = Synced(now, len(patients.items), len(visits.items), (*patients.bad, *visits.bad))
        return self.last
