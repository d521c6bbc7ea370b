"""The question that a recording answers: a step of a scenario, as the call has it when the patient speaks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from voicebot.dialogue.call import Call, Phase, new_call
from voicebot.dialogue.intents import Intent
from voicebot.dialogue.scenario import AskValue, Scenario
from voicebot.dialogue.turn import expected
from voicebot.errors import InputFault

#: Where most answers are given, and where marks are.
USUAL, MARKS = "visit_reminder.ask", "feedback.rate"


class UnknownPlace(InputFault):
    """--at names a scenario or a step that does not exist."""

    code = "unknown-step"


@dataclass(frozen=True, slots=True)
class Asked:
    """at: SCENARIO.STEP. call: listening at that step."""

    at: str
    call: Call

    @property
    def expects(self) -> frozenset[Intent]:
        return expected(self.call)


def asked_at(scenarios: Mapping[str, Scenario], at: str, numbers: range | None = None) -> Asked:
    """numbers: in place of the step's own, where it asks for one. Raises UnknownPlace."""
    name, _, step = at.partition(".")
    if name not in scenarios:
        raise UnknownPlace(f"--at: нет сценария «{name[:60]}».", f"Есть: {', '.join(scenarios)}.")
    scenario = scenarios[name]
    if step not in scenario.steps:
        raise UnknownPlace(f"--at: в {name} нет шага «{step[:60]}».", f"Есть: {', '.join(scenario.steps)}.")
    then = scenario.steps[step].then
    if numbers is not None and isinstance(then, AskValue):
        wider = replace(scenario.steps[step], then=replace(then, low=numbers.start, high=numbers.stop - 1))
        scenario = replace(scenario, steps={**scenario.steps, step: wider})
    call = replace(new_call(scenario, ({},)), phase=Phase.LISTENING, step_id=step, answered=True, question_heard=True)
    return Asked(at, call)


def scenarios_in(folder: Path) -> dict[str, Scenario]:
    """The scenarios of a folder by id. Raises ScenarioFault."""
    from voicebot.scenarios.loading import load_all

    return dict(load_all(folder, (folder / "phrases.ru.yaml").read_text("utf-8")))
