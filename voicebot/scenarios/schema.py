"""The JSON Schema of scenario files, made of the grammar: editors complete and check from it.

`python -m voicebot.scenarios.schema > scenarios/schema.json` writes it anew. A scenario names it in its first line:
`# yaml-language-server: $schema=schema.json`.
"""

from __future__ import annotations

import json
from typing import Any

from voicebot.scenarios.facts import FACTS
from voicebot.scenarios.grammar import ENDINGS, HEARD, SECTIONS, TELEPHONE_KEYS, Form, Key

Json = dict[str, Any]

ID = "^[a-z][a-z0-9_]{0,62}$"
_SPAN: Json = {"type": "string", "pattern": "^[0-9]{1,4} ?(s|m|h|d|с|м|ч|д)$"}
_WINDOW: Json = {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9] ?[-–—] ?([01]?[0-9]|2[0-4]):[0-5][0-9]$"}
_TEXT: Json = {"type": "string", "minLength": 1}
_VALUE: Json = {"type": ["string", "number", "boolean"]}
_STEP_NAME: Json = {"type": "string", "pattern": ID}


def schema() -> Json:
    """The whole schema, draft 7: what editors read best."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Сценарий звонка",
        "description": "Сценарий голосового робота клиники. Проверка: voicebot check.",
        **_section("scenario"),
        "definitions": {name: _section(name) for name in SECTIONS if name != "scenario"},
    }


def schema_text() -> str:
    """As it stands in scenarios/schema.json."""
    return json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"


def _section(name: str) -> Json:
    keys = SECTIONS[name]
    found: Json = {
        "type": "object",
        "additionalProperties": False,
        "properties": {key.name: {"description": key.meaning, **_value(key)} for key in keys},
    }
    if required := [key.name for key in keys if key.required]:
        found["required"] = required
    conditions = [*_only_with(keys), *(_one_ending() if name == "step" else ())]
    if conditions:
        found["allOf"] = conditions
    return found


def _only_with(keys: tuple[Key, ...]) -> list[Json]:
    """«failed» only beside «transfer», and the like."""
    return [
        {"if": {"required": [key.name]}, "then": {"anyOf": [{"required": [owner]} for owner in key.only_with]}}
        for key in keys
        if key.only_with
    ]


def _one_ending() -> list[Json]:
    """A step ends in one way; what its ending needs is there."""
    pairs = [(a, b) for i, a in enumerate(ENDINGS) for b in ENDINGS[i + 1 :] if (a, b) != ("ask", "then")]
    needs = {"ask": ["then"], "choose": ["otherwise"], "transfer": ["failed"]}
    return [
        {"not": {"anyOf": [{"required": [a, b]} for a, b in pairs]}},
        *({"if": {"required": [key]}, "then": {"required": also}} for key, also in needs.items()),
    ]


def _value(key: Key) -> Json:
    section: Json = {"allOf": [{"$ref": f"#/definitions/{key.section}"}]}  # draft 7: beside $ref nothing counts
    forms: dict[Form, Json] = {
        Form.ID: {"type": "string", "pattern": ID},
        Form.TEXT: _TEXT,
        Form.TEMPLATE: _TEXT,
        Form.WORD: {"enum": [str(word) for word in key.words]},
        Form.WORDS: _one_or_more({"enum": [str(word) for word in key.words]}),
        Form.FLAG: {"type": "boolean"},
        Form.NUMBER: {"type": "integer", "minimum": key.low, "maximum": key.high},
        Form.SPAN: _SPAN,
        Form.SPANS: _one_or_more(_SPAN),
        Form.STEP: _STEP_NAME,
        Form.WINDOWS: _one_or_more(_WINDOW),
        Form.FACT: {"anyOf": [{"enum": sorted(FACTS)}, {"type": "string", "pattern": ID}]},
        Form.VALUES: _one_or_more(_VALUE),
        Form.SECTION: section,
        Form.SECTIONS: _one_or_more(section),
        Form.STEPS: {"type": "object", "propertyNames": {"pattern": ID, "not": {"const": "again"}},
                     "additionalProperties": section, "minProperties": 1},
        Form.REACTIONS: _by_intent({"anyOf": [_STEP_NAME, section]}),
        Form.EVERYWHERE: _by_intent(_STEP_NAME),
        Form.DIGITS: {"type": "object", "additionalProperties": False,
                      "properties": {digit: {"enum": [intent.value for intent in HEARD]} for digit in TELEPHONE_KEYS}},
        Form.QUESTIONS: _by_intent(_TEXT),
        Form.MESSAGES: {"type": "object", "additionalProperties": _TEXT},
    }  # fmt: skip
    return forms[key.form]


def _one_or_more(item: Json) -> Json:
    return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}


def _by_intent(value: Json) -> Json:
    return {
        "type": "object",
        "additionalProperties": False,
        "properties": {intent.value: {"description": meaning, **value} for intent, meaning in HEARD.items()},
    }


if __name__ == "__main__":
    print(schema_text(), end="")
