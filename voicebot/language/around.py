"""A token of a text with what stands around it."""

from __future__ import annotations

import re

Match = re.Match[str]
_NEAR = 100  # characters around a token that can decide how it is said; bounded, so that long texts stay linear


def text_before(m: Match) -> str:
    return m.string[max(0, m.start() - _NEAR) : m.start()]


def text_after(m: Match) -> str:
    return m.string[m.end() : m.end() + _NEAR]


def with_stop(m: Match, words: str) -> str:
    """The full stop of an abbreviation that also ends a sentence stays."""
    return words + "." if m[0].endswith(".") and re.match(r"\s+[А-ЯЁ]", text_after(m)) else words
