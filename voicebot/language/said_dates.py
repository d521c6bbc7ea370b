"""Times, dates, years and weekdays within a written text -> words."""

from __future__ import annotations

import re
from datetime import date, time

from voicebot.language.abbreviations import FIXED
from voicebot.language.around import Match, text_before, with_stop
from voicebot.language.cases import Case, Gender
from voicebot.language.context import governed, last_word, preposition_cases
from voicebot.language.days import date_words, time_words
from voicebot.language.morphology import noun_phrase, nouns
from voicebot.language.numerals import cardinal, decimal_words, digits, ordinal
from voicebot.language.templates import TimeStyle


def said_time(m: Match, style: TimeStyle) -> str:
    hour, minute = (int(p) for p in re.split(r"[:.]", m[0])[:2])
    if "." in m[0] and not preposition_cases(text_before(m)):
        whole, fraction = m[0].split(".")
        return decimal_words(whole, fraction)
    return time_words(time(hour, minute), style, governed(text_before(m)))


def said_times(m: Match, style: TimeStyle) -> str:
    first, last = (time.fromisoformat(t.replace(".", ":").rjust(5, "0")) for t in re.split(r"\s*[-–—]\s*", m[0]))
    lead = "" if last_word(text_before(m)) in ("с", "со") else "с "
    return f"{lead}{time_words(first, style, Case.GENITIVE)} до {time_words(last, style, Case.GENITIVE)}"


def said_weekdays(m: Match, _: TimeStyle) -> str:
    first, last = (FIXED[d.strip(". ").lower()] for d in re.split(r"[-–—]", m[0]))
    lead = "" if last_word(text_before(m)) in ("с", "со") else "с "
    return f"{lead}{noun_phrase(first, Case.GENITIVE)} по {noun_phrase(last, Case.ACCUSATIVE)}"


def said_date(m: Match, _: TimeStyle) -> str:
    parts = [int(p) for p in re.split(r"[./-]", m[0])]
    if parts[0] > 31:
        parts.reverse()
    day, month, year = (*parts, 0)[:3]
    try:
        found = date(year + 2000 if 0 < year < 100 else year or 2000, month, day)
    except ValueError:
        return " ".join(digits(p) for p in re.split(r"[./-]", m[0]))
    return date_words(found, _day_case(m), bool(year))


def _day_case(m: Match) -> Case:
    word = last_word(text_before(m))
    if word in ("в", "во") or not preposition_cases(word):
        return Case.GENITIVE
    return Case.ACCUSATIVE if word in ("по", "на", "за") else governed(word, Case.GENITIVE)


def said_month_day(m: Match, _: TimeStyle) -> str:
    first, last, month = m["first_day"], m["last_day"], m["month"].lower()
    if not 0 < int(first) <= 31 or (last and not 0 < int(last) <= 31):
        return f"{cardinal(int(first))} {month}"
    if not last:
        return f"{ordinal(int(first), _day_case(m), Gender.NEUTER)} {month}"
    if m["and"]:  # «первого и пятого ноября», «между первым и пятым ноября»
        case = governed(text_before(m), Case.GENITIVE) if last_word(text_before(m)) == "между" else _day_case(m)
        return f"{ordinal(int(first), case, Gender.NEUTER)} и {ordinal(int(last), case, Gender.NEUTER)} {month}"
    lead = "" if last_word(text_before(m)) in ("с", "со") else "с "
    start, end = ordinal(int(first), Case.GENITIVE), ordinal(int(last), Case.ACCUSATIVE, Gender.NEUTER)
    return f"{lead}{start} по {end} {month}"


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
    return with_stop(m, f"{ordinal(number, case)} {year}")
