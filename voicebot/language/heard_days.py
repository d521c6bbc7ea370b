"""Days in speech: «послезавтра», «в следующую пятницу», «двадцать пятого ноября», «через неделю», «25.11».

As heard a day is a short text: "day +1" (days from today), "day fri", "day next-fri" (of the next week),
"day 25", "day 25.11", "day 25.11.2026", "day m+1" (the same day of the next month).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from voicebot.language.heard_numbers import number_at, ordinal_at

_WEEKDAY_FORMS = {
    "mon": ("понедельник", "понедельника", "понедельнику", "понедельникам"),
    "tue": ("вторник", "вторника", "вторнику"),
    "wed": ("среда", "среду", "среды", "среде"),
    "thu": ("четверг", "четверга", "четвергу"),
    "fri": ("пятница", "пятницу", "пятницы", "пятнице"),
    "sat": ("суббота", "субботу", "субботы", "субботе"),
    "sun": ("воскресенье", "воскресение", "воскресенья", "воскресенью"),
}
_WEEKDAYS = {form: day for day, forms in _WEEKDAY_FORMS.items() for form in forms}
_WEEKDAY_NUMBER = {name: n for n, name in enumerate(_WEEKDAY_FORMS)}
_RELATIVE = {"сегодня": 0, "сегодняшний": 0, "завтра": 1, "завтрашний": 1, "послезавтра": 2}
_MONTHS = {m: n for n, m in enumerate(("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа",
                                       "сентября", "октября", "ноября", "декабря"), 1)}  # fmt: skip
_BEFORE = frozenset({"в", "во", "на", "к", "ко", "с", "со", "после", "до"})
_THIS = re.compile(r"(?:эт(?:у|от|о)|ближайш\w+|будущ\w+)")
_NEXT = re.compile(r"следующ\w+")
_FAR = 50  # months: nobody books a 29 February that is further off
#: Longer ways to say a day.
_PHRASES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("на", "следующей", "неделе"), "day +7"), (("на", "следующую", "неделю"), "day +7"),
    (("на", "той", "неделе"), "day +7"), (("следующая", "неделя"), "day +7"), (("следующей", "неделе"), "day +7"),
    (("на", "выходных"), "day sat"), (("на", "выходные"), "day sat"), (("в", "выходные"), "day sat"),
    (("в", "выходной"), "day sat"), (("в", "конце", "недели"), "day fri"), (("в", "начале", "недели"), "day mon"),
    (("после", "выходных"), "day mon"), (("после", "завтра"), "day +2"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Day:
    """A day said by words [start, end)."""

    start: int
    end: int
    value: str


def day_at(words: Sequence[str], at: int) -> Day | None:
    """The day that begins at a word."""
    for said, value in _PHRASES:
        if words[at] == said[0] and tuple(words[at : at + len(said)]) == said:
            return _of_next_week(words, at, at + len(said)) or Day(at, at + len(said), value)
    start = at
    if words[at] in _BEFORE and at + 1 < len(words):
        at += 1
    return _relative(words, start, at) or _weekday(words, start, at) or _of_month(words, start, at)


def _of_next_week(words: Sequence[str], start: int, end: int) -> Day | None:
    """«на следующей неделе в среду»."""
    if words[end - 1] not in ("неделе", "неделю", "неделя"):
        return None
    after = end + (end < len(words) and words[end] in ("в", "во", "на"))
    name = _WEEKDAYS.get(words[after]) if after < len(words) else None
    return Day(start, after + 1, f"day next-{name}") if name else None


def _relative(words: Sequence[str], start: int, at: int) -> Day | None:
    days = _RELATIVE.get(words[at])
    if days is None:
        return None
    end = at + 1 + (words[at].endswith("ний") and words[at + 1 : at + 2] == ["день"])
    return Day(start, end, f"day +{days}")


def _weekday(words: Sequence[str], start: int, at: int) -> Day | None:
    following = bool(_NEXT.fullmatch(words[at]))
    if (following or _THIS.fullmatch(words[at])) and at + 1 < len(words):
        at += 1
    name = _WEEKDAYS.get(words[at])
    if name is None:
        return None
    end = at + 1
    for said in (["на", "следующей", "неделе"], ["следующей", "недели"]):
        if list(words[end : end + len(said)]) == said:
            following, end = True, end + len(said)
    return Day(start, end, f"day next-{name}" if following else f"day {name}")


def _of_month(words: Sequence[str], start: int, at: int) -> Day | None:
    written = re.fullmatch(r"(\d{1,2})\.(\d{2})(?:\.(\d{2,4}))?", words[at])
    if written and 1 <= int(written[1]) <= 31 and 1 <= int(written[2]) <= 12:
        year = f".{int(written[3]) % 100 + 2000}" if written[3] else ""
        return Day(start, at + 1, f"day {int(written[1])}.{int(written[2])}{year}")
    ordinal = ordinal_at(words, at, of_day=True)
    number = ordinal or number_at(words, at)
    if number is None or not 1 <= number[0] <= 31:
        return None
    day, end = number
    following = words[end] if end < len(words) else ""
    if following in _MONTHS:
        return Day(start, end + 1, f"day {day}.{_MONTHS[following]}")
    if following in ("числа", "число"):
        return Day(start, end + 1, f"day {day}")
    small = start == at and day <= 10 and words[at].endswith(("ое", "ье", "-е"))
    if ordinal is None or small or following in ("раза", "этажа", "часа"):
        return None  # «второе» is one of the slots offered
    return Day(start, end, f"day {day}")


def span_at(words: Sequence[str], at: int) -> tuple[int, int, str] | None:
    """«через час», «через два часа», «часа через два», «минут через двадцать»: (start, end, value)."""
    if words[at] == "через" and at + 1 < len(words):
        return _through(words, at)
    if words[at + 1 : at + 2] != ["через"] or not (unit := _unit(words, at)):
        return None
    if words[at + 2 : at + 3] in (["полтора"], ["полторы"]):
        return at, at + 3, _in(3, unit, 2)
    number = number_at(words, at + 2)
    return (at, number[1], _in(number[0], unit)) if number else None


def _through(words: Sequence[str], at: int) -> tuple[int, int, str] | None:
    following = words[at + 1]
    if following in ("полчаса", "полчасика"):
        return at, at + 2, "in 30m"
    if following in ("пол", "четверть") and words[at + 2 : at + 3] in (["часа"], ["часика"]):
        return at, at + 3, "in 30m" if following == "пол" else "in 15m"
    if following in ("полтора", "полторы") and (unit := _unit(words, at + 2)):
        return at, at + 3, _in(3, unit, 2)
    if unit := _unit(words, at + 1):
        return at, at + 2, _in(1, unit)
    number = number_at(words, at + 1)
    if number and (unit := _unit(words, number[1])):
        return at, number[1] + 1, _in(number[0], unit)
    return None


_UNITS = (("минут", 1), ("час", 60), ("день", 1440), ("денек", 1440), ("дней", 1440), ("дня", 1440), ("недел", 10080),
          ("месяц", -1))  # fmt: skip


def _unit(words: Sequence[str], at: int) -> int:
    if at >= len(words):
        return 0
    return next((minutes for stem, minutes in _UNITS if words[at].startswith(stem)), 0)


def _in(count: int, unit: int, halves: int = 1) -> str:
    if unit < 0:
        return f"day m+{count}"
    minutes = count * unit // halves
    return f"day +{minutes // 1440}" if unit >= 1440 else f"in {minutes}m"


def resolved_day(day: str, today: date) -> date | None:
    """The date that a day as heard ("+1", "fri", "25.11") means; None for one that does not come.

    Raises OverflowError beyond the year 9999.
    """
    if found := re.fullmatch(r"\+(\d{1,5})", day):
        return today + timedelta(days=int(found[1]))
    if found := re.fullmatch(r"m\+(\d{1,4})", day):
        return _months_on(today, int(found[1]))
    ahead = day.removeprefix("next-")
    if ahead in _WEEKDAY_NUMBER:
        number = _WEEKDAY_NUMBER[ahead]
        if day != ahead:
            return today + timedelta(days=7 - today.weekday() + number)
        return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)
    if not (found := re.fullmatch(r"(\d{1,2})(?:\.(\d{1,2}))?(?:\.(\d{4}))?", day)):
        return None
    wanted, month, year = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    return _date(year, month, wanted) if year else _next_such_day(today, wanted, month)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _next_such_day(today: date, wanted: int, month: int) -> date | None:
    year, at_month = today.year, today.month
    for _ in range(_FAR):
        candidate = _date(year, at_month, wanted) if month in (0, at_month) else None
        if candidate is not None and candidate >= today:
            return candidate
        year, at_month = (year + 1, 1) if at_month == 12 else (year, at_month + 1)
    return None


def _months_on(today: date, months: int) -> date | None:
    index = today.month - 1 + months
    year, month = today.year + index // 12, index % 12 + 1
    days = (_date(year, month, day) for day in range(today.day, 0, -1))  # a 31st is the last day of a shorter month
    return next((d for d in days if d is not None), None)
