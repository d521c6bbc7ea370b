"""Clocks: aware, never backwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from voicebot.clock import ManualClock, ShiftedClock, SystemClock

MORNING = datetime(2026, 11, 23, 10, tzinfo=ZoneInfo("Europe/Moscow"))


def test_the_systems_clock_is_aware() -> None:
    assert SystemClock().now().tzinfo is UTC


@pytest.mark.parametrize("kind", [ShiftedClock, ManualClock])
def test_a_clock_starts_where_it_is_told_leaps_ahead_and_never_back(kind) -> None:
    clock = kind(MORNING)
    assert timedelta(0) <= clock.now() - MORNING < timedelta(seconds=5)
    assert clock.now().tzinfo is UTC
    clock.leap(timedelta(hours=1))
    assert timedelta(hours=1) <= clock.now() - MORNING < timedelta(hours=1, seconds=5)
    with pytest.raises(ValueError, match="back"):
        clock.leap(timedelta(seconds=-1))
    with pytest.raises(ValueError, match="aware"):
        kind(datetime(2026, 11, 23, 10))


def test_a_shifted_clock_runs_and_a_manual_one_stands() -> None:
    manual, shifted = ManualClock(MORNING), ShiftedClock(MORNING)
    first = shifted.now()
    while shifted.now() == first:
        pass
    assert shifted.now() > first
    assert manual.now() == manual.now() == MORNING
