"""What a MIS that can search tells campaigns: candidates in batches, bookings, consents (Capability.SELECT)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voicebot.contacts.campaign import Campaign, Candidate
from voicebot.contacts.consents import Consent
from voicebot.mis.port import BadRecord


@dataclass(frozen=True, slots=True)
class CandidateBatch:
    """Some of the candidates. bad: records that could not be read; they stop nobody.

    shared: those of the candidates' phones that stand in the cards of several patients.
    """

    candidates: tuple[Candidate, ...]
    bad: tuple[BadRecord, ...] = ()
    shared: frozenset[str] = frozenset()


class Selecting(Protocol):
    """Every method may raise MisUnavailable."""

    def candidates(self, campaign: Campaign, now: datetime) -> AsyncIterator[CandidateBatch]:
        """Everybody whom the campaign's trigger finds at this moment, in an order that is always the same, batch by
        batch. It may name a few too many (the rules decide each), never one too few."""
        ...

    async def next_visits(self, patient_ids: Sequence[str], now: datetime) -> Mapping[str, datetime]:
        """patient id -> their earliest booking to come; those without one are left out."""
        ...

    async def consents(self, patient_ids: Sequence[str]) -> Mapping[str, Consent]:
        """patient id -> consent to advertising, also a withdrawn one."""
        ...
