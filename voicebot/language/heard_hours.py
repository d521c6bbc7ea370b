"""Times of day in speech: «в три часа дня», «полтретьего», «без четверти пять», «после обеда», «в пятом часу»."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from voicebot.language.heard_numbers import ORDINALS, number_at

_BEFORE = frozenset({"в", "во", "к", "ко", "после", "около", "на", "с", "со", "до", "часов", "часа", "часиков", "часам",
                     "часикам", "примерно", "где-то", "ближе"})  # fmt: skip
_ABOUT = frozenset({"примерно", "где-то", "ближе", "около"})  # «где-то семь» is a mark as well
#: Parts of the day, as staff of a clinic mean them; «~» marks a time that was not named to the minute.
_PARTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("в", "первой", "половине", "дня"), "10:00~"), (("первая", "половина", "дня"), "10:00~"),
    (("в", "первую", "половину", "дня"), "10:00~"), (("во", "второй", "половине", "дня"), "14:00~"),
    (("вторая", "половина", "дня"), "14:00~"), (("во", "вторую", "половину", "дня"), "14:00~"),
    (("с", "утра", "пораньше"), "09:00~"), (("ближе", "к", "вечеру"), "17:00~"), (("ближе", "к", "обеду"), "12:00~"),
    (("рано", "утром"), "09:00~"), (("утром", "пораньше"), "09:00~"), (("поздно", "вечером"), "19:00~"),
    (("после", "обеда"), "14:00~"), (("после", "обед"), "14:00~"), (("до", "обеда"), "10:00~"),
    (("в", "обед"), "13:00~"), (("в", "обеденное", "время"), "13:00~"), (("к", "обеду"), "12:00~"),
    (("с", "утра"), "10:00~"), (("на", "утро"), "10:00~"), (("к", "вечеру"), "17:00~"), (("на", "вечер"), "18:00~"),
    (("под", "вечер"), "17:00~"), (("после", "работы"), "18:00~"), (("в", "полдень"), "12:00"),
    (("полдень",), "12:00"), (("полудня",), "12:00"), (("утром",), "10:00~"), (("утречком",), "10:00~"),
    (("днем",), "13:00~"), (("вечером",), "18:00~"), (("вечерком",), "18:00~"), (("ночью",), "23:00~"),
)  # fmt: skip
_PARTS_BY_FIRST: dict[str, list[tuple[tuple[str, ...], str]]] = {}
for _words, _value in _PARTS:
    _PARTS_BY_FIRST.setdefault(_words[0], []).append((_words, _value))
_OF_DAY = frozenset({"утра", "дня", "вечера", "ночи"})
_HOUR_WORD = re.compile(r"час(?:а|ов|у|ам|ик|ика|иков|ов)?")
_MINUTE_WORD = re.compile(r"минут\w*")
_GENITIVE_HOUR = re.compile(r"(?:ого|ьего)$")


@dataclass(frozen=True, slots=True)
class Hour:
    """A time of day said by words [start, end). rough: «вечером», no minute was named. bare: no word says it is one."""

    start: int
    end: int
    hour: int
    minute: int
    rough: bool = False
    bare: bool = False

    @property
    def value(self) -> str:
        return f"at {self.hour:02d}:{self.minute:02d}{'~' if self.rough else ''}"


def hour_at(words: Sequence[str], at: int) -> Hour | None:
    """The time of day that begins at a word."""
    part = _part(words, at)
    if part is not None:
        return part
    start = at
    while at < len(words) and words[at] in _BEFORE and at - start < 3:
        at += 1
    if at >= len(words):
        return None
    led = [w for w in words[start:at] if w not in _ABOUT]
    return _digits(words, start, at) or _half(words, start, at) or _without(words, start, at) or (
        _past(words, start, at) or _in_the_nth(words, start, at) or _plain(words, start, at, led)
    )  # fmt: skip


def _part(words: Sequence[str], at: int) -> Hour | None:
    for said, value in _PARTS_BY_FIRST.get(words[at], ()):
        if tuple(words[at : at + len(said)]) == said:
            return Hour(at, at + len(said), int(value[:2]), int(value[3:5]), rough=value.endswith("~"))
    return None


def _digits(words: Sequence[str], start: int, at: int) -> Hour | None:
    clock = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", words[at])
    if clock is None or ("." in words[at] and start == at and int(clock[2]) <= 12):
        return None  # «10.12» is a day
    return _told(words, start, at + 1, int(clock[1]), int(clock[2]), guess=int(clock[1]) < 8)


def _half(words: Sequence[str], start: int, at: int) -> Hour | None:
    """«полтретьего», «пол третьего», «половина третьего»."""
    word, end = words[at], at + 1
    if word in ("пол", "половина", "половину", "половине", "полови") and end < len(words):
        word, end = words[end], end + 1
    elif word.startswith("пол"):
        word = word[3:].lstrip("-")
    else:
        return None
    return _told(words, start, end, (_ordinal_hour(word) - 1) % 12, 30) if _ordinal_hour(word) else None


def _without(words: Sequence[str], start: int, at: int) -> Hour | None:
    """«без четверти пять», «без пятнадцати минут пять», «без пяти»."""
    if words[at] != "без" or at + 2 >= len(words):
        return None
    quarter = words[at + 1] == "четверти"
    lacking = (15, at + 2) if quarter else number_at(words[: at + 2], at + 1)  # «без двадцати три» is not 23
    if lacking is None or not 1 <= lacking[0] <= 30:
        return None
    end = lacking[1] + bool(lacking[1] < len(words) and _MINUTE_WORD.fullmatch(words[lacking[1]]))
    hour = (1, end + 1) if words[end : end + 1] == ["час"] else number_at(words, end)
    if hour is None or not 1 <= hour[0] <= 24:
        return None
    return _told(words, start, hour[1], (hour[0] - 1) % 24, 60 - lacking[0])


def _past(words: Sequence[str], start: int, at: int) -> Hour | None:
    """«четверть пятого», «десять минут пятого»."""
    minute, end = (15, at + 1) if words[at] == "четверть" else number_at(words, at) or (0, at)
    if words[at] != "четверть":
        if not 0 < minute < 60 or end >= len(words) or not _MINUTE_WORD.fullmatch(words[end]):
            return None
        end += 1
    hour = _ordinal_hour(words[end]) if end < len(words) else 0
    return _told(words, start, end + 1, (hour - 1) % 12, minute) if hour else None


def _in_the_nth(words: Sequence[str], start: int, at: int) -> Hour | None:
    """«в пятом часу», «в начале пятого»: from four on."""
    if words[at] == "начале" and at + 1 < len(words) and (hour := _ordinal_hour(words[at + 1])):
        return _told(words, start, at + 2, (hour - 1) % 12, 0, rough=True)
    if words[at + 1 : at + 2] != ["часу"] or not words[at].endswith(("ом", "ьем")):
        return None
    hour = ORDINALS.get(words[at], 0)
    return _told(words, start, at + 2, (hour - 1) % 12, 0, rough=True) if 1 <= hour <= 12 else None


def _plain(words: Sequence[str], start: int, at: int, led: Sequence[str]) -> Hour | None:
    """«в три», «три часа дня», «пятнадцать тридцать», «часов в пять», «в час дня»."""
    one = words[at] == "час" and (bool(led) or words[at + 1 : at + 2] == ["дня"] or words[at + 1 : at + 2] == ["ночи"])
    number = (1, at + 1) if one else number_at(words, at)
    if number is None or number[0] > 24:
        return None
    hour, end = number
    named = one
    if not one and end < len(words) and _HOUR_WORD.fullmatch(words[end]):
        named, end = True, end + 1
    of_day = end < len(words) and words[end] in _OF_DAY
    minute, after = (0, end) if of_day else _minutes(words, end, named)
    of_day = of_day or (after < len(words) and words[after] in _OF_DAY)
    counted = of_day and words[after] == "дня" and not led and not named  # «два дня» is no time
    said = bool(led) or named or after > end or (of_day and not counted)
    if not said or not (of_day or _is_hour(words, led, named, after)):
        return None
    bare = not named and not of_day
    if led and led[-1] in ("с", "со") and words[after : after + 1] == ["до"]:  # «с двух до четырёх»: from two
        until = number_at(words, after + 1)
        told = _told(words, start, after, hour % 24, minute)
        return replace(told, end=until[1]) if until is not None else told
    return _told(words, start, after, hour % 24, minute, bare=bare)


def _is_hour(words: Sequence[str], led: Sequence[str], named: bool, end: int) -> bool:
    """«на пять» is a mark, «в пять раз» no time, «до двух недель» neither."""
    lead = led[-1] if led else ""
    if lead in ("на", "с", "со", "до") and not named:
        return lead in ("с", "со") and words[end : end + 1] == ["до"]
    follows = words[end] if end < len(words) else ""
    return not re.fullmatch(r"минут\w*|раз\w?|дн\w+|недел\w+|месяц\w*|лет|год\w*|рубл\w*|балл\w*|кабинет\w*", follows)


def _minutes(words: Sequence[str], at: int, named: bool) -> tuple[int, int]:
    """«тридцать», «ноль пять», «ноль ноль», «тридцать минут» after an hour: (minutes, end); (0, at) for none."""
    following = number_at(words, at)
    if following is None:
        return 0, at
    minute, end = following
    if minute == 0:
        unit = number_at(words, end)
        if unit is None or unit[0] >= 10:
            return 0, at
        minute, end = unit
    elif not 10 <= minute < 60 or (minute % 5 and not named):
        return 0, at
    if end < len(words) and _MINUTE_WORD.fullmatch(words[end]):
        end += 1
    return minute, end


def _told(words: Sequence[str], start: int, end: int, hour: int, minute: int, *, rough: bool = False,
          bare: bool = False, guess: bool = True) -> Hour:  # fmt: skip
    """With «утра», «вечера» after it; without, an hour from one to seven is the afternoon: clinics sleep at night."""
    part = words[end] if end < len(words) else ""
    if part in _OF_DAY:
        end, bare = end + 1, False
    if part in ("дня", "вечера"):
        hour += 12 if hour < 12 else 0
    elif part in ("утра", "ночи"):
        hour = (hour % 12 + 12 if hour >= 9 and hour < 12 else hour % 12) if part == "ночи" else hour
    elif guess and (hour < 8 and (hour, minute) != (0, 0)):
        hour += 12
    return Hour(start, end, hour % 24, minute, rough, bare)


def _ordinal_hour(word: str) -> int:
    hour = ORDINALS.get(word, 0) if _GENITIVE_HOUR.search(word) else 0
    return hour if 1 <= hour <= 12 else 0
