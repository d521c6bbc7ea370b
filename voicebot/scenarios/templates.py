"""Texts with facts in braces: every name must be known and fit what the scenario is about."""

from __future__ import annotations

from voicebot.dialogue.scenario import About
from voicebot.scenarios.facts import FACTS, fact_names
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
    spoken = {name for name, fact in FACTS.items() if fact.spoken}
    for name, offset in fact_names(text):
        place = _inside(node, offset, name)
        if not name:
            notes.add(place, "brace", "Фигурная скобка без пары. Факты пишут так: {visit.time}.")
        elif name not in FACTS:
            notes.add(place, "unknown-fact", f"Неизвестный факт «{name[:60]}».{maybe(name, spoken)}")
        elif not FACTS[name].spoken:
            notes.add(place, "unknown-fact", f"Факт «{name}» не произносят: он только для выбора (choose).")
        elif about not in FACTS[name].about:
            notes.add(place, "unknown-fact",
                      f"Факт «{name}» не известен в сценарии «about: {about.value}».")  # fmt: skip
    return text


def read_plain(node: Node | None, notes: Notes) -> str:
    """A text without facts (a task, for people to read): braces in it would stay as they are."""
    text = "" if node is None else scalar(node, notes)
    if node is not None and ("{" in text or "}" in text):
        notes.add(node.place, "brace", "В задачах фактов не бывает: администратор и так видит пациента и визит.")
    return text


def _inside(node: Node, offset: int, name: str) -> Place:
    """The place of a fact within a text of one line; within folded texts, the place of the text."""
    if not isinstance(node, Scalar) or "\n" in node.value:
        return node.place
    lead = len(node.value) - len(node.value.lstrip())
    return Place(node.place.file, node.place.line, node.place.column + offset + lead + (1 if node.quoted else 0))
