"""The pronunciation dictionary as a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.pronunciation import load_pronunciations, parse_pronunciations

ROOT = Path(__file__).resolve().parents[3]


def test_a_plus_becomes_a_stress_mark_after_the_vowel():
    assert parse_pronunciations("spoken: {Улюкаева: Улюк+аева}".encode(), "s") == {"Улюкаева": "Улюка\u0301ева"}


@pytest.mark.parametrize("said", ["''", "+ка", "ка+", "к2", "{x}"])
def test_what_cannot_be_spoken_is_refused(said):
    with pytest.raises(ScenarioFault):
        parse_pronunciations(f'spoken: {{а: "{said}"}}'.replace("''", "").encode(), "s")


def test_the_shipped_dictionary():
    assert load_pronunciations(ROOT / "scenarios/spoken.ru.yaml")["Улюкаева"] == "Улюка\u0301ева"
