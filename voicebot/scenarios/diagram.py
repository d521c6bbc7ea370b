"""A scenario as a Mermaid flowchart: every step a node, every way an arrow."""

from __future__ import annotations

from collections.abc import Iterator

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.scenario import AskValue, Choose, Listen, Scenario, Step, Transfer
from voicebot.dialogue.turn import AGAIN
from voicebot.scenarios.paths import Edge, Way, edges

MAX_SAY = 70


def mermaid(scenario: Scenario) -> str:
    """The text of the diagram. Node ids are «s_» and the name of the step, so that no word of Mermaid is hit."""
    lines = [f"%% {_plain(scenario.title)}", "flowchart TD", f"  begin((звонок)) --> s_{scenario.start}"]
    if scenario.inbound:
        lines.append(f"  inbound((звонит пациент)) --> s_{scenario.inbound}")
    lines += [f"  {_node(step)}" for step in scenario.steps.values()]
    for step in scenario.steps.values():
        lines += [f"  s_{step.id} -->{label} s_{to}" for to, label in _arrows(scenario, step)]
    lines += _everywhere(scenario)
    return "\n".join(lines) + "\n"


def _node(step: Step) -> str:
    notes = [step.id, _short(step.say)]
    if step.for_each:
        notes.append("для каждого визита")
    if isinstance(step.then, AskValue):
        notes.append(f"спросить: {step.then.name} ({step.then.kind.value})")
    if isinstance(step.then, Transfer):
        notes.append(f"соединить: {step.then.queue}")
    if step.sms:
        notes.append(f"СМС: {step.sms}")
    if step.task:
        notes.append(f"задача: {_short(step.task)}")
    if step.outcome is not None:
        notes.append(f"итог: {step.outcome.value}")
    left, right = _shape(step)
    return f's_{step.id}{left}"{"<br/>".join(_plain(n) for n in notes if n)}"{right}'


def _shape(step: Step) -> tuple[str, str]:
    if isinstance(step.then, Choose):
        return "{", "}"
    if isinstance(step.then, Listen | AskValue):
        return "[/", "/]"
    if isinstance(step.then, Transfer):
        return "[[", "]]"
    return "(", ")"


def _arrows(scenario: Scenario, step: Step) -> Iterator[tuple[str, str]]:
    """Ways to one step are one arrow with all their labels."""
    labels: dict[str, list[str]] = {}
    for edge in edges(scenario, step):
        if edge.way is not Way.EVERYWHERE:
            labels.setdefault(edge.to, []).append(_label(edge, step))
    for to, words in labels.items():
        text = ", ".join(w for w in dict.fromkeys(words) if w)
        yield to, f'|"{_plain(text)}"|' if text else ""


def _label(edge: Edge, step: Step) -> str:
    if edge.way is Way.ANSWER and edge.intent is not None and isinstance(step.then, Listen):
        answer = step.then.reactions[edge.intent].answer
        return f"{edge.intent.value} ({answer.value})" if answer is not None else edge.intent.value
    if edge.way is Way.CASE:
        case = edge.cases[-1]
        return f"{case.fact} известен" if case.value is None else f"{case.fact} = {case.value}"
    return {
        Way.OTHERWISE: "иначе", Way.UNCLEAR: "не понято", Way.FAILED: "не ответили", Way.VALUE: "значение",
    }.get(edge.way, "")  # fmt: skip


def _everywhere(scenario: Scenario) -> Iterator[str]:
    if scenario.everywhere:
        yield "  anytime{{в любой момент}}"
    digits: dict[Intent, str] = {intent: key for key, intent in scenario.everywhere_keys.items()}
    for intent, go in scenario.everywhere.items():
        label = intent.value + (f", клавиша {digits[intent]}" if intent in digits else "")
        if go == AGAIN:
            yield f'  anytime -.->|"{_plain(label)}"| again(сказать ещё раз)'
        elif go in scenario.steps:
            yield f'  anytime -.->|"{_plain(label)}"| s_{go}'


def _short(text: str) -> str:
    return text if len(text) <= MAX_SAY else text[: MAX_SAY - 1].rstrip() + "…"


def _plain(text: str) -> str:
    """Signs that mean something to Mermaid are written as their codes."""
    return "".join(f"#{ord(c)};" if c in '"#<>[]{}|;`&' else " " if c == "\n" else c for c in text).replace(
        "#60;br/#62;", "<br/>"
    )
