"""A call that came in: whom it is from, what may be spoken of with them, and the attempt that stands for it (M5).

Calling hours and limits do not hold: the patient has rung. The call takes a line as any other, and is settled as any
other: what was said is written in one transaction.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.contacts.ids import stable_id
from voicebot.contacts.inbound import Subject, caller_phone, inbound_id, subject_of
from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, Contact, Patient, Task
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.ports import Ports
from voicebot.errors import NetworkFault, PeerFault
from voicebot.store.port import CallRow, EventRow, Settlement

log = logging.getLogger(__name__)

MIS_S = 2.0  # it rings meanwhile
#: Whoever has just rung is not rung by us for so long, whatever was planned.
LEFT_ALONE = timedelta(minutes=10)
_URGENT = 0


@dataclass(frozen=True, slots=True)
class Received:
    """A call that may be answered. phone: '' when it is hidden. patient: who is asked for, None when nobody is known
    at this number; visits and patients: of the contacts, in the order in which they are spoken of."""

    attempt_id: str
    phone: str
    scenario: Scenario
    patient: Patient | None
    visits: tuple[Appointment, ...] = ()
    patients: tuple[Patient, ...] = ()


class Receiving:
    """Looks up who rings, and writes down that they do."""

    def __init__(self, ports: Ports, node: str) -> None:
        self._ports = ports
        self._store = ports.store
        self._node = node

    async def begin(self, channel_id: str, shown: str, alone: bool = False) -> Received | None:
        """shown: the number that the network shows. alone: about nothing, although the number may be known: somebody
        talks to us, or is rung, at this number already.

        None when this call cannot be taken so: its number is busy with us, or no scenario is published for it. Raises
        StoreDown.
        """
        now, phone = self._ports.clock.now(), caller_phone(shown)
        patients = await self._store.patients_at(phone) if phone and not alone else ()
        contacts = await self._store.open_contacts_of([p.id for p in patients]) if patients else ()
        visits = await self._visits(contacts)
        subject = subject_of(contacts, patients, visits, self._ports.scenarios, now)
        if subject is None:
            log.warning("a call came in, and no scenario is published for such calls")
            return None
        attempt_id = inbound_id(channel_id, self._node)
        spoken = tuple(v for v in (visits.get(c.id) for c in subject.contacts) if v is not None)
        own = phone if phone and not alone else f"{phone}#{channel_id}"  # a phone talks to us once at a time
        attempt = Attempt(
            attempt_id, own, tuple(c.id for c in subject.contacts), AttemptStatus.DIALLING, now, _URGENT, self._node,
            started_at=now, reason="пациент звонит нам сам",
        )  # fmt: skip
        row = CallRow(attempt_id, attempt_id, phone, subject.scenario.id, subject.scenario.version, now)
        if not await self._store.begin_inbound(attempt, row, _prepared(attempt_id, subject, spoken), now + LEFT_ALONE):
            return None
        known = {p.id: p for p in patients}
        whose = tuple(known[c.patient_id] for c in subject.contacts)
        return Received(attempt_id, phone, subject.scenario, subject.patient, spoken, whose)

    async def _visits(self, contacts: Sequence[Contact]) -> Mapping[str, Appointment | None]:
        """As the MIS says now; as our copy says when the MIS does not answer while the telephone rings."""
        about = [c for c in contacts if c.appointment_id]
        try:
            async with asyncio.timeout(MIS_S):
                return {c.id: await self._ports.mis.appointment(c.appointment_id) for c in about}
        except (TimeoutError, NetworkFault, PeerFault) as error:
            log.warning("the MIS cannot be read while a call comes in: %s", type(error).__name__)
        return {c.id: await self._store.appointment(c.appointment_id) for c in about}


def _prepared(attempt_id: str, subject: Subject, visits: Sequence[Appointment]) -> EventRow:
    body = {
        "contacts": [c.id for c in subject.contacts],
        "versions": [v.version for v in visits],
        "patient": subject.patient.id if subject.patient is not None else "",
    }
    return EventRow(attempt_id, -1, 0, "Prepared", json.dumps(body))


def about_nothing(
    attempt: Attempt, call: CallRow | None, finish: Finish, rows: Sequence[EventRow], now: datetime
) -> Settlement:
    """The end of a call to us from somebody for whom nothing was open: a task, where the scenario promised one."""
    prepared: dict[str, object] = next((json.loads(r.body) for r in rows if r.kind == "Prepared"), {})
    phone = call.phone if call is not None else ""
    finished = replace(attempt, status=AttemptStatus.FINISHED, finished_at=now, disposition=finish.disposition,
                       reason="позвонили нам сами")  # fmt: skip
    tasks = tuple(
        Task(stable_id("t", attempt.id, c.task), "", str(prepared.get("patient", "")),
             f"{c.task} ({phone or 'номер скрыт'})", now, now)
        for c in finish.conclusions[:1] if c.task
    )  # fmt: skip
    return Settlement(finished, call, tasks=tasks)
