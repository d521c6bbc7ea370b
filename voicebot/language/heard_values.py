"""What an utterance says in figures: numbers, dates and times, for questions that ask for one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from voicebot.dialogue.intents import HeardValue, ValueKind
from voicebot.language.heard_numbers import Number, answer_among, numbers_in
from voicebot.language.moments import Moment, moments, resolve

_TAKES_BACK = frozenset({"нет", "ой", "вернее", "точнее", "хотя", "лучше"})


def values_in(words: Sequence[str], now: datetime | None, wants: ValueKind | None = None) -> tuple[HeardValue, ...]:
    """Numbers, dates (ISO) and times (HH:MM) in the order in which they were said.

    now:   aware, in the patient's zone; without it there are no dates
    wants: what was asked for: «пять» is a mark, five o'clock, or the fifth of the month
    """
    heard = [m for m in moments(words) if not _denied(words, m)]
    found: list[tuple[int, HeardValue]] = []
    for moment in _after_correction(words, heard):
        known = [(v.kind, v.value) for _, v in found]  # «вечером в восемь» is one time
        found += [(moment.start, v) for v in _of_moment(words, moment, now) if (v.kind, v.value) not in known]
    for number in answer_among(words, numbers_in(words, [(m.start, m.end) for m in heard])):
        said = " ".join(words[number.start : number.end])
        found.append((number.start, HeardValue(ValueKind.NUMBER, str(number.value), said)))
        if (as_asked := _as_asked(number, said, now, wants)) is not None:
            found.append((number.start, as_asked))
    return tuple(value for _, value in sorted(found, key=lambda pair: pair[0]))


def _of_moment(words: Sequence[str], moment: Moment, now: datetime | None) -> list[HeardValue]:
    said = " ".join(words[moment.start : moment.end])
    if moment.value.startswith("at "):
        return [HeardValue(ValueKind.TIME, moment.value[3:8], said)]
    at = resolve(moment.value, now) if now is not None else None
    if at is None:
        return []
    day = HeardValue(ValueKind.DATE, at.date().isoformat(), said)
    return [day, HeardValue(ValueKind.TIME, f"{at:%H:%M}", said)] if moment.value.startswith("in ") else [day]


def _as_asked(number: Number, said: str, now: datetime | None, wants: ValueKind | None) -> HeardValue | None:
    """A bare number as the hour or the day that was asked for."""
    if wants is ValueKind.TIME and not number.ordinal and 0 < number.value < 24:
        hour = number.value + (12 if number.value < 8 else 0)
        return HeardValue(ValueKind.TIME, f"{hour:02d}:00", said)
    if wants is ValueKind.DATE and now is not None and 1 <= number.value <= 31:
        day = resolve(f"day {number.value}", now)
        return HeardValue(ValueKind.DATE, day.date().isoformat(), said) if day is not None else None
    return None


def _denied(words: Sequence[str], moment: Moment) -> bool:
    """«не в пятницу», «кроме среды»."""
    return moment.start > 0 and words[moment.start - 1] in ("не", "кроме")


def _after_correction(words: Sequence[str], heard: list[Moment]) -> list[Moment]:
    """«в пятницу, ой, нет, в субботу»: the last of them; «в пятницу или в субботу»: neither."""
    for kind in ("day", "at"):
        alike = [m for m in heard if m.value.startswith(kind)]
        for earlier, later in pairwise(alike):
            between = words[earlier.end : later.start]
            if any(w in _TAKES_BACK for w in between):
                heard = [m for m in heard if m not in alike or m.start >= later.start]
            elif any(w in ("или", "либо") for w in between) and earlier.value != later.value:
                heard = [m for m in heard if m not in alike]
    return heard
