"""Test conversations of a scenario (NAME.test.yaml): what the patient does, what the robot must say, and the end."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.language.facts import Fact
from voicebot.language.templates import clean
from voicebot.scenarios.examples import EXAMPLES, NAMES, UNKNOWN, example_facts
from voicebot.scenarios.loading import read_bytes
from voicebot.scenarios.mistakes import Place, ScenarioFault, maybe
from voicebot.scenarios.reading import Fields, Notes, scalar
from voicebot.scenarios.yamltree import Block, Items, Node, Scalar, read_tree

ZONE = ZoneInfo("Europe/Moscow")
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)  # a Monday
MAX_REGEXP = 300
T = TypeVar("T")

_CONVERSATION = ("title", "patient", "patients", "facts", "now", "inbound", "administrator", "talk", "outcome",
                 "answer", "task", "sms", "values", "transferred", "callback", "identified")  # fmt: skip
_WHOLE_DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
_CLOCK = re.compile(r"^\d\d:\d\d$")
#: What stands for «nothing» where a test demands it.
NOTHING = "none"


class Kind(StrEnum):
    """One line of a conversation."""

    ROBOT = "robot"  # must have been said since the patient's last move
    NEVER = "never"  # must not have been said since then
    PATIENT = "patient"
    INTERRUPTS = "interrupts"
    KEYS = "keys"
    SILENCE = "silence"
    HANGS_UP = "hangs_up"


CHECKS = frozenset({Kind.ROBOT, Kind.NEVER})
_BARE = frozenset({Kind.SILENCE, Kind.HANGS_UP})


@dataclass(frozen=True, slots=True)
class Move:
    """text: what is said or pressed; for checks a part of the spoken words, or a regular expression between slashes."""

    kind: Kind
    text: str
    place: Place


@dataclass(frozen=True, slots=True)
class Expected:
    """What a conversation must lead to; None is not looked at. Several visits: one outcome and answer each."""

    outcomes: tuple[Outcome, ...]
    answers: tuple[Answer | None, ...] | None = None
    task: str | None = None
    sms: str | None = None
    callback: str | None = None
    transferred: bool | None = None
    identified: bool | None = None
    values: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Conversation:
    """One test. facts: a mapping for each visit of the call; now: aware."""

    title: str
    place: Place
    now: datetime
    facts: tuple[Mapping[str, Fact], ...]
    moves: tuple[Move, ...]
    expected: Expected
    inbound: bool = False
    administrator: bool = True
    places: Mapping[str, Place] | None = None  # of its keys, for what is found wrong

    def at(self, key: str) -> Place:
        return (self.places or {}).get(key, self.place)


def load_conversations(path: Path) -> tuple[Conversation, ...]:
    """The conversations of one file. Raises ScenarioFault with every mistake found."""
    return parse_conversations(read_bytes(path), str(path))


def parse_conversations(data: bytes, file: str) -> tuple[Conversation, ...]:
    """The same from bytes; file names them in mistakes."""
    notes = Notes()
    f = Fields(read_tree(data, file, notes.mistakes), notes, (), ("now", "facts", "conversations"), Place(file))
    f.require("conversations")
    node = f.node("conversations")
    nodes = node.items if isinstance(node, Items) else ()
    if "conversations" in f and not nodes:
        notes.add(f.at("conversations"), "shape", "«conversations»: здесь ждут разговоры, каждый с «- title: …».")
    now = _now(f, notes, NOW)
    common = _facts(f, notes)
    found = [_conversation(n, notes, now, common) for n in nodes]
    if notes.mistakes:
        raise ScenarioFault(notes.mistakes)
    return tuple(found)


def _conversation(node: Node, notes: Notes, now: datetime, common: Mapping[str, Fact]) -> Conversation:
    f = Fields(node, notes, ("conversations",), _CONVERSATION, node.place)
    f.require("title", "talk", "outcome")
    names = _names(f, notes)
    now = _now(f, notes, now)
    own = {**common, **_facts(f, notes)}
    return Conversation(
        title=f.text("title"),
        place=f.place,
        now=now,
        facts=tuple({**facts, **own} for facts in example_facts(names, now)),
        moves=_moves(f, notes),
        expected=_expected(f, notes, len(names)),
        inbound=f.flag("inbound"),
        administrator=f.flag("administrator") if "administrator" in f else True,
        places={key: f.at(key) for key in _CONVERSATION},
    )


def _names(f: Fields, notes: Notes) -> Sequence[str]:
    if "patient" in f and "patients" in f:
        notes.add(f.at("patient"), "shape", "Напишите или «patient», или «patients» (несколько визитов).")
    key = "patients" if "patients" in f else "patient"
    found = []
    for node in _list(f.node(key)):
        name = scalar(node, notes)
        if name in NAMES:
            found.append(name)
        else:
            notes.add(node.place, "unknown-patient",
                      f"Нет примера «{name[:60]}».{maybe(name, NAMES)} Есть: {', '.join(NAMES)}.")  # fmt: skip
    if UNKNOWN in found and len(found) > 1:
        notes.add(f.at(key), "shape", f"«{UNKNOWN}» (неизвестный номер) не бывает вместе с другими.")
    return found or [next(iter(EXAMPLES))]


def _now(f: Fields, notes: Notes, default: datetime) -> datetime:
    text = f.text("now")
    if not text:
        return default
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        notes.add(f.at("now"), "shape", "Время пишут так: 2026-11-23 10:00.")
        return default
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZONE)


def _facts(f: Fields, notes: Notes) -> Mapping[str, Fact]:
    return {name: typed(scalar(node, notes)) for name, _, node in f.mapping("facts")}


def typed(text: str) -> Fact:
    """A fact as it is written in a file: «2026-11-24 15:00» is a moment, «15:00» a time, other texts are texts."""
    try:
        if _CLOCK.match(text):
            return time.fromisoformat(text)
        if _WHOLE_DAY.match(text):
            return date.fromisoformat(text)
        if _WHOLE_DAY.match(text[:10]):
            moment = datetime.fromisoformat(text)
            return moment if moment.tzinfo is not None else moment.replace(tzinfo=ZONE)
    except ValueError:
        return text
    return text


def _moves(f: Fields, notes: Notes) -> tuple[Move, ...]:
    moves = [_move(node, notes) for node in _list(f.node("talk"))]
    if "talk" in f and not moves:
        notes.add(f.at("talk"), "shape", "«talk» пуст: напишите, что говорят пациент и робот.")
    return tuple(m for m in moves if m is not None)


def _move(node: Node, notes: Notes) -> Move | None:
    if isinstance(node, Scalar) and node.value.strip() in _BARE:
        return Move(Kind(node.value.strip()), "", node.place)
    kinds = [k.value for k in Kind]
    if not isinstance(node, Block) or len(node.items) != 1:
        notes.add(node.place, "shape", f"Строка разговора — это одно из: {', '.join(kinds)}. Пример: «- patient: да».")
        return None
    ((name, value),) = node.items.items()
    text = clean(scalar(value, notes))
    if name not in kinds:
        notes.add(node.keys[name], "unknown-key", f"Неизвестное имя «{name[:60]}».{maybe(name, kinds)}")
        return None
    kind = Kind(name)
    if not text and kind not in _BARE:
        notes.add(value.place, "shape", f"«{name}»: здесь ждут текст.")
    if kind is Kind.KEYS and not set(text) <= set("0123456789*#"):
        notes.add(value.place, "shape", "«keys»: клавиши 0–9, * и #.")
    if kind in CHECKS and (wrong := _regexp_fault(text)):
        notes.add(value.place, "regexp", wrong)
    return Move(kind, text, value.place)


def pattern(text: str) -> str | None:
    """The regular expression between slashes, None for a plain text."""
    return text[1:-1] if len(text) > 2 and text[0] == text[-1] == "/" else None


def _regexp_fault(text: str) -> str:
    inner = pattern(text)
    if inner is None:
        return ""
    if len(inner) > MAX_REGEXP:
        return "Слишком длинное выражение."
    try:
        re.compile(inner)
    except re.error as error:
        return f"Выражение между / / не читается, знак {(error.pos or 0) + 1}: {_regexp_cause(error.msg)}."
    return ""


_CAUSES = {
    "unterminated character set": "не хватает закрывающей скобки ]",
    "missing ), unter": "не хватает закрывающей скобки )",
    "unbalanced parenthesis": "лишняя закрывающая скобка )", "nothing to repeat": "перед *, + или ? ничего не стоит",
    "multiple repeat": "два знака повторения подряд", "bad escape": "непонятно, что значит \\ с этой буквой",
    "bad character range": "неверный промежуток букв в [ ]", "min repeat greater": "в { } первое число больше второго",
    "unexpected end": "выражение оборвано", "unknown extension": "непонятно, что стоит после (?",
}  # fmt: skip


def _regexp_cause(message: str) -> str:
    """Why Python refused the expression, in Russian."""
    return next((cause for words, cause in _CAUSES.items() if words in message), "так выражения не пишут")


def _expected(f: Fields, notes: Notes, visits: int) -> Expected:
    outcomes = _each(f, notes, f.choices("outcome", Outcome), "outcome", visits)
    answers: tuple[Answer | None, ...] | None = None
    if "answer" in f:
        said = [scalar(node, notes) for node in _list(f.node("answer"))]
        known = [a.value for a in Answer]
        for text in said:
            if text != NOTHING and text not in known:
                notes.add(f.at("answer"), "unknown-value", f"Неизвестный ответ «{text[:60]}».{maybe(text, known)}")
        answers = _each(f, notes, tuple(Answer(t) if t in known else None for t in said), "answer", visits)
    values = {name: scalar(node, notes) for name, _, node in f.mapping("values")} if "values" in f else None
    return Expected(
        outcomes=outcomes,
        answers=answers,
        task=f.text("task") if "task" in f else None,
        sms=f.text("sms") if "sms" in f else None,
        callback=f.text("callback") if "callback" in f else None,
        transferred=f.flag("transferred") if "transferred" in f else None,
        identified=f.flag("identified") if "identified" in f else None,
        values=values,
    )


def _each(f: Fields, notes: Notes, found: tuple[T, ...], key: str, visits: int) -> tuple[T, ...]:
    """One for each visit; a single one stands for all."""
    if len(found) == 1:
        return found * visits
    if found and len(found) != visits:
        notes.add(f.at(key), "shape", f"«{key}»: нужно по одному на каждый из {visits} визитов или одно на все.")
    return found


def _list(node: Node | None) -> tuple[Node, ...]:
    if node is None:
        return ()
    return node.items if isinstance(node, Items) else (node,)
