"""Reminders that came too late for any call: closed with what follows, by whatever path that is found out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from voicebot.contacts.decisions import Decision, DecisionNote, RuleId, Verdict
from voicebot.contacts.giving_up import BEGUN, NO_TIME, GivenUp, given_up, to_word
from voicebot.contacts.limits import speaks_of_visit_to_come
from voicebot.contacts.model import Appointment, Contact, ContactStatus, Patient
from voicebot.contacts.planning import cancelled, outdated, too_late
from voicebot.contacts.rules import Rules
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.ports import Ports
from voicebot.engine.reading import suppressions_of
from voicebot.engine.wording import worded

log = logging.getLogger(__name__)


def parted(contacts: Iterable[Contact], scenario: Scenario) -> tuple[list[Contact], list[Contact]]:
    """Of contacts that a decision closes: those that came too late for a reminder, and the others."""
    found = list(contacts)
    late = [c for c in found if c.status is ContactStatus.UNREACHED and speaks_of_visit_to_come(scenario)]
    return late, [c for c in found if c not in late]


class GivingUp:
    """scenarios: those that are published, asked for at every run."""

    def __init__(self, ports: Ports, scenarios: Callable[[], Iterable[Scenario]], rules: Rules) -> None:
        self._store = ports.store
        self._clock = ports.clock
        self._texts = ports.texts
        self._scenarios = scenarios
        self._rules = rules

    async def run(self) -> int:
        """Give up what nobody came to call: dialling was paused, or the robot was away, until it was too late. Returns
        how many contacts were. Raises StoreDown."""
        now, done = self._clock.now(), 0
        for scenario in self._scenarios():
            if not speaks_of_visit_to_come(scenario):
                continue
            overdue = await self._store.overdue_contacts(scenario.id, now + self._rules.lead)
            visits = {c.id: await self._store.appointment(c.appointment_id) for c in overdue}
            reasons = {c.id: outdated(c, visits[c.id], scenario) for c in overdue}
            gone = [cancelled(c, reasons[c.id]) for c in overdue if reasons[c.id]]
            if gone:
                await self._store.close_contacts(gone)
            late = [too_late(c, BEGUN if now >= c.deadline else NO_TIME) for c in overdue if not reasons[c.id]]
            done += await self.close(late, visits, scenario, now)
        return done

    async def close(
        self,
        contacts: Sequence[Contact],
        visits: Mapping[str, Appointment | None],
        scenario: Scenario,
        now: datetime,
    ) -> int:
        """contacts: closed by too_late; visits: contact id -> its visit. Those that are open no more, or are being
        called, stay as they are. Returns how many were closed. Raises StoreDown."""
        given: list[GivenUp] = []
        for contact in contacts:
            patient = await self._store.patient(contact.patient_id)
            if patient is not None:
                given.append(await self._one(contact, visits.get(contact.id), patient, scenario, now))
        if not given:
            return 0
        notes = [_note(one.contact, now) for one in given]
        log.warning("%d reminders came too late: given to people", len(given))
        return await self._store.give_up(given, notes)

    async def _one(
        self, contact: Contact, visit: Appointment | None, patient: Patient, scenario: Scenario, now: datetime
    ) -> GivenUp:
        template = to_word(contact, scenario, now)
        text = worded(self._texts, scenario.messages, template, patient, visit, scenario.id, now) if template else ""
        before = await self._store.contact(contact.id)
        asked_back = before is not None and before.outcome is Outcome.CALLBACK_LATER
        against = await suppressions_of(self._store, patient, (), now)
        return given_up(contact, visit, patient, scenario, text, against, self._rules, now, asked_back)


def _note(contact: Contact, now: datetime) -> DecisionNote:
    return DecisionNote(Decision(Verdict.CLOSED, RuleId.LATE, contact.reason, now), contact.id, contact.patient_id)
