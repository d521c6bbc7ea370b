"""Facts that are more than a text, a number or a moment: how they are spoken and written differs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Slot:
    """A day and a time that are offered or named together: «во вторник, … ноября, в пятнадцать ноль ноль»."""

    at: datetime

    def __str__(self) -> str:
        return self.at.isoformat()


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day without its weekday: «десятого мая», after `lead`: «до десятого декабря». The year when it is another."""

    day: date
    lead: str = ""

    def __str__(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of roubles and kopecks."""

    roubles: int
    kopecks: int = 0

    def __str__(self) -> str:
        return f"{self.roubles},{self.kopecks:02d} руб." if self.kopecks else f"{self.roubles} руб."
