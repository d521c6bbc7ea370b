"""What is wrong in a file that an admin wrote: where, by which rule, and a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from voicebot.errors import InputFault
from voicebot.language.russian_names import meant
from voicebot.scenarios.characters import as_latin


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A position in a file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One finding. rule is a stable id (kebab-case), text a sentence in Russian.

    A warning may be published after a look; everything else may not.
    """

    place: Place
    rule: str
    text: str
    warning: bool = False

    def __str__(self) -> str:
        return f"{self.place}: {self.text} [{self.rule}]"


class ScenarioFault(InputFault):
    """A scenario, phrase table or dictionary cannot be used. All its mistakes at once, in the order of the file."""

    code = "scenario"

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes: tuple[Mistake, ...] = tuple(sorted(mistakes, key=lambda m: m.place))
        lines = "\n".join(str(m) for m in self.mistakes)
        count = len(self.mistakes)
        super().__init__(
            f"Найдено ошибок: {count}.\n{lines}" if count > 1 else lines,
            "Исправьте файл и проверьте его ещё раз: voicebot check.",
        )


def maybe(word: str, known: Iterable[str]) -> str:
    """« Может быть, `visit.time`?» when something known looks like the word or is its Russian name, else ''."""
    names = list(known)
    near = meant(word, names) or suggestion(word, names)
    if not near:
        return ""
    cyrillic = "".join(dict.fromkeys(c for c in word if "а" <= c.lower() <= "я" or c in "ёЁіІ"))
    if cyrillic and as_latin(word) == near:
        return f" Может быть, `{near}`? Здесь русская буква «{cyrillic[0]}», нужна латинская."
    return f" Может быть, `{near}`?"


def suggestion(word: str, known: Sequence[str]) -> str:
    """The known word that looks most like this one, or ''."""
    lower = {name.lower(): name for name in reversed(known)}
    found = get_close_matches(as_latin(word[:80]).lower(), lower, n=1, cutoff=0.6)
    found = found or get_close_matches(word[:80].lower(), lower, n=1, cutoff=0.6)
    return lower[found[0]] if found else ""
