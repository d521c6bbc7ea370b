"""Times in speech, as heard and as meant."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.language.moments import joined, moments, resolve
from voicebot.language.words import split

NOW = datetime(2026, 11, 23, 10, 30, tzinfo=timezone(timedelta(hours=3)))  # a Monday


@pytest.mark.parametrize(
    ("text", "heard", "meant"),
    [
        ("через час", "in 60m", "2026-11-23T11:30"),
        ("через полчаса", "in 30m", "2026-11-23T11:00"),
        ("через два часа", "in 120m", "2026-11-23T12:30"),
        ("часа через три", "in 180m", "2026-11-23T13:30"),
        ("через двадцать пять минут", "in 25m", "2026-11-23T10:55"),
        ("через полтора часа", "in 90m", "2026-11-23T12:00"),
        ("через неделю", "day +7", "2026-11-30T10:00"),
        ("завтра", "day +1", "2026-11-24T10:00"),
        ("завтра в шесть вечера", "day +1 at 18:00", "2026-11-24T18:00"),
        ("завтра после обеда", "day +1 at 14:00~", "2026-11-24T14:00"),
        ("вечером", "at 18:00~", "2026-11-23T18:00"),
        ("в девять утра", "at 09:00", "2026-11-24T09:00"),
        ("после шести", "at 18:00", "2026-11-23T18:00"),
        ("в три", "at 15:00", "2026-11-23T15:00"),
        ("в час дня", "at 13:00", "2026-11-23T13:00"),
        ("в пятнадцать тридцать", "at 15:30", "2026-11-23T15:30"),
        ("в девять ноль пять", "at 09:05", "2026-11-24T09:05"),
        ("в пятнадцать ноль ноль", "at 15:00", "2026-11-23T15:00"),
        ("в 15:30", "at 15:30", "2026-11-23T15:30"),
        ("в пятницу", "day fri", "2026-11-27T10:00"),
        ("в понедельник утром", "day mon at 10:00~", "2026-11-30T10:00"),
        ("двадцать пятого", "day 25", "2026-11-25T10:00"),
        ("третьего декабря", "day 3.12", "2026-12-03T10:00"),
        ("двадцатого числа", "day 20", "2026-12-20T10:00"),
    ],
)
def test_moments(text, heard, meant):
    value = joined(moments(split(text)))
    assert value == heard
    moment = resolve(value, NOW)
    assert moment is not None and moment.isoformat()[:16] == meant and moment.tzinfo is NOW.tzinfo


@pytest.mark.parametrize("text", ["", "да", "в поликлинику", "пятый", "в седьмой раз", "я в машине",
                                  "через лес"])  # fmt: skip
def test_no_moment(text):
    assert joined(moments(split(text))) == ""


@given(
    st.text(alphabet="day at+0123456789:.friw inm", max_size=20),
    st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2030, 1, 1)),
)
def test_any_value_resolves_or_not_but_never_raises(value, now):
    found = resolve(value, now.replace(tzinfo=UTC))
    assert found is None or found.tzinfo is UTC
