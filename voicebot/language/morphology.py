"""Nouns and noun phrases in cases, by pymorphy3. It is loaded when first needed (0.1 s), never at import."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from voicebot.language.cases import DIRECT, Case, Gender
from voicebot.language.numerals import plural

_ADJECTIVES = ("ADJF", "PRTF")
_CYRILLIC = re.compile(r"[а-яё]+", re.IGNORECASE)
#: Counted forms that the dictionary does not give: (genitive plural after numbers).
_COUNTED = {"год": "лет", "человек": "человек"}


@lru_cache(maxsize=1)
def _analyser() -> Any:
    import pymorphy3  # type: ignore[import-untyped]

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=8192)
def parses(word: str) -> tuple[Any, ...]:
    """What a word may be, likeliest first, as pymorphy3 tells it (`.tag`, `.inflect`); () for what is no word."""
    return tuple(_analyser().parse(word.lower())) if _CYRILLIC.search(word) else ()


@lru_cache(maxsize=8192)
def is_word(word: str) -> bool:
    """Whether the dictionary has it, ё written or not; about 20 µs when it is new."""
    return bool(_analyser().word_is_known(word))


def nouns(word: str) -> list[Any]:
    """The readings of a word as a noun."""
    return [p for p in parses(word) if p.tag.POS == "NOUN"]


def gender_of(parse: Any) -> Gender:
    """The gender of a reading; a plural without one is PLURAL."""
    return Gender(parse.tag.gender) if parse.tag.gender else Gender.PLURAL


def like(pattern: str, word: str) -> str:
    """word with the capitals of pattern."""
    if len(pattern) > 1 and pattern.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if pattern[:1].isupper() else word


@lru_cache(maxsize=4096)
def noun_phrase(text: str, case: Case) -> str:
    """«детский хирург» -> «детскому хирургу». What follows the noun («полости рта», after a comma) stays.

    What cannot be declined is returned as it is.
    """
    head, mark, rest = _first_clause(text)
    words = head.split()
    at = next((i for i, w in enumerate(words) if _nominative_noun(w.rpartition("-")[2]) is not None), None)
    if case is Case.NOMINATIVE or at is None:
        return _single_adjective(text, case) if at is None and case is not Case.NOMINATIVE else text
    noun = _nominative_noun(words[at].rpartition("-")[2])
    if not all(_agrees(w, noun) for w in words[:at]):
        return text
    done = [_adjective(w, noun, case) for w in words[:at]] + [_hyphened(words[at], case)]
    left = words[at + 1 :]
    if left and "anim" in noun.tag and (second := _nominative_noun(left[0])) is not None and "anim" in second.tag:
        done.append(_hyphened(left.pop(0), case))  # «врач терапевт»
    return " ".join([*done, *left]) + mark + rest


@lru_cache(maxsize=4096)
def counted(n: int, noun: str, case: Case = Case.NOMINATIVE) -> str:
    """The noun beside a cardinal: «рубль», 5 -> «рублей»; 2 in the dative -> «рублям»."""
    reading = _nominative_noun(noun)
    if reading is None:
        return noun
    if n and n % 1000 == 0:
        return _COUNTED.get(noun) or _form(reading, "plur", "gent")  # «к двум тысячам рублей»
    if case in DIRECT:
        many = _COUNTED.get(noun) or _form(reading, "plur", "gent")
        one = _form(reading, "sing", case.value)
        return plural(n, one, _form(reading, "sing", "gent"), many)
    if n % 10 == 1 and n % 100 != 11:
        return _form(reading, "sing", case.value)
    if case is Case.GENITIVE and noun in _COUNTED:
        return _COUNTED[noun]
    return _form(reading, "plur", case.value)


def noun_gender(noun: str) -> Gender:
    """The gender of a noun in the nominative; masculine when it is no noun."""
    reading = _nominative_noun(noun)
    return gender_of(reading) if reading is not None else Gender.MASCULINE


def _first_clause(text: str) -> tuple[str, str, str]:
    found = re.search(r"\s*[,;:(«\"—]", text)
    return (text[: found.start()], text[found.start() : found.end()], text[found.end() :]) if found else (text, "", "")


def _nominative_noun(word: str) -> Any:
    if len(word) > 1 and word.isupper():
        return None  # «УЗИ» is not declined
    found = [p for p in nouns(word) if p.tag.case == "nomn" and "Surn" not in p.tag]
    return next((p for p in found if p.tag.number == "sing"), found[0] if found else None)


def _agrees(word: str, noun: Any) -> bool:
    return any(_beside(p, noun) for p in parses(word))


def _beside(parse: Any, noun: Any) -> bool:
    same = parse.tag.number == "plur" or parse.tag.gender == noun.tag.gender
    return parse.tag.POS in _ADJECTIVES and parse.tag.case == "nomn" and parse.tag.number == noun.tag.number and same


def _adjective(word: str, noun: Any, case: Case) -> str:
    reading = next(p for p in parses(word) if _beside(p, noun))
    wanted = {case.value}
    if case is Case.ACCUSATIVE and (noun.tag.gender == "masc" or noun.tag.number == "plur"):
        wanted.add("anim" if "anim" in noun.tag else "inan")
    form = reading.inflect(wanted)
    return like(word, form.word) if form is not None else word


def _single_adjective(text: str, case: Case) -> str:
    """«дежурный», «Центральный»: an adjective that stands for a noun."""
    reading = next(
        (p for p in parses(text) if p.tag.POS in _ADJECTIVES and p.tag.case == "nomn"), None
    ) if " " not in text else None  # fmt: skip
    if reading is None:
        return text
    wanted = {case.value} | ({"inan"} if case is Case.ACCUSATIVE and reading.tag.gender == "masc" else set())
    form = reading.inflect(wanted)
    return like(text, form.word) if form is not None else text


def _hyphened(word: str, case: Case) -> str:
    """«врач-стоматолог-терапевт»: every part that is a noun of its own is declined."""
    parts = word.split("-")
    done = [_noun_form(p, case) if i == len(parts) - 1 or _declines_within(p) else p for i, p in enumerate(parts)]
    return "-".join(done)


def _declines_within(part: str) -> bool:
    reading = _nominative_noun(part)
    return reading is not None and "anim" in reading.tag and reading.is_known


def _noun_form(word: str, case: Case) -> str:
    reading = _nominative_noun(word)
    form = reading.inflect({case.value}) if reading is not None else None
    return like(word, form.word) if form is not None else word


def _form(reading: Any, number: str, case: str) -> str:
    form = reading.inflect({number, case})
    return str(form.word) if form is not None else str(reading.word)
