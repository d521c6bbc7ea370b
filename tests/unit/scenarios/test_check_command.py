"""`voicebot check` as clinic staff and CI meet it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from voicebot import proofreading
from voicebot.commands import scenarios
from voicebot.errors import InputFault
from voicebot.scenarios.mistakes import Mistake, Place

ROOT = Path(__file__).resolve().parents[3]
REMINDER = ROOT / "scenarios/visit_reminder.yaml"


@pytest.fixture
def run(monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(proofreading, "installed_voices", lambda settings: ("Anna",))
    app = typer.Typer()
    scenarios.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["check", *map(str, arguments)])


def test_one_good_file(run):
    result = run(REMINDER, "--no-tests")
    assert result.exit_code == 0, result.output
    assert "Traceback" not in result.output


def test_a_broken_file_is_told_as_text_and_as_json(run, tmp_path):
    path = tmp_path / "visit_reminder.yaml"
    text = REMINDER.read_text(encoding="utf-8").replace("  stop: opted_out\n", "").replace("voice: anna", "voice: ana")
    path.write_text(text, encoding="utf-8")
    result = run(path, "--no-tests")
    assert result.exit_code == 2
    assert "[no-stop]" in result.output and "voicebot check --explain" in result.output
    found = json.loads(run(path, "--json", "--no-tests").output)
    first = next(m for m in found if m["rule"] == "no-stop")
    assert first["line"] == text[: text.index("everywhere:")].count("\n") + 1 and first["column"] == 1
    assert not first["warning"]


def test_conversations_are_had_too(run, monkeypatch, tmp_path):
    """With the phrase table of one word, so that reading it takes no time."""
    (tmp_path / "phrases.ru.yaml").write_text("intents: {yes: {full: [да]}}\n", encoding="utf-8")
    (tmp_path / "visit_reminder.yaml").write_text(REMINDER.read_text(encoding="utf-8"), encoding="utf-8")
    had: list[str] = []

    def run_tests(path: Path, language: object) -> list[Mistake]:
        had.append(path.name)
        return [Mistake(Place(str(path)), "conversation", "Робот сказал другое.")]

    monkeypatch.setattr(proofreading, "run_tests", run_tests)
    monkeypatch.setenv("VOICEBOT_PATHS__SCENARIOS", str(tmp_path))
    result = run()
    assert result.exit_code == 2 and "Робот сказал другое" in result.output
    assert had == ["visit_reminder.yaml"]
    assert run("--no-tests").exit_code == 0 and had == ["visit_reminder.yaml"]


def test_a_voice_that_this_machine_lacks(run, tmp_path):
    path = tmp_path / "visit_reminder.yaml"
    path.write_text(REMINDER.read_text(encoding="utf-8").replace("voice: anna", "voice: ana"), encoding="utf-8")
    result = run(path, "--no-tests")
    assert result.exit_code == 2 and "Может быть, `Anna`?" in result.output


def test_warnings_stop_only_a_strict_check(run, tmp_path):
    path = tmp_path / "visit_reminder.yaml"
    path.write_text(REMINDER.read_text(encoding="utf-8").replace("Всего доброго", "Всего дoброго"), encoding="utf-8")
    result = run(path, "--no-tests")
    assert result.exit_code == 0 and "(предупреждение)" in result.output and "«дoброго»" in result.output
    assert run(path, "--no-tests", "--strict").exit_code == 2


def test_rules_are_explained(run):
    result = run("--explain", "identity-first")
    assert result.exit_code == 0
    assert all(word in result.output for word in ("Зачем:", "Как исправить:", "323-ФЗ"))
    assert "no-warning" in run("--rules").output
    assert json.loads(run("--explain", "no-warning", "--json").output)[0]["law"].startswith("38-ФЗ")
    wrong = run("--explain", "identity-frist")
    assert isinstance(wrong.exception, InputFault) and "`identity-first`" in str(wrong.exception)


def test_diagrams(run):
    result = run("--diagram", REMINDER)
    assert result.exit_code == 0 and result.output.split("\n")[1] == "flowchart TD"
    assert set(json.loads(run("--diagram", "--json", REMINDER).output)) == {"visit_reminder"}


def test_the_schema_is_printed(monkeypatch):
    app = typer.Typer()
    scenarios.register(app)
    printed = CliRunner().invoke(app, ["schema"]).output
    assert printed == (ROOT / "scenarios/schema.json").read_text(encoding="utf-8")


def test_an_empty_rule_is_refused_and_checks_nothing(run):
    result = run("--explain", "")
    assert isinstance(result.exception, InputFault) and "--rules" in str(result.exception) and not result.output
