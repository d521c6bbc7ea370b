"""Facts -> a written message: digits, not words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from voicebot.language.cases import Case
from voicebot.language.morphology import noun_phrase
from voicebot.language.names import Name, name_in
from voicebot.language.numerals import plural
from voicebot.language.speaking import chosen_form
from voicebot.language.templates import Blank, MissingFact, fill
from voicebot.language.values import CalendarDay, Slot

__all__ = ["MissingFact", "message_text"]


def message_text(template: str, facts: Mapping[str, object], now: datetime) -> str:
    """The text of an SMS: «24.11 в 15:00»; a day of another year than now's carries its year.

    Raises MissingFact when the template names a fact that is unknown or empty.
    """
    return fill(template, facts, lambda value, blank: _written(value, blank, now))


def _written(value: object, blank: Blank, now: datetime) -> str:
    if blank.forms:
        if isinstance(value, int) and not isinstance(value, bool) and len(blank.forms) == 3:
            return f"{value} {plural(value, *blank.forms)}"
        return chosen_form(value, blank.forms)
    if isinstance(value, Slot):
        return f"{_day(value.at, now)} в {value.at:%H:%M}"
    if isinstance(value, CalendarDay):
        return f"{value.lead} {_day(value.day, now)}".strip()
    if isinstance(value, date):  # a datetime is a date as well
        return _day(value, now)
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, bool):
        return "да" if value else "нет"
    if blank.case in (None, Case.NOMINATIVE) or isinstance(value, int):
        return str(value)
    name = value if isinstance(value, Name) else name_in(str(value))
    return name.in_case(blank.case) if name is not None else noun_phrase(str(value), blank.case)


def _day(day: date, now: datetime) -> str:
    return f"{day:%d.%m}" if day.year == now.year else f"{day:%d.%m.%Y}"
