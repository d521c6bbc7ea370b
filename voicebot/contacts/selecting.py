"""Campaigns: whether a candidate is called, when first, or why not. One decision a candidate, the same for a preview
and for the release, and none stops the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from voicebot.contacts.campaign import Campaign, Candidate, TriggerKind
from voicebot.contacts.consents import Consent, advertising_refused
from voicebot.contacts.decisions import Because, Decision, DecisionNote, RuleId, Verdict
from voicebot.contacts.hold_out import held_out
from voicebot.contacts.hours import known_zone
from voicebot.contacts.ids import spread, stable_id
from voicebot.contacts.inviting import not_invited
from voicebot.contacts.limits import free_of_month, month_refused
from voicebot.contacts.model import CLOSED, Contact, ContactStatus, Lifecycle, Suppression
from voicebot.contacts.phones import Phones, phones_of
from voicebot.contacts.planning import Planned, Skipped, plan_visit, zone_of
from voicebot.contacts.rules import Rules
from voicebot.contacts.segments import in_segment
from voicebot.contacts.unknown_zone import unknown_zone
from voicebot.dialogue.scenario import About, Scenario


@dataclass(frozen=True, slots=True)
class History:
    """What was before with the patient. The default is a patient of whom nothing is known.

    contacts: of this patient by the campaign's scenario, open and closed, of any campaign.
    contacted: when the person was reached out to in the last 31 days over all campaigns, without scenarios that are
    free of the month's limit (contacts/limits.py): one moment a contact, its first call or, while it waits, its due.
    refused_at: when the patient last refused an invitation (outcome `refused`), by whatever scenario.
    twin: the id of the record of the same person that is called instead (contacts/doubles.py), or ''.
    """

    contacts: tuple[Contact, ...] = ()
    contacted: tuple[datetime, ...] = ()
    refused_at: datetime | None = None
    twin: str = ""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A candidate who is not called. contact_id: of the contact that is not made; the reason is in the decision."""

    patient_id: str
    contact_id: str
    decision: Decision

    def note(self) -> DecisionNote:
        return DecisionNote(self.decision, self.contact_id, self.patient_id)


def decide_contact(
    candidate: Candidate,
    campaign: Campaign,
    scenario: Scenario,
    history: History,
    suppressions: Sequence[Suppression],
    consent: Consent | None,
    rules: Rules,
    now: datetime,
) -> Planned | Suppressed:
    """The contact that this candidate gets, or the first rule that speaks against it.

    scenario: the campaign's, at the version that will be spoken. suppressions: those in force that concern this
    patient or one of their phones. Whether the campaign is released is not asked: previews come before that
    (consents.not_released is asked before dialling).
    """
    rules = rules.during(campaign.hours)
    phones = phones_of(candidate.patient, suppressions, rules.lock, now)
    case = _Case(candidate, campaign, scenario, history, suppressions, consent, rules, now, phones, _zone(candidate))
    found = _refusal(case) or _planned(case)
    if isinstance(found, Planned):
        return found
    decision = found.decided(Verdict.SUPPRESSED, now)
    return Suppressed(candidate.patient.id, contact_id_of(candidate, scenario), decision)


@dataclass(slots=True)
class _Case:
    """What is looked at for one candidate, and what every rule asks of it: worked out once. Not frozen, because a
    million of them are made and each is read at once; zone: '' when unknown."""

    candidate: Candidate
    campaign: Campaign
    scenario: Scenario
    history: History
    suppressions: Sequence[Suppression]
    consent: Consent | None
    rules: Rules
    now: datetime
    phones: Phones
    zone: str

    @property
    def local(self) -> ZoneInfo:
        return ZoneInfo(known_zone(self.zone) or "Europe/Moscow")


def contact_id_of(candidate: Candidate, scenario: Scenario) -> str:
    """The id of the contact of a candidate; one before a visit has its own, which holds the time before it too."""
    return stable_id("c", scenario.id, candidate.patient.id, candidate.occasion)


def _refusal(case: _Case) -> Because | None:
    """The rules in the order in which they matter; the hold-out group last, so that it is like those who are called."""
    candidate, campaign, history, now = case.candidate, case.campaign, case.history, case.now
    scenario, rules, phones = case.scenario, case.rules, case.phones
    if candidate.patient.do_not_call:
        return Because(RuleId.OPTED_OUT, "в МИС стоит отметка «не звонить»")
    if phones.person:
        return Because(phones.rule, phones.reason)
    if history.twin:
        return Because(RuleId.SAME_PERSON, f"та же персона записана дважды: звоним по карте {history.twin}")
    unmet = in_segment(candidate, campaign.segment, now.astimezone(case.local).date())
    if unmet:
        return Because(RuleId.SEGMENT, unmet)
    return (
        _unfit(candidate, campaign)
        or not_invited(campaign, candidate.next_visit, history.refused_at, rules.refused_months, case.zone, now)
        or (None if phones.usable else Because(phones.rule, phones.reason))
        or advertising_refused(scenario, case.consent, now)
        or _known(candidate, campaign, scenario, history)
        or (None if free_of_month(scenario) else month_refused(history.contacted, rules.contacts_a_month, now))
        or _left_out(candidate, campaign, rules)
    )


#: What a visit must be for a trigger to mean it, and what is said when it is not.
_LIFECYCLES = {
    TriggerKind.AFTER_VISIT: (Lifecycle.DONE, "визит не состоялся"),
    TriggerKind.MISSED_VISIT: (Lifecycle.NO_SHOW, "пациент не пропускал визит"),
}


def _unfit(candidate: Candidate, campaign: Campaign) -> Because | None:
    """Whether the trigger still means this candidate. Visits to come are looked at by plan_visit."""
    kind, visit = campaign.trigger.kind, candidate.appointment
    if kind in _LIFECYCLES or kind is TriggerKind.BEFORE_VISIT:
        if visit is None:
            return Because(RuleId.VISIT, "визита больше нет в МИС")
        wanted, otherwise = _LIFECYCLES.get(kind, (None, ""))
        if wanted is not None and visit.lifecycle is not wanted:
            return Because(RuleId.VISIT, otherwise)
    return None


def _known(candidate: Candidate, campaign: Campaign, scenario: Scenario, history: History) -> Because | None:
    if campaign.trigger.kind is TriggerKind.BEFORE_VISIT:
        return None
    if any(c.id == contact_id_of(candidate, scenario) for c in history.contacts):
        return Because(RuleId.KNOWN, "по этому поводу уже звонили или звонок запланирован")
    if any(c.status not in CLOSED for c in history.contacts):
        return Because(RuleId.KNOWN, "такой звонок этому пациенту уже запланирован")
    return None


def _left_out(candidate: Candidate, campaign: Campaign, rules: Rules) -> Because | None:
    if held_out(rules.hold_out_key, campaign.id, candidate.patient.id, campaign.hold_out):
        return Because(RuleId.HOLD_OUT, "контрольная группа: не звоним, чтобы сравнить")
    return None


# When ---------------------------------------------------------------------------------------


def _planned(case: _Case) -> Planned | Because:
    campaign, now = case.campaign, case.now
    begin, end = _schedule(campaign, case.local)
    if end is not None and now >= end:
        return Because(RuleId.SCHEDULE, f"кампания закончилась {campaign.ends_on:%d.%m.%Y}")
    if campaign.trigger.kind is TriggerKind.BEFORE_VISIT:
        found = _before_visit(case)
    else:
        found = _at_due(case, max(now, begin or now), end)
    if isinstance(found, Because):
        return found
    due = found.contact.due_at
    if begin is not None and due < begin:
        return Because(RuleId.SCHEDULE, f"кампания начнётся {campaign.starts_on:%d.%m.%Y}", begin)
    if end is not None and due >= end:
        return Because(RuleId.SCHEDULE, f"звонок пришёлся бы на {due:%d.%m.%Y}: кампания к этому времени закончится")
    return found


def _before_visit(case: _Case) -> Planned | Because:
    visit, scenario = case.candidate.appointment, case.scenario
    assert visit is not None  # _unfit
    spans = case.campaign.trigger.spans or scenario.plan.before
    before = replace(scenario, plan=replace(scenario.plan, before=spans))
    existing = [c for c in case.history.contacts if c.appointment_id == visit.id]
    found = plan_visit(visit, case.candidate.patient, before, existing, case.suppressions, case.rules, case.now)
    if isinstance(found, Skipped):
        return Because(found.rule, found.reason)
    contact = replace(found.contact, campaign_id=case.campaign.id, zone=case.zone)
    return Planned(contact, found.phone, replace(found.decision, reason=contact.reason))


def _at_due(case: _Case, earliest: datetime, end: datetime | None) -> Planned | Because:
    """A contact that has no visit to come: due when the trigger says, within the hours, spread, for a while."""
    rules, scenario, zone = case.rules.of(case.scenario), case.scenario, case.zone
    patient, visit = case.candidate.patient, case.candidate.appointment
    wanted = max(case.candidate.due_at, earliest)
    opened = rules.hours.next_allowed(wanted, zone)
    if opened is None:
        return Because(RuleId.HOURS, "нет разрешённых часов для звонка")
    later = opened + spread(f"{patient.id}|{opened.date()}", rules.spread)
    due = later if rules.hours.allowed(later, zone) else opened
    about_visit = visit is not None and scenario.about is About.APPOINTMENT
    until = due + rules.invitation_for
    anywhere = unknown_zone(rules.hours, wanted, zone)
    reason = f"{_occasion_words(case)}; {anywhere}" if anywhere else _occasion_words(case)
    contact = Contact(
        id=contact_id_of(case.candidate, scenario),
        patient_id=patient.id,
        scenario_id=scenario.id,
        appointment_id=visit.id if visit is not None and about_visit else "",
        appointment_version=visit.version if visit is not None and about_visit else "",
        status=ContactStatus.PLANNED,
        due_at=due,
        deadline=until if end is None else min(end, until),
        reason=reason,
        campaign_id=case.campaign.id,
        zone=zone,
    )
    return Planned(contact, case.phones.usable[0], Decision(Verdict.PLANNED, RuleId.DUE, reason, case.now, due))


def _occasion_words(case: _Case) -> str:
    """Why the patient is called, for staff."""
    kind, visit = case.campaign.trigger.kind, case.candidate.appointment
    if kind is TriggerKind.RECALL_DATE:
        what = f"дата осмотра, назначенная врачом: {case.candidate.due_at.astimezone(case.local):%d.%m.%Y}"
    elif kind is TriggerKind.NO_VISIT_FOR:
        what = f"не был {case.campaign.trigger.months} мес."
    else:
        day = f" {visit.start.astimezone(case.local):%d.%m.%Y}" if visit is not None else ""
        what = f"пациент не пришёл{day}" if kind is TriggerKind.MISSED_VISIT else f"после визита{day}"
    return f"кампания «{case.campaign.title}»: {what}"


def _schedule(campaign: Campaign, local: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """[begin, end) of the campaign in the patient's own days."""
    begin = datetime.combine(campaign.starts_on, time(0), local) if campaign.starts_on is not None else None
    last = campaign.ends_on
    end = datetime.combine(last + timedelta(days=1), time(0), local) if last is not None else None
    return begin, end


def _zone(candidate: Candidate) -> str:
    """By address, else by the branch of the visit that it is about, else of the last one; '' when unknown."""
    return zone_of(candidate.patient, candidate.appointment or candidate.last)
