"""What the rules decide, with the reason: one shape for planning, dialling and settling, kept and shown by `why`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voicebot.contacts.ids import stable_id


class RuleId(StrEnum):
    """Which rule spoke. The values are stored and counted in previews: they never change their meaning."""

    DUE = "due"  # nothing spoke against it: the trigger's moment came
    HOURS = "hours"  # DOMAIN rule 1
    LATE = "late"  # rule 1: too little time before the visit, or before the campaign ends
    DAY_LIMIT = "day_limit"  # rule 2: one conversation a day
    MONTH_LIMIT = "month_limit"  # rule 2: three contacts a month
    ONE_PHONE = "one_phone"  # rule 3
    ATTEMPTS = "attempts"  # rule 4: the next try, or all tries made
    CONSENT = "consent"  # rule 6
    RELEASE = "release"  # rule 6, and every campaign that is not released
    OPTED_OUT = "opted_out"  # rule 7, M7
    CALLER_ID = "caller_id"  # rule 10
    LOCK = "lock"  # rule 14
    MIS_UNREADABLE = "mis_unreadable"  # rule 16
    SUPPRESSION = "suppression"  # this phone or person, for another reason than a stop
    NO_PHONE = "no_phone"
    BAD_NUMBER = "bad_number"  # short, foreign, not a number
    NO_PATIENT = "no_patient"
    SAME_PERSON = "same_person"  # another record of the same person is called instead
    VISIT = "visit"  # gone, moved, cancelled, answered, begun
    BOOKED = "booked"  # M6: a booking in the future
    REFUSED = "refused"  # M7: not before two months after a refusal
    NO_ADMINISTRATOR = "no_administrator"  # M7: nobody could talk to those who say yes
    KNOWN = "known"  # planned, or called about, before
    SEGMENT = "segment"
    HOLD_OUT = "hold_out"
    SCHEDULE = "schedule"  # the campaign has not begun, or is over
    PAUSED = "paused"  # by hand, or by the gate
    SCENARIO = "scenario"  # not published, or calls nobody at this occasion
    OUTCOME = "outcome"  # what a call led to
    FAULT = "fault"  # ours


class Verdict(StrEnum):
    """What became of a contact, an attempt or a candidate by a decision."""

    PLANNED = "planned"
    SUPPRESSED = "suppressed"  # no contact is made, or the open one is closed: must not be called
    WAITING = "waiting"  # not called at this moment: later
    DROPPED = "dropped"  # this attempt is not made
    CALLED = "called"
    RETRY = "retry"  # one more attempt
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Decision:
    """reason: for staff, in Russian. at: when it was decided. next_at: when the matter is looked at again, if ever."""

    verdict: Verdict
    rule: RuleId
    reason: str
    at: datetime
    next_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Because:
    """Why something is not done: the rule and its sentence, before it is known what becomes of the matter."""

    rule: RuleId
    reason: str
    next_at: datetime | None = None

    def decided(self, verdict: Verdict, at: datetime) -> Decision:
        return Decision(verdict, self.rule, self.reason, at, self.next_at)


@dataclass(frozen=True, slots=True)
class DecisionNote:
    """A decision as it is kept: about which contact (also one that was not made: then the id that it would have),
    of which patient, by which attempt ('' when none)."""

    decision: Decision
    contact_id: str
    patient_id: str
    attempt_id: str = ""

    @property
    def id(self) -> str:
        """Of what it says: a decision that is made again and again (every tick, every try) is one; waiting, one a
        day."""
        made = self.decision
        day = made.at.date().isoformat() if made.verdict is Verdict.WAITING else ""
        key = (self.contact_id, self.attempt_id, made.verdict.value, made.rule.value, made.reason, day)
        return stable_id("n", *key)
