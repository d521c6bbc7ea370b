"""Times in speech: «через два часа», «в пятницу после обеда», «двадцать пятого». First cut: what callbacks need.

As heard, a moment is a short text: "in 90m", "day +1", "day fri", "day 25", "day 25.11", "at 18:00", or a day and a
time together ("day +1 at 09:00"). `resolve` makes a datetime of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

_ONES = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять",
         "одиннадцать", "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать",
         "восемнадцать", "девятнадцать")  # fmt: skip
_GENITIVE = ("ноля", "одного", "двух", "трех", "четырех", "пяти", "шести", "семи", "восьми", "девяти", "десяти",
             "одиннадцати", "двенадцати", "тринадцати", "четырнадцати", "пятнадцати", "шестнадцати", "семнадцати",
             "восемнадцати", "девятнадцати")  # fmt: skip
_TENS = {"двадцать": 20, "двадцати": 20, "тридцать": 30, "тридцати": 30, "сорок": 40, "сорока": 40,
         "пятьдесят": 50, "пятидесяти": 50}  # fmt: skip
_ORDINAL_STEMS = ("нулев", "перв", "втор", "треть", "четверт", "пят", "шест", "седьм", "восьм", "девят", "десят",
                  "одиннадцат", "двенадцат", "тринадцат", "четырнадцат", "пятнадцат", "шестнадцат", "семнадцат",
                  "восемнадцат", "девятнадцат")  # fmt: skip

NUMBERS: dict[str, int] = {
    **{w: n for n, w in enumerate(_ONES)}, **{w: n for n, w in enumerate(_GENITIVE)}, **_TENS,
    "одна": 1, "одну": 1, "две": 2, "пару": 2, "нуль": 0,
    "единица": 1, "единичка": 1, "единицу": 1, "двойка": 2, "двоечка": 2, "двойку": 2, "тройка": 3, "троечка": 3,
    "тройку": 3, "троечку": 3, "четверка": 4, "четверочка": 4, "четверку": 4, "пятерка": 5, "пятерочка": 5,
    "пятерку": 5, "шестерка": 6, "семерка": 7, "восьмерка": 8, "девятка": 9, "десятка": 10, "десяточка": 10,
}  # fmt: skip
_DAYS_OF_MONTH = {
    **{s + e: n for n, s in enumerate(_ORDINAL_STEMS) for e in ("ого", "ое", "его") if n},
    "двадцатого": 20, "двадцатое": 20, "тридцатого": 30, "тридцатое": 30,
}  # fmt: skip
_WEEKDAYS = {"понедельник": "mon", "вторник": "tue", "среду": "wed", "четверг": "thu", "пятницу": "fri",
             "субботу": "sat", "воскресенье": "sun"}  # fmt: skip
_WEEKDAY_NUMBER = {name: n for n, name in enumerate(_WEEKDAYS.values())}
_RELATIVE_DAYS = {"сегодня": 0, "завтра": 1, "послезавтра": 2}
_MONTHS = {m: n for n, m in enumerate(("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа",
                                       "сентября", "октября", "ноября", "декабря"), 1)}  # fmt: skip
_PARTS = {"утром": "10:00", "днем": "13:00", "вечером": "18:00", "вечерком": "18:00"}
_UNITS = (("минут", 1), ("час", 60), ("день", 1440), ("дн", 1440), ("недел", 10080))
_OF_DAY = ("утра", "дня", "вечера")
_PREPOSITIONS = ("в", "во", "к", "после", "около", "на")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment as heard, and the words [start, end) that say it. firm: it names a day of its own."""

    start: int
    end: int
    value: str
    firm: bool = False


def moments(words: list[str]) -> list[Moment]:
    """The moments in an utterance, from left to right, not overlapping."""
    found: list[Moment] = []
    at = 0
    while at < len(words):
        one = _span(words, at) or _day(words, at) or _time(words, at)
        if one is None:
            at += 1
        else:
            found.append(one)
            at = one.end
    return found


def joined(found: list[Moment]) -> str:
    """What several moments of one utterance say together: the first day and the first time."""
    for start in ("in ",):
        for m in found:
            if m.value.startswith(start):
                return m.value
    day = next((m.value for m in found if m.value.startswith("day")), "")
    hour = next((m.value for m in found if m.value.startswith("at")), "")
    return f"{day} {hour}".strip()


def number_at(words: list[str], at: int) -> tuple[int, int] | None:
    """A number 0…59 (in words) or any digits at a position: (value, end)."""
    if at >= len(words):
        return None
    word = words[at]
    if word.isdecimal() and len(word) <= 4:
        return int(word), at + 1
    if word in _TENS:
        tail = NUMBERS.get(words[at + 1], 99) if at + 1 < len(words) else 99
        return (_TENS[word] + tail, at + 2) if 0 < tail < 10 else (_TENS[word], at + 1)
    return (NUMBERS[word], at + 1) if word in NUMBERS else None


def _unit(words: list[str], at: int) -> int:
    if at >= len(words):
        return 0
    return next((minutes for stem, minutes in _UNITS if words[at].startswith(stem)), 0)


def _span(words: list[str], at: int) -> Moment | None:
    """«через час», «через два часа», «часа через два», «через полчаса», «через полтора часа»."""
    if words[at] == "через" and at + 1 < len(words):
        following = words[at + 1]
        if following == "полчаса":
            return Moment(at, at + 2, "in 30m")
        if following == "полчасика":
            return Moment(at, at + 2, "in 30m")
        if following == "полтора" and _unit(words, at + 2):
            return Moment(at, at + 3, f"in {_unit(words, at + 2) * 3 // 2}m")
        if unit := _unit(words, at + 1):
            return Moment(at, at + 2, f"in {unit}m")
        number = number_at(words, at + 1)
        if number and (unit := _unit(words, number[1])):
            return Moment(at, number[1] + 1, f"in {number[0] * unit}m")
    if (unit := _unit(words, at)) and words[at + 1 : at + 2] == ["через"]:
        number = number_at(words, at + 2)
        if number:
            return Moment(at, number[1], f"in {number[0] * unit}m")
    return None


def _day(words: list[str], at: int) -> Moment | None:
    start = at
    if words[at] in _PREPOSITIONS and at + 1 < len(words):
        at += 1
    word = words[at]
    if word in _RELATIVE_DAYS:
        return Moment(start, at + 1, f"day +{_RELATIVE_DAYS[word]}", firm=word == "послезавтра")
    if word in _WEEKDAYS and start < at:
        return Moment(start, at + 1, f"day {_WEEKDAYS[word]}", firm=True)
    if words[start : start + 3] == ["на", "следующей", "неделе"]:
        return Moment(start, start + 3, "day +7", firm=True)
    day, end = _DAYS_OF_MONTH.get(word, 0), at + 1
    if word in ("двадцать", "тридцать") and at + 1 < len(words) and words[at + 1] in _DAYS_OF_MONTH:
        day, end = _TENS[word] + _DAYS_OF_MONTH[words[at + 1]], at + 2
    if not 1 <= day <= 31:
        return None
    if end < len(words) and words[end] in _MONTHS:
        return Moment(start, end + 1, f"day {day}.{_MONTHS[words[end]]}", firm=True)
    return Moment(start, end + (words[end : end + 1] == ["числа"]), f"day {day}", firm=True)


def _time(words: list[str], at: int) -> Moment | None:
    if words[at] in _PARTS:
        return Moment(at, at + 1, f"at {_PARTS[words[at]]}")
    if words[at : at + 2] == ["после", "обеда"]:
        return Moment(at, at + 2, "at 14:00")
    if words[at : at + 2] == ["в", "обед"]:
        return Moment(at, at + 2, "at 13:00")
    if words[at] not in _PREPOSITIONS or at + 1 >= len(words):
        return None
    clock = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", words[at + 1])
    if clock:
        return Moment(at, at + 2, f"at {int(clock[1]):02d}:{clock[2]}")
    number = (1, at + 2) if words[at + 1] == "час" else number_at(words, at + 1)
    if number is None or number[0] > 23:
        return None
    if words[at] == "на" and not any(w.startswith("час") or w in _OF_DAY for w in words[number[1] : number[1] + 2]):
        return None  # «на пять» is a mark as well
    return _clock(words, at, *number)


def _clock(words: list[str], start: int, hour: int, end: int) -> Moment:
    minute = 0
    if words[end : end + 1] and words[end].startswith("час"):
        end += 1
    part = words[end] if end < len(words) else ""
    if part not in _OF_DAY:
        minute, end = _minutes(words, end)
        part = words[end] if end < len(words) else ""
    if part in _OF_DAY:
        end += 1
    if (part in ("дня", "вечера") and hour < 12) or (part != "утра" and 1 <= hour <= 7):
        hour += 12  # «в шесть» on the telephone of a clinic is the evening
    return Moment(start, end, f"at {hour:02d}:{minute:02d}")


def _minutes(words: list[str], at: int) -> tuple[int, int]:
    """«тридцать», «ноль пять», «ноль ноль» after an hour: (minutes, end); (0, at) when there are none."""
    following = number_at(words, at)
    if following is None:
        return 0, at
    if following[0] == 0:
        unit = number_at(words, following[1])
        return unit if unit is not None and unit[0] < 10 else (0, at)
    return following if 10 <= following[0] < 60 else (0, at)


def resolve(value: str, now: datetime) -> datetime | None:
    """The moment that was heard, in now's zone; None for a text that is no moment. The time may lie at night."""
    span = re.fullmatch(r"in (\d{1,6})m", value)
    if span:
        return now + timedelta(minutes=int(span[1]))
    found = re.fullmatch(r"(?:day (\S+))? ?(?:at (\d\d):(\d\d))?", value)
    if not found or not value:
        return None
    hour = time(int(found[2]), int(found[3])) if found[2] else time(10, 0)
    if not found[1]:
        today = datetime.combine(now.date(), hour, now.tzinfo)
        return today if today > now else today + timedelta(days=1)
    day = _resolved_day(found[1], now)
    return day and datetime.combine(day, hour, now.tzinfo)


def _resolved_day(day: str, now: datetime) -> datetime | None:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if day.startswith("+"):
        return today + timedelta(days=int(day[1:]))
    if day in _WEEKDAY_NUMBER:
        return today + timedelta(days=(_WEEKDAY_NUMBER[day] - now.weekday() - 1) % 7 + 1)
    number, _, month = day.partition(".")
    for ahead in range(0, 366):
        candidate = today + timedelta(days=ahead)
        if candidate.day == int(number) and (not month or candidate.month == int(month)):
            return candidate
    return None
