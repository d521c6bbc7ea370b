"""Expressions in test conversations: what they find, what is refused, and that none holds the check up."""

from __future__ import annotations

import pytest

from voicebot.scenarios.conversations import parse_conversations
from voicebot.scenarios.expressions import TooSlow, fault_of, found_in
from voicebot.scenarios.loading import parse
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.rehearsing import MAX_SLOW, rehearse

from .test_rehearsing_conversations import LANGUAGE, SCENARIO

ENDLESS = "/^(.|.)*[ъщ]$/"
SAID = "Здравствуйте, это робот. " * 40


@pytest.mark.parametrize(
    ("text", "there"),
    [
        ("Это  робот", True),
        ("/это.робот/", True),
        ("/^робот/", False),
        ("/(здравствуйте.*){3}/", True),
        ("/прие?м|приё?м|роб[оё]т/", True),
        ("/", False),
    ],
)
def test_what_is_found(text, there):
    assert fault_of(text) == ""
    assert found_in(text, SAID) is there


@pytest.mark.parametrize("text", ["/(/", "/[а/", "/(?R)/", r"/\L<а>/", "/" + "а" * 301 + "/"])
def test_what_cannot_be_read_is_refused(text):
    assert fault_of(text).endswith(".")


@pytest.mark.parametrize("text", ["/((а{99}){99}){99}/", "/а{,5000}/", "/(((((а{1000}){1000}){1000}){1000}){1000})/"])
def test_repeats_that_would_fill_the_memory_are_refused(text):
    assert "повторов" in fault_of(text)


def test_an_expression_that_takes_for_ever_is_stopped():
    assert fault_of(ENDLESS) == ""
    with pytest.raises(TooSlow):
        found_in(ENDLESS, SAID)


def _rehearsed(conversations: str) -> list[tuple[str, int]]:
    scenario = parse(SCENARIO.encode(), "s.yaml").scenario
    tests = parse_conversations(f"conversations:\n{conversations}".encode(), "s.test.yaml")
    return [(m.rule, m.place.line) for m in rehearse(scenario, tests, LANGUAGE)]


SLOW = f"  - title: Т\n    talk:\n      - robot: '{ENDLESS}'\n      - silence\n    outcome: unclear\n"


def test_it_is_told_where_it_stands(monkeypatch):
    monkeypatch.setattr("voicebot.scenarios.expressions.LIMIT_S", 0.02)
    assert _rehearsed(SLOW) == [("regexp", 4)]
    assert len(_rehearsed(SLOW * 20)) == MAX_SLOW


def test_the_expression_of_a_task_is_read_as_well():
    with pytest.raises(ScenarioFault, match="не читается"):
        _rehearsed("  - {title: Т, talk: [silence], outcome: unclear, task: '/(/'}\n")
