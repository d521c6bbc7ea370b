"""`voicebot understand`: its fields, any bytes on stdin, the question that was asked."""

from __future__ import annotations

import json

import pytest
import typer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from voicebot.commands import language
from voicebot.errors import VoicebotError

RUNNER = CliRunner()
FIELDS = ["text", "best", "sure", "intents", "values", "evidence", "speech", "at", "acts_as"]


@pytest.fixture(scope="module")
def app() -> typer.Typer:
    app = typer.Typer()
    app.callback()(lambda: None)  # so that the command keeps its name
    language.register(app)
    return app


def run(app: typer.Typer, *arguments: str, stdin: bytes | None = None) -> Result:
    return RUNNER.invoke(app, ["understand", *arguments], input=stdin)


def lines(result: Result) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.exception
    return [json.loads(line) for line in result.stdout_bytes.decode("utf-8").split("\n")[:-1]]


def test_one_object_a_sentence_with_stable_fields(app):
    yes, no = lines(run(app, "--json", "да, приду", "нет, не смогу"))
    assert list(yes) == list(no) == FIELDS
    assert (yes["best"], yes["sure"], yes["at"], yes["acts_as"]) == ("yes", True, None, None)
    assert yes["intents"] == [{"intent": "yes", "score": 0.95, "value": "", "evidence": "да, приду"}]
    assert no["best"] == "no" and no["evidence"] == "нет, не смогу"


def test_a_line_for_every_line_of_stdin_whatever_its_bytes(app):
    found = lines(run(app, "--json", stdin=b"\xd0\xb4\xd0\xb0\r\n\n\xff\xfe\x00 \xd0\xb4\xd0\xb0\nwhat"))
    assert [f["text"] for f in found] == ["да", "", "\ufffd\ufffd\x00 да", "what"]
    assert [f["best"] for f in found] == ["yes", None, "yes", None]
    assert found[1]["speech"] is False


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stdin=st.binary(max_size=400))
def test_any_bytes_are_answered(app, stdin):
    found = lines(run(app, "--json", stdin=stdin))
    assert len(found) == len(stdin.split(b"\n")) - stdin.endswith(b"\n") - (not stdin)


def test_values_and_a_doubt_are_told(app):
    value, doubt = lines(run(app, "--json", "--now", "2026-11-23T10:00+03:00", "завтра в три", "наверное, приду"))
    assert value["values"] == [
        {"kind": "date", "value": "2026-11-24", "text": "завтра"},
        {"kind": "time", "value": "15:00", "text": "в три"},
    ]
    assert doubt["best"] is None and doubt["sure"] is False and doubt["intents"][0]["score"] < 0.5


def test_the_question_that_was_asked_counts(app):
    (anywhere,) = lines(run(app, "--json", "говорите"))
    (identity,) = lines(run(app, "--json", "--at", "visit_reminder.who", "говорите"))
    assert (anywhere["best"], identity["best"]) == ("hello", "yes")
    assert (identity["at"], identity["acts_as"]) == ("visit_reminder.who", "yes")


def test_the_visit_is_held_against_what_was_said(app):
    when = ["--now", "2026-11-23T10:00+03:00", "--visit", "2026-11-24T15:00+03:00"]
    three, six = lines(run(app, "--json", *when, "приду в три", "приду в шесть"))
    assert (three["best"], six["best"]) == ("yes", None)


def test_a_table_for_people(app):
    shown = run(app, "да… ой, нет, не смогу", "\x1b[2J пять").stdout
    assert "да… ой, нет, не смогу  →  no" in shown and "number 5  «пять»" in shown and "\x1b" not in shown


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(["--at", "visit_remindr.ask"], "unknown-step"), (["--at", "visit_reminder.aask"], "unknown-step"),
     (["--at", "."], "unknown-step"), (["--now", "завтра"], "bad-time"), (["--visit", "вчера"], "bad-time")],
)  # fmt: skip
def test_mistakes_are_told_in_russian(app, arguments, code):
    result = run(app, *arguments, "да")
    assert isinstance(result.exception, VoicebotError) and result.exception.code == code


@pytest.mark.parametrize(
    "at", ["visit_reminder.thanks", "visit_reminder.opted_out", "visit_reminder", "visit_reminder."]
)
def test_a_step_that_asks_nothing_is_refused_with_those_that_ask(app, at):
    result = run(app, "--at", at, "да")
    assert isinstance(result.exception, language.UnknownStep)
    told = str(result.exception)
    assert "visit_reminder.who" in told and "visit_reminder.ask" in told and "visit_reminder.thanks," not in told


def test_an_empty_question_is_refused(app):
    result = run(app, "--at", "", "да")
    assert isinstance(result.exception, language.UnknownStep) and "visit_reminder" in str(result.exception)


def test_another_encoding_is_complained_of_once_and_the_lines_stay_lines(app):
    result = run(app, "--json", stdin="да\n".encode() + "да, конечно приду\nнет, не смогу\n".encode("cp1251"))
    assert len(lines(result)) == 3
    assert result.stderr.count("Предупреждение") == 1
    assert "строка 2 не в UTF-8" in result.stderr and "Windows-1251" in result.stderr
