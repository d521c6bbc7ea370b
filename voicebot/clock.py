"""Time as something that is passed in: the wall clock, a shifted one for the demo, a manual one for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time. Everything that decides by time takes a Clock, never `datetime.now()`."""

    def now(self) -> datetime:
        """The present moment: aware, UTC."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ShiftedClock:
    """Runs at the pace of the machine's clock from a chosen moment on, and can leap ahead.

    The demo starts on a weekday morning whatever the hour, and leaps over the idle hour between two attempts.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("ShiftedClock needs an aware datetime")
        self._offset = start.astimezone(UTC) - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._offset

    def leap(self, ahead: timedelta) -> None:
        if ahead < timedelta(0):
            raise ValueError("a clock does not go back")
        self._offset += ahead


class ManualClock:
    """Stands still until it is set: virtual time for tests."""

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError("ManualClock needs an aware datetime")
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def leap(self, ahead: timedelta) -> None:
        if ahead < timedelta(0):
            raise ValueError("a clock does not go back")
        self._now += ahead
