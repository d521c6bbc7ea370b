"""A strict reading of YAML 1.2: every scalar a string, every node with its place, nothing clever allowed.

Directives, tags, anchors and aliases, tabs, duplicate keys, several documents and huge files are refused:
an admin's file has no use for them, and each is a way to say something else than what is seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from voicebot.scenarios.characters import encoding_of, invisible, plain
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault
from voicebot.scenarios.quotes import typographic, unclosed

MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
MAX_UNFIT = 20


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text as written; quoted tells «""» from nothing at all."""

    value: str
    place: Place
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """A mapping: keys with their own places, in the order of the file."""

    items: dict[str, Node]
    keys: dict[str, Place]
    place: Place


@dataclass(frozen=True, slots=True)
class Items:
    """A sequence."""

    items: tuple[Node, ...]
    place: Place


Node = Scalar | Block | Items


class _Refused(Exception):
    """Reading cannot go on after this."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(mistake.text)
        self.mistake = mistake


def read_tree(data: bytes, file: str, mistakes: list[Mistake]) -> Node:
    """The tree of one document. Mistakes that leave it readable (duplicate keys) are added to the list.

    Raises ScenarioFault when reading cannot go on.
    """
    text = _decoded(data, file)
    if unfit := _unfit(text, file):
        raise ScenarioFault(unfit)
    if quotes := [Mistake(Place(file, q.line, q.column), "yaml-syntax", _TYPOGRAPHIC.format(q.what))
                  for q in islice(typographic(text), MAX_UNFIT)]:  # fmt: skip
        raise ScenarioFault(quotes)
    builder = _Builder(file, mistakes)
    try:
        return builder.document(YAML(typ="safe", pure=True).parse(text))
    except _Refused as refused:
        raise ScenarioFault([*mistakes, refused.mistake]) from None
    except MarkedYAMLError as error:
        raise ScenarioFault([*mistakes, _syntax(error, file, text)]) from None
    except (YAMLError, ValueError, OverflowError) as error:
        raise ScenarioFault([*mistakes, _unreadable(text, file, error)]) from None


def _decoded(data: bytes, file: str) -> str:
    if len(data) > MAX_BYTES:
        raise ScenarioFault([Mistake(Place(file), "yaml-size",
                                     f"Файл больше {MAX_BYTES // 1024} КБ: это не сценарий.")])  # fmt: skip
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _other_encoding(data, file, data.count(b"\n", 0, error.start) + 1) from None
    if data.count(0) > len(data) // 5:
        raise _other_encoding(data, file, 1)  # UTF-16 of Latin letters is UTF-8 as well, every other sign a zero
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _other_encoding(data: bytes, file: str, line: int) -> ScenarioFault:
    seems = encoding_of(data)
    text = f"Файл сохранён не в UTF-8{f', а, похоже, в {seems}' if seems else ''}. Сохраните его в кодировке UTF-8."
    return ScenarioFault([Mistake(Place(file, line), "yaml-encoding", text)])


def _unfit(text: str, file: str) -> list[Mistake]:
    """Signs that cannot be seen and would change what is read; the first of each line, so that no line is told twice.

    More than a screenful helps nobody.
    """
    found: list[Mistake] = []
    for number, line in enumerate(text.split("\n"), 1):
        indent = len(line) - len(line.lstrip())
        if "\t" in line:
            found.append(Mistake(Place(file, number, line.index("\t") + 1), "yaml-tab",
                                 "Знак табуляции. В этих файлах отступы и промежутки делают пробелами."))  # fmt: skip
        elif (sign := next(invisible(line), None)) is not None:
            found.append(Mistake(Place(file, number, sign[0] + 1), "yaml-character", _invisible(sign[1])))
        elif (at := next((i for i in range(indent) if line[i] != " "), -1)) >= 0:
            found.append(Mistake(Place(file, number, at + 1), "yaml-tab",
                                 "В отступе неразрывный пробел: наберите обычный пробел."))  # fmt: skip
        if len(found) == MAX_UNFIT:
            break
    return found


def _invisible(name: str) -> str:
    return f"Невидимый знак ({name}): удалите его или наберите текст заново."


class _Builder:
    """Turns the parser's events into a tree. Duplicate keys and the like are collected, the rest ends the reading."""

    def __init__(self, file: str, mistakes: list[Mistake]) -> None:
        self.file = file
        self.mistakes = mistakes

    def document(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        for event in events:
            kind = type(event).__name__
            if kind == "DocumentStartEvent":
                self._plain_document(event, second=root is not None)
            elif kind in ("ScalarEvent", "MappingStartEvent", "SequenceStartEvent", "AliasEvent"):
                root = self._node(event, events, 1)
        return root if root is not None else Block({}, {}, Place(self.file))

    def _plain_document(self, event: Any, second: bool) -> None:
        if second:
            raise self._refused(event, "yaml-documents", "В файле должен быть один документ: уберите строку «---».")
        if event.version or event.tags:
            raise self._refused(event, "yaml-directive", "Директивы YAML («%…») здесь не нужны: уберите их.")

    def _node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        kind = type(event).__name__
        if kind == "AliasEvent" or getattr(event, "anchor", None):
            raise self._refused(event, "yaml-anchor",
                                "Якоря и ссылки («&имя», «*имя») не допускаются. Текст со знаком & или * в начале "
                                "возьмите в кавычки.")  # fmt: skip
        if getattr(event, "tag", None):
            raise self._refused(event, "yaml-tag",
                                "Метки типов («!имя») не допускаются. Текст с восклицательным знаком в начале "
                                "возьмите в кавычки.")  # fmt: skip
        if depth > MAX_DEPTH:
            raise self._refused(event, "yaml-depth", "Слишком много вложенных уровней.")
        if kind == "ScalarEvent":
            return self._scalar(event)
        if kind == "SequenceStartEvent":
            return self._items(event, events, depth)
        return self._block(event, events, depth)

    def _scalar(self, event: Any) -> Scalar:
        place = self._place(event)
        if (sign := next(invisible(event.value), None)) is not None:  # written as «\\u202e» between quotes
            raise _Refused(Mistake(place, "yaml-character", _invisible(sign[1])))
        return Scalar(plain(event.value), place, quoted=event.style is not None)

    def _items(self, start: Any, events: Iterator[Any], depth: int) -> Items:
        found: list[Node] = []
        for event in events:
            if type(event).__name__ == "SequenceEndEvent":
                break
            found.append(self._node(event, events, depth + 1))
        return Items(tuple(found), self._place(start))

    def _block(self, start: Any, events: Iterator[Any], depth: int) -> Block:
        items: dict[str, Node] = {}
        keys: dict[str, Place] = {}
        for event in events:
            if type(event).__name__ == "MappingEndEvent":
                break
            key = self._node(event, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if not isinstance(key, Scalar):
                self._note(key.place, "yaml-key",
                           "Здесь ждут простое имя. Текст, который начинается с фигурной скобки, берут в кавычки: "
                           "say: \"{clinic.name}…\".")  # fmt: skip
            elif key.value in keys:
                first = keys[key.value].line
                self._note(key.place, "yaml-duplicate", f"«{key.value}» здесь уже есть (строка {first}).")
            else:
                items[key.value], keys[key.value] = value, key.place
        return Block(items, keys, self._place(start))

    def _place(self, event: Any) -> Place:
        return Place(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _note(self, place: Place, rule: str, text: str) -> None:
        if len(self.mistakes) >= MAX_UNFIT:
            raise _Refused(Mistake(place, rule, text))
        self.mistakes.append(Mistake(place, rule, text))

    def _refused(self, event: Any, rule: str, text: str) -> _Refused:
        return _Refused(Mistake(self._place(event), rule, text))


_SYNTAX = (
    ("mapping values are not allowed",
     "Лишнее двоеточие или неверный отступ. Текст, в котором есть двоеточие, возьмите в кавычки."),
    ("found unexpected end of stream", "Кавычка не закрыта."),
    ("cannot start any token", "Текст не может начинаться с этого знака: возьмите его в кавычки."),
    ("expected ',' or", "Не хватает запятой или закрывающей скобки."),
    ("expected <block end>",
     "Строка не на своём месте: проверьте отступ. Текст, который начинается с { или [, берут в кавычки."),
    ("could not find expected ':'", "После имени не хватает двоеточия."),
)  # fmt: skip


_TYPOGRAPHIC = 'Кавычка «{}» для YAML — простая буква. Возьмите текст в прямые кавычки: "…".'


def _syntax(error: MarkedYAMLError, file: str, text: str) -> Mistake:
    mark = error.problem_mark or error.context_mark
    if mark is not None and (quote := unclosed(text, mark.line + 1)) is not None:
        return Mistake(Place(file, quote.line, quote.column), "yaml-syntax",
                       "Здесь открыта кавычка, и она не закрыта: поставьте вторую в конце этого текста.")  # fmt: skip
    if mark is not None and "end of stream" in str(error.problem) and error.context_mark is not None:
        mark = error.context_mark  # where the quote was opened says more than where the file ends
    place = Place(file, mark.line + 1, mark.column + 1) if mark is not None else Place(file)
    problem = str(error.problem or error.context or "")
    for words, sentence in _SYNTAX:
        if words in problem:
            return Mistake(place, "yaml-syntax", sentence)
    return Mistake(place, "yaml-syntax", f"Файл не читается как YAML ({problem[:120]}).")


def _unreadable(text: str, file: str, error: Exception) -> Mistake:
    position = getattr(error, "position", None)
    if isinstance(position, int):
        before = text[:position]
        place = Place(file, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)
        return Mistake(place, "yaml-character", "Недопустимый невидимый знак: удалите его и наберите текст заново.")
    return Mistake(Place(file), "yaml-syntax", "Файл не читается как YAML.")
