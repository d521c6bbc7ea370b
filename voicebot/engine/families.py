"""One phone, one call (DOMAIN rule 3): right before dialling, what else waits for this phone today is taken along.

Visits are booked one by one, so their contacts are planned one by one as well: the planner alone would ring a mother
once for each child.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from voicebot.contacts.hours import known_zone
from voicebot.contacts.model import CLOSED, Attempt, AttemptStatus, Contact
from voicebot.contacts.planning import zone_of
from voicebot.contacts.rules import Rules
from voicebot.store.port import Lane, Store, closed_lane

_JOINED = "объединён с другим звонком по этому же номеру"


class Families:
    """Takes planned attempts at one phone together."""

    def __init__(self, store: Store, rules: Rules) -> None:
        self._store = store
        self._most = rules.patients_a_call

    async def joined(self, attempt: Attempt, lanes: Mapping[str, Lane], now: datetime) -> Attempt:
        """The attempt with the contacts of others at its phone: of the same scenario and due today. One that is a
        retry, or was asked for at a certain time, comes along only once it is due itself; one whose lane is closed
        waits for that."""
        async with self._store.together():
            taken = await self._companions(attempt, lanes, now)
        if taken and await self._store.join_attempts(attempt.id, taken, _JOINED):
            return await self._store.attempt(attempt.id) or attempt
        return attempt

    async def _companions(self, attempt: Attempt, lanes: Mapping[str, Lane], now: datetime) -> list[str]:
        """The other attempts at this phone that fit into one call with this."""
        here = [a for a in await self._store.attempts_at(attempt.phone) if a.id != attempt.id]
        others = [a for a in here if not closed_lane(a.lane, lanes)]
        mine = await self._contacts(attempt) if others else []
        if not mine:
            return []
        tonight = await self._today(mine[0], now)
        patients = {c.patient_id for c in mine}
        taken: list[str] = []
        for other in others:
            theirs = await self._contacts(other)
            together = patients | {c.patient_id for c in theirs}
            if theirs and len(together) <= self._most and _fits(other, theirs, mine[0], tonight, now):
                taken.append(other.id)
                patients = together
        return taken

    async def _contacts(self, attempt: Attempt) -> list[Contact]:
        found = [await self._store.contact(id_) for id_ in attempt.contact_ids]
        return [c for c in found if c is not None and c.status not in CLOSED]

    async def _today(self, contact: Contact, now: datetime) -> datetime:
        """The end of the patient's day."""
        patient = await self._store.patient(contact.patient_id)
        visit = await self._store.appointment(contact.appointment_id) if contact.appointment_id else None
        local = now.astimezone(ZoneInfo(known_zone(zone_of(patient, visit)) or "Europe/Moscow"))
        return local.replace(hour=23, minute=59, second=59)


def _fits(other: Attempt, theirs: Sequence[Contact], mine: Contact, tonight: datetime, now: datetime) -> bool:
    if other.status is not AttemptStatus.PLANNED or any(c.scenario_id != mine.scenario_id for c in theirs):
        return False
    fresh = all(c.attempts_used == 0 and c.outcome is None for c in theirs)
    return other.due_at <= now or (fresh and other.due_at <= tonight)
