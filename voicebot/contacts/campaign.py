"""A campaign: whom a clinic wants reached, about what, from when on. Plain types; standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from voicebot.contacts.model import Appointment, Patient, Sex
from voicebot.dialogue.scenario import Hours


class TriggerKind(StrEnum):
    """What makes a patient a candidate."""

    BEFORE_VISIT = "before_visit"
    AFTER_VISIT = "after_visit"
    MISSED_VISIT = "missed_visit"
    RECALL_DATE = "recall_date"  # the doctor's own preventive date
    NO_VISIT_FOR = "no_visit_for"


@dataclass(frozen=True, slots=True)
class Trigger:
    """spans: how long before or after the visit, the longest first for reminders; () for RECALL_DATE.
    months: calendar months without a visit, for NO_VISIT_FOR."""

    kind: TriggerKind
    spans: tuple[timedelta, ...] = ()
    months: int = 0


@dataclass(frozen=True, slots=True)
class Segment:
    """Which candidates are meant. An empty tuple or None leaves the matter open; ages are full years, inclusive."""

    branches: tuple[str, ...] = ()
    doctors: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    age_from: int | None = None
    age_to: int | None = None
    sex: Sex | None = None
    last_visit_from: date | None = None
    last_visit_to: date | None = None


class CampaignStatus(StrEnum):
    DRAFT = "draft"
    PREVIEWED = "previewed"
    RELEASED = "released"
    PAUSED = "paused"
    STOPPED = "stopped"


#: Under this name the reminders of the scenarios' own plans are paused and shown; no campaign may have it.
REMINDERS = "reminders"


@dataclass(frozen=True, slots=True)
class Campaign:
    """scenario_version: the one that is spoken, whatever is published meanwhile; 0 for the one that runs at the call.

    hours: its own calling hours, inside those of the house and of the scenario; None for just those.
    lines: how many calls of this campaign may be live at once over all nodes, None for as many as there are.
    priority: of its attempts, lower is more urgent. released_by: a named user; advertising needs one.
    hold_out: the share of patients, from 0 to 1, who are left uncalled for comparison (contacts/hold_out.py).
    """

    id: str
    title: str
    scenario_id: str
    trigger: Trigger
    segment: Segment = Segment()
    scenario_version: int = 0
    starts_on: date | None = None
    ends_on: date | None = None
    lines: int | None = None
    priority: int = 100
    status: CampaignStatus = CampaignStatus.DRAFT
    released_by: str = ""
    released_at: datetime | None = None
    hold_out: float = 0.0
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One patient whom a campaign's trigger found.

    appointment: the visit it is about, None when about the patient as such.
    occasion: with the campaign's scenario and the patient it makes the contact unique (visit id and version, recall
    date, or month of the invitation). due_at: when the trigger wants the first call. next_visit: a future booking.
    last: the whole last visit where the campaign is about the patient as such: its branch gives the zone, and branch,
    doctor and service of the segment are looked up in it.
    """

    patient: Patient
    appointment: Appointment | None
    occasion: str
    due_at: datetime
    last_visit: datetime | None = None
    next_visit: datetime | None = None
    last: Appointment | None = None
