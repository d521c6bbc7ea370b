"""What stands around a number decides its case: «до пяти врачей», «на третьем этаже»."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from voicebot.language.cases import DIRECT, Case, Gender
from voicebot.language.morphology import gender_of, nouns, parses

_G, _D, _A, _I, _P = Case.GENITIVE, Case.DATIVE, Case.ACCUSATIVE, Case.INSTRUMENTAL, Case.PREPOSITIONAL
_PREPOSITIONS: dict[str, tuple[Case, ...]] = {
    **dict.fromkeys(("от", "до", "из", "без", "для", "у", "около", "после", "более", "менее", "больше", "меньше",
                     "свыше", "порядка", "течение", "кроме", "ниже", "выше", "старше", "младше", "позже", "позднее",
                     "раньше", "ранее", "вместо", "возле", "ото"), (_G,)),
    "с": (_G, _I, _A), "со": (_G, _I, _A), "к": (_D,), "ко": (_D,), "благодаря": (_D,),
    "в": (_A, _P), "во": (_A, _P), "на": (_A, _P), "через": (_A,), "за": (_A, _I), "про": (_A,), "по": (_A, _D, _P),
    "спустя": (_A,), "под": (_I, _A), "над": (_I,), "перед": (_I,), "между": (_I,), "о": (_P, _A), "об": (_P, _A),
    "при": (_P,),
}  # fmt: skip
#: After these words a number is a name: «кабинет пять», «у дома пять».
_LABELS = re.compile(
    r"(дом|корпус|кабинет|квартир|этаж|строени|офис|подъезд|номер|палат|школ|аптек|поликлиник|больниц|шаг|код|цифр|"
    r"нажмите|нажать|клавиш|окн|окошк|линия|маршрут|автобус|улиц|проспект|участ|литер|помещени|зал|пункт|вариант)",
    re.IGNORECASE,
)  # fmt: skip
#: Nouns that are numbered rather than counted, so that even «1 этаж» is «первый этаж».
_NUMBERED = frozenset({
    "этаж", "кабинет", "корпус", "подъезд", "отделение", "поликлиника", "больница", "квартал", "курс", "категория",
    "группа", "степень", "число", "линия", "триместр", "класс", "отряд", "кресло", "палата", "очередь", "смена",
})  # fmt: skip
_HOUSE_PARTS = frozenset({"корпус", "дом", "квартира", "строение", "подъезд", "офис", "кабинет", "этаж"})
_DAY_PARTS = frozenset({"утра", "вечера", "ночи", "дня"})
_BEFORE = re.compile(r"([а-яё]+)[\s«\"(]*$", re.IGNORECASE)
_BETWEEN = re.compile(r"(?<!\w)между\s+\S+(?:\s\S+)?\s+и\s*$", re.IGNORECASE)
_AFTER = re.compile(r"\s+([а-яё-]+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Number:
    """How a number is to be said."""

    case: Case = Case.NOMINATIVE
    gender: Gender = Gender.MASCULINE
    ordinal: bool = False
    animate: bool = False


def preposition_cases(before: str) -> tuple[Case, ...]:
    """The cases that the last word before asks for, likeliest first; () when it is no preposition."""
    return _PREPOSITIONS.get(last_word(before), ())


def last_word(before: str) -> str:
    """The word that directly precedes, lower case; '' after a mark or at the beginning."""
    found = _BEFORE.search(before[-40:])
    return found[1].lower() if found else ""


def governed(before: str, default: Case = Case.NOMINATIVE) -> Case:
    """The case that a preposition asks for by itself."""
    if _BETWEEN.search(before[-60:]):
        return Case.INSTRUMENTAL  # «между 9:00 и 10:00»
    cases = preposition_cases(before)
    return cases[0] if cases else default


def number_between(n: int, before: str, after: str) -> Number:
    """How the number n is said between these texts."""
    wanted = preposition_cases(before)
    if not wanted and _LABELS.match(last_word(before)):
        return Number()
    noun, rest = _noun_after(after)
    if not noun:
        return Number(case=wanted[0] if wanted else Case.NOMINATIVE)
    if noun.lower() in _DAY_PARTS and re.match(r"\s*(?:[.,!?;]|$|[а-яё])", rest):
        return Number(case=wanted[0] if wanted else Case.NOMINATIVE)
    readings = nouns(noun)
    if any(p.normal_form in _HOUSE_PARTS for p in readings) and re.match(r"\s*№?\s*\d", rest):
        return Number()  # «Ленина 5 корпус 2»
    if not any(p.normal_form in _NUMBERED and p.tag.number == "sing" for p in readings[:2]):
        counted = _as_counted(n, wanted, readings)
        if counted is not None:
            return counted
    return _as_numbered(n, wanted, readings) or Number(case=wanted[0] if wanted else Case.NOMINATIVE)


def _noun_after(after: str) -> tuple[str, str]:
    """The noun after a number, past adjectives, and what follows it."""
    rest = after
    for _ in range(3):
        found = _AFTER.match(rest)
        if found is None:
            return "", rest
        rest = rest[found.end() :]
        tags = parses(found[1])
        if not tags:
            return "", rest
        if tags[0].tag.POS in ("ADJF", "PRTF"):
            continue
        if rest.startswith(".") and not tags[0].is_known:
            return "", rest  # «33 корп. 1»
        return (found[1], rest) if nouns(found[1]) and tags[0].tag.POS not in ("PREP", "CONJ", "VERB") else ("", rest)
    return "", rest


def _as_counted(n: int, wanted: tuple[Case, ...], readings: list[Any]) -> Number | None:
    candidates = wanted or (Case.NOMINATIVE, Case.ACCUSATIVE, _G, _D, _I, _P)
    for case in candidates:
        for reading in readings:
            if _counts(n, case, reading):
                gender = gender_of(reading)
                return Number(case, gender, animate=False)
            if case in DIRECT and 2 <= n <= 4 and reading.tag.number == "plur" and "anim" in reading.tag \
                    and reading.tag.case in ("accs",):  # fmt: skip
                return Number(Case.ACCUSATIVE, gender_of(reading), animate=True)  # «вижу двух пациентов»
    return None


def _counts(n: int, case: Case, noun: Any) -> bool:
    one, few = n % 10 == 1 and n % 100 != 11, n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14)
    number, form = noun.tag.number, noun.tag.case
    if one:
        return bool(number == "sing" and form == case.value)
    if case not in DIRECT:
        return bool(number == "plur" and form == case.value)
    if few:
        return bool(form == "gent" and number == "sing")
    return bool(form in ("gent", "gen2") and number == "plur")


def _as_numbered(n: int, wanted: tuple[Case, ...], readings: list[Any]) -> Number | None:
    singular = [p for p in readings if p.tag.number == "sing" and p.tag.gender]
    for case in (wanted[::-1] if _P in wanted else wanted) or (Case.NOMINATIVE, _A, _G, _D, _I, _P):
        for reading in singular:
            if reading.tag.case == case.value or (reading.tag.case == "loc2" and case is _P):
                if n >= 5 and not wanted and reading.tag.case == "gent":
                    continue
                return Number(case, gender_of(reading), ordinal=True)
    return None
