"""The candidates of a campaign, each decided by the rules: a batch is read, then decided without asking anybody."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from voicebot.contacts.campaign import Campaign, Candidate, TriggerKind
from voicebot.contacts.consents import Consent
from voicebot.contacts.decisions import RuleId
from voicebot.contacts.doubles import person_keys
from voicebot.contacts.limits import MONTH, free_of_month, was_contacted
from voicebot.contacts.model import Contact, Patient
from voicebot.contacts.occasions import renewed
from voicebot.contacts.phones import Against
from voicebot.contacts.planning import Planned
from voicebot.contacts.rules import Rules
from voicebot.contacts.selecting import History, Suppressed, decide_contact
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import Purpose, Scenario
from voicebot.engine.ahead import one_ahead
from voicebot.mis.port import BadRecord
from voicebot.mis.selecting import CandidateBatch, Selecting
from voicebot.store.port import Store

#: Triggers that may name one patient several times in one walk.
_BY_VISIT = frozenset({TriggerKind.AFTER_VISIT, TriggerKind.MISSED_VISIT})
#: Candidates decided in one go (a few ms): then live calls and the databases have their turn.
_AT_A_TIME = 100

Settled = Callable[[Collection[str]], Awaitable[None]]


async def _at_once(_ids: Collection[str]) -> None:
    """For those who write nothing meanwhile."""


@dataclass(frozen=True, slots=True)
class DecidedBatch:
    """planned, suppressed: each candidate with what was decided; those outside of the segment are left out.

    shared: phones that stand in several cards. bad: records that could not be read.
    """

    planned: tuple[tuple[Candidate, Planned], ...]
    suppressed: tuple[tuple[Candidate, Suppressed], ...]
    shared: frozenset[str] = frozenset()
    bad: tuple[BadRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class _Known:
    """What the store and the MIS know of the patients of one batch."""

    contacts: Mapping[str, Sequence[Contact]]
    contacted: Mapping[str, tuple[datetime, ...]]
    refused: Mapping[str, datetime]
    against: Against
    consents: Mapping[str, Consent]


@dataclass(slots=True)
class _Walk:
    """What one walk remembers from batch to batch: little, whatever the number of candidates."""

    campaign: Campaign
    scenario: Scenario
    now: datetime
    people: dict[str, str] = field(default_factory=dict)  # key of a person with a shared phone -> first record
    planned: dict[str, list[Contact]] = field(default_factory=lambda: defaultdict(list))

    def twin(self, patient: Patient, shared: frozenset[str]) -> str:
        """The record of the same person that came earlier, or ''."""
        if self.campaign.trigger.kind is TriggerKind.BEFORE_VISIT or shared.isdisjoint(patient.phones):
            return ""
        keys = person_keys(patient)
        first = next((self.people[k] for k in keys if k in self.people), patient.id)
        for key in keys:
            self.people.setdefault(key, first)
        return first if first != patient.id else ""


class Candidates:
    """scenarios: those that are published, for what counts towards the limit of a month."""

    def __init__(self, store: Store, mis: Selecting, scenarios: Callable[[], Iterable[Scenario]], rules: Rules) -> None:
        self._store = store
        self._mis = mis
        self._scenarios = scenarios
        self._rules = rules

    async def decided(
        self, campaign: Campaign, scenario: Scenario, now: datetime, settled: Settled = _at_once
    ) -> AsyncGenerator[DecidedBatch, None]:
        """All candidates of this moment. Raises StoreDown, MisUnavailable. Nothing is written. settled: awaited with
        the ids of the patients of a batch before the store is asked about them."""
        walk = _Walk(campaign, scenario, now)
        async with aclosing(one_ahead(self._mis.candidates(campaign, now))) as batches:
            async for batch in batches:
                ids = list(dict.fromkeys(c.patient.id for c in batch.candidates))
                await settled(ids)
                yield await self._decide(walk, batch, await self._known(walk, batch, ids))

    async def _known(self, walk: _Walk, batch: CandidateBatch, ids: Sequence[str]) -> _Known:
        store, scenario, now = self._store, walk.scenario, walk.now
        phones = list(dict.fromkeys(phone for c in batch.candidates for phone in c.patient.phones))
        contacts: dict[str, list[Contact]] = defaultdict(list)
        contacted: dict[str, list[datetime]] = defaultdict(list)
        refused: list[str] = []
        free = {s.id for s in self._scenarios() if free_of_month(s)}
        since = now - MONTH
        for contact in await store.contacts_of(ids, scenario.id, since):
            if contact.scenario_id == scenario.id:
                contacts[contact.patient_id].append(contact)
            if contact.scenario_id not in free and contact.due_at > since and was_contacted(contact):
                contacted[contact.patient_id].append(contact.due_at)
            if contact.outcome is Outcome.REFUSED:
                refused.append(contact.patient_id)
        return _Known(
            contacts=contacts,
            contacted={patient_id: tuple(moments) for patient_id, moments in contacted.items()},
            refused=await store.refused(refused) if refused else {},
            against=Against(await store.suppressions_of(ids, phones, now)),
            consents=await self._mis.consents(ids) if scenario.purpose is Purpose.ADVERTISING else {},
        )

    async def _decide(self, walk: _Walk, batch: CandidateBatch, known: _Known) -> DecidedBatch:
        planned: list[tuple[Candidate, Planned]] = []
        suppressed: list[tuple[Candidate, Suppressed]] = []
        for number, candidate in enumerate(batch.candidates):
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
            decision = self._one(walk, candidate, batch.shared, known)
            if isinstance(decision, Planned):
                planned.append((candidate, decision))
                if walk.campaign.trigger.kind in _BY_VISIT:
                    walk.planned[candidate.patient.id].append(decision.contact)
            elif decision.decision.rule is not RuleId.SEGMENT:
                suppressed.append((candidate, decision))
        return DecidedBatch(tuple(planned), tuple(suppressed), batch.shared, batch.bad)

    def _one(self, walk: _Walk, candidate: Candidate, shared: frozenset[str], known: _Known) -> Planned | Suppressed:
        patient = candidate.patient
        before = known.contacts.get(patient.id, ())
        if patient.id in walk.planned:
            before = [*before, *walk.planned[patient.id]]
        candidate = renewed(candidate, walk.campaign, walk.scenario, before, self._rules, walk.now)
        history = History(
            contacts=tuple(before),
            contacted=known.contacted.get(patient.id, ()),
            refused_at=known.refused.get(patient.id),
            twin=walk.twin(patient, shared),
        )
        return decide_contact(
            candidate, walk.campaign, walk.scenario, history, known.against.of(patient),
            known.consents.get(patient.id), self._rules, walk.now,
        )  # fmt: skip
