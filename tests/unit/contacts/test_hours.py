"""DOMAIN rule 1: hours in the patient's local time, in every Russian zone, over two years of days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.contacts.hours import RUSSIAN_ZONES, CallingHours

HOLIDAYS = frozenset({date(2027, 1, d) for d in range(1, 9)} | {date(2026, 11, 4), date(2027, 2, 23)})
WORKING = frozenset({date(2027, 2, 20)})
HOURS = CallingHours(holidays=HOLIDAYS, working=WORKING)

zones = st.sampled_from(RUSSIAN_ZONES)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
anywhere = st.sampled_from([*RUSSIAN_ZONES, "", "Nowhere/Land"])


def local_rule(moment: datetime, zone: str) -> bool:
    """The rule said a second time, in the plainest way."""
    local = moment.astimezone(ZoneInfo(zone))
    weekend = (local.weekday() >= 5 or local.date() in HOLIDAYS) and local.date() not in WORKING
    begin, end = (10, 18) if weekend else (9, 20)
    return begin * 60 <= local.hour * 60 + local.minute < end * 60


@given(moments, zones)
@settings(max_examples=300, deadline=None)
def test_allowed_is_the_local_rule_in_every_zone(moment: datetime, zone: str) -> None:
    assert HOURS.allowed(moment, zone) == local_rule(moment, zone)


@given(moments)
@settings(max_examples=200, deadline=None)
def test_an_unknown_zone_means_allowed_in_all_eleven(moment: datetime) -> None:
    assert HOURS.allowed(moment, "") == all(local_rule(moment, zone) for zone in RUSSIAN_ZONES)


@given(moments, anywhere)
@settings(max_examples=150, deadline=None)
def test_next_allowed_is_allowed_and_nothing_before_it_is(moment: datetime, zone: str) -> None:
    found = HOURS.next_allowed(moment, zone)
    assert found is not None
    assert found >= moment
    assert HOURS.allowed(found, zone)
    if found > moment:
        for part in range(20):
            assert not HOURS.allowed(moment + (found - moment) * part / 20, zone)


@given(moments, anywhere)
@settings(max_examples=150, deadline=None)
def test_latest_allowed_is_allowed_and_little_after_it_is(moment: datetime, zone: str) -> None:
    found = HOURS.latest_allowed(moment, zone)
    assert found is not None
    assert found <= moment
    assert HOURS.allowed(found, zone)
    if moment - found > timedelta(minutes=1):
        for part in range(1, 20):
            later = found + timedelta(minutes=1) + (moment - found - timedelta(minutes=1)) * part / 20
            assert not HOURS.allowed(later, zone)


@given(moments, zones, st.integers(1, 5), st.integers(10, 90))
@settings(max_examples=100, deadline=None)
def test_all_tries_fit_between_latest_start_and_deadline(
    deadline: datetime, zone: str, tries: int, minutes: int
) -> None:
    apart = timedelta(minutes=minutes)
    moment = HOURS.latest_start(deadline, zone, tries, apart)
    assert moment is not None
    for n in range(tries):
        assert HOURS.allowed(moment, zone), n
        assert moment <= deadline
        following = HOURS.next_allowed(moment + apart, zone)
        assert following is not None
        moment = following


@pytest.mark.parametrize(
    ("text", "zone", "allowed"),
    [
        ("2026-11-23T08:59:59+03:00", "Europe/Moscow", False),
        ("2026-11-23T09:00:00+03:00", "Europe/Moscow", True),
        ("2026-11-23T19:59:59+03:00", "Europe/Moscow", True),
        ("2026-11-23T20:00:00+03:00", "Europe/Moscow", False),
        ("2026-11-22T09:30:00+03:00", "Europe/Moscow", False),  # Sunday
        ("2026-11-04T09:30:00+03:00", "Europe/Moscow", False),  # a holiday on a Wednesday
        ("2026-11-04T10:00:00+03:00", "Europe/Moscow", True),
        ("2027-02-20T09:30:00+03:00", "Europe/Moscow", True),  # a Saturday that is worked
        ("2026-11-23T09:00:00+03:00", "Asia/Kamchatka", True),  # 18:00 there
        ("2026-11-23T11:00:00+03:00", "Asia/Kamchatka", False),
        ("2026-11-23T10:30:00+03:00", "", True),  # 9:30 in Kaliningrad, 19:30 in Kamchatka
        ("2026-11-23T09:30:00+03:00", "", False),
    ],
)
def test_the_edges_of_the_day(text: str, zone: str, allowed: bool) -> None:
    assert HOURS.allowed(datetime.fromisoformat(text), zone) is allowed


def test_next_day_is_the_opening_of_another_local_day() -> None:
    evening = datetime.fromisoformat("2026-11-23T21:00:00+03:00")  # already the 24th in Vladivostok
    moscow = HOURS.next_day(evening, "Europe/Moscow")
    vladivostok = HOURS.next_day(evening, "Asia/Vladivostok")
    assert moscow == datetime.fromisoformat("2026-11-24T09:00:00+03:00")
    assert vladivostok == datetime.fromisoformat("2026-11-25T09:00:00+10:00")


def test_no_window_at_all_is_none_and_not_a_loop() -> None:
    never = CallingHours(weekdays=(), weekends=())
    assert never.next_allowed(datetime(2026, 11, 23, tzinfo=UTC), "Europe/Moscow") is None
    assert never.latest_start(datetime(2026, 11, 23, tzinfo=UTC), "", 4, timedelta(hours=1)) is None


def test_an_empty_window_is_refused() -> None:
    with pytest.raises(ValueError, match="20:00-09:00"):
        CallingHours(weekdays=((time(20), time(9)),))
