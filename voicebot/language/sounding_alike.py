"""Which usual answers a garbled text sounds like: «харасу» is «хорошо», «выробот» is «вы робот?».

In noise a recogniser writes words that nobody said, with the sounds of those that were. By itself that proves nothing
(in a trial a third of such likenesses was wrong), but where the ear hears the same, it is enough (hearing.fusion).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from voicebot.language.likeness import NONE
from voicebot.language.sample_sentences import Sample, read_samples
from voicebot.language.sounds import sound

SHORTEST, LONGEST = 3, 30  # sounds: «да» is near to everything, whole stories to nothing
_NO_LETTER = re.compile(r"[^а-я]+")
LEAST = 0.5  # likeness below which nothing is told


class SoundingAlike:
    """Sentences by how they sound, as one word: a recogniser that guesses puts the gaps anywhere."""

    def __init__(self, samples: Iterable[Sample]) -> None:
        self._meanings: dict[str, set[str]] = {}
        for sample in samples:
            key = _key(sample.say)
            if SHORTEST <= len(key) <= LONGEST:
                self._meanings.setdefault(key, set()).update(sample.labels)
        self._keys = list(self._meanings)

    def near(self, text: str) -> Mapping[str, float]:
        """Intent -> likeness LEAST…1 of the nearest sentence of that meaning, but for what the text sounds less like
        than like no answer at all; about 1 ms."""
        key = _key(text)
        if not SHORTEST <= len(key) <= LONGEST:
            return {}
        found: dict[str, float] = {}
        alike = process.extract(
            key, self._keys, scorer=Levenshtein.normalized_similarity, score_cutoff=LEAST, limit=None
        )
        for sentence, likeness, _ in alike:
            for label in self._meanings[sentence]:
                found[label] = max(found.get(label, 0.0), likeness)
        nothing = found.pop(NONE, 0.0)
        return {label: likeness for label, likeness in found.items() if likeness >= nothing}


def _key(text: str) -> str:
    return sound(_NO_LETTER.sub("", text.lower().replace("ё", "е")))


@lru_cache(maxsize=1)
def shipped_sentences() -> SoundingAlike:
    """The samples of the package, read once a process (a quarter of a second)."""
    return SoundingAlike(read_samples())
