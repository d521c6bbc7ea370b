"""Numbers in speech: «пять», «четвёрочка», «на троечку», «двадцать один», «второй», «25-е»."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

_ONES = ("ноль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять",
         "одиннадцать", "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать",
         "восемнадцать", "девятнадцать")  # fmt: skip
_GENITIVE = ("ноля", "одного", "двух", "трех", "четырех", "пяти", "шести", "семи", "восьми", "девяти", "десяти",
             "одиннадцати", "двенадцати", "тринадцати", "четырнадцати", "пятнадцати", "шестнадцати", "семнадцати",
             "восемнадцати", "девятнадцати")  # fmt: skip
_DATIVE = {"одному": 1, "двум": 2, "трем": 3, "четырем": 4}
TENS = {"двадцать": 20, "двадцати": 20, "тридцать": 30, "тридцати": 30, "сорок": 40, "сорока": 40,
        "пятьдесят": 50, "пятидесяти": 50, "шестьдесят": 60, "семьдесят": 70, "восемьдесят": 80,
        "девяносто": 90}  # fmt: skip
#: Marks: «пятёрка», «троечку», «десятки».
_MARKS = {
    stem + ending: value
    for value, stems in enumerate(
        (("нолик", "нуль"), ("единиц", "единичк"), ("двойк", "двоечк"), ("тройк", "троечк", "трояк"),
         ("четверк", "четверочк"), ("пятерк", "пятерочк", "питерк", "пятак"), ("шестерк", "шестерочк"),
         ("семерк", "семерочк"), ("восьмерк", "восьмерочк"), ("девятк", "девяточк"), ("десятк", "десяточк"))
    )
    for stem in stems
    for ending in ("", "а", "у", "и", "ой", "е")
}  # fmt: skip

NUMBERS: dict[str, int] = {
    **{w: n for n, w in enumerate(_ONES)}, **{w: n for n, w in enumerate(_GENITIVE)}, **_DATIVE, **TENS, **_MARKS,
    "одна": 1, "одну": 1, "две": 2, "пару": 2, "кол": 1, "сто": 100, "ста": 100,
}  # fmt: skip

_ORDINAL_STEMS = ("нулев", "перв", "втор", "трет", "четверт", "пят", "шест", "седьм", "восьм", "девят", "десят",
                  "одиннадцат", "двенадцат", "тринадцат", "четырнадцат", "пятнадцат", "шестнадцат", "семнадцат",
                  "восемнадцат", "девятнадцат", "двадцат", "тридцат")  # fmt: skip
_ORDINAL_VALUES = (*range(20), 20, 30)
_HARD = ("ый", "ой", "ая", "ое", "ую", "ого", "ому", "ым", "ом", "ые", "ых")
_SOFT = ("ий", "ья", "ье", "ью", "ьего", "ьему", "ьим", "ьем", "ей", "ьей")
ORDINALS: dict[str, int] = {
    stem + ending: value
    for stem, value in zip(_ORDINAL_STEMS, _ORDINAL_VALUES, strict=True)
    for ending in (_SOFT if stem == "трет" else (*_HARD, "ой"))
}
_NEUTER = re.compile(r"(?:ое|ье|ого|ьего|ому|ьему)$")
_MASCULINE = re.compile(r"(?:ый|ой|ий|ая|ую|ья|ью)$")
_DIGITS_ORDINAL = re.compile(r"(\d{1,2})-?(е|ое|го|ого|му|ому|й|ый|я|ая|ю|ую)")

#: What is counted, so that a number before it is no answer by itself: «десять минут», «пять лет», «один раз».
_COUNTED = re.compile(
    r"(?:минут\w*|час(?:а|ов|ик\w*)?|секунд\w*|день|дня|дней|недел\w*|месяц\w*|лет|год\w*|раз\w?|рубл\w*|тысяч\w*"
    r"|человек\w*|визит\w*|запис\w*|вопрос\w*|врач\w*|ребен\w*|дет\w+|процент\w*|этаж\w*|кабинет\w*)"
)
_OR = frozenset({"или", "либо", "между", "максимум"})
_TAKES_BACK = frozenset({"нет", "ой", "вернее", "точнее", "хотя", "то есть"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number said by words [start, end). ordinal: «второй», in place of «два»."""

    start: int
    end: int
    value: int
    ordinal: bool = False


def number_at(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """A number 0…100 (in words) or up to four digits at a position: (value, end)."""
    if at >= len(words):
        return None
    word = words[at]
    if word.isdecimal() and len(word) <= 4:
        return int(word), at + 1
    if word in TENS:
        tail = NUMBERS.get(words[at + 1], 0) if at + 1 < len(words) else 0
        return (TENS[word] + tail, at + 2) if 0 < tail < 10 else (TENS[word], at + 1)
    return (NUMBERS[word], at + 1) if word in NUMBERS else None


def ordinal_at(words: Sequence[str], at: int, *, of_day: bool = False) -> tuple[int, int] | None:
    """«второй», «двадцать пятый», «2-й»: (value, end). of_day: only the forms that name a day of a month."""
    if at >= len(words):
        return None
    forms = _NEUTER if of_day else _MASCULINE
    digits = _DIGITS_ORDINAL.fullmatch(words[at])
    if digits:
        return (int(digits[1]), at + 1) if of_day == (digits[2] in ("е", "ое", "го", "ого", "му", "ому")) else None
    tens = TENS.get(words[at], 0)
    if tens and at + 1 < len(words):
        one = ORDINALS.get(words[at + 1], 0)
        return (tens + one, at + 2) if 0 < one < 10 and forms.search(words[at + 1]) else None
    one = ORDINALS.get(words[at], -1)
    return (one, at + 1) if one >= 0 and forms.search(words[at]) else None


def numbers_in(words: Sequence[str], taken: Sequence[tuple[int, int]] = ()) -> list[Number]:
    """The numbers of an utterance that are answers by themselves, in their order; taken: spans of other things."""
    inside = {i for start, end in taken for i in range(start, end)}
    found: list[Number] = []
    at = 0
    while at < len(words):
        cardinal, ordinal = number_at(words, at), ordinal_at(words, at)
        one = cardinal or ordinal or _small_neuter(words, at)
        if one is None or at in inside or one[1] - 1 in inside:
            at += 1
            continue
        if not _counts(words, at, one[1]):
            found.append(Number(at, one[1], one[0], ordinal=cardinal is None))
        at = one[1]
    return found


def amounts_in(words: Sequence[str]) -> list[Number]:
    """Numbers of something: «десять минут», «два часа». The span takes in «на» and what is counted."""
    found: list[Number] = []
    for at in range(len(words)):
        number = number_at(words, at)
        if number is None or not _counts(words, at, number[1]):
            continue
        if number[1] < len(words) and _COUNTED.fullmatch(words[number[1]]):
            found.append(Number(at - (at > 0 and words[at - 1] == "на"), number[1] + 1, number[0]))
        else:
            found.append(Number(at - 2, number[1], number[0]))
    return found


def _counts(words: Sequence[str], start: int, end: int) -> bool:
    """«десять минут», «минут на десять»."""
    if end < len(words) and _COUNTED.fullmatch(words[end]):
        return True
    return start > 1 and words[start - 1] == "на" and bool(_COUNTED.fullmatch(words[start - 2]))


def answer_among(words: Sequence[str], found: Sequence[Number]) -> list[Number]:
    """What remains of several numbers: «девять из десяти» is 9, «пять, нет, четыре» is 4, «три или два» is nothing."""
    kept = [n for n in found if not _denied(words, n)]
    if len(kept) == 2 and list(words[kept[0].end : kept[1].start]) == ["из"]:
        kept = kept[:1]
    for earlier, later in pairwise(kept):
        between = words[earlier.end : later.start]
        if any(w in _TAKES_BACK for w in between):
            kept = [n for n in kept if n.start >= later.start]
        elif any(w in _OR for w in (*between, *words[: earlier.start])) and earlier.value != later.value:
            return []
    return [n for n in kept if list(words[n.end : n.end + 2]) != ["с", "половиной"]]


def _denied(words: Sequence[str], number: Number) -> bool:
    """«не пять», «не на пять», «минус один»."""
    before = words[max(0, number.start - 2) : number.start]
    return bool(before) and (before[-1] in ("не", "минус") or list(before) == ["не", "на"])


def _small_neuter(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """«второе» of the slots offered; «двадцать пятое» is a day."""
    one = ordinal_at(words, at, of_day=True)
    small = one is not None and one[0] <= 10 and re.search(r"(?:ое|ье|\de|е)$", words[at])
    return one if small else None
