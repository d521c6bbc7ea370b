"""A call whose robot died: what it was about and how far it had come, from what stands in the store.

The machine is a function of its events, so the conversation is where they lead to. Nobody is asked again what the
patient had answered before the robot died, even if the patient has hung up meanwhile.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from voicebot.calls.subjects import NOBODY, subjects
from voicebot.contacts.inbound import is_inbound
from voicebot.contacts.model import Appointment, Patient
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.call import Call, Phase, new_call
from voicebot.dialogue.events import Answered, Event, HungUp, MustEnd, Resumed, TransferAnswered, TransferEnded
from voicebot.dialogue.outcome import Disposition
from voicebot.dialogue.scenario import Scenario
from voicebot.dialogue.step import step
from voicebot.engine.caller import CallOrder, CallResult
from voicebot.engine.versions import Version
from voicebot.language.facts import Fact, choices_of
from voicebot.store.port import CallRow, EventRow, Store

log = structlog.get_logger(__name__)

#: Who has heard nothing for so long is not talked to as if nothing had been: the robot says good-bye.
TOO_LONG = timedelta(seconds=60)
_EVENTS: Mapping[str, type] = {cls.__name__: cls for cls in Event.__args__}


@dataclass(frozen=True, slots=True)
class Returning:
    """How the robot comes back into a call. elapsed_ms: since dialling began. farewell: only to say good-bye."""

    elapsed_ms: int = 0
    answered_ms: int | None = None
    farewell: bool = False


@dataclass(frozen=True, slots=True)
class Restored:
    """A call of before. call: as the stored events leave it. finish: how it ended, when that was stored too.

    serial: of the last stored event, which happened last_ms after dialling began.
    """

    order: CallOrder
    facts: Sequence[Mapping[str, Fact]]
    row: CallRow
    call: Call
    finish: Finish | None
    serial: int
    last_ms: int
    answered_ms: int | None
    farewell: bool = False

    def returning(self, now: datetime) -> Returning:
        elapsed = now - self.row.started_at
        silent = elapsed - timedelta(milliseconds=self.last_ms)
        late = silent > TOO_LONG and self.call.phase is not Phase.TALKING
        elapsed_ms = max(self.last_ms + 1, int(elapsed / timedelta(milliseconds=1)))
        return Returning(elapsed_ms, self.answered_ms, self.farewell or late)


def news(call: Call, at_ms: int, talking: bool, farewell: bool = False) -> tuple[Event, ...]:
    """What a call is told when its line is back. talking: patient and administrator are together on it."""
    told: list[Event] = [Answered(at_ms)] if call.phase is Phase.DIALLING else []
    if talking:
        told.append(TransferAnswered(at_ms))
    elif call.phase is Phase.TALKING:
        return (*told, TransferEnded(at_ms))
    elif farewell:
        return (*told, MustEnd(at_ms))
    return (*told, Resumed(at_ms))


async def restored(
    store: Store,
    scenarios: Callable[[str], Scenario | None],
    clinic_name: str,
    call_id: str,
    version: Version | None = None,
) -> Restored | None:
    """None when the store does not tell what the call was about."""
    row, rows = await store.call(call_id), await store.events(call_id)
    scenario = scenarios(row.scenario_id) if row is not None else None
    if row is not None and version is not None and (scenario is None or scenario.version != row.scenario_version):
        scenario = await version(row.scenario_id, row.scenario_version) or scenario
    if row is None or scenario is None:
        return None
    order = await _order(store, row, rows, scenario)
    if order is None:
        return None
    facts = subjects(order, clinic_name, row.started_at)
    choices, inbound = tuple(choices_of(f) for f in facts), is_inbound(call_id)
    serial, last_ms = max((r.serial for r in rows), default=0), max((r.at_ms for r in rows), default=0)
    answered_ms = next((r.at_ms for r in rows if r.kind == "Answered"), None)
    if scenario.version != row.scenario_version:  # the words of then are not there any more
        call = replace(new_call(scenario, choices, inbound), phase=Phase.GREETING, answered=True)
        return Restored(order, facts, row, call, None, serial, last_ms, answered_ms, farewell=True)
    call, finish = replayed(new_call(scenario, choices, inbound), rows)
    return Restored(order, facts, row, call, finish, serial, last_ms, answered_ms)


def replayed(call: Call, rows: Sequence[EventRow]) -> tuple[Call, Finish | None]:
    """The call after its stored events, and its end if they tell of one."""
    finish: Finish | None = None
    for row in sorted(rows, key=lambda r: r.serial):
        if row.kind == "Finish":
            finish = codec.decode(row.body)
        elif row.kind in _EVENTS:
            call, actions = step(call, codec.decode(row.body))
            finish = next((a for a in actions if isinstance(a, Finish)), finish)
    return call, finish


def cut_short(left: Restored, now: datetime) -> CallResult | None:
    """The end of a call that nobody can go on with. What was answered in it counts."""
    if left.farewell:
        return None
    finish = left.finish
    if finish is None:
        _, actions = step(left.call, HungUp(left.last_ms, Disposition.INTERRUPTED))
        finish = next(a for a in actions if isinstance(a, Finish))
    return CallResult(finish, ended_row(left.row, finish, left.answered_ms, now))


def ended_row(row: CallRow, finish: Finish, answered_ms: int | None, now: datetime) -> CallRow:
    """The row of a call that is over. answered_ms: since its dialling began, None when nobody answered."""
    answered = row.started_at + timedelta(milliseconds=answered_ms) if answered_ms is not None else None
    return replace(
        row,
        answered_at=answered,
        ended_at=now,
        disposition=finish.disposition,
        identity_known=finish.identity_known,
        transferred=finish.transferred,
    )


async def _order(store: Store, row: CallRow, rows: Sequence[EventRow], scenario: Scenario) -> CallOrder | None:
    """What was decided before the call, with the visits as they are in our copy."""
    prepared = next((json.loads(r.body) for r in rows if r.kind == "Prepared"), None)
    if prepared is None:
        return None
    patients: list[Patient] = []
    visits: list[Appointment] = []
    for contact_id in prepared["contacts"]:
        contact = await store.contact(contact_id)
        visit = await store.appointment(contact.appointment_id) if contact and contact.appointment_id else None
        patient = await store.patient(contact.patient_id) if contact else None
        if patient is not None and (visit is not None or not prepared["versions"]):
            patients.append(patient)
            visits += [visit] if visit is not None else []
    if is_inbound(row.id) and not prepared["contacts"]:
        known = await store.patient(str(prepared.get("patient", ""))) or NOBODY
        return CallOrder(row.id, row.phone, known, (), scenario)
    if not patients or [v.version for v in visits] != list(prepared["versions"]):
        log.warning("the visits of a call have changed while its robot was away", call=row.id)
        return None
    whose = tuple(patients) if visits else ()
    return CallOrder(row.id, row.phone, patients[0], tuple(visits), scenario, patients=whose)
