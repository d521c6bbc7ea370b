"""What a period cost and what it brought, from calls, outcomes and messages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from voicebot.contacts.model import Message
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.store.port import CallRow
from voicebot.store.staff import OutcomeLine

#: GSM 03.38: what fits 160 signs into one SMS. Anything else, and all Russian, goes 70 signs at a time.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)


@dataclass(frozen=True, slots=True)
class Prices:
    """In roubles. step_s: a call is paid for in steps of so many seconds. visit: what a visit brings on average."""

    minute: float
    sms: float
    visit: float
    step_s: int = 60


@dataclass(frozen=True, slots=True)
class Economics:
    """minutes: paid for. segments: SMS parts. confirmed: visits that patients confirmed; freed: declined or moved in
    time, so that the hour can be given to somebody else; invited: visits after invitations."""

    calls: int
    answered: int
    minutes: float
    segments: int
    outcomes: Mapping[Outcome, int]
    dispositions: Mapping[Disposition, int]
    confirmed: int
    freed: int
    invited: int
    cost: float
    brought: float


def economics(
    calls: Sequence[CallRow],
    outcomes: Sequence[OutcomeLine],
    messages: Iterable[Message],
    invited: int,
    prices: Prices,
) -> Economics:
    """invited: how many invitations were followed by a visit."""
    minutes = sum(paid_minutes(call, prices.step_s) for call in calls)
    segments = sum(sms_segments(message.text) for message in messages)
    meant = Counter(line.outcome for line in outcomes)
    about_visits = Counter(line.outcome for line in outcomes if line.contact.appointment_id)
    return Economics(
        calls=len(calls),
        answered=sum(call.answered_at is not None for call in calls),
        minutes=minutes,
        segments=segments,
        outcomes=meant,
        dispositions=Counter(call.disposition for call in calls if call.disposition is not None),
        confirmed=about_visits[Outcome.CONFIRMED],
        freed=about_visits[Outcome.DECLINED] + about_visits[Outcome.WANTS_CHANGE],
        invited=invited,
        cost=round(minutes * prices.minute + segments * prices.sms, 2),
        brought=round(invited * prices.visit, 2),
    )


def paid_minutes(call: CallRow, step_s: int) -> float:
    """From the answer to the end, in whole steps; nothing for a call that nobody answered."""
    if call.answered_at is None or call.ended_at is None:
        return 0.0
    seconds = max(0.0, (call.ended_at - call.answered_at).total_seconds())
    return ceil(seconds / step_s) * step_s / 60


def sms_segments(text: str) -> int:
    """How many SMS a text is: 70 signs of Russian are one, 71 are two (of 67 each); 160 and 153 in Latin letters."""
    if all(sign in _GSM for sign in text):
        length, one, part = len(text), 160, 153
    else:
        length, one, part = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else ceil(length / part)
