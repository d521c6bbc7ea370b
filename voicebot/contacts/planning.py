"""From a visit to a contact: whom to remind, when first, in how many tries; and which contacts are past their use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from voicebot.contacts.decisions import Because, Decision, DecisionNote, RuleId, Verdict
from voicebot.contacts.hours import known_zone
from voicebot.contacts.ids import spread, stable_id
from voicebot.contacts.limits import speaks_of_visit_to_come
from voicebot.contacts.model import (
    CLOSED,
    Appointment,
    Attempt,
    AttemptStatus,
    Contact,
    ContactStatus,
    Lifecycle,
    Patient,
    Suppression,
)
from voicebot.contacts.phones import phones_of
from voicebot.contacts.rules import Rules
from voicebot.contacts.unknown_zone import unknown_zone
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import Scenario

_LIFECYCLE = {
    Lifecycle.BOOKED: "назначен",
    Lifecycle.ARRIVED: "пациент уже пришёл",
    Lifecycle.DONE: "приём состоялся",
    Lifecycle.CANCELLED: "отменён в МИС",
    Lifecycle.NO_SHOW: "пациент не пришёл",
}
_ANSWER = {
    Answer.CONFIRMED: "визит уже подтверждён",
    Answer.DECLINED: "пациент уже отказался от визита",
    Answer.WANTS_CHANGE: "пациент уже просил перенести визит",
    Answer.UNCONFIRMED: "визит уже отмечен как неподтверждённый",
    Answer.UNKNOWN: "об ответе ничего не известно",
}
#: What an earlier reminder of the same visit was told counts, whether or not it has reached the MIS.
_SAID = {
    Outcome.CONFIRMED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.WANTS_CHANGE: Answer.WANTS_CHANGE,
}


@dataclass(frozen=True, slots=True)
class Planned:
    """A contact that should exist, the phone of its first attempt, and why."""

    contact: Contact
    phone: str
    decision: Decision

    def note(self) -> DecisionNote:
        return DecisionNote(self.decision, self.contact.id, self.contact.patient_id)


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why this visit gets no contact now, in Russian. A visit that was planned before says RuleId.KNOWN.

    late: the contact that it would have, closed, where no call is possible before the visit (contacts.giving_up).
    """

    appointment_id: str
    reason: str
    rule: RuleId = RuleId.VISIT
    late: Contact | None = None


def zone_of(patient: Patient | None, appointment: Appointment | None) -> str:
    """The patient's zone: home address, else branch, else '' (unknown). Never from a phone number."""
    for zone in (patient.zone if patient else "", appointment.branch.zone if appointment else ""):
        if zone and known_zone(zone):
            return zone
    return ""


def unfit(appointment: Appointment | None, scenario: Scenario) -> str:
    """Why a visit is not, or no longer, what this scenario calls about; '' when it is."""
    if appointment is None:
        return "визита больше нет в МИС"
    if appointment.lifecycle.value != scenario.plan.lifecycle:
        return f"визит: {_LIFECYCLE[appointment.lifecycle]}"
    if appointment.answer not in scenario.plan.answers:
        return _ANSWER[appointment.answer]
    return ""


def contact_id(scenario_id: str, appointment_id: str, version: str, before: timedelta) -> str:
    """The id of the contact about this version of a visit, so long before it."""
    return stable_id("c", scenario_id, appointment_id, version, str(int(before.total_seconds())))


def tries_apart(scenario: Scenario, rules: Rules) -> timedelta:
    """The distance of two attempts at the most, spreading included."""
    return scenario.attempts.every + rules.scatter(scenario.attempts.every)


def plan_visit(
    appointment: Appointment,
    patient: Patient | None,
    scenario: Scenario,
    existing: Sequence[Contact],
    suppressions: Sequence[Suppression],
    rules: Rules,
    now: datetime,
) -> Planned | Skipped:
    """The contact that this visit should have next, or why it has none.

    existing: all contacts of this scenario about this visit, of any version.
    suppressions: those in force that concern this patient or one of their phones.
    """
    rules = rules.of(scenario)
    before = _wanted(appointment, scenario, existing, now)
    if isinstance(before, Because):
        return Skipped(appointment.id, before.reason, before.rule)
    if patient is None:
        return Skipped(appointment.id, "пациент не найден", RuleId.NO_PATIENT)
    if patient.do_not_call:
        return Skipped(appointment.id, "в МИС стоит отметка «не звонить»", RuleId.OPTED_OUT)
    phones = phones_of(patient, suppressions, rules.lock, now)
    if not phones.usable:
        return Skipped(appointment.id, phones.reason, phones.rule)
    due = _due(appointment, patient, scenario, before, rules, now)
    anywhere = unknown_zone(rules.hours, max(appointment.start - before, now), zone_of(patient, appointment))
    reason = f"{due.reason}; {anywhere}" if anywhere else due.reason
    contact = Contact(
        id=contact_id(scenario.id, appointment.id, appointment.version, before),
        patient_id=patient.id,
        scenario_id=scenario.id,
        appointment_id=appointment.id,
        appointment_version=appointment.version,
        status=ContactStatus.PLANNED,
        due_at=now if isinstance(due, Because) else due.moment,
        deadline=appointment.start,
        reason=reason,
        is_last=before == min(scenario.plan.before),
    )
    if isinstance(due, Because):
        wished = due is not _BOOKED_LATE and not _at_the_desk(appointment, rules)
        return Skipped(appointment.id, reason, due.rule, too_late(contact, reason) if wished else None)
    return Planned(contact, phones.usable[0], Decision(Verdict.PLANNED, RuleId.DUE, reason, now, due.moment))


def nothing_to_plan(
    appointment: Appointment, scenario: Scenario, existing: Sequence[Contact], now: datetime
) -> Because | None:
    """Why this visit needs no contact, as far as the visit itself and its earlier contacts tell; None when it may."""
    before = _wanted(appointment, scenario, existing, now)
    return before if isinstance(before, Because) else None


def _wanted(
    appointment: Appointment, scenario: Scenario, existing: Sequence[Contact], now: datetime
) -> timedelta | Because:
    reason = unfit(appointment, scenario)
    if not reason and appointment.start <= now:
        reason = "визит уже начался"
    return Because(RuleId.VISIT, reason) if reason else _occasion(appointment, scenario, existing, now)


def _occasion(
    appointment: Appointment, scenario: Scenario, existing: Sequence[Contact], now: datetime
) -> timedelta | Because:
    """The first reminder (the longest span) that this visit has not had yet, or why there is none.

    A reminder whose moment went by before it was planned is left out, unless it is the last one.
    """
    same = [c for c in existing if c.deadline == appointment.start and c.status is not ContactStatus.CANCELLED]
    if any(c.status not in CLOSED for c in same):
        return Because(RuleId.KNOWN, "звонок уже запланирован")
    had = {c.id for c in existing}
    for contact in same:
        said = _SAID.get(contact.outcome) if contact.outcome is not None else None
        if said is not None and said not in scenario.plan.answers:  # also when the MIS has not been told yet
            return Because(RuleId.KNOWN, _ANSWER[said])
    spans = sorted(scenario.plan.before, reverse=True)
    for before in spans:
        served = any(c.id == contact_id(c.scenario_id, c.appointment_id, c.appointment_version, before) for c in same)
        missed = appointment.start - before < now and before != spans[-1]
        new_id = contact_id(scenario.id, appointment.id, appointment.version, before)
        if not served and not missed and new_id not in had:
            return before
    if spans:
        return Because(RuleId.KNOWN, "об этом визите уже звонили")
    return Because(RuleId.SCENARIO, "сценарий не звонит заранее")


#: The clinic's own wish (rules.call_late_bookings), no failure to reach anybody.
_BOOKED_LATE = Because(RuleId.LATE, "визит записан позже, чем пора было звонить")


def _at_the_desk(appointment: Appointment, rules: Rules) -> bool:
    """Whoever books so shortly before the visit stands there and needs no reminder."""
    return appointment.booked_at is not None and appointment.start - appointment.booked_at < rules.lead


@dataclass(frozen=True, slots=True)
class _Due:
    moment: datetime
    reason: str


def _due(
    appointment: Appointment, patient: Patient, scenario: Scenario, before: timedelta, rules: Rules, now: datetime
) -> _Due | Because:
    """When the first attempt is due, with the reason; or why it is too late for any."""
    zone = zone_of(patient, appointment)
    last = appointment.start - rules.lead
    wished = appointment.start - before
    opened = rules.hours.next_allowed(max(wished, now), zone)
    if opened is None or opened > last:
        opened = None
    room = rules.hours.latest_start(last, zone, scenario.attempts.max, tries_apart(scenario, rules))
    if wished < now:
        if not rules.call_late_bookings:
            return _BOOKED_LATE
        if opened is None:
            return Because(RuleId.LATE, "до визита больше нет разрешённых часов для звонка")
        return _Due(_scattered(opened, appointment, zone, rules, min(last, room or last)),
                    "время звонка прошло: звоним в ближайшие разрешённые часы")  # fmt: skip
    if room is None:
        return Because(RuleId.LATE, "перед визитом нет разрешённых часов для звонка")
    if opened is not None and opened <= room:
        shifted = _scattered(opened, appointment, zone, rules, room)
        late = "" if opened == wished.astimezone(UTC) else ", с началом разрешённых часов"
        return _Due(shifted, f"за {_span(before)} до визита{late}")
    if room >= now:
        earlier = room - spread(f"{appointment.patient_id}|{room.date()}", rules.spread)
        fits = earlier >= now and rules.hours.allowed(earlier, zone)
        return _Due(earlier if fits else room, "раньше срока, чтобы все попытки уместились до визита")
    first = rules.hours.next_allowed(now, zone)
    if first is None or first > last:
        return Because(RuleId.LATE, "до визита больше нет разрешённых часов для звонка")
    return _Due(first, "сразу: попытки едва умещаются до визита")


def _scattered(moment: datetime, appointment: Appointment, zone: str, rules: Rules, limit: datetime) -> datetime:
    """The moment moved on a little, so that calls do not clump, but not out of hours and not beyond the limit."""
    later = moment + spread(f"{appointment.patient_id}|{moment.date()}", rules.spread)
    return later if later <= limit and rules.hours.allowed(later, zone) else moment


def _span(before: timedelta) -> str:
    hours = before.total_seconds() / 3600
    return f"{hours:g} ч"


def outdated(contact: Contact, appointment: Appointment | None, scenario: Scenario) -> str:
    """Why an open contact is of no use any more, by what the MIS says of its visit; '' when it still is."""
    if contact.status in CLOSED or not contact.appointment_id:
        return ""
    if appointment is not None and speaks_of_visit_to_come(scenario) and appointment.start != contact.deadline:
        return "визит перенесён"
    return unfit(appointment, scenario)


def cancelled(contact: Contact, reason: str) -> Contact:
    """The contact closed before anybody was reached."""
    return replace(contact, status=ContactStatus.CANCELLED, reason=reason)


def too_late(contact: Contact, reason: str) -> Contact:
    """The contact closed without a call that could have been made in time."""
    return replace(contact, status=ContactStatus.UNREACHED, outcome=Outcome.UNREACHED, reason=reason)


def group(
    planned: Iterable[Planned], zones: Mapping[str, str], patients_a_call: int = 6, priority: int = 100
) -> tuple[Attempt, ...]:
    """First attempts: one for all contacts at one phone that are due on the same local day, whoever they are about.

    zones: patient id -> zone. Behind a phone of very many (a boarding school) there are several calls.
    """
    groups: dict[tuple[str, str, str, str], list[Planned]] = {}
    for p in planned:
        zone = zones.get(p.contact.patient_id, "") or "UTC"
        day = p.contact.due_at.astimezone(ZoneInfo(zone)).date().isoformat()
        groups.setdefault((p.phone, p.contact.scenario_id, p.contact.campaign_id, day), []).append(p)
    return tuple(
        _first_attempt(phone, some, priority)
        for (phone, _, _, _), members in groups.items()
        for some in _parties(members, patients_a_call)
    )


def _parties(members: Sequence[Planned], patients_a_call: int) -> Iterable[Sequence[Planned]]:
    """All visits of a patient are in one call; so many patients are."""
    if len(members) <= patients_a_call:
        yield members
        return
    ids = list(dict.fromkeys(p.contact.patient_id for p in sorted(members, key=lambda p: p.contact.due_at)))
    for begin in range(0, len(ids), patients_a_call):
        some = set(ids[begin : begin + patients_a_call])
        yield [p for p in members if p.contact.patient_id in some]


def _first_attempt(phone: str, members: Sequence[Planned], priority: int) -> Attempt:
    ordered = sorted(members, key=lambda p: (p.contact.deadline, p.contact.id))
    first = min(ordered, key=lambda p: p.contact.due_at)
    ids = tuple(p.contact.id for p in ordered)
    return Attempt(
        id=stable_id("a", *ids, phone),
        phone=phone,
        contact_ids=ids,
        status=AttemptStatus.PLANNED,
        due_at=first.contact.due_at,
        priority=priority,
        reason=first.contact.reason,
        lane=first.contact.campaign_id,
    )
