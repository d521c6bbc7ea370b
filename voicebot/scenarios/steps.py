"""One step of a scenario file -> dialogue.Step."""

from __future__ import annotations

from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import Step
from voicebot.scenarios.endings import EndingReader
from voicebot.scenarios.grammar import ENDINGS, keys_of
from voicebot.scenarios.mistakes import Place
from voicebot.scenarios.reading import Fields
from voicebot.scenarios.templates import read_plain
from voicebot.scenarios.yamltree import Node

_DOES_SOMETHING = ("say", "outcome", "task", "sms", *ENDINGS)


def read_step(reader: EndingReader, step_id: str, place: Place, node: Node) -> Step:
    """A step that may go to any of the steps named in the file."""
    f = Fields(node, reader.notes, ("steps", step_id), "step", place)
    _consistent(f, place)
    say = reader.template(f, "say")
    return Step(
        id=step_id,
        then=reader.then(f, step_id, say),
        say=say,
        outcome=f.choice("outcome", Outcome, Outcome.UNCLEAR) if "outcome" in f else None,
        task=read_plain(f.node("task"), reader.notes),
        sms=f.text("sms"),
        for_each=_for_each(f),
        identifies=f.flag("identifies"),
        interruptible=f.flag("interruptible") if "interruptible" in f else True,
    )


def _consistent(f: Fields, place: Place) -> None:
    endings = [k for k in ENDINGS if k in f and not (k == "then" and "ask" in f)]  # `ask` has a `then` of its own
    if len(endings) > 1:
        f.notes.add(f.places(endings[1]), "two-endings",
                    f"Шаг кончается чем-то одним: «{endings[0]}» или «{endings[1]}».")  # fmt: skip
    for key in keys_of("step").values():
        if key.name in f and key.only_with and not any(owner in f for owner in key.only_with):
            f.notes.add(f.places(key.name), "no-effect",
                        f"«{key.name}» имеет смысл только вместе с «{key.only_with[0]}».")  # fmt: skip
    if f.shaped and not any(k in f for k in _DOES_SOMETHING):
        f.notes.add(place, "empty-step", "Пустой шаг: ни слов, ни действия.")


def _for_each(f: Fields) -> bool:
    if "for_each" in f and f.text("for_each") != "visits":
        f.notes.add(f.at("for_each"), "unknown-value", "for_each бывает только visits (для каждого визита).")
    return "for_each" in f
