"""Moments in speech: days, times of day and spans of time, and what they mean at an hour of a day.

As heard a moment is a short text: "in 90m", "day +1", "day fri", "day 25.11", "at 18:00", "at 18:00~" («вечером»), or
a day and a time together ("day +1 at 09:00"). `resolve` makes a datetime of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from voicebot.language.heard_days import day_at, resolved_day, span_at
from voicebot.language.heard_hours import hour_at

ROUGHLY = 150  # minutes: «вечером» (18:00) agrees with any visit from half past three to half past eight


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as heard, and the words [start, end) that say it."""

    start: int
    end: int
    value: str


def moments(words: Sequence[str]) -> list[Moment]:
    """The moments in an utterance, from left to right, not overlapping."""
    found: list[Moment] = []
    at = 0
    while at < len(words):
        one = _at(words, at)
        if one is None:
            at += 1
        else:
            found.append(one)
            at = one.end
    return _by_part_of_day(found)


def _at(words: Sequence[str], at: int) -> Moment | None:
    span = span_at(words, at)
    if span is not None:
        return Moment(*span)
    hour, day = hour_at(words, at), day_at(words, at)
    if day is not None and (hour is None or hour.bare or day.end >= hour.end):
        return Moment(day.start, day.end, day.value)
    return Moment(hour.start, hour.end, hour.value) if hour is not None else None


def _by_part_of_day(found: list[Moment]) -> list[Moment]:
    """«вечером в восемь» is 20:00, «утром в семь» 07:00: the part of the day says which half of it."""
    rough = next((m for m in found if m.value.endswith("~")), None)
    exact = next((m for m in found if m.value.startswith("at") and not m.value.endswith("~")), None)
    if rough is None or exact is None:
        return found
    part, hour = int(rough.value[3:5]), int(exact.value[3:5])
    if part >= 13 and hour < 12:
        hour += 12
    elif part <= 10 and 13 <= hour < 20:
        hour -= 12
    value = f"at {hour % 24:02d}{exact.value[5:]}"
    return [replace(m, value=value) if m in (rough, exact) else m for m in found]


def joined(found: Sequence[Moment]) -> str:
    """What several moments of one utterance say together: the first day and the first time."""
    span = next((m.value for m in found if m.value.startswith("in ")), "")
    if span:
        return span
    day = next((m.value for m in found if m.value.startswith("day")), "")
    hour = next((m.value for m in found if m.value.startswith("at")), "")
    return f"{day} {hour}".strip()


def resolve(value: str, now: datetime) -> datetime | None:
    """The moment that was heard, in now's zone; None for a text that is no moment. The time may lie at night."""
    span = re.fullmatch(r"in (\d{1,6})m", value)
    if span:
        return now + timedelta(minutes=int(span[1]))
    found = re.fullmatch(r"(?:day (\S+))? ?(?:at ([01]\d|2[0-3]):([0-5]\d)~?)?", value)
    if not found or not value.strip():
        return None
    hour = time(int(found[2]), int(found[3])) if found[2] else time(10, 0)
    if not found[1]:
        today = datetime.combine(now.date(), hour, now.tzinfo)
        return today if today > now else today + timedelta(days=1)
    try:
        day = resolved_day(found[1], now.date())
    except OverflowError:  # a hundred thousand days ahead
        return None
    return datetime.combine(day, hour, now.tzinfo) if day is not None else None


def minutes_after(value: str, now: datetime, visit: datetime) -> int:
    """How much later on the visit's day a time as heard is, in minutes; 0 for anything else."""
    visit = visit.astimezone(now.tzinfo)
    heard = resolve(value, now) if "at" in value.split() and not value.endswith("~") else None
    if heard is None or ("day" in value.split() and heard.date() != visit.date()):
        return 0
    return max(0, (heard.hour - visit.hour) * 60 + heard.minute - visit.minute)


def agree(value: str, now: datetime, visit: datetime) -> bool:
    """Whether a moment as heard is the visit's day, its time, or both. Both times are aware."""
    visit = visit.astimezone(now.tzinfo)
    heard = resolve(value, now)
    if heard is None:
        return False
    minutes = abs((heard.hour - visit.hour) * 60 + heard.minute - visit.minute)
    same_time = "at" not in value.split() or minutes <= (ROUGHLY if value.endswith("~") else 30)
    return same_time and ("day" not in value.split() or heard.date() == visit.date())
