"""How a Russian word sounds, so that «канечно», «аператор» and «потверждаю» are found under what they stand for.

Recognition writes what it hears: unstressed vowels run together, ends of words lose their voice, soft signs vanish.
Two words with one key sound alike on the telephone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

SOUND_MIN = 4  # shorter words have too many neighbours that sound like them

_CLUSTERS = (("тся", "ца"), ("ться", "ца"), ("тьс", "ц"), ("стн", "сн"), ("здн", "зн"), ("вств", "ств"), ("сч", "щ"),
             ("зч", "щ"), ("чт", "шт"), ("чн", "шн"), ("дтв", "тв"), ("дств", "тств"))  # fmt: skip
_VOWELS = str.maketrans({"о": "а", "е": "и", "э": "и", "я": "и", "ы": "и", "ю": "у", "ь": None, "ъ": None, "й": None})
_VOICELESS = str.maketrans("бвгджз", "пфктшс")
_BEFORE_VOICELESS = re.compile(r"[бвгджз](?=[пфктшсчщц])")
_DOUBLED = re.compile(r"(.)\1+")


def sound(word: str) -> str:
    """The key of a lower-case word (ё as е)."""
    word = re.sub(r"(?<=[ое])г(?=о$)", "в", word)
    for written, heard in _CLUSTERS:
        word = word.replace(written, heard)
    word = word.translate(_VOWELS)
    word = _BEFORE_VOICELESS.sub(lambda m: m[0].translate(_VOICELESS), word)
    if word and word[-1] in "бвгджз":
        word = word[:-1] + word[-1].translate(_VOICELESS)
    return _DOUBLED.sub(r"\1", word)


def by_sound(vocabulary: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    """The words under each key, in alphabetical order."""
    found: dict[str, list[str]] = {}
    for word in sorted(vocabulary):
        if len(word) >= SOUND_MIN and word.isalpha():
            found.setdefault(sound(word), []).append(word)
    return {key: tuple(words) for key, words in found.items()}


def nearest_by_sound(word: str, known: Mapping[str, tuple[str, ...]]) -> str:
    """The one known word that sounds like it: of several the one written most alike; '' when there is none."""
    if len(word) < SOUND_MIN or not word.isalpha():
        return ""
    candidates = known.get(sound(word), ())
    if len(candidates) <= 1:
        return candidates[0] if candidates else ""
    ranked = sorted((_apart(word, c), c) for c in candidates)
    return ranked[0][1] if ranked[0][0] < ranked[1][0] else ""


def _apart(a: str, b: str) -> int:
    """How many letters differ, place by place from both ends: enough to tell spellings of one sound apart."""
    same_start = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    ends = zip(a[same_start:][::-1], b[same_start:][::-1], strict=False)
    same_end = next((i for i, (x, y) in enumerate(ends) if x != y), min(len(a), len(b)) - same_start)
    return max(len(a), len(b)) - same_start - same_end
