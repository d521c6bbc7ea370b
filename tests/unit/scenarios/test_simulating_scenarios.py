"""voicebot simulate: scripted talks, what is shown of them, and input that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from voicebot.commands import simulate as command
from voicebot.errors import InputFault
from voicebot.scenarios.examples import example_facts
from voicebot.scenarios.loading import load
from voicebot.scenarios.rehearsing import language_of
from voicebot.scenarios.simulation import BadLine, Simulation, moment
from voicebot.scenarios.talk import Language

FOLDER = Path(__file__).resolve().parents[3] / "scenarios"
NOW = moment("2026-11-23T10:00+03:00", None)


@pytest.fixture(scope="module")
def language() -> Language:
    return language_of(FOLDER)


@pytest.fixture
def voicebot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, language: Language):
    """Runs the command: (status, stdout). The phrase table is read once for all tests."""
    config = tmp_path / "voicebot.yaml"
    config.write_text(f"paths: {{data: {tmp_path}/data, scenarios: {FOLDER}, local: {tmp_path}/none}}\n", "utf-8")
    monkeypatch.setattr("voicebot.scenarios.rehearsing.language_of", lambda _: language)
    app = typer.Typer()
    command.register(app)

    def run(*arguments: str, typed: str | None = None):
        return CliRunner().invoke(app, [*arguments, "--config", str(config), "--now", "2026-11-23T10:00"], input=typed)

    return run


def test_a_scripted_talk_as_json(voicebot):
    result = voicebot("visit_reminder", "--say", "да", "--say", "нет, не смогу", "--busy", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert [e["step"] for e in told["talk"] if e["who"] == "robot"] == ["who", "ask", "to_admin", "sorry"]
    answer = told["talk"][3]
    assert (answer["text"], answer["step"], answer["intents"][0]["intent"]) == ("нет, не смогу", "ask", "no")
    assert answer["intents"][0]["evidence"]
    conclusion = told["result"]["conclusions"][0]
    assert (conclusion["outcome"], conclusion["answer"]) == ("declined", "declined")
    assert not told["result"]["transferred"] and conclusion["task"]


def test_typing_with_keys_silence_and_a_hangup(voicebot):
    told = voicebot("visit_reminder", typed="#1\n\nа кто это?\n/отбой\nуже никого\n").stdout
    assert "Можно нажать один" in told and "→ who_is_this" in told
    assert "уже никого" not in told and "ответ в МИС: прежний" in told


def test_the_end_of_the_input_is_a_hangup(voicebot):
    assert "/отбой" in voicebot("visit_reminder", typed="да\n").stdout


def test_a_family_an_inbound_call_and_facts_of_a_file(voicebot, tmp_path):
    family = voicebot("visit_reminder_family", "--example", "masha", "--example", "petya", "--say", "да", "--say",
                      "придём", "--say", "придём").stdout  # fmt: skip
    assert "визит 1: " in family and "визит 2: " in family and "Петя" in family
    assert "отвечает голосовой робот" in voicebot("inbound", "--inbound", "--example", "unknown", "--say", "").stdout
    facts = tmp_path / "facts.yaml"
    facts.write_text("visit.time: 11:20\nperson.name: Пётр Ильич\n", "utf-8")
    told = voicebot("visit_reminder", "--facts", str(facts), "--say", "да").stdout
    assert "Это Пётр Ильич?" in told and "в одиннадцать двадцать" in told


@pytest.mark.parametrize(
    "arguments",
    [
        ["visit_remindr"],
        ["visit_reminder", "--example", "ivn"],
        ["visit_reminder", "--inbound"],
        ["visit_reminder", "--patient", "nobody"],
        ["visit_reminder", "--facts", "no-such-file.yaml"],
    ],
)
def test_input_that_cannot_be_used_is_told(voicebot, arguments):
    result = voicebot(*arguments)
    assert isinstance(result.exception, InputFault) and str(result.exception)


def test_interrupting_takes_back_what_was_not_yet_said(language):
    talk = Simulation(load(FOLDER / "visit_reminder.yaml"), example_facts(["masha"], NOW), language, NOW)
    talk.begin()
    assert len(talk.do("да")) == 4  # what was said and understood, whose visit it is, and the question
    talk.do("/перебить не звоните мне больше")
    assert [step for step, _ in talk.said()] == ["who", "child", "opted_out"]
    talk.end()
    assert talk.finish is not None and talk.finish.conclusions[0].outcome.value == "opted_out"


@pytest.mark.parametrize("line", ["/foo", "/перебить", "/перебить  ", "#abc", "#", "/отбой сейчас", "#1 да"])
def test_what_looks_like_a_command_and_is_none_is_not_taken_for_speech(voicebot, line):
    result = voicebot("visit_reminder", "--say", line)
    assert isinstance(result.exception, BadLine)
    assert "/отбой" in str(result.exception) and "#1" in str(result.exception)
    typed = voicebot("visit_reminder", typed=f"{line}\nда\n/отбой\n")
    assert typed.exit_code == 0 and typed.stderr.count("Команды: ") == 1
    assert f"пациент: {line}" not in typed.stdout and "пациент: да" in typed.stdout


def test_the_hash_key_is_a_key_like_the_others(voicebot):
    assert "пациент: ##" in voicebot("visit_reminder", "--say", "##").stdout
