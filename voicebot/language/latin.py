"""Latin letters within Russian speech: Roman numerals, look-alikes, names of letters, and words as they sound."""

from __future__ import annotations

import re

_ALIKE = str.maketrans("ABCEHKMOPTXYaceopxyk", "АВСЕНКМОРТХУасеорхук")
_CYRILLIC = re.compile(r"[а-яё]", re.IGNORECASE)
_LATIN = re.compile(r"[a-z]", re.IGNORECASE)
_ROMAN = re.compile(r"(X{0,3})(IX|IV|V?I{0,3})")
_LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", (
    "эй", "би", "си", "ди", "и", "эф", "джи", "эйч", "ай", "джей", "кей", "эл", "эм", "эн", "о", "пи", "кью", "ар",
    "эс", "ти", "ю", "ви", "дабл ю", "икс", "уай", "зед"), strict=True))  # fmt: skip
_SOUNDS = {
    "shch": "щ", "sch": "ш", "sh": "ш", "ch": "ч", "zh": "ж", "kh": "х", "ts": "ц", "ph": "ф", "th": "т", "ck": "к",
    "ya": "я", "yu": "ю", "yo": "ё", "ye": "е", "ee": "и", "oo": "у", "qu": "кв", "ou": "ау", "igh": "ай", "ai": "ай",
    "a": "а", "b": "б", "c": "к", "d": "д", "e": "е", "f": "ф", "g": "г", "h": "х", "i": "и", "j": "дж", "k": "к",
    "l": "л", "m": "м", "n": "н", "o": "о", "p": "п", "q": "к", "r": "р", "s": "с", "t": "т", "u": "у", "v": "в",
    "w": "в", "x": "кс", "y": "и", "z": "з",
}  # fmt: skip
_SOUND = re.compile("|".join(sorted(_SOUNDS, key=len, reverse=True)))
_RUSSIAN_NAMES = dict(zip("бвгджзйклмнпрстфхцчшщ", (
    "бэ", "вэ", "гэ", "дэ", "жэ", "зэ", "й", "ка", "эл", "эм", "эн", "пэ", "эр", "эс", "тэ", "эф", "ха", "цэ", "че",
    "ша", "ща"), strict=True))  # fmt: skip


def without_lookalikes(word: str) -> str:
    """A word with letters of both alphabets becomes Russian where its Latin letters look so: «Cтоматолог»."""
    if not (_CYRILLIC.search(word) and _LATIN.search(word)):
        return word
    russian = word.translate(_ALIKE)
    return word if _LATIN.search(russian) else russian


def roman(word: str) -> int:
    """«IV» -> 4; 0 for what is no Roman numeral up to 39. A single «I», «V», «X» counts."""
    match = _ROMAN.fullmatch(word)
    if not word or match is None:
        return 0
    units = {"": 0, "I": 1, "II": 2, "III": 3, "IV": 4, "V": 5, "VI": 6, "VII": 7, "VIII": 8, "IX": 9}
    return len(match[1]) * 10 + units[match[2]]


def as_sounds(word: str) -> str:
    """A Latin word in Russian letters, near to how it is read: «Smile» -> «смиле»; short capitals letter by letter."""
    if word.isupper() and len(word) <= 4:
        return " ".join(_LETTERS.get(c, c) for c in word.lower())
    softened = re.sub(r"c(?=[eiy])", "s", word.lower())
    return _SOUND.sub(lambda m: _SOUNDS[m[0]], softened)


def letter_name(letter: str) -> str:
    """«в» -> «вэ», «а» -> «а»: the letter of a house or a class. Latin letters as in «витамин C»."""
    medical = {"a": "а", "b": "бэ", "c": "цэ", "d": "дэ", "e": "е", "f": "эф", "h": "аш", "k": "ка", "p": "пэ"}
    return medical.get(letter.lower()) or _RUSSIAN_NAMES.get(letter.lower(), letter.lower())


def letter_by_letter(word: str) -> str:
    """«МРТ» -> «эм-эр-тэ»: for abbreviations that have no vowel and so cannot be read as a word."""
    return "-".join(_RUSSIAN_NAMES.get(c, c) for c in word.lower())
