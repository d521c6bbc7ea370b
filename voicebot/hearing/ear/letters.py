"""What was said as pairs of letters: a second lesson for the head while it learns, so that it listens to sounds and
does not learn voices and whole clips by heart. Nothing of it is left in the trained head."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from voicebot.hearing.ear.recipes import Recipe, Source

PAIRS = 256  # the most usual ones


def pairs(text: str) -> frozenset[str]:
    """«да нет» -> «да», «не», «ет»; ё is е."""
    words = "".join(c if c.isalpha() else " " for c in text.lower().replace("ё", "е")).split()
    return frozenset(w[i : i + 2] for w in words for i in range(len(w) - 1))


def usual_pairs(recipes: Sequence[Recipe]) -> tuple[str, ...]:
    found = Counter(p for r in recipes if r.source is Source.PHRASE for p in sorted(pairs(r.text)))
    return tuple(sorted(p for p, _ in found.most_common(PAIRS)))


def targets(recipes: Sequence[Recipe], known: Sequence[str]) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """[n, 256] 1 where a pair was said, and [n] 1 where it is known what was said: not of prefixes and recordings."""
    place = {pair: i for i, pair in enumerate(known)}
    said = np.zeros((len(recipes), PAIRS), np.float32)
    sure = np.zeros(len(recipes), np.float32)
    for i, recipe in enumerate(recipes):
        sure[i] = recipe.source in (Source.PHRASE, Source.SOUND)
        if recipe.source is Source.PHRASE:
            for pair in pairs(recipe.text):
                if pair in place:
                    said[i, place[pair]] = 1
    return said, sure
