"""Settling an attempt: from what stands in the store to one Settlement, the same whoever works it out, and when."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from voicebot.clock import Clock
from voicebot.contacts.consequences import Consequences
from voicebot.contacts.decisions import RuleId
from voicebot.contacts.ended import Ended
from voicebot.contacts.following import follow_up
from voicebot.contacts.ids import stable_id
from voicebot.contacts.inbound import is_inbound, of_call_to_us
from voicebot.contacts.model import (
    CLOSED,
    Appointment,
    Attempt,
    AttemptStatus,
    Contact,
    ContactStatus,
    Patient,
    Suppression,
    Task,
)
from voicebot.contacts.noting import closed as notes_of
from voicebot.contacts.noting import of_end
from voicebot.contacts.rules import Rules
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import CallResult, Texts
from voicebot.engine.reading import suppressions_of
from voicebot.engine.receiving import about_nothing
from voicebot.engine.versions import Version, scenario_for
from voicebot.engine.wording import worded
from voicebot.store.port import CallRow, Concluded, EventRow, Settlement, Store


@dataclass(frozen=True, slots=True)
class _About:
    """What the call was about: the contacts in the order of its subjects, and their visits as they were read."""

    contacts: tuple[Contact, ...]
    visits: Mapping[str, Appointment | None]

    @property
    def people(self) -> int:
        """How many patients it was about; at least one is needed to settle by the rules."""
        return max(1, len({c.patient_id for c in self.contacts}))


class Settling:
    """Writes what a finished call leads to."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        texts: Texts,
        scenarios: Callable[[str], Scenario | None],
        rules: Rules,
        version: Version | None = None,
    ) -> None:
        self._version = version
        self._store = store
        self._clock = clock
        self._texts = texts
        self._scenarios = scenarios
        self._rules = rules

    async def settle(self, attempt: Attempt, result: CallResult | None, late: bool = False) -> Disposition:
        """result: of this process, when it made the call; else everything is taken from the stored events.
        late: the attempt was settled as interrupted before; this end counts in its place."""
        async with self._store.together():
            settlement, disposition = await self._worked_out(attempt, result)
        await (self._store.settle_late(settlement) if late else self._store.settle(settlement))
        return disposition

    async def _worked_out(self, attempt: Attempt, result: CallResult | None) -> tuple[Settlement, Disposition]:
        now = self._clock.now()
        rows = await self._store.events(attempt.id)
        finish = result.finish if result is not None else _finish(rows)
        about = await self._about(attempt, rows)
        call = await self._call(attempt, finish, result, now)
        refused = next((json.loads(r.body)["reason"] for r in rows if r.kind == "Refused"), None)
        patients = await self._patients(about.contacts)
        patient = patients.get(about.contacts[0].patient_id) if len(patients) == about.people else None
        scenario = await self._scenario(about.contacts[0]) if about.contacts else None
        if is_inbound(attempt.id) and not about.contacts:
            settlement = about_nothing(attempt, call, finish, rows, now)
        elif refused is not None or patient is None or scenario is None:
            reason = refused or "пациент или сценарий исчез во время звонка"
            settlement = _by_hand(attempt, about.contacts, call, finish.disposition, reason, now)
        else:
            ended = Ended(
                attempt=attempt,
                contacts=about.contacts,
                patient=patient,
                visits=about.visits,
                finish=finish,
                texts=self._wording(self._messages(scenario, call), scenario, finish, about, patients, now),
                suppressions=await self._suppressions(patients, attempt.phone, now),
                patients=patients,
            )
            what = follow_up(ended, scenario, self._rules, now)
            if is_inbound(attempt.id):
                what = of_call_to_us(what, finish, about.contacts)
            settlement = _settlement(what, call, finish, now)
        return settlement, finish.disposition

    async def _scenario(self, contact: Contact) -> Scenario | None:
        campaign = await self._store.campaign(contact.campaign_id) if contact.campaign_id else None
        running = self._scenarios(contact.scenario_id)
        return await scenario_for(contact.scenario_id, campaign, self._scenarios, self._version) or running

    async def _patients(self, contacts: Sequence[Contact]) -> dict[str, Patient]:
        found = [await self._store.patient(id_) for id_ in dict.fromkeys(c.patient_id for c in contacts)]
        return {p.id: p for p in found if p is not None}

    async def _suppressions(
        self, patients: Mapping[str, Patient], phone: str, now: datetime
    ) -> tuple[Suppression, ...]:
        found: dict[Suppression, None] = {}
        for patient in patients.values():
            found.update(dict.fromkeys(await suppressions_of(self._store, patient, (phone,), now)))
        return tuple(found)

    def _messages(self, scenario: Scenario, call: CallRow | None) -> dict[str, str]:
        """Templates by id: the contact's scenario's, and those of the one that was spoken (a family's) above them."""
        spoken = self._scenarios(call.scenario_id) if call is not None and call.scenario_id != scenario.id else None
        return {**scenario.messages, **(spoken.messages if spoken is not None else {})}

    async def _about(self, attempt: Attempt, rows: Sequence[EventRow]) -> _About:
        prepared = next((json.loads(r.body) for r in rows if r.kind == "Prepared"), None)
        ids = prepared["contacts"] if prepared else attempt.contact_ids
        versions = dict(zip(ids, prepared["versions"], strict=False)) if prepared else {}
        contacts: list[Contact] = []
        visits: dict[str, Appointment | None] = {}
        for contact_id in ids:
            contact = await self._store.contact(contact_id)
            if contact is None or (prepared is None and contact.status in CLOSED):
                continue
            contacts.append(contact)
            visit = await self._store.appointment(contact.appointment_id) if contact.appointment_id else None
            version = versions.get(contact_id, contact.appointment_version)
            visits[contact_id] = replace(visit, version=version) if visit is not None else None
        return _About(tuple(contacts), visits)

    async def _call(self, attempt: Attempt, finish: Finish, result: CallResult | None, now: datetime) -> CallRow | None:
        if result is not None:
            return result.call
        row = await self._store.call(attempt.id)
        if row is None:
            return None
        return replace(
            row,
            ended_at=row.ended_at or now,
            disposition=finish.disposition,
            identity_known=finish.identity_known,
            transferred=finish.transferred,
        )

    def _wording(
        self,
        templates: Mapping[str, str],
        scenario: Scenario,
        finish: Finish,
        about: _About,
        patients: Mapping[str, Patient],
        now: datetime,
    ) -> dict[tuple[str, str], str]:
        """Every SMS that may follow. One that cannot be worded is left out: the task that goes with it stays."""
        wanted = {scenario.unreached.sms, *(c.sms for c in finish.conclusions)} - {""}
        texts: dict[tuple[str, str], str] = {}
        for template_id in sorted(wanted):
            for contact in about.contacts:
                patient = patients[contact.patient_id]
                visit = about.visits.get(contact.id)
                text = worded(self._texts, templates, template_id, patient, visit, scenario.id, now)
                if text:
                    texts[(template_id, contact.id)] = text
        return texts


def _finish(rows: Sequence[EventRow]) -> Finish:
    """How the call ended, as stored; a call without an end was interrupted."""
    for row in reversed(rows):
        if row.kind == "Finish":
            found = codec.decode(row.body)
            if isinstance(found, Finish):
                return found
    refused = any(r.kind == "Refused" for r in rows)
    return Finish(Disposition.FAILED if refused else Disposition.INTERRUPTED, False, ())


def _settlement(what: Consequences, call: CallRow | None, finish: Finish, now: datetime) -> Settlement:
    return Settlement(
        attempt=what.attempt,
        call=call,
        concluded=tuple(Concluded(c, outcome, c.id not in what.not_talked) for c, outcome in what.concluded),
        next_attempts=what.next_attempts,
        messages=what.messages,
        tasks=what.tasks,
        deliveries=what.deliveries,
        suppressions=what.suppressions,
        values=finish.values,
        decisions=of_end(what.concluded, what.attempt.id, now),
    )


def _by_hand(
    attempt: Attempt,
    contacts: Sequence[Contact],
    call: CallRow | None,
    disposition: Disposition,
    reason: str,
    now: datetime,
) -> Settlement:
    """The robot cannot make this call at all: a human does."""
    closed = [replace(c, status=ContactStatus.UNREACHED, outcome=Outcome.UNREACHED, reason=reason) for c in contacts]
    tasks = tuple(
        Task(stable_id("t", attempt.id, c.id), c.id, c.patient_id, "Позвонить пациенту: робот не смог", now, now)
        for c in closed
    )
    finished = replace(attempt, status=AttemptStatus.FINISHED, finished_at=now, disposition=disposition, reason=reason)
    concluded = tuple(Concluded(c, Outcome.UNREACHED) for c in closed)
    return Settlement(finished, call, concluded, tasks=tasks, decisions=notes_of(closed, RuleId.FAULT, attempt.id, now))
