"""The phrase table as plain types, and the small language its sentences are written in.

A sentence is words, with [optional] and (alternative|parts), <name> for a list of words, «word*» for any ending,
«...» for up to three words in between, and $имя for a word of the patient's name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

GAP = "..."
NAME = "$имя"
END = "."  # at the end of a fix: only where the utterance ends
MAX_EXPANSIONS = 3_000


class Question(StrEnum):
    """What was asked. Some phrases answer one question only: «слушаю» is a yes to «Это Иван?» and to nothing else."""

    ANY = "any"
    IDENTITY = "identity"


class Strength(StrEnum):
    """How much a phrase says by itself."""

    FULL = "full"  # outright: «приду», «не смогу», «перезвоните»
    SHORT = "short"  # a particle: a fuller answer in the same utterance overrules it
    NOD = "nod"  # «угу»: a yes, or only a sign of listening


class Role(StrEnum):
    """What a phrase that carries no intent does to the others."""

    UNSURE = "unsure"  # «наверное»: no answer, and makes an answer beside it doubtful
    CONDITION = "condition"  # «только», «если»: makes a yes doubtful, not a no
    NEUTRAL = "neutral"  # «понимаете»: understood, and adds nothing
    ASKING = "asking"  # «какой», «где»: a question of some kind, when nothing else was understood
    CORRECTION = "correction"  # «ой, нет»: what follows replaces what came before


class SentenceFault(ValueError):
    """A sentence of the table is not well formed; the message says how, in Russian."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to say something: label is an intent's or a role's name, words one expansion of a sentence."""

    label: str
    words: tuple[str, ...]
    strength: Strength = Strength.FULL
    question: Question = Question.ANY
    value: str = ""  # the topic of a question


@dataclass(frozen=True, slots=True, eq=False)
class PhraseTable:
    """Everything that understanding knows. Made from scenarios/phrases.ru.yaml.

    fillers say nothing and are dropped; light words may stand uncovered without making an answer doubtful;
    fixes are what recognition writes -> what was said (a last word END: at the end of the utterance);
    noise is what it writes when nobody spoke; names are given names, for when nobody knows who was asked for;
    doubtful are words that a clipped «не» turns into: before a yes they make it a guess.
    """

    phrases: tuple[Phrase, ...]
    fillers: frozenset[str] = frozenset()
    light: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    fixes: Mapping[tuple[str, ...], tuple[str, ...]] = field(default_factory=dict)
    noise: tuple[str, ...] = ()
    names: frozenset[str] = frozenset()


_TOKEN = re.compile(r"\.\.\.|<[^<>|()\[\]]+>|[\[\](|)]|\$?[\w-]+\*?", re.UNICODE)


def expand(sentence: str, lists: Mapping[str, str]) -> list[tuple[str, ...]]:
    """Every sequence of words that a sentence stands for. Raises SentenceFault."""
    tokens = _TOKEN.findall(sentence)
    if re.sub(r"[\s,.!?—–:;«»\"]+", "", sentence) != "".join(tokens).replace(GAP, ""):
        raise SentenceFault("в предложении есть знак, которого здесь не бывает")
    parser = _Parser(tokens, lists)
    found = parser.alternatives(depth=0)
    if parser.at != len(tokens):
        raise SentenceFault("лишняя закрывающая скобка")
    return list(dict.fromkeys(found))


class _Parser:
    def __init__(self, tokens: list[str], lists: Mapping[str, str]) -> None:
        self.tokens = tokens
        self.lists = lists
        self.at = 0

    def alternatives(self, depth: int) -> list[tuple[str, ...]]:
        if depth > 8:
            raise SentenceFault("слишком много вложенных скобок")
        found = self._sequence(depth)
        while self._peek() == "|":
            self.at += 1
            found = found + self._sequence(depth)
        return found

    def _sequence(self, depth: int) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = [()]
        while (token := self._peek()) not in ("", "|", ")", "]"):
            self.at += 1
            options = self._options(token, depth)
            found = [a + b for a in found for b in options]
            if len(found) > MAX_EXPANSIONS:
                raise SentenceFault(f"предложение раскрывается больше чем в {MAX_EXPANSIONS} вариантов: разбейте его")
        return found

    def _options(self, token: str, depth: int) -> list[tuple[str, ...]]:
        if token in ("(", "["):
            inner = self.alternatives(depth + 1)
            if self._peek() != (")" if token == "(" else "]"):
                raise SentenceFault("не закрыта скобка")
            self.at += 1
            return inner if token == "(" else [*inner, ()]
        if token.startswith("<"):
            name = token[1:-1].strip()
            if name not in self.lists:
                raise SentenceFault(f"нет списка слов <{name}>")
            return expand(self.lists[name], {})
        return [(token.lower().replace("ё", "е"),)]

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""
