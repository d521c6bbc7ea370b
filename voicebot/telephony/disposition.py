"""From what was seen of a call to how it ended: a pure function (the table "How a call ended" of the design)."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.dialogue.outcome import Disposition

_INVALID = frozenset({1, 22, 28})  # unallocated, number changed, invalid format
_BUSY = 17
_REJECTED = 21
_OURS = frozenset({27, 34, 38, 41, 42, 44, 47, 58})  # destination out of order, congestion, network out of order …
_NOBODY = frozenset({16, 18, 19, 20})  # cleared, no user responding, no answer, subscriber absent
#: SIP statuses that speak more exactly than the Q.850 cause Asterisk makes of them.
_BY_SIP = {
    "404": Disposition.INVALID_NUMBER,
    "410": Disposition.INVALID_NUMBER,
    "484": Disposition.INVALID_NUMBER,
    "604": Disposition.INVALID_NUMBER,
    "487": Disposition.NO_ANSWER,  # the caller gave up; Asterisk makes cause 127 or 19 of it
    "486": Disposition.BUSY,
    "600": Disposition.BUSY,
    "603": Disposition.REJECTED,
    "607": Disposition.BLOCKED,  # unwanted (RFC 8197): the called side's antispam
    "608": Disposition.BLOCKED,  # rejected by an intermediary (RFC 8688): the operator's antispam
}


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen of one call.

    answered:  the channel was Up
    ringing:   Dial RINGING or PROGRESS, or the state Ringing
    soft:      ChannelHangupRequest with soft: Asterisk's own doing (our ring timeout, our hangup)
    cancelled: we asked for the hangup
    lost:      Asterisk died, did not answer, or could not make the channel (HTTP 500: no such endpoint)
    cause:     Q.850 of ChannelDestroyed; 0 unknown
    tech_cause: SIP status of ChannelDestroyed; "" unknown
    """

    answered: bool = False
    ringing: bool = False
    soft: bool = False
    cancelled: bool = False
    lost: bool = False
    cause: int = 0
    tech_cause: str = ""


def disposition_of(seen: Seen) -> Disposition:
    """Exactly one disposition for what was seen; what nobody foresaw is FAILED, which costs the patient nothing."""
    if seen.lost:  # a telephone that rang is not rung again as soon as one that did not; an answer is the dialogue's
        return Disposition.INTERRUPTED if seen.ringing and not seen.answered else Disposition.FAILED
    if seen.answered:
        return Disposition.ANSWERED
    if seen.cancelled:
        return Disposition.INTERRUPTED
    if seen.soft:  # our ring timeout. Cause 19 alone says nothing: a dead trunk has it too, but it never rang
        return Disposition.NO_ANSWER if seen.ringing else Disposition.FAILED
    if seen.tech_cause in _BY_SIP:
        return _BY_SIP[seen.tech_cause]
    if seen.tech_cause == "408" and not seen.ringing:  # nobody spoke SIP at the other end
        return Disposition.FAILED
    return _by_cause(seen)


def _by_cause(seen: Seen) -> Disposition:
    if seen.cause in _INVALID:
        return Disposition.INVALID_NUMBER
    if seen.cause == _BUSY:
        return Disposition.BUSY
    if seen.cause == _REJECTED:
        return Disposition.REJECTED
    if seen.cause in _OURS:
        return Disposition.FAILED
    if seen.cause in _NOBODY and (seen.ringing or seen.tech_cause == "480"):
        return Disposition.NO_ANSWER
    return Disposition.FAILED
