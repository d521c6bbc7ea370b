"""Values of a YAML file with their places, so that an error names file and line. Messages are in Russian."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from voicebot.errors import InputFault

E = TypeVar("E", bound=StrEnum)


class BadBook(InputFault):
    """The file of persons is wrong."""

    code = "city-book"


class Node:
    """A value of the file together with its place, for errors that name the line."""

    def __init__(self, value: Any, path: Path, line: int, what: str) -> None:
        self.value, self.path, self.line, self.what = value, path, line, what

    def wrong(self, problem: str, remedy: str = "") -> BadBook:
        return BadBook(f"{self.path}, строка {self.line}: {self.what}: {problem}.", remedy)

    def items(self, allowed: tuple[str, ...] = ()) -> dict[str, Node]:
        """The keys of a mapping; with `allowed`, any other key is an error."""
        if not isinstance(self.value, dict):
            raise self.wrong("здесь должны быть поля «ключ: значение»")
        nodes: dict[str, Node] = {}
        for key, value in self.value.items():
            line = self.value.lc.key(key)[0] + 1 if hasattr(self.value, "lc") else self.line
            node = Node(value, self.path, line, str(key))
            if allowed and key not in allowed:
                raise node.wrong("неизвестный ключ", f"Можно: {', '.join(allowed)}.")
            nodes[str(key)] = node
        return nodes

    def list(self) -> list[Node]:
        if not isinstance(self.value, list):
            raise self.wrong("здесь должен быть список")
        nodes = []
        for i, value in enumerate(self.value):
            line = self.value.lc.item(i)[0] + 1 if hasattr(self.value, "lc") else self.line
            nodes.append(Node(value, self.path, line, self.what))
        return nodes

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.wrong("здесь должен быть текст")
        return self.value.strip()

    def flag(self) -> bool:
        if not isinstance(self.value, bool):
            raise self.wrong("здесь должно быть true или false")
        return bool(self.value)

    def number(self, low: float, high: float) -> float:
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.wrong("здесь должно быть число")
        if not low <= self.value <= high:
            raise self.wrong(f"число должно быть от {low:g} до {high:g}")
        return float(self.value)

    def span(self) -> int:
        """A duration in ms: `2s`, `0.6s`, `600ms`."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(ms|s|m)", str(self.value).strip())
        if match is None:
            raise self.wrong(f"«{self.value}» не похоже на длительность", "Пишите так: 2s, 0.6s или 600ms.")
        return round(float(match[1]) * {"ms": 1, "s": 1000, "m": 60_000}[match[2]])

    def one_of(self, kind: type[E]) -> E:
        try:
            return kind(str(self.value))
        except ValueError:
            raise self.wrong(f"неизвестное значение «{self.value}»", f"Можно: {', '.join(kind)}.") from None

    def keys(self) -> str:
        keys = str(self.value)
        if not re.fullmatch(r"[0-9*#]{1,16}", keys):
            raise self.wrong(f"«{keys}» не клавиши телефона", 'Пишите цифры, * или #, например keys: "1".')
        return keys
