"""Numbers, dates and times in answers, as `ask` steps take them."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.dialogue.intents import ValueKind
from voicebot.language.heard_days import resolved_day
from voicebot.language.likeness import shipped
from voicebot.language.understanding import Understanding
from voicebot.scenarios.phrases import load_phrases

ROOT = Path(__file__).resolve().parents[3]
UNDERSTANDING = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
NOW = datetime(2026, 11, 23, 10, 30, tzinfo=timezone(timedelta(hours=3)))  # a Monday


def heard(text: str, now: datetime | None = NOW, wants: ValueKind | None = None) -> str:
    values = UNDERSTANDING.understand(text, now=now, wants=wants).values
    return " ".join(v.value for v in values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("пять", "5"), ("Пять.", "5"), ("5", "5"), ("десяточку", "10"), ("четвёрочку", "4"), ("пятёрка", "5"),
        ("питёрка", "5"), ("чытыре", "4"), ("на троечку", "3"), ("ноль", "0"), ("кол", "1"), ("единичка", "1"),
        ("второй", "2"), ("второе", "2"), ("давайте третий вариант", "3"), ("первую", "1"), ("2-й", "2"),
        ("девять из десяти", "9"), ("пять с плюсом", "5"), ("да, пять", "5"), ("двадцать один", "21"),
        ("не пять, а четыре", "4"), ("пять, ой, нет, четыре", "4"), ("четыре или пять", ""),
        ("четыре с половиной", ""), ("минус один", ""), ("мне шестьдесят пять лет", ""),
        ("опоздаю минут на десять", ""),
    ],
)  # fmt: skip
def test_numbers(text, expected):
    assert heard(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("в три часа дня", "15:00"), ("полтретьего", "14:30"), ("пол третьего", "14:30"), ("к полшестого", "17:30"),
        ("половина одиннадцатого утра", "10:30"), ("без четверти пять", "16:45"), ("без десяти три", "14:50"),
        ("без двадцати три", "14:40"), ("четверть шестого", "17:15"), ("десять минут четвёртого", "15:10"),
        ("в девять утра", "09:00"), ("в пять утра", "05:00"), ("в восемь вечера", "20:00"), ("в час дня", "13:00"),
        ("в полдень", "12:00"), ("часов в шесть", "18:00"), ("к двум часам", "14:00"), ("пятнадцать тридцать", "15:30"),
        ("девятнадцать ноль ноль", "19:00"), ("в семь ноль пять", "19:05"), ("15:30", "15:30"), ("в 15.30", "15:30"),
        ("после обеда", "14:00"), ("до обеда", "10:00"), ("в обед", "13:00"), ("вечером в восемь", "20:00"),
        ("утром в семь", "07:00"), ("с двух до четырёх", "14:00"), ("в пятом часу", "16:00"),
        ("в начале третьего", "14:00"), ("в два или в три", ""),
    ],
)  # fmt: skip
def test_times(text, expected):
    assert heard(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("завтра", "2026-11-24"), ("послезавтра", "2026-11-25"), ("в пятницу", "2026-11-27"),
        ("понедельник", "2026-11-30"), ("в следующую пятницу", "2026-12-04"),
        ("на следующей неделе в среду", "2026-12-02"), ("двадцать пятого", "2026-11-25"),
        ("на двадцать пятое", "2026-11-25"), ("двадцатого числа", "2026-12-20"), ("25 ноября", "2026-11-25"),
        ("25-го", "2026-11-25"), ("25.11", "2026-11-25"), ("25.11.2026", "2026-11-25"), ("через три дня", "2026-11-26"),
        ("через неделю", "2026-11-30"), ("через месяц", "2026-12-23"), ("тридцать первого декабря", "2026-12-31"),
        ("тридцать первого февраля", ""), ("в пятницу, ой, нет, в субботу", "2026-11-28"),
        ("в четверг, не в пятницу", "2026-11-26"), ("в пятницу или в субботу", ""),
        ("через два часа", "2026-11-23 12:30"), ("через полтора часа", "2026-11-23 12:00"),
        ("в пятницу после обеда", "2026-11-27 14:00"), ("двадцать пятого в три", "2026-11-25 15:00"),
        ("завтра в шесть вечера", "2026-11-24 18:00"), ("третьего декабря в полдень", "2026-12-03 12:00"),
    ],
)  # fmt: skip
def test_dates(text, expected):
    assert heard(text) == expected


def test_without_an_hour_there_are_no_dates_but_times():
    assert heard("завтра в шесть вечера", now=None) == "18:00"


@pytest.mark.parametrize(
    ("wants", "expected"), [(ValueKind.NUMBER, "5"), (ValueKind.TIME, "5 17:00"), (ValueKind.DATE, "5 2026-12-05")]
)
def test_a_bare_number_is_what_was_asked_for(wants, expected):
    assert heard("пять", wants=wants) == expected


def test_a_value_says_what_it_rests_on():
    (value,) = UNDERSTANDING.understand("поставлю, пожалуй, пятёрочку").values
    assert (value.kind, value.value, value.text) == (ValueKind.NUMBER, "5", "пятерочку")


_WORDS = ["в", "на", "без", "пол", "через", "третьего", "двадцать", "пятого", "пять", "часа", "минут", "утра", "до",
          "с", "следующую", "пятницу", "февраля", "29", "31.02", "24:00", "99", "ноль", "половина", "не", "или",
          "месяцев", "9999"]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=12).map(" ".join), st.sampled_from([None, *ValueKind]),
       st.datetimes(datetime(2024, 1, 1), datetime(2035, 1, 1)))  # fmt: skip
def test_any_words_have_values_that_read_as_what_they_are(text, wants, now):
    for value in UNDERSTANDING.understand(text, now=now.replace(tzinfo=NOW.tzinfo), wants=wants).values:
        read = {ValueKind.NUMBER: int, ValueKind.DATE: date.fromisoformat, ValueKind.TIME: time.fromisoformat}
        read[value.kind](value.value)


@given(st.dates(date(2024, 1, 1), date(2035, 1, 1)), st.integers(1, 31), st.integers(0, 12))
def test_a_day_of_a_month_is_the_next_such_day(today, day, month):
    found = resolved_day(f"{day}.{month}" if month else f"{day}", today)
    assert found is None or (found >= today and found.day == day and (not month or found.month == month))
    assert found is not None or (day > 29 if month == 2 else day == 31) or (day, month) == (29, 2)


@given(st.dates(date(2024, 1, 1), date(2035, 1, 1)), st.sampled_from(["mon", "wed", "sun"]))
def test_a_weekday_lies_ahead_and_that_of_next_week_in_next_week(today, name):
    this, following = resolved_day(name, today), resolved_day(f"next-{name}", today)
    assert this is not None and following is not None
    assert 1 <= (this - today).days <= 7 and this.strftime("%a").lower() == name
    monday = today - timedelta(days=today.weekday())
    assert 7 <= (following - monday).days < 14 and following.weekday() == this.weekday()
