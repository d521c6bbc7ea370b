"""The documentation for admins is true: its reference is current, its scenarios and recipes pass the check."""

from __future__ import annotations

import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from voicebot.scenarios.checking import check_file

ROOT = Path(__file__).resolve().parents[2]
RU = ROOT / "docs" / "ru"
PHRASES = (ROOT / "scenarios/phrases.ru.yaml").read_text("utf-8")
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_scenario_reference", ROOT / "docs/make_scenario_reference.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _yaml() -> YAML:
    yaml = YAML()
    yaml.width = 4096
    return yaml


def _merged(below: Any, above: Any) -> Any:
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict) and key not in ("no", "hours"):
            _merged(below[key], value)
        else:
            below[key] = value
    return below


def _wrong(path: Path) -> list[str]:
    return [str(m) for m in check_file(path, PHRASES, ("reception",)) if not m.warning and m.rule != "failing-tests"]


def test_the_reference_is_current():
    module = _generator()
    assert (RU / "scenario-reference.md").read_text("utf-8") == module.page(), "run docs/make_scenario_reference.py"


def test_the_first_scenario_passes_the_check(tmp_path):
    (text,) = BLOCK.findall((RU / "scenario.md").read_text("utf-8"))
    path = tmp_path / "short_reminder.yaml"
    path.write_text(text, "utf-8")
    assert _wrong(path) == []


@pytest.mark.parametrize("number", range(6))
def test_a_recipe_passes_the_check(tmp_path, number):
    blocks = BLOCK.findall((RU / "recipes.md").read_text("utf-8"))
    assert len(blocks) == 6
    scenario = _yaml().load((ROOT / "scenarios/visit_reminder.yaml").read_text("utf-8"))
    _merged(scenario, _yaml().load(blocks[number]))
    out = io.StringIO()
    _yaml().dump(scenario, out)
    path = tmp_path / "visit_reminder.yaml"
    path.write_text(out.getvalue(), "utf-8")
    assert _wrong(path) == []
