"""What a MIS that reads in pages tells the sync (Capability.PAGES): patients without end in bounded memory."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from voicebot.contacts.model import Patient
from voicebot.mis.port import Page


class Paging(Protocol):
    """Every method may raise MisUnavailable."""

    async def patients_after(self, after: str, limit: int, since: datetime | None = None) -> Page[Patient]:
        """At most so many patients, changed since then (None: all), in an order that is always the same. after: `next`
        of the page before, '' for the first. One that changes while it is read may come twice, and is not left out."""
        ...
