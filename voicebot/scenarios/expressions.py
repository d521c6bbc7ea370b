"""What a test conversation looks for in the robot's words: a part of them, or an expression between slashes.

An expression is an admin's, and some take hours («(.*)*!»): `re` cannot be stopped, `regex` has a time limit.
"""

from __future__ import annotations

import re
import warnings
from math import prod

import regex  # type: ignore[import-untyped]

MAX_EXPRESSION = 300
#: «(a{99}){99}» is kept in memory as often as it repeats.
MAX_REPEATS = 1_000
_COUNTS = re.compile(r"\{\s*(\d*)\s*,?\s*(\d*)\s*\}")
#: Processor time for one search; ordinary ones take microseconds.
LIMIT_S = 0.3


class TooSlow(Exception):
    """A search took longer than LIMIT_S: whether the expression occurs is not known."""


def pattern(text: str) -> str | None:
    """The expression between slashes, None for a plain text."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "/" else None


def fault_of(text: str) -> str:
    """What keeps a text from being looked for, in Russian; '' when nothing does."""
    inner = pattern(text)
    if inner is None:
        return ""
    if len(inner) > MAX_EXPRESSION:
        return f"Выражение между / / длиннее {MAX_EXPRESSION} знаков: оставьте главное."
    if prod(max(1, *(int(n or 1) for n in counts)) for counts in _COUNTS.findall(inner)) > MAX_REPEATS:
        return f"В выражении между / / больше {MAX_REPEATS} повторов {{…}}: напишите проще."
    try:
        with warnings.catch_warnings(action="ignore"):
            re.compile(_plain(inner))  # `regex` alone knows more than people expect: recursion, named lists
        regex.compile(_plain(inner), regex.IGNORECASE)
    except (re.error, regex.error, ValueError, OverflowError, RecursionError) as error:
        at = getattr(error, "pos", None)
        where = "" if at is None else f", знак {at + 1}"
        remedy = "Уберите / / или поставьте перед знаком «\\»."
        return f"Выражение между / / не читается{where}: {_cause(str(error))}. {remedy}"
    return ""


_CAUSES = {
    "unterminated character set": "не хватает закрывающей скобки ]",
    "missing ), unter": "не хватает закрывающей скобки )",
    "unbalanced parenthesis": "лишняя закрывающая скобка )", "nothing to repeat": "перед *, + или ? ничего не стоит",
    "multiple repeat": "два знака повторения подряд", "bad escape": "непонятно, что значит \\ с этой буквой",
    "bad character range": "неверный промежуток букв в [ ]", "min repeat greater": "в { } первое число больше второго",
    "unexpected end": "выражение оборвано", "unknown extension": "непонятно, что стоит после (?",
}  # fmt: skip


def _cause(message: str) -> str:
    """Why an expression was refused, in Russian."""
    return next((cause for words, cause in _CAUSES.items() if words in message), "так выражения не пишут")


def found_in(text: str, said: str) -> bool:
    """Whether a text, or what an expression between slashes describes, occurs; case, ё and stress do not count.

    Raises TooSlow.
    """
    inner = pattern(text)
    if inner is None:
        return _plain(text).lower() in _plain(said).lower()
    try:
        return regex.search(_plain(inner), _plain(said), regex.IGNORECASE, timeout=LIMIT_S) is not None
    except TimeoutError:
        raise TooSlow(text) from None


def _plain(text: str) -> str:
    return " ".join(text.replace("\u0301", "").replace("ё", "е").replace("Ё", "Е").split())
