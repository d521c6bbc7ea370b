"""Draws the phases of a call into docs/architecture.md: what the machine does with every event in every situation.

    .venv/bin/python docs/make_phases.py      # tests/unit/test_docs.py says when this is due

Nothing is drawn by hand. The machine is run on the shipped scenario from one situation to the next, breadth first; two
calls are the same situation when they differ only in times, counters and what was answered. Every change of phase that
happens on the way is an arrow.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path

from voicebot.dialogue import events
from voicebot.dialogue.call import Call, Phase, new_call
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Disposition
from voicebot.dialogue.scenario import Scenario
from voicebot.dialogue.step import step
from voicebot.scenarios.loading import load_all
from voicebot.settings import shipped

PAGE = Path(__file__).with_name("architecture.md")
BLOCK = re.compile(r"(<!-- made by make_phases\.py -->\n).*?(<!-- end -->)", re.DOTALL)
MOST_SITUATIONS = 20_000

Arrows = Mapping[tuple[Phase, Phase], frozenset[str]]


def main() -> None:
    PAGE.write_text(made(PAGE.read_text("utf-8")), "utf-8")


def made(page: str) -> str:
    """The page with the diagram as the machine has it now."""
    return BLOCK.sub(lambda found: f"{found[1]}{diagram(observed(_reminder()))}\n{found[2]}", page)


def observed(scenario: Scenario) -> Arrows:
    """Every change of phase that can be brought about, with the events that do it."""
    arrows: dict[tuple[Phase, Phase], set[str]] = defaultdict(set)
    first = new_call(scenario, ({},))
    seen, waiting = {_situation(first)}, deque([first])
    while waiting:
        call = waiting.popleft()
        for event in _possible(call):
            after, _ = step(call, event)
            if after.phase is not call.phase:
                arrows[call.phase, after.phase].add(_name(event))
            if (situation := _situation(after)) not in seen:
                seen.add(situation)
                waiting.append(after)
        if len(seen) > MOST_SITUATIONS:
            raise RuntimeError("the machine has more situations than this picture was made for")
    return {ends: frozenset(names) for ends, names in arrows.items()}


def diagram(arrows: Arrows) -> str:
    """A Mermaid state diagram. HungUp leads from everywhere to the end: it is drawn once."""
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {Phase.DIALLING.value}"]
    for begin in Phase:
        for end in Phase:
            names = sorted(arrows.get((begin, end), frozenset()) - {"HungUp"})
            if names:
                lines.append(f"    {begin.value} --> {end.value}: {', '.join(names)}")
    if all("HungUp" in arrows.get((begin, Phase.OVER), ()) for begin in Phase if begin is not Phase.OVER):
        lines += [
            f"    {Phase.OVER.value}: {Phase.OVER.value} (HungUp, from every phase)",
            f"    {Phase.OVER.value} --> [*]",
        ]
    return "\n".join([*lines, "```"])


def _reminder() -> Scenario:
    folder = shipped("scenarios")
    return load_all(folder, (folder / "phrases.ru.yaml").read_text("utf-8"))["visit_reminder"]


def _situation(call: Call) -> Hashable:
    return (
        call.phase, call.step_id, frozenset(call.timers), call.prompt is None, call.question_heard, call.patient_speaks,
        call.silence_due, call.leaving, min(call.misunderstood, 1),
    )  # fmt: skip


def _name(event: events.Event) -> str:
    return f"timer {event.name}" if isinstance(event, events.TimerFired) else type(event).__name__


def _possible(call: Call) -> Iterator[events.Event]:
    """Everything that may happen to a call, whether it makes sense now or not."""
    at, prompt = 1_000, call.prompt_id
    yield events.Answered(at)
    yield events.SpeechStarted(at)
    yield events.SpeechEnded(at)
    yield events.Heard(at, Meaning(), at)
    for intent in Intent:
        yield events.Heard(at, Meaning((Scored(intent, 0.95),), "…"), at)
    for key in "0129":
        yield events.KeyPressed(at, key)
    yield events.PromptFinished(at, prompt)
    yield events.PromptStopped(at, prompt, 100, 3_000)
    yield events.PromptStopped(at, prompt, 2_900, 3_000)
    yield events.MachineDetected(at)
    yield events.TransferAnswered(at)
    yield events.TransferFailed(at)
    yield events.TransferEnded(at)
    yield events.RecognitionLost(at)
    yield events.MustEnd(at)
    yield events.HungUp(at, Disposition.ANSWERED)
    for name, serial in call.timers.items():
        yield events.TimerFired(at, name, serial)


if __name__ == "__main__":
    main()
