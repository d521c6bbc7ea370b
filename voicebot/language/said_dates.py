"""Times, dates, years and weekdays within a written text -> words."""

from __future__ import annotations

import re
from datetime import date, time

from voicebot.language.abbreviations import FIXED
from voicebot.language.around import Match, text_after, text_before, with_stop
from voicebot.language.cases import Case, Gender
from voicebot.language.context import governed, last_word, preposition_cases
from voicebot.language.days import MONTHS, date_words, time_words
from voicebot.language.morphology import counted, is_word, noun_phrase, nouns, parses
from voicebot.language.numerals import cardinal, decimal_words, digits, ordinal
from voicebot.language.templates import TimeStyle


def said_time(m: Match, style: TimeStyle) -> str:
    if "." in m[0] and not preposition_cases(text_before(m)):
        whole, fraction = m[0].split(".")
        return decimal_words(whole, fraction)
    return with_stop(m, _clock(m[0], style, governed(text_before(m))))


def said_times(m: Match, style: TimeStyle) -> str:
    first, last = re.split(r"\s*[-–—]\s*", m[0])
    lead = "" if last_word(text_before(m)) in ("с", "со") else "с "
    return f"{lead}{_clock(first, style, Case.GENITIVE)} до {_clock(last, style, Case.GENITIVE)}"


def _clock(written: str, style: TimeStyle, case: Case) -> str:
    """«9:05», «9.05», and «24:00», the end of a day, which is no time of Python's."""
    hour, minute = (int(p) for p in re.findall(r"\d+", written)[:2])
    if hour == 24:
        return f"{cardinal(24, case)} {counted(24, 'час', case)}"
    return time_words(time(hour, minute), style, case)


def said_odd_clock(m: Match, _: TimeStyle) -> str:
    """«25:61» is no time: number after number, without the colon."""
    return " ".join(digits(p) for p in m[0].split(":"))


def said_weekdays(m: Match, _: TimeStyle) -> str:
    first, last = (FIXED[d.strip(". ").lower()] for d in re.split(r"[-–—]", m[0]))
    lead = "" if last_word(text_before(m)) in ("с", "со") else "с "
    return f"{lead}{noun_phrase(first, Case.GENITIVE)} по {noun_phrase(last, Case.ACCUSATIVE)}"


def said_date(m: Match, _: TimeStyle) -> str:
    suffix = m["date_year"] or ""
    written = m[0].removesuffix(suffix)
    found = real_date(written)
    year = len(re.split(r"[./-]", written)) > 2
    if found is None:
        parts = re.split(r"[./-]", written)
        words = " ".join(digits(p) if p[0] == "0" or len(p) < 3 else cardinal(int(p)) for p in parts)
        words += " года" if suffix else ""
    else:
        words = date_words(found, _day_case(m), year)
    if "р" in suffix:
        return with_stop(m, f"{words} рождения")  # «12.05.1985 г.р.»
    return _before_town(words, suffix, m)


def real_date(written: str) -> date | None:
    """The day that «24.11», «24.11.2026», «24/11/26» or «2026-11-24» names; None when there is no such day."""
    parts = [int(p) for p in re.split(r"[./-]", written)]
    if parts[0] > 31:
        parts.reverse()
    day, month, year = (*parts, 0)[:3]
    if 0 < year < 100:
        year += 1900 if year > 60 else 2000
    try:
        return date(year or 2000, month, day)
    except ValueError:
        return None


def _before_town(words: str, suffix: str, m: Match) -> str:
    """«01.12.2026 г. Томск» names a town, «01.12.2026 г. Ждём вас» ends a sentence."""
    after = re.match(r"\s*([А-ЯЁ][а-яё-]+)", text_after(m)) if suffix.startswith(" г.") else None
    if after is not None and (any("Geox" in p.tag for p in parses(after[1])) or not is_word(after[1].lower())):
        return f"{words}, город" + ("" if text_after(m)[:1].isspace() else " ")
    return with_stop(m, words)


def _day_case(m: Match) -> Case:
    word = last_word(text_before(m))
    if word in ("в", "во") or not preposition_cases(word):
        return Case.GENITIVE
    return Case.ACCUSATIVE if word in ("по", "на", "за") else governed(word, Case.GENITIVE)


def said_month_day(m: Match, _: TimeStyle) -> str:
    first, last, month = m["first_day"], m["last_day"], m["month"].lower()
    if not days_exist(m):
        return " ".join([*(cardinal(int(day)) for day in (first, last) if day), month])
    if not last:
        return f"{ordinal(int(first), _day_case(m), Gender.NEUTER)} {month}"
    if m["and"]:  # «первого и пятого ноября», «между первым и пятым ноября»
        case = governed(text_before(m), Case.GENITIVE) if last_word(text_before(m)) == "между" else _day_case(m)
        return f"{ordinal(int(first), case, Gender.NEUTER)} и {ordinal(int(last), case, Gender.NEUTER)} {month}"
    lead = "" if last_word(text_before(m)) in ("с", "со") else "с "
    start, end = ordinal(int(first), Case.GENITIVE), ordinal(int(last), Case.ACCUSATIVE, Gender.NEUTER)
    return f"{lead}{start} по {end} {month}"


def days_exist(m: Match) -> bool:
    """Whether the month has these days: there is no «31 февраля»."""
    longest = _LONGEST[MONTHS.index(m["month"].lower())]
    return all(0 < int(day) <= longest for day in (m["first_day"], m["last_day"]) if day)


_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def said_year(m: Match, _: TimeStyle) -> str:
    number, noun = int(m["year_number"]), m["year_noun"].lower()
    case = Case.GENITIVE
    if noun.startswith("год"):
        readings = [p.tag.case for p in nouns(noun) if p.tag.number == "sing"]
        cases = [Case.PREPOSITIONAL if c == "loc2" else Case(c) for c in readings if c in {*Case, "loc2"}]
        wanted = preposition_cases(text_before(m))
        case = next((c for c in wanted if c in cases), cases[0] if cases else Case.GENITIVE)
        return f"{ordinal(number, case)} {noun}"
    if "р" in noun:
        return with_stop(m, f"{ordinal(number, Case.GENITIVE)} года рождения")
    word = last_word(text_before(m))
    if word:
        case = Case.PREPOSITIONAL if word in ("в", "во") else governed(word, Case.GENITIVE)
    year = {Case.PREPOSITIONAL: "году"}.get(case) or noun_phrase("год", case)
    return _before_town(f"{ordinal(number, case)} {year}", " " + m["year_noun"], m)
