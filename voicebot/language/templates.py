"""Filling a template with facts: every fact must be there and say something."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from voicebot.errors import InputFault

_FACT = re.compile(r"\{([^{}]*)\}")
_UNSPEAKABLE = re.compile(r"[{}\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


class MissingFact(InputFault):
    """A text names a fact that this contact does not have: the call must not be launched."""

    code = "fact-missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Для этого звонка неизвестно «{name}», а текст сценария его называет.",
            "Заполните данные в МИС или уберите это из текста.",
        )
        self.name = name


def fill(template: str, facts: Mapping[str, object], write: Callable[[object], str]) -> str:
    """The template with every {fact} written out. Raises MissingFact for an unknown or empty one."""

    def one(match: re.Match[str]) -> str:
        name = match[1].strip()
        value = facts.get(name)
        text = "" if value is None else clean(write(value))
        if not text:
            raise MissingFact(name)
        return text

    return clean(_FACT.sub(one, template))


def clean(text: str) -> str:
    """One line without braces, control characters and direction marks."""
    return " ".join(_UNSPEAKABLE.sub(" ", text).split())
