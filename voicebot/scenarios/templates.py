"""Texts with facts in braces: every name must be known and fit what the scenario is about."""

from __future__ import annotations

from voicebot.dialogue.scenario import About
from voicebot.language.templates import PEOPLE, Blank, blanks
from voicebot.scenarios.facts import FACTS
from voicebot.scenarios.mistakes import Place, maybe
from voicebot.scenarios.reading import Notes, scalar
from voicebot.scenarios.yamltree import Node, Scalar

MAX_TEMPLATE = 2_000


def read_template(node: Node, notes: Notes, about: About) -> str:
    """The text under a key, its facts checked. Notes unknown facts and unbalanced braces."""
    text = scalar(node, notes)
    if len(text) > MAX_TEMPLATE:
        notes.add(node.place, "template-size", f"Текст длиннее {MAX_TEMPLATE} знаков.")
        return text[:MAX_TEMPLATE]
    if isinstance(node, Scalar) and "{" not in text and not any(c.isalnum() for c in text):
        notes.add(node.place, "empty-text", "Здесь нет ни одного слова: робот промолчал бы. Напишите текст.")
    for blank in blanks(text):
        if wrong := _wrong(blank, about):
            notes.add(_inside(node, blank.offset), *wrong)
    for at, sign in enumerate(_without_blanks(text)):
        if sign in "{}":
            notes.add(_inside(node, at), "brace", "Фигурная скобка без пары. Факты пишут так: {visit.time}.")
    return text


def _wrong(blank: Blank, about: About) -> tuple[str, str] | None:
    """The rule that one {…} breaks, and the sentence; None when it is right."""
    name = blank.name
    if name in PEOPLE and len(blank.forms) > 1 and not blank.problem:
        return None  # «{patient:записан|записана}»
    if name in PEOPLE:
        asked = f"После «{name}» пишут слова для мужчины и женщины: {{{name}:записан|записана}}."
        return "wording", blank.problem or asked
    if name not in FACTS:
        spoken = [fact.name for fact in FACTS.values() if fact.spoken and about in fact.about]
        return "unknown-fact", f"Неизвестный факт «{name[:60]}».{maybe(name, spoken)}"
    if not FACTS[name].spoken:
        return "unknown-fact", f"Факт «{name}» не произносят: он только для выбора (choose)."
    if about not in FACTS[name].about:
        return "unknown-fact", f"Факт «{name}» не известен в сценарии «about: {about.value}»."
    return ("wording", blank.problem) if blank.problem else None


def _without_blanks(text: str) -> str:
    for blank in blanks(text):
        text = text[: blank.offset] + " " * blank.length + text[blank.offset + blank.length :]
    return text


def read_plain(node: Node | None, notes: Notes) -> str:
    """A text without facts (a task, for people to read): braces in it would stay as they are."""
    text = "" if node is None else scalar(node, notes)
    if node is not None and ("{" in text or "}" in text):
        notes.add(node.place, "brace", "В задачах фактов не бывает: администратор и так видит пациента и визит.")
    return text


def _inside(node: Node, offset: int) -> Place:
    """The place of a fact within a text of one line; within folded texts, the place of the text."""
    if not isinstance(node, Scalar) or "\n" in node.value:
        return node.place
    lead = len(node.value) - len(node.value.lstrip())
    return Place(node.place.file, node.place.line, node.place.column + offset + lead + (1 if node.quoted else 0))
