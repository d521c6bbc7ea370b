"""Reading everything that a decision or a settlement needs: the visit fresh from the MIS, the rest from the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from voicebot.clock import Clock
from voicebot.contacts.dialling import Situation
from voicebot.contacts.families import same_person
from voicebot.contacts.hours import known_zone
from voicebot.contacts.model import Appointment, Attempt, Contact, Patient, Suppression
from voicebot.contacts.planning import zone_of
from voicebot.errors import NetworkFault, PeerFault
from voicebot.mis.port import Mis
from voicebot.store.port import Store

log = logging.getLogger(__name__)

_NEVER = timedelta(days=3650)


async def suppressions_of(
    store: Store, patient: Patient, phones: Sequence[str], now: datetime
) -> tuple[Suppression, ...]:
    """Those in force for a patient and these phones, each once."""
    found: dict[Suppression, None] = {}
    for phone in dict.fromkeys((*patient.phones, *phones)) or ("",):
        found.update(dict.fromkeys(await store.suppressions(phone, patient.id, now)))
    return tuple(found)


class Reading:
    """Gathers the situation of an attempt that is due."""

    def __init__(self, store: Store, mis: Mis, clock: Clock, mis_timeout_s: float) -> None:
        self._store = store
        self._mis = mis
        self._clock = clock
        self._timeout_s = mis_timeout_s

    async def situations(self, attempt: Attempt, contacts: tuple[Contact, ...], now: datetime) -> tuple[Situation, ...]:
        """One for each patient whom the attempt is about."""
        visits, age = await self._visits(contacts, now)
        household = await self._store.patients_at(attempt.phone)
        found: list[Situation] = []
        for patient_id in dict.fromkeys(c.patient_id for c in contacts):
            patient = await self._store.patient(patient_id)
            theirs = tuple(c for c in contacts if c.patient_id == patient_id)
            situation = Situation(attempt, theirs, patient, {c.id: visits.get(c.id) for c in theirs}, mis_age=age)
            found.append(situation if patient is None else await self._known(situation, patient, household, now))
        return tuple(found)

    async def _known(
        self, situation: Situation, patient: Patient, household: Sequence[Patient], now: datetime
    ) -> Situation:
        """With what restrains calls to this patient, and to whoever answers for them."""
        zone = known_zone(zone_of(patient, next(iter(situation.visits.values()), None))) or "Europe/Moscow"
        midnight = datetime.combine(now.astimezone(ZoneInfo(zone)).date(), time(0), ZoneInfo(zone))
        wards = [p.id for p in household if p.id != patient.id and same_person(p, patient)]
        tomorrow = midnight + timedelta(days=1)
        return replace(
            situation,
            suppressions=await suppressions_of(self._store, patient, (situation.attempt.phone,), now),
            conversations_today=await self._store.conversations(patient.id, midnight, tomorrow, *wards),
        )

    async def _visits(
        self, contacts: Sequence[Contact], now: datetime
    ) -> tuple[dict[str, Appointment | None], timedelta | None]:
        """contact id -> visit, read from the MIS; from our copy, with its age, when the MIS does not answer."""
        about = [c for c in contacts if c.appointment_id]
        try:
            async with asyncio.timeout(self._timeout_s):
                return {c.id: await self._mis.appointment(c.appointment_id) for c in about}, None
        except (TimeoutError, NetworkFault) as error:
            log.warning("the MIS cannot be read before dialling: %s", type(error).__name__)
            synced = await self._store.last_sync()
        except PeerFault as error:  # it answered that this visit makes no sense: no copy is fresh enough for that
            log.warning("the MIS cannot tell of a visit: %s", error.code)
            synced = None
        copies = {c.id: await self._store.appointment(c.appointment_id) for c in about}
        return copies, now - synced if synced is not None else _NEVER
