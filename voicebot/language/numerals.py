"""Russian numerals as words, in every case and gender. num2words makes them; here is what it leaves out."""

from __future__ import annotations

from functools import lru_cache

from voicebot.language.cases import DIRECT, Case, Gender

#: The largest number that is spoken as a number; longer ones are spoken digit by digit.
LARGEST = 999_999_999_999
LARGEST_ORDINAL = 9_999

_CASES = {Case.NOMINATIVE: "n", Case.GENITIVE: "g", Case.DATIVE: "d", Case.ACCUSATIVE: "a", Case.INSTRUMENTAL: "i",
          Case.PREPOSITIONAL: "p"}  # fmt: skip
_GENDERS = {Gender.MASCULINE: "m", Gender.FEMININE: "f", Gender.NEUTER: "n", Gender.PLURAL: "p"}
_ONE_THOUSAND = ("одна тысяча", "одной тысячи", "одной тысяче", "одну тысячу", "одной тысячей")
_PLURAL_ONE = {Case.NOMINATIVE: "одни", Case.GENITIVE: "одних", Case.DATIVE: "одним", Case.ACCUSATIVE: "одни",
               Case.INSTRUMENTAL: "одними", Case.PREPOSITIONAL: "одних"}  # fmt: skip


def plural(n: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a number: «визит», «визита», «визитов»."""
    if n % 100 in (11, 12, 13, 14):
        return many
    return one if n % 10 == 1 else few if n % 10 in (2, 3, 4) else many


@lru_cache(maxsize=4096)
def cardinal(n: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE, animate: bool = False) -> str:
    """«двадцать один» / «двадцать одна» / «двадцати одной». n is in 0…LARGEST; a thousand is «тысяча»."""
    from num2words import num2words  # type: ignore[import-untyped]  # 15 ms: only where numbers are spoken

    if not 0 <= n <= LARGEST:
        raise ValueError(f"cardinal of {n}: 0…{LARGEST} expected")
    if n == 1 and gender is Gender.PLURAL:
        return _PLURAL_ONE[case]
    # animate in the accusative is only for 1…4 («двух пациентов»); compounds stay («двадцать два пациента»)
    alive = animate and n < 5 and case is Case.ACCUSATIVE
    spoken_gender = "m" if gender is Gender.PLURAL else _GENDERS[gender]
    words = str(num2words(n, lang="ru", case=_CASES[case], gender=spoken_gender, animate=alive))
    if n == 0:
        return words.replace("нол", "нул") if case not in DIRECT else words  # «от нуля»
    for one in _ONE_THOUSAND:
        if words == one or words.startswith(one + " "):
            return words.partition(" ")[2]
    return words


@lru_cache(maxsize=4096)
def ordinal(n: int, case: Case = Case.NOMINATIVE, gender: Gender = Gender.MASCULINE, animate: bool = False) -> str:
    """«двадцать третий» in a case and gender. n is in 0…LARGEST_ORDINAL."""
    from num2words import num2words

    if not 0 <= n <= LARGEST_ORDINAL:
        raise ValueError(f"ordinal of {n}: 0…{LARGEST_ORDINAL} expected")
    plural_form = gender is Gender.PLURAL
    return str(num2words(n, lang="ru", to="ordinal", case=_CASES[case], plural=plural_form, animate=animate,
                         gender="m" if plural_form else _GENDERS[gender]))  # fmt: skip


def digits(text: str) -> str:
    """A group of digits as a clock or a house says it: «05» -> «ноль пять», «00» -> «ноль ноль»."""
    rest = text.lstrip("0")
    zeros = ["ноль"] * (len(text) - len(rest))
    if len(rest) > 3:
        return " ".join([*zeros, digit_by_digit(rest)])
    return " ".join([*zeros, cardinal(int(rest))] if rest else zeros)


def digit_by_digit(text: str) -> str:
    """«120» -> «один два ноль»."""
    return " ".join(cardinal(int(d)) for d in text)


def decimal_words(whole: str, fraction: str, case: Case = Case.NOMINATIVE) -> str:
    """«2», «5» -> «две целых пять десятых»; a fraction longer than thousandths is read out."""
    if len(fraction) > 3 or len(whole) > 12:
        return f"{digits(whole)} запятая {digit_by_digit(fraction)}"
    n, part = int(whole), int(fraction)
    endings = _FRACTION_ONE if part % 10 == 1 and part % 100 != 11 else _FRACTION_MANY
    name = ("десят", "сот", "тысячн")[len(fraction) - 1]
    whole_endings = _FRACTION_ONE if n % 10 == 1 and n % 100 != 11 else _FRACTION_MANY
    return (
        f"{cardinal(n, case, Gender.FEMININE)} цел{whole_endings[case]} "
        f"{cardinal(part, case, Gender.FEMININE)} {name}{endings[case]}"
    )


_FRACTION_ONE = {Case.NOMINATIVE: "ая", Case.GENITIVE: "ой", Case.DATIVE: "ой", Case.ACCUSATIVE: "ую",
                 Case.INSTRUMENTAL: "ой", Case.PREPOSITIONAL: "ой"}  # fmt: skip
_FRACTION_MANY = {**dict.fromkeys(DIRECT, "ых"), Case.GENITIVE: "ых", Case.DATIVE: "ым", Case.INSTRUMENTAL: "ыми",
                  Case.PREPOSITIONAL: "ых"}  # fmt: skip
