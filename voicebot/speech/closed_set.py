"""Scoring a closed set of phrases against the sound with Whisper, which has no grammar.

A beam search that may use no other tokens than those of the phrases: 60 ms for 20 phrases, and as right as forced
alignment of each of them (38 of 44 numbers), which takes 430.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from voicebot.speech.port import Choice

BEAM = 16  # 8 loses the right number in two of 44
MAX_PHRASES = 64  # with more, their tokens make any word


@dataclass(frozen=True, slots=True)
class ClosedSet:
    """suppressed: the tokens that no phrase has; length: of the longest phrase in tokens."""

    phrases: tuple[str, ...]
    suppressed: tuple[int, ...]
    length: int

    def choices(self, texts: Iterable[str], log_probabilities: Iterable[float], free: float) -> tuple[Choice, ...]:
        """The phrases among the hypotheses. free: the log probability of the text without limits."""
        known = {spelled(phrase): phrase for phrase in self.phrases}
        found: dict[str, float] = {}
        for text, score in zip(texts, log_probabilities, strict=True):
            phrase = known.get(spelled(text))
            if phrase is not None:
                found[phrase] = found.get(phrase, 0.0) + math.exp(score)
        total = sum(found.values())
        ranked = sorted(found.items(), key=lambda item: -item[1])
        limit = math.exp(free)
        return tuple(Choice(p, round(v / total, 4), round(min(1.0, v / limit), 4)) for p, v in ranked if total > 0)


def closed_set(phrases: Sequence[str], encode: Callable[[str], list[int]], vocabulary: int, end: int) -> ClosedSet:
    """encode: text to tokens; vocabulary: how many tokens there are; end: the token of the end."""
    return _made(tuple(phrases[:MAX_PHRASES]), encode, vocabulary, end)


@lru_cache(maxsize=16)
def _made(phrases: tuple[str, ...], encode: Callable[[str], list[int]], vocabulary: int, end: int) -> ClosedSet:
    forms = [encode(form) for p in phrases for form in (f" {p.capitalize()}.", f" {p}.")]
    allowed = {token for form in forms for token in form} | {end}
    suppressed = tuple(token for token in range(vocabulary) if token not in allowed)
    return ClosedSet(phrases, suppressed, max((len(form) for form in forms), default=1))


def spelled(text: str) -> str:
    """Without what does not sound: letters' case, punctuation, the dots of ё."""
    return "".join(c for c in text.lower().replace("ё", "е") if c.isalnum() or c == " ").strip()
