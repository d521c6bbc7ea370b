"""Checking as a whole: what we ship, places, all findings at once, the time it takes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from voicebot.scenarios.checking import RULES, check, check_file, check_folder
from voicebot.scenarios.loading import load, parse, scenario_files
from voicebot.scenarios.pronunciation import load_pronunciations

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "scenarios"


@pytest.mark.parametrize("path", scenario_files(FOLDER), ids=lambda p: p.stem)
def test_what_we_ship_is_fit_to_be_published(path):
    dictionary = load_pronunciations(FOLDER / "spoken.ru.yaml")
    assert [str(m) for m in check_file(path, queues={"reception"}, pronunciations=dictionary) if not m.warning] == []


def test_an_unknown_queue_is_told_with_its_place():
    text = (FOLDER / "visit_reminder.yaml").read_text(encoding="utf-8")
    line = text[: text.index("transfer: reception")].count("\n") + 1
    (first, *_) = [m for m in check_file(FOLDER / "visit_reminder.yaml", queues={"receptions"})
                   if m.rule == "unknown-queue"]  # fmt: skip
    assert first.place.line == line and "`receptions`" in first.text


def test_a_file_that_cannot_be_read_is_told_as_mistakes(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("id: [", encoding="utf-8")
    assert [m.rule for m in check_file(path)] == ["yaml-syntax"]
    assert [m.rule for m in check_folder(tmp_path)] == ["yaml-syntax"]


def test_without_a_draft_the_scenario_is_named():
    scenario = load(FOLDER / "visit_reminder.yaml")
    found = check(scenario, queues=())
    assert found and {m.place.file for m in found} == {"visit_reminder.yaml"}


def test_prompts_can_be_measured_by_synthesis():
    heard: list[str] = []

    def seconds(text: str) -> float:
        heard.append(text)
        return 21.0 if "Всего доброго" in text else 1.0

    path = FOLDER / "visit_reminder.yaml"
    found = [m for m in check_file(path, seconds=seconds) if m.rule == "long-prompt"]
    texts = [s.say for s in load(path).steps.values() if "Всего доброго" in s.say]
    assert len(found) == len(texts) > 0
    assert not any("{" in text for text in heard), "facts are filled in before a text is measured"


def test_rules_say_why_and_how():
    for rule in RULES.values():
        assert rule.title.endswith(".") and rule.why and rule.fix, rule.id
        assert rule.id in rule.explained() and rule.fix in rule.explained()
    assert "323-ФЗ" in RULES["identity-first"].explained()
    assert "38-ФЗ" in RULES["no-warning"].law


def test_a_hundred_files_would_be_checked_in_five_seconds(tmp_path):
    """Thirty of them, in CPU time, so that a busy machine changes nothing."""
    paths = scenario_files(FOLDER)
    for n in range(30):
        name = paths[n % len(paths)].stem
        text = paths[n % len(paths)].read_text(encoding="utf-8").replace(f"id: {name}\n", f"id: {name}_{n}\n")
        (tmp_path / f"{name}_{n}.yaml").write_text(text, encoding="utf-8")
    began = time.process_time()
    found = check_folder(tmp_path, queues={"reception"})
    assert time.process_time() - began < 1.5
    assert not [m for m in found if not m.warning]


def test_findings_come_in_the_order_of_the_file():
    text = (FOLDER / "visit_reminder.yaml").read_text(encoding="utf-8")
    text = text.replace("  stop: opted_out\n", "").replace("голосовой робот", "клиника", 1)
    text = text.replace("outcome: unclear", "task: Позвонить")
    draft = parse(text.encode(), "visit_reminder.yaml")
    found = check(draft.scenario, draft)
    assert {"no-stop", "robot-unnamed", "no-outcome"} <= {m.rule for m in found}
    assert [m.place for m in found] == sorted(m.place for m in found)
