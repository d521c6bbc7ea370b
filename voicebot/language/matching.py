"""Phrases found in an utterance: the best way to cover its words with what the table knows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from voicebot.dialogue.intents import Intent
from voicebot.language.heard_numbers import amounts_in, numbers_in
from voicebot.language.moments import moments
from voicebot.language.table import GAP, NAME, Phrase, Question, Role, Strength

MAX_GAP = 3
MAX_LIGHT = 2  # light words that a phrase may be broken by
MOMENT = "moment"
NUMBER = "number"
_NEVER_IN_GAP = frozenset({"не", "нет", "ни"})
_NOT_LIGHT_INSIDE = frozenset({"и", "а", "то", "раз", "больше", "завтра", "сегодня"})  # they part phrases, or say when
_NOT = frozenset({"не", "ни"})
_GONE = (Intent.LATE, Intent.BUSY_NOW)  # what is nothing at all when negated
_PER_SEGMENT = 0.3  # fewer, longer phrases explain an utterance better than many short ones


@dataclass(slots=True)
class _Node:
    exact: dict[str, _Node] = field(default_factory=dict)
    stems: dict[str, _Node] = field(default_factory=dict)
    gap: _Node | None = None
    name: _Node | None = None
    ends: dict[Question, Phrase] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Segment:
    """A phrase found at words [start, end)."""

    start: int
    end: int
    label: str
    strength: Strength
    value: str
    said: str
    own: bool = False  # it answers the question that was asked and no other
    covered: int = 0  # words of it that the phrase names (a gap's are not)


class Matcher:
    """Finds the phrases of a table in words. light: what a phrase may be broken by."""

    def __init__(self, phrases: Iterable[Phrase], light: frozenset[str]) -> None:
        self.root = _Node()
        self.light = light - _NOT_LIGHT_INSIDE
        for phrase in phrases:
            self._add(phrase)

    def _add(self, phrase: Phrase) -> None:
        node = self.root
        for word in phrase.words:
            if word == GAP:
                node.gap = node.gap or _Node()
                node = node.gap
            elif word == NAME:
                node.name = node.name or _Node()
                node = node.name
            elif word.endswith("*"):
                node = node.stems.setdefault(word[:-1], _Node())
            else:
                node = node.exact.setdefault(word, _Node())
        node.ends.setdefault(phrase.question, phrase)

    def segments(self, words: list[str], names: frozenset[str], question: Question) -> list[Segment]:
        """The cover of the utterance that explains most words with the fewest phrases, from left to right."""
        at_each = [self._at(words, i, names, question) for i in range(len(words))]
        for label, start, end, value in _figures(words):
            said = " ".join(words[start:end])
            at_each[start].append(Segment(start, end, label, Strength.SHORT, value, said, covered=end - start))
        return _negated(_best_cover(at_each, len(words)), words)

    def _at(self, words: list[str], start: int, names: frozenset[str], question: Question) -> list[Segment]:
        found: dict[tuple[int, str], Segment] = {}
        stack = [(self.root, start, 0, MAX_LIGHT, True)]
        while stack:
            node, at, covered, spare, named = stack.pop()
            phrase = node.ends.get(question) or node.ends.get(Question.ANY)  # the question's own comes first
            if phrase is not None and covered and named:
                said = " ".join(words[start:at])
                if phrase.label == Intent.STOP:
                    covered = at - start  # a "stop" must not lose to a longer phrase inside of it
                own = phrase.question is not Question.ANY
                segment = Segment(start, at, phrase.label, phrase.strength, phrase.value, said, own, covered)
                known = found.get((at, phrase.label))
                if known is None or known.covered < covered:
                    found[at, phrase.label] = segment
            if node.gap is not None:
                for skip in range(min(MAX_GAP, len(words) - at) + 1):
                    if any(w in _NEVER_IN_GAP for w in words[at : at + skip]):
                        break
                    stack.append((node.gap, at + skip, covered, spare, True))
            if at >= len(words):
                continue
            following = _following(node, words[at], names)
            stack += [(after, at + 1, covered + 1, spare, True) for after in following]
            if spare and covered and words[at] in self.light and at + 1 < len(words):
                stack.append((node, at + 1, covered, spare - 1, False))  # «не могу я завтра прийти»
        return list(found.values())


def _figures(words: list[str]) -> list[tuple[str, int, int, str]]:
    """Moments, amounts («десять минут», no moment of the visit's either) and numbers: (label, start, end, value)."""
    found = [(MOMENT, m.start, m.end, m.value) for m in moments(words)]
    found += [(MOMENT, a.start, a.end, f"amount {a.value}") for a in amounts_in(words)]
    return found + [(NUMBER, n.start, n.end, str(n.value)) for n in numbers_in(words)]


def _following(node: _Node, word: str, names: frozenset[str]) -> list[_Node]:
    found = [node.exact[word]] if word in node.exact else []
    if node.name is not None and word in names:
        found.append(node.name)
    found += [after for stem, after in node.stems.items() if word.startswith(stem)]
    return found


def _best_cover(at_each: list[list[Segment]], length: int) -> list[Segment]:
    best: list[tuple[float, Segment | None]] = [(0.0, None)] * (length + 1)
    for i in range(length - 1, -1, -1):
        score, chosen = best[i + 1][0], None
        for segment in at_each[i]:
            worth = segment.covered - _PER_SEGMENT + best[segment.end][0]
            if worth > score + 1e-9:
                score, chosen = worth, segment
        best[i] = (score, chosen)
    cover: list[Segment] = []
    i = 0
    while i < length:
        chosen = best[i][1]
        if chosen is not None:
            cover.append(chosen)
        i = chosen.end if chosen is not None else i + 1
    return cover


def _negated(cover: list[Segment], words: list[str]) -> list[Segment]:
    """A «не» that no phrase took in: it turns the yes after it into a no, and makes anything else unsure."""
    following = {s.start: s for s in cover}
    out: list[Segment] = []
    for segment in cover:
        before = next((s for s in cover if s.said in _NOT and s.end == segment.start), None)
        after = following.get(segment.end)
        if segment.said in _NOT and segment.end < len(words):
            if after is None or after.label in (Role.NEUTRAL, Role.UNSURE, Role.CONDITION, Role.CORRECTION):
                continue  # it stays uncovered, which puts every yes in doubt
            label = Intent.NO if after.label == Intent.YES else Role.UNSURE
            label = Role.NEUTRAL if after.label in _GONE else label  # «никогда не опаздываю», «не занят»
            out.append(replace(segment, label=label, strength=Strength.FULL))
        elif before is None or segment.label not in (Intent.YES, Intent.NO, Intent.CANCEL, *_GONE):
            out.append(segment)
    return out
