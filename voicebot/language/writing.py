"""Facts -> a written message: digits, not words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time

from voicebot.language.templates import MissingFact, fill

__all__ = ["MissingFact", "message_text"]


def message_text(template: str, facts: Mapping[str, object], now: datetime) -> str:
    """The text of an SMS: «24.11 в 15:00»; a day of another year than now's carries its year.

    Raises MissingFact when the template names a fact that is unknown or empty.
    """
    return fill(template, facts, lambda value: _written(value, now))


def _written(value: object, now: datetime) -> str:
    if isinstance(value, date):  # a datetime is a date as well
        return f"{value:%d.%m}" if value.year == now.year else f"{value:%d.%m.%Y}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, bool):
        return "да" if value else "нет"
    return str(value)
