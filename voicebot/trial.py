"""A trial call ordered by hand: `voicebot call NUMBER --scenario ID`. It tells what was said and writes no answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

from voicebot.app import Robot, drafts, lock_of
from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Sex
from voicebot.contacts.rules import DiallingLock
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import CallOrder
from voicebot.errors import InputFault
from voicebot.settings import Settings
from voicebot.store.port import CallRow, EventRow


class CannotCall(InputFault):
    """This number or scenario cannot be called now."""

    code = "trial-call"


@dataclass(frozen=True, slots=True)
class TrialCall:
    """How it ended, and everything that happened in it."""

    finish: Finish
    events: Sequence[EventRow]


async def trial_call(robot: Robot, number: str, scenario_id: str) -> TrialCall:
    """Ring a number now with a scenario. The facts are those of the patient who has this number and their next
    visit, or invented ones. Calling hours do not hold (somebody asked for it now), the dialling lock does.

    Raises CannotCall.
    """
    scenario = _known(robot.repertoire.scenarios, scenario_id)
    phone = unlocked(number, robot.lock)
    now = robot.clock.now()
    patient, visit = await _whom(robot, phone, now)
    call_id = f"trial-{uuid4().hex[:16]}"
    await robot.store.add_call(CallRow(call_id, "", phone, scenario.id, scenario.version, started_at=now))
    result = await robot.caller.call(CallOrder(call_id, phone, patient, (visit,), scenario))
    return TrialCall(result.finish, await robot.store.events(call_id))


def may_ring(settings: Settings, number: str, scenario_id: str) -> str:
    """The number in E.164, before anything is started for it. Raises CannotCall naming the rule, ScenarioFault."""
    phone = unlocked(number, lock_of(settings))
    _known(drafts(settings), scenario_id)
    return phone


def _known(scenarios: Mapping[str, Scenario], scenario_id: str) -> Scenario:
    scenario = scenarios.get(scenario_id)
    if scenario is None:
        raise CannotCall(f"Сценария «{scenario_id}» нет.", f"Есть сценарии: {', '.join(sorted(scenarios))}.")
    return scenario


def unlocked(number: str, lock: DiallingLock) -> str:
    """The number in E.164, if it may be rung. Raises CannotCall naming the rule."""
    digits = "".join(ch for ch in number if ch.isdigit())
    phone = f"+7{digits[1:]}" if len(digits) == 11 and digits[0] == "8" else f"+{digits}"
    if wrong := lock.bad_number(phone):
        raise CannotCall(f"На {number} звонить нельзя: {wrong}.", "Номер пишут так: +78880000101.")
    if locked := lock.locked(phone):
        raise CannotCall(
            f"На {number} звонить нельзя: {locked}.",
            "Задайте telephony.live, telephony.caller_id и telephony.allowed_prefixes, когда готовы звонить людям.",
        )
    return phone


async def _whom(robot: Robot, phone: str, now: datetime) -> tuple[Patient, Appointment]:
    patients = {p.id: p for p in (await robot.mis.patients()).items if phone in p.phones}
    visits = (await robot.mis.appointments(now, now + timedelta(days=60))).items
    for visit in sorted(visits, key=lambda v: v.start):
        if visit.patient_id in patients:
            return patients[visit.patient_id], visit
    zone = robot.settings.clinic.zone
    patient = next(iter(patients.values()), None) or _INVENTED
    start = (now.astimezone(ZoneInfo(zone)) + timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)
    branch = ClinicBranch("trial", robot.settings.clinic.name, "ул. Пробная, д. 1", zone)
    doctor = Doctor("trial", "Улюкаева", "Анна", "Петровна", "стоматолог", Sex.FEMALE)
    return replace(patient, phones=(phone,)), Appointment("trial", "1", patient.id, start, doctor, branch)


_INVENTED = Patient("trial", "Пробный", "Иван", "Аркадьевич", Sex.MALE)
