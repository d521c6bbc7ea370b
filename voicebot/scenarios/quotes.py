"""Quotes in a file that YAML misread: one that was never closed, and typographic ones, which YAML takes for letters.

A parser notices an open quote only where the next one stands, many lines below; here is found where it was opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_PAIRS = {"“": "”", "„": "“”", "”": "”", "«": "»", "‘": "’", "’": "’", "‹": "›", "‟": "”"}
_KEY_LINE = re.compile(r"\n[ ]*(?:- )?[A-Za-z0-9_*#]+:(?=[ \n]|$)")
_MEANS_SOMETHING = {False: re.compile(r": | #"), True: re.compile(r"[,{}\[\]]|: | #")}


@dataclass(frozen=True, slots=True)
class Found:
    """A place in the text: line and column count from 1. what is the sign there."""

    line: int
    column: int
    what: str


@dataclass(frozen=True, slots=True)
class _Start:
    """Where a value or a name begins with a quote. end: behind its closing one, or the end of the text."""

    at: int
    end: int
    flow: bool


def unclosed(text: str, line: int) -> Found | None:
    """The quote that was opened in or above this line and not closed before the next name of the file."""
    for start in _starts(text):
        if text[start.at] not in _PAIRS and _KEY_LINE.search(text, start.at, start.end):
            found = _found(text, start.at)
            return found if found.line <= line else None
    return None


def typographic(text: str) -> Iterator[Found]:
    """Values in quotes as a word processor sets them, that YAML takes apart at a comma, a brace or a colon."""
    for start in _starts(text):
        if text[start.at] in _PAIRS and _MEANS_SOMETHING[start.flow].search(text, start.at, start.end):
            yield _found(text, start.at)


def _found(text: str, at: int) -> Found:
    return Found(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at), text[at])


def _starts(text: str) -> Iterator[_Start]:
    """Every value and name that begins with a quote, of whatever kind, as YAML would come to them."""
    at, depth, fresh = 0, 0, True
    while at < len(text):
        sign, following = text[at], text[at + 1 : at + 2]
        if sign == "#" and text[at - 1 : at] in ("", " ", "\n"):
            at = _end_of_line(text, at)
            continue
        if fresh and (sign in "\"'" or sign in _PAIRS):
            start = _Start(at, _closing(text, at), depth > 0)
            yield start
            at, fresh = start.end, False
            continue
        if fresh and not depth and sign in "|>":
            at = _behind_block(text, at)
            continue
        opens = sign in "{[" and (fresh or depth > 0)
        depth = depth + 1 if opens else max(0, depth - 1) if sign in "}]" and depth else depth
        names = sign == ":" and (following in ("", " ", "\n") or (depth > 0 and following in '"{['))
        if sign == "\n" or opens or names or (depth and sign == ","):
            fresh = True
        elif sign != " " and not (fresh and sign == "-" and following in ("", " ", "\n")):
            fresh = False
        at += 1


def _closing(text: str, at: int) -> int:
    """Behind the quote that closes this one; typographic quotes are looked for in their line only."""
    if text[at] in _PAIRS:
        end = _end_of_line(text, at)
        ends = [i for i in range(at + 1, end) if text[i] in _PAIRS[text[at]]]
        return ends[0] + 1 if ends else end
    pattern = _DOUBLE if text[at] == '"' else _SINGLE
    found = pattern.match(text, at + 1)
    return found.end() if found is not None else len(text)


_DOUBLE = re.compile(r'(?:[^"\\]|\\.)*+"', re.DOTALL)
_SINGLE = re.compile(r"(?:[^']|'')*+'", re.DOTALL)


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return end if end >= 0 else len(text)


def _behind_block(text: str, at: int) -> int:
    """Behind a folded text («say: >-»): all lines that are deeper than the one it begins in."""
    begin = text.rfind("\n", 0, at) + 1
    indent = len(text[begin:at]) - len(text[begin:at].lstrip(" "))
    end = _end_of_line(text, at)
    while end < len(text):
        line = text[end + 1 : _end_of_line(text, end + 1)]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            return end
        end = _end_of_line(text, end + 1)
    return end
