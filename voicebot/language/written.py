"""Text before it is put into words: one form of every character, no tags, no look-alikes, no odd signs."""

from __future__ import annotations

import re
import unicodedata

from voicebot.language.latin import without_lookalikes
from voicebot.language.measures import PER
from voicebot.language.templates import NOTHING, clean

STRESS = "\u0301"
VOWELS = "аеёиоуыэюяАЕЁИОУЫЭЮЯ"

_BLANK = re.compile(r"\{[^{}]*\}")  # a fact that nothing filled in
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,200}>")
_NOTHING = re.compile(rf"(?<![\w.@-])(?:{'|'.join(map(re.escape, NOTHING))})(?![\w@-]|\.\w)", re.IGNORECASE)
_QUOTES = re.compile(r"[«»„“”‟\"‹›]|(?<!\w)['‘’]|['‘’](?!\w)")
_PLUS_STRESS = re.compile(rf"(?<=[А-Яа-яЁё])\+([{VOWELS}])")
_LOOSE_STRESS = re.compile(rf"(?<![{VOWELS}]){STRESS}|{STRESS}(?={STRESS})")
_DIGIT_LATIN = re.compile(r"(\d)([A-Za-z])")
#: «C 9 до 18»: a Latin letter typed for a Russian preposition or conjunction.
_LONE_LETTER = re.compile(
    r"(?<![\w.&/+-])(?<![а-яё] )[CcKkOoAaBy](?= (?:\d|[а-яё]))|(?<=[а-яё] )[ckoay](?= (?:\d|[а-яё]))"
)
_PREPOSITIONS = str.maketrans("CcKkOoAaBy", "СсКкОоАаВу")
_MINUS = re.compile(r"(?<!\S)-(?=\d)")
_EITHER = re.compile(
    rf"(?<=[а-яё]{{2}})/(?!(?:{'|'.join(map(re.escape, PER))}|ая|ла|на)(?!\w))(?=[а-яё]{{2}})", re.IGNORECASE
)
#: «$5» is read as «5 $», «$2 млн» as «2 млн $».
_MONEY_FIRST = re.compile(r"([$€])\s?((?:\d{1,3}(?: \d{3})+(?!\d)|\d+)(?:[.,]\d+)?(?:\s?(?:тыс|млн|млрд)(?!\w)\.?)?)")
_SQUARE = re.compile(r"(?<=\d)( ?)м2(?!\w)")  # «20 м2»
_PART_OF_HOUSE = re.compile(r"(?:(?<=\d)|(?<![а-яё.]))([кс])(?=\d)", re.IGNORECASE)  # «д.5к2», «дом 6 с3»
_PARTS = {"к": "корп.", "с": "стр."}
_LETTER_DIGIT = re.compile(r"([а-яё])(\d)", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+")
_NEIGHBOURS = str.maketrans("іїєґўІЇЄҐЎ", "ииегуИИЕГУ")  # letters of Russian's neighbours, as a Russian voice says them
_DASHES = str.maketrans({"‐": "-", "‑": "-", "‒": "–", "―": "—", "⁃": "-"})


def prepared(text: str) -> str:
    """The text with plain digits, one kind of spaces and quotes left out; stress is U+0301 after a vowel."""
    text = _TAG.sub(" ", _BLANK.sub(" ", unicodedata.normalize("NFC", text).translate(_DASHES)))
    text = "".join(map(_character, text)).translate(_NEIGHBOURS)
    text = _NOTHING.sub(" ", clean(text))
    text = _PLUS_STRESS.sub(rf"\1{STRESS}", _QUOTES.sub("", text))
    text = _SQUARE.sub(r"\1м²", _MONEY_FIRST.sub(r"\2 \1", text))
    text = _LETTER_DIGIT.sub(r"\1 \2", _PART_OF_HOUSE.sub(lambda m: f" {_PARTS[m[1].lower()]} ", text))
    text = _WORD.sub(lambda m: without_lookalikes(m[0]), _DIGIT_LATIN.sub(r"\1 \2", text))
    text = _LONE_LETTER.sub(lambda m: m[0].translate(_PREPOSITIONS), text)
    text = _EITHER.sub(" или ", _MINUS.sub("минус ", text))
    return _LOOSE_STRESS.sub("", text)


def _character(char: str) -> str:
    if char < "\u0250":
        plain = unicodedata.normalize("NFD", char)[0] if char > "\u00bf" else char
        return {"ß": "ss", "æ": "ae", "ø": "o", "ł": "l"}.get(plain.lower(), plain)
    if "\uff01" <= char <= "\uff5e":  # full-width Latin
        return chr(ord(char) - 0xFEE0)
    digit = unicodedata.decimal(char, None)
    return str(int(digit)) if digit is not None else char
