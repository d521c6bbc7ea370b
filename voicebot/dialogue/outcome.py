"""How a call ended (disposition) and what it meant for a contact (outcome)."""

from __future__ import annotations

from enum import StrEnum


class Disposition(StrEnum):
    """How the telephone network ended the call; exactly one a call."""

    ANSWERED = "answered"
    NO_ANSWER = "no_answer"
    BUSY = "busy"
    REJECTED = "rejected"
    BLOCKED = "blocked"  # the operator's antispam refused our number
    INVALID_NUMBER = "invalid_number"
    VOICEMAIL = "voicemail"
    FAILED = "failed"  # ours: trunk, congestion, software
    INTERRUPTED = "interrupted"  # our process died while the call lived


class Outcome(StrEnum):
    """What the call meant for one contact; exactly one each."""

    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WANTS_CHANGE = "wants_change"
    REFUSED = "refused"
    OPTED_OUT = "opted_out"
    WRONG_PERSON = "wrong_person"
    CALLBACK_LATER = "callback_later"
    TRANSFERRED = "transferred"  # handed to a human: live, or by a task when nobody picked up
    UNCLEAR = "unclear"
    HUNG_UP = "hung_up"
    UNREACHED = "unreached"


class Answer(StrEnum):
    """What the patient said about the visit. Set only by an explicit answer to the question."""

    UNKNOWN = "unknown"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    WANTS_CHANGE = "wants_change"
    UNCONFIRMED = "unconfirmed"  # nobody could be reached


#: Outcomes that concern the person and the phone, not one visit: they end the call for every visit in it.
WHOLE_CALL = frozenset({Outcome.OPTED_OUT, Outcome.WRONG_PERSON, Outcome.CALLBACK_LATER, Outcome.TRANSFERRED})
