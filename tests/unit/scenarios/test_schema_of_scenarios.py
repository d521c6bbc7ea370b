"""The published JSON Schema: current, and content with what we ship."""

from __future__ import annotations

import json
from pathlib import Path

import fastjsonschema
import pytest
from ruamel.yaml import YAML

from voicebot.dialogue.intents import Intent
from voicebot.scenarios.facts import FACTS
from voicebot.scenarios.grammar import HEARD, SECTIONS, Form
from voicebot.scenarios.loading import scenario_files
from voicebot.scenarios.schema import schema, schema_text

VALIDATE = fastjsonschema.compile(schema())
FOLDER = Path(__file__).resolve().parents[3] / "scenarios"


def with_text_keys(value: object) -> object:
    if isinstance(value, dict):
        return {str(key): with_text_keys(item) for key, item in value.items()}
    return [with_text_keys(item) for item in value] if isinstance(value, list) else value


def test_the_published_schema_is_current():
    assert (FOLDER / "schema.json").read_text(encoding="utf-8") == schema_text(), (
        "run: python -m voicebot.scenarios.schema > scenarios/schema.json"
    )


@pytest.mark.parametrize("path", scenario_files(FOLDER), ids=lambda p: p.stem)
def test_what_we_ship_validates(path):
    document = with_text_keys(YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")))
    VALIDATE(document)


def test_every_key_is_described_and_every_section_is_used():
    used = {key.section for keys in SECTIONS.values() for key in keys} | {"scenario"}
    assert set(SECTIONS) | {""} == used | {""}
    assert all(key.meaning.endswith((".", "}.")) for keys in SECTIONS.values() for key in keys)
    assert all(key.words for keys in SECTIONS.values() for key in keys if key.form in (Form.WORD, Form.WORDS))


def test_editors_complete_intents_facts_and_outcomes():
    text = schema_text()
    assert set(HEARD) == set(Intent) - {Intent.SILENCE}
    assert all(f'"{name}"' in text for name in [*HEARD, *FACTS, "opted_out", "wants_change", "advertising"])
    assert json.loads(text)["additionalProperties"] is False


@pytest.mark.parametrize(
    "wrong",
    [{}, {"id": "Имя"}, {"steps": {"again": {"say": "x"}}}, {"steps": {"a": {"say": "x", "listen": {"да": "b"}}}}],
)
def test_what_is_wrong_is_refused(wrong):
    good = {"id": "s", "title": "т", "purpose": "service", "about": "patient", "voice": "anna", "start": "a",
            "steps": {"a": {"say": "x"}}, "everywhere": {}}  # fmt: skip
    VALIDATE(good)
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        VALIDATE({**good, **wrong} if wrong else {})
