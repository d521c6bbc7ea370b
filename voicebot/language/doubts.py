"""What the voice can only guess at in a text: tokens that no rule of speaking is sure of, for the author to rewrite."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from voicebot.language.abbreviations import MARKS, SIGNS
from voicebot.language.around import Match
from voicebot.language.latin import roman, without_lookalikes
from voicebot.language.measures import UNITS
from voicebot.language.morphology import is_word, parses
from voicebot.language.said_dates import days_exist, real_date
from voicebot.language.said_letters import are_initials, said_roman
from voicebot.language.templates import NOTHING
from voicebot.language.wording import TOKEN
from voicebot.language.written import STRESS, VOWELS, prepared

_ADDRESS = re.compile(r"(?<!\S)\S{1,99}@\S+|(?:https?://|www\.)\S+|(?<![\w-])[\w-]{1,60}\.(?:ru|com|org|net)\b")
_LETTERS = re.compile(r"[^\W\d_]+")
_PIECE = re.compile(r"[A-Za-z][A-Za-z'.-]*[A-Za-z]|[A-Za-z]|[^\W\dA-Za-z_]+|[^\w\s]|_")
#: «3к2с1»: digits and letters by turns. A house («д. 5к2») may look so.
_JUMBLE = re.compile(r"(?<!\w)(?=\w{0,40}?\d[^\W\d_]{1,9}\d|\w{0,40}?[^\W\d_]\d{1,9}[^\W\d_])\w+")
_HOUSE = re.compile(r"(?:(?<!\w)(?:д\.|дом) ?|^д)$", re.IGNORECASE)
#: What is left when all that the rules know is out: «кг» without a number, «ежедн. с», a lone «ч.».
_NO_VOWEL = re.compile(rf"(?<![\w-])(?=[а-яё]{{2}})(?:(?![{VOWELS}])[а-яё])+\.?(?![\w-])")
_LONE = re.compile(r"(?<![\w.-])[гдзйлмнпртфхцчшщ](?![\w-])\.?")
_SHORTENED = re.compile(r"(?<![\w.-])([а-яё]{2,10})\.(?=,|\s?[а-яё\d])")
_STRINGED = re.compile(r"(?<![\w.-])(?:[а-яё]{1,3}\. ?){1,3}[а-яё]{1,3}\.(?!\w)")
_SPOKEN_SOUNDS = frozenset({"хм", "гм", "тсс", "тс", "брр"})


def doubts(text: str) -> Iterator[str]:
    """The tokens, in the order of the text, each once. The text holds no braces and no words that the
    clinic's dictionary says."""
    text = _ADDRESS.sub(" ", text)
    found = [*_signs(_LETTERS.sub(lambda m: without_lookalikes(m[0]), text)), *_jumbles(text), *_unsure(prepared(text))]
    yield from sorted(dict.fromkeys(found), key=lambda token: at if (at := text.find(token)) >= 0 else len(text))


def _signs(text: str) -> Iterator[str]:
    """Latin words, letters of other alphabets, signs that have no name."""
    for token in _PIECE.findall(text):
        if token[0].isascii() and token[0].isalpha():
            if token.lower() in NOTHING or not roman(token):
                yield token
        elif token[0].isalpha():
            if not re.fullmatch(f"[а-яё{STRESS}]+", prepared(token).lower()):
                yield token
        elif token not in MARKS and token not in SIGNS and token not in '«»„“”"’‘':
            yield token


def _jumbles(text: str) -> Iterator[str]:
    for m in _JUMBLE.finditer(text):
        letters = [part for part in re.split(r"\d+", m[0]) if part]
        if all(part.lower() in UNITS for part in letters):
            continue  # «9ч30мин»
        if letters[0].lower() in ("д", "дом") or _HOUSE.search(text[max(0, m.start() - 6) : m.start()]):
            continue
        if not any(part.isascii() for part in letters):  # Latin letters are told by themselves
            yield m[0]


def _unsure(text: str) -> Iterator[str]:
    text = text.replace(STRESS, "")
    for m in TOKEN.finditer(text):
        doubtful = _DOUBTFUL.get(str(m.lastgroup))
        if doubtful is not None and doubtful(m):
            yield m[0].strip()
    rest = TOKEN.sub(" ", text)
    for pattern in (_STRINGED, _NO_VOWEL, _LONE):
        for m in pattern.finditer(rest):
            if m[0].rstrip(".") not in _SPOKEN_SOUNDS:
                yield m[0].strip()
        rest = pattern.sub(" ", rest)
    yield from (m[0] for m in _SHORTENED.finditer(rest) if not is_word(m[1]) or "Abbr" in parses(m[1])[0].tag)


def _no_such_day(m: Match) -> bool:
    return real_date(m[0].removesuffix(m["date_year"] or "")) is None


def _lone_numeral(m: Match) -> bool:
    """A single «I» with no word that it could number is read as a letter."""
    return len(m[0]) == 1 and bool(roman(m[0])) and not re.search("[а-яё]{3}", said_roman(m), re.IGNORECASE)


_DOUBTFUL: Mapping[str, Callable[[Match], bool]] = {
    "clock": lambda m: True, "ending": lambda m: True, "initials": are_initials, "date": _no_such_day,
    "month_day": lambda m: not days_exist(m), "latin": _lone_numeral,
}  # fmt: skip
