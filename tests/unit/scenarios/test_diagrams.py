"""Mermaid of a scenario: every step and every way, and no word of a text that breaks the drawing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from voicebot.scenarios.diagram import mermaid
from voicebot.scenarios.loading import load, parse, scenario_files
from voicebot.scenarios.paths import edges

FOLDER = Path(__file__).resolve().parents[3] / "scenarios"


@pytest.mark.parametrize("path", scenario_files(FOLDER), ids=lambda p: p.stem)
def test_every_step_and_every_way_appear(path):
    scenario = load(path)
    drawn = mermaid(scenario)
    for step in scenario.steps.values():
        assert re.search(rf"^  s_{step.id}[(\[{{]", drawn, re.MULTILINE), step.id
        for edge in edges(scenario, step):
            arrow = rf"^  (s_{step.id}|anytime) -[.-]*->(\|\"[^\"]*\"\|)? s_{edge.to}$"
            assert re.search(arrow, drawn, re.MULTILINE), (step.id, edge)
    assert f"--> s_{scenario.start}" in drawn and drawn.split("\n")[1] == "flowchart TD"
    if scenario.inbound:
        assert f"inbound((звонит пациент)) --> s_{scenario.inbound}" in drawn


def test_signs_of_mermaid_in_a_text_are_escaped():
    text = (FOLDER / "visit_reminder.yaml").read_text(encoding="utf-8")
    title = "title: 'Визит \"]; click x|\u00ab{z}\u00bb #1 <b>'"
    draft = parse(re.sub(r"title: .*", lambda _: title, text, count=1).encode(), "visit_reminder.yaml")
    first = mermaid(draft.scenario).split("\n")[0]
    assert first.startswith("%% Визит #34;#93;#59; click x#124;") and "<" not in first


def test_everywhere_is_one_node():
    drawn = mermaid(load(FOLDER / "visit_reminder.yaml"))
    assert drawn.count("anytime{{в любой момент}}") == 1
    assert re.search(r"anytime -\.->\|\"stop, клавиша 9\"\| s_", drawn)
