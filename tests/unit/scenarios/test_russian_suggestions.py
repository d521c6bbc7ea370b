"""What an admin wrote in Russian is understood well enough to suggest the name; causes are told in Russian."""

from __future__ import annotations

import re

import pytest

from voicebot.dialogue.scenario import About
from voicebot.language.russian_names import _MEANT, meant
from voicebot.language.templates import template_problems
from voicebot.scenarios.expressions import fault_of
from voicebot.scenarios.facts import FACTS
from voicebot.scenarios.grammar import HEARD, SECTIONS
from voicebot.scenarios.loading import read_bytes
from voicebot.scenarios.mistakes import ScenarioFault, maybe

INTENTS = [intent.value for intent in HEARD]


@pytest.mark.parametrize(
    ("word", "known", "name"),
    [
        ("да", INTENTS, "yes"), ("Нет", INTENTS, "no"), ("перенести", INTENTS, "change"),
        ("название", [k.name for k in SECTIONS["scenario"]], "title"),
        ("сказать", [k.name for k in SECTIONS["step"]], "say"),
        ("время визита", FACTS, "visit.time"), ("Время_приёма", FACTS, "visit.time"), ("врач", FACTS, "visit.doctor"),
        ("рекламный", ["service", "advertising"], "advertising"), ("визит", list(About), "appointment"),
    ],
)  # fmt: skip
def test_a_russian_name_leads_to_the_real_one(word, known, name):
    assert maybe(word, known) == f" Может быть, `{name}`?"


def test_a_word_that_means_nothing_here_suggests_nothing():
    assert maybe("да", ["title", "steps"]) == "" and meant("колбаса", FACTS) == ""


def test_spoken_suggests_it_too():
    assert "Может быть, «visit.time»?" in template_problems("В {время визита}", FACTS)[0][2]


def test_the_table_names_only_what_the_language_has():
    known = {*INTENTS, *FACTS, "again", "true", "false"}
    known |= {word for keys in SECTIONS.values() for key in keys for word in (key.name, *map(str, key.words))}
    assert not {name for names in _MEANT.values() for name in names} - known


@pytest.mark.parametrize("wrong", ["[а", "(а", "а)", "*а", "а**", "[я-а]", "а{3,1}", "(?", "\\q", "(?P<n>а)(?P<n>б)"])
def test_a_wrong_expression_is_explained_in_russian(wrong):
    told = fault_of(f"/{wrong}/")
    assert "знак" in told and not re.search("[a-z]{3,}", told)


def test_a_file_that_is_not_there_is_told_in_russian(tmp_path):
    for path in (tmp_path / "нет.yaml", tmp_path, tmp_path / "a\0b"):
        with pytest.raises(ScenarioFault) as caught:
            read_bytes(path)
        assert not re.search("[A-Za-z]{3,}", caught.value.mistakes[0].text)
