"""Days and times of day as words, in every case."""

from __future__ import annotations

from datetime import date, time, timedelta

from voicebot.language.cases import Case, Gender
from voicebot.language.morphology import counted, noun_phrase
from voicebot.language.numerals import cardinal, digits, ordinal
from voicebot.language.templates import TimeStyle

MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
          "декабря")  # fmt: skip
_ON_WEEKDAY = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")
_RELATIVE = {0: "сегодня", 1: "завтра", 2: "послезавтра"}


def day_words(day: date, today: date | None = None, case: Case | None = None) -> str:
    """«завтра, во вторник, двадцать четвёртого ноября»; without today, or far from it, no relative word.

    In a case: «вторник, двадцать четвёртое ноября» (also after «на»), «вторника, двадцать четвёртого ноября».
    """
    if case is None:
        words = f"{_ON_WEEKDAY[day.weekday()]}, {date_words(day)}"
    else:
        words = f"{noun_phrase(_WEEKDAYS[day.weekday()], case)}, {date_words(day, case)}"
    relative = _RELATIVE.get((day - today) // timedelta(days=1)) if today is not None else None
    return f"{relative}, {words}" if relative and case in (None, Case.NOMINATIVE, Case.ACCUSATIVE) else words


def date_words(day: date, case: Case = Case.GENITIVE, year: bool = False) -> str:
    """«двадцать четвёртого ноября»; with its year: «… две тысячи двадцать шестого года»."""
    words = f"{ordinal(day.day, case, Gender.NEUTER)} {MONTHS[day.month - 1]}"
    return f"{words} {ordinal(day.year, Case.GENITIVE)} года" if year else words


def time_words(moment: time, style: TimeStyle = TimeStyle.DIGITS, case: Case = Case.NOMINATIVE) -> str:
    """«пятнадцать ноль ноль», «девять ноль пять»; by the clock «три часа дня», «час тридцать минут дня»."""
    if style is TimeStyle.CLOCK:
        return _by_the_clock(moment, case)
    minutes = digits(f"{moment.minute:02d}") if moment.minute < 10 else cardinal(moment.minute, case)
    return f"{cardinal(moment.hour, case)} {minutes}"


def _by_the_clock(moment: time, case: Case) -> str:
    hour = moment.hour % 12 or 12
    words = [cardinal(hour, case)] if hour != 1 else []
    words.append(counted(hour, "час", case))
    if moment.minute:
        words += [cardinal(moment.minute, case, Gender.FEMININE), counted(moment.minute, "минута", case)]
    return " ".join([*words, _part_of_day(moment.hour)])


def _part_of_day(hour: int) -> str:
    if hour < 4:
        return "ночи"
    return "утра" if hour < 12 else "дня" if hour < 17 else "вечера"
