"""The golden files: what is written or templated, and the words that a patient hears."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

import pytest

from voicebot.contacts.model import Sex
from voicebot.language.cases import Case
from voicebot.language.names import named
from voicebot.language.speaking import spoken, spoken_text

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("golden_facts", HERE / "golden_facts.py")
assert _spec and _spec.loader
golden = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(golden)


def cases(name: str) -> list[tuple[str, str]]:
    lines = (HERE / "golden" / f"{name}.txt").read_text("utf-8").splitlines()
    pairs = [line.split("=>") for line in lines if line.strip() and not line.startswith("#")]
    return [(written.strip(), said.strip()) for written, said in pairs]


@pytest.mark.parametrize(("written", "said"), cases("texts"))
def test_texts_as_they_are_spoken(written, said):
    assert spoken_text(written, {}) == said


@pytest.mark.parametrize(("template", "said"), cases("templates"))
def test_templates_as_they_are_spoken(template, said):
    assert spoken(template, golden.FACTS, golden.NOW, golden.PRONUNCIATIONS) == said


@pytest.mark.parametrize(("surname", "forms"), cases("names"))
def test_surnames_in_five_cases(surname, forms):
    name, sex = surname.split()
    person = named(name, sex=Sex.MALE if sex == "м" else Sex.FEMALE)
    assert ", ".join(person.in_case(case) for case in list(Case)[1:]) == forms


def test_the_golden_files_are_large_and_clean():
    everything = [*cases("texts"), *cases("templates"), *cases("names")]
    assert len(everything) >= 400
    assert not [said for _, said in everything if re.search(r"[0-9A-Za-z{}№%]", said)]
