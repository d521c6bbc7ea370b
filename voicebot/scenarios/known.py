"""Names that must be known: steps of the file, intents, facts, values asked for, keys of the telephone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.scenario import About
from voicebot.dialogue.turn import AGAIN
from voicebot.scenarios.facts import FACTS
from voicebot.scenarios.grammar import HEARD, TELEPHONE_KEYS
from voicebot.scenarios.mistakes import Place, maybe
from voicebot.scenarios.reading import Fields, Notes, choice, scalar
from voicebot.scenarios.yamltree import Block, Node, Scalar

_INTENTS: Mapping[str, Intent] = {intent.value: intent for intent in HEARD}


@dataclass(frozen=True, slots=True)
class Names:
    """What a file names itself: its steps, the values that it asks for, and what it is about."""

    steps: frozenset[str]
    asked: frozenset[str]
    about: About


def names_in(f: Fields, about: About) -> Names:
    """Gathered before reading: a step may go to one that stands below it."""
    node = f.node("steps")
    steps = node.items if isinstance(node, Block) else {}
    return Names(frozenset(steps), frozenset(name for step in steps.values() if (name := _asked(step))), about)


def _asked(step: Node) -> str:
    ask = step.items.get("ask") if isinstance(step, Block) else None
    name = ask.items.get("name") if isinstance(ask, Block) else None
    return name.value.strip() if isinstance(name, Scalar) else ""


def known_intent(name: str, place: Place, notes: Notes) -> Intent | None:
    if name not in _INTENTS:
        notes.add(place, "unknown-intent", f"Неизвестный ответ «{name[:60]}».{maybe(name, _INTENTS)}")
    return _INTENTS.get(name)


def known_step(node: Node, names: Names, notes: Notes, again: bool = False) -> str:
    """The step that a value names, or `again` where saying the question once more is possible."""
    name = scalar(node, notes)
    if name in names.steps or (again and name == AGAIN) or not isinstance(node, Scalar):
        return name
    if name == AGAIN:
        notes.add(node.place, "unknown-step", f"«{AGAIN}» здесь не годится: назовите шаг.")
    else:
        words = [*names.steps, AGAIN] if again else names.steps
        notes.add(node.place, "unknown-step", f"Нет шага «{name[:60]}».{maybe(name, words)}")
    return name


def known_value(name: str, place: Place, names: Names, notes: Notes) -> None:
    """What a `choose` looks at: a fact of what the call is about, or a value asked for in this file."""
    if name in names.asked:
        return
    if name not in FACTS:
        known = [*names.asked, *(f.name for f in FACTS.values() if names.about in f.about)]
        notes.add(place, "unknown-fact", f"Неизвестный факт «{name[:60]}».{maybe(name, known)}")
    elif names.about not in FACTS[name].about:
        notes.add(place, "unknown-fact", f"Факт «{name}» не известен в сценарии «about: {names.about.value}».")


def telephone_keys(f: Fields, notes: Notes) -> Mapping[str, Intent]:
    """`keys: {1: yes, 2: no}`."""
    found: dict[str, Intent] = {}
    for key, place, node in f.mapping("keys"):
        if len(key) != 1 or key not in TELEPHONE_KEYS:
            notes.add(place, "unknown-key", f"Нет такой клавиши «{key[:20]}»: бывают 0–9, * и #.")
        intent = choice(node, Intent, notes, "unknown-intent")
        if intent is Intent.SILENCE:
            notes.add(node.place, "unknown-intent", "Молчание клавишей не нажать.")
        elif intent is not None:
            found[key] = intent
    return found
