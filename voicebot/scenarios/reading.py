"""Reading typed values out of a tree: what is wrong is noted with its place, and the reading goes on."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from voicebot.scenarios.grammar import Key, keys_of
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault, maybe
from voicebot.scenarios.yamltree import Block, Items, Node, Scalar

E = TypeVar("E", bound=StrEnum)

_SPAN = re.compile(r"^([0-9]{1,4})\s*(s|m|h|d|с|м|ч|д)$")
_UNITS = {"s": 1, "с": 1, "m": 60, "м": 60, "h": 3600, "ч": 3600, "d": 86400, "д": 86400}


MAX_MISTAKES = 100  # nobody reads more at once, and a suggestion for each takes time


class Notes:
    """The mistakes found so far, and the place of everything that was read (by its path in the file).

    One mistake too many ends the reading with a ScenarioFault.
    """

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []
        self.places: dict[tuple[str, ...], Place] = {}

    def add(self, place: Place, rule: str, text: str) -> None:
        self.mistakes.append(Mistake(place, rule, text))
        if len(self.mistakes) >= MAX_MISTAKES:
            raise ScenarioFault(self.mistakes)


class Fields:
    """One mapping of the file, read key by key. Keys that nobody knows are noted at once.

    known: the section of the grammar whose keys it may have, or just these keys
    """

    def __init__(self, node: Node | None, notes: Notes, path: tuple[str, ...], known: str | Collection[str],
                 place: Place | None = None) -> None:  # fmt: skip
        self.notes = notes
        self.path = path
        self.grammar: Mapping[str, Key] = keys_of(known) if isinstance(known, str) else {}
        known = self.grammar if isinstance(known, str) else known
        self.shaped = node is None or isinstance(node, Block)
        if node is not None and not self.shaped:
            notes.add(node.place, "shape", f"Здесь ждут имена со значениями: {', '.join(sorted(known))}.")
        self.block = node if isinstance(node, Block) else Block({}, {}, place or (node.place if node else Place("")))
        for key, where in self.block.keys.items():
            notes.places[(*path, key)] = where
            if key not in known:
                notes.add(where, "unknown-key", f"Неизвестное имя «{_short(key)}».{maybe(key, known)}")

    @property
    def place(self) -> Place:
        return self.block.place

    def __contains__(self, key: str) -> bool:
        return key in self.block.items

    def at(self, key: str) -> Place:
        """Where the value of a key stands, or the whole mapping when it is missing."""
        node = self.block.items.get(key)
        return node.place if node is not None else self.block.place

    def node(self, key: str) -> Node | None:
        return self.block.items.get(key)

    def places(self, key: str) -> Place:
        """Where a key itself stands."""
        return self.block.keys.get(key, self.block.place)

    def section(self, key: str, section: str) -> Fields:
        """The mapping under a key; an empty one when it is missing."""
        return Fields(self.node(key), self.notes, (*self.path, key), section, self.place)

    def require_all(self) -> None:
        """Note every key that the grammar wants and that is missing."""
        self.require(*(key.name for key in self.grammar.values() if key.required))

    def require(self, *keys: str) -> None:
        for key in keys:
            if self.shaped and key not in self.block.items:
                self.notes.add(self.place, "missing-key", f"Не хватает «{key}».")

    def text(self, key: str, default: str = "") -> str:
        node = self.block.items.get(key)
        return default if node is None else scalar(node, self.notes, default)

    def flag(self, key: str) -> bool:
        value = self.text(key, "false").lower()
        if value not in ("true", "false", "да", "нет"):
            self.notes.add(self.at(key), "shape", f"«{key}» бывает true или false.")
        return value in ("true", "да")

    def number(self, key: str, default: int) -> int:
        """A whole number within the bounds of the grammar."""
        node = self.block.items.get(key)
        if node is None:
            return default
        value = scalar(node, self.notes)
        low, high = self.grammar[key].low, self.grammar[key].high
        if not value.isascii() or not value.isdecimal() or len(value) > 6 or not low <= int(value) <= high:
            if isinstance(node, Scalar):
                self.notes.add(self.at(key), "number", f"«{key}»: нужно целое число от {low} до {high}.")
            return default
        return int(value)

    def span(self, key: str, default: timedelta | int) -> timedelta:
        """A time span within the bounds of the grammar. A default in seconds will do."""
        standard = default if isinstance(default, timedelta) else timedelta(seconds=default)
        node = self.block.items.get(key)
        found = span(node, self.notes) if node is not None else None
        low, high = self.grammar[key].low, self.grammar[key].high
        if node is None or found is None:
            return standard
        if high and not low <= found.total_seconds() <= high:
            self.notes.add(node.place, "number", f"«{key}»: от {_span_text(low)} до {_span_text(high)}.")
            return standard
        return found

    def spans(self, key: str) -> tuple[timedelta, ...]:
        found = (span(node, self.notes) for node in self.sequence(key))
        return tuple(s for s in found if s is not None)

    def choice(self, key: str, kind: type[E], default: E) -> E:
        node = self.block.items.get(key)
        return default if node is None else choice(node, kind, self.notes) or default

    def choices(self, key: str, kind: type[E]) -> tuple[E, ...]:
        found = (choice(node, kind, self.notes) for node in self.sequence(key))
        return tuple(c for c in found if c is not None)

    def mapping(self, key: str) -> Iterator[tuple[str, Place, Node]]:
        """The entries under a key whose names are free: (name, its place, value)."""
        node = self.block.items.get(key)
        if node is None:
            return
        if not isinstance(node, Block):
            self.notes.add(node.place, "shape", f"«{key}»: здесь ждут имена со значениями.")
            return
        for name, value in node.items.items():
            self.notes.places[(*self.path, key, name)] = node.keys[name]
            yield name, node.keys[name], value

    def sequence(self, key: str) -> tuple[Node, ...]:
        """The items under a key; a single value is a sequence of one."""
        node = self.block.items.get(key)
        if node is None:
            return ()
        return node.items if isinstance(node, Items) else (node,)


def scalar(node: Node, notes: Notes, default: str = "") -> str:
    """The text of a value; anything else is noted."""
    if isinstance(node, Scalar):
        return node.value.strip()
    hint = " Текст, который начинается с { или [, берут в кавычки." if isinstance(node, Block | Items) else ""
    notes.add(node.place, "shape", f"Здесь ждут текст.{hint}")
    return default


def choice(node: Node, kind: type[E], notes: Notes, rule: str = "unknown-value") -> E | None:
    """A word of a fixed list."""
    value = scalar(node, notes)
    words: Mapping[str, E] = {member.value: member for member in kind}
    if value in words:
        return words[value]
    notes.add(node.place, rule,
              f"Неизвестное значение «{_short(value)}».{maybe(value, words)} Бывает: {', '.join(words)}.")  # fmt: skip
    return None


def span(node: Node, notes: Notes) -> timedelta | None:
    """«24h», «10m», «30s», «3d» (or ч, м, с, д)."""
    found = _SPAN.match(scalar(node, notes).lower())
    if found is None or int(found[1]) == 0:
        notes.add(node.place, "span", "Длительность пишут так: 24h (часы), 10m (минуты), 20s (секунды), 3d (дни).")
        return None
    return timedelta(seconds=int(found[1]) * _UNITS[found[2]])


def _span_text(seconds: int) -> str:
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0 and seconds >= length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "…"
