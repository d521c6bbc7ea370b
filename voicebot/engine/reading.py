"""Reading everything that a decision or a settlement needs: the visit fresh from the MIS, the rest from the store."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import cast
from zoneinfo import ZoneInfo

from voicebot.clock import Clock
from voicebot.contacts.dialling import Situation
from voicebot.contacts.families import same_person
from voicebot.contacts.hours import known_zone
from voicebot.contacts.limits import MONTH, free_of_month
from voicebot.contacts.model import Appointment, Attempt, Contact, Patient, Suppression
from voicebot.contacts.planning import zone_of
from voicebot.dialogue.scenario import Scenario
from voicebot.errors import NetworkFault, PeerFault
from voicebot.mis.port import Capability, Mis
from voicebot.mis.selecting import Selecting
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

    def __init__(
        self,
        store: Store,
        mis: Mis,
        clock: Clock,
        mis_timeout_s: float,
        scenarios: Callable[[str], Scenario | None] = lambda _: None,
    ) -> None:
        """scenarios: the published scenario of an id, for what counts towards the limits."""
        self._scenarios = scenarios
        self._store = store
        self._mis = mis
        self._clock = clock
        self._timeout_s = mis_timeout_s

    async def situations(self, attempt: Attempt, contacts: tuple[Contact, ...], now: datetime) -> tuple[Situation, ...]:
        """One for each patient whom the attempt is about."""
        visits, age = await self._visits(contacts, now)
        found: list[Situation] = []
        async with self._store.together():
            household = await self._store.patients_at(attempt.phone)
            for patient_id in dict.fromkeys(c.patient_id for c in contacts):
                patient = await self._store.patient(patient_id)
                theirs = tuple(c for c in contacts if c.patient_id == patient_id)
                situation = Situation(attempt, theirs, patient, {c.id: visits.get(c.id) for c in theirs}, mis_age=age)
                found.append(situation if patient is None else await self._known(situation, patient, household, now))
        return tuple([await self._of_campaign(s, now) for s in found])

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
            contacted=await self._contacted(situation, (patient.id, *wards), now),
        )

    async def _contacted(self, situation: Situation, ids: Sequence[str], now: datetime) -> tuple[datetime, ...]:
        """When the person was reached out to lately, by what counts towards the limit of a month."""
        mine = [c.id for c in situation.contacts]
        rows = await self._store.reached_out(ids, now - MONTH, mine)
        scenarios = {id_: self._scenarios(id_) for id_ in {scenario_id for scenario_id, _ in rows}}
        free = {id_ for id_, scenario in scenarios.items() if scenario is not None and free_of_month(scenario)}
        return tuple(moment for scenario_id, moment in rows if scenario_id not in free)

    async def _of_campaign(self, situation: Situation, now: datetime) -> Situation:
        """With the campaign, and what must still hold for it: consent, no booking, no refusal meanwhile."""
        campaign_id = situation.contacts[0].campaign_id
        if not campaign_id or situation.patient is None:
            return situation
        patient_id = situation.patient.id
        campaign = await self._store.campaign(campaign_id)
        refused = await self._store.refused([patient_id])
        situation = replace(situation, campaign=campaign, refused_at=refused.get(patient_id))
        if Capability.SELECT not in self._mis.capabilities():
            return situation
        mis = cast(Selecting, self._mis)
        try:
            async with asyncio.timeout(self._timeout_s):
                booked = await mis.next_visits([patient_id], now)
                consents = await mis.consents([patient_id])
        except (TimeoutError, NetworkFault) as error:
            log.warning("the MIS cannot be asked for consents and bookings: %s", type(error).__name__)
            return replace(situation, mis_age=_NEVER)
        return replace(situation, next_visit=booked.get(patient_id), consent=consents.get(patient_id))

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
