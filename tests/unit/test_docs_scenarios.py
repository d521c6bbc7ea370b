"""The documentation for admins is true: its reference is current, scenarios and recipes can be published as written."""

from __future__ import annotations

import importlib.util
import io
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from ruamel.yaml import YAML

from voicebot.language.cases import CASE_WORDS
from voicebot.scenarios.checking import check_file
from voicebot.scenarios.conversations import CONVERSATION_KEYS, Kind
from voicebot.scenarios.examples import NAMES
from voicebot.scenarios.rehearsing import language_of, run_tests
from voicebot.scenarios.talk import Language

ROOT = Path(__file__).resolve().parents[2]
RU = ROOT / "docs" / "ru"
PHRASES = (ROOT / "scenarios/phrases.ru.yaml").read_text("utf-8")
BLOCK = re.compile(r"```yaml\n(.*?)```", re.DOTALL)
RECIPES = re.split(r"^## ", (RU / "recipes.md").read_text("utf-8"), flags=re.MULTILINE)[1:]


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


#: What a recipe replaces as a whole, however much stands below it in the file.
WHOLE = {"no", "cancel", "hours", "attempts"}


def _merged(below: Any, above: Any) -> Any:
    """As docs/ru/recipes.md says: lines that are there are replaced, others are added."""
    for key, value in above.items():
        if isinstance(value, dict) and isinstance(below.get(key), dict) and key not in WHOLE:
            _merged(below[key], value)
        else:
            below[key] = value
    return below


def _with_talks(tests: Any, new: Any) -> Any:
    """A conversation with a title that is there is replaced, others are added."""
    for talk in new["conversations"]:
        same = [n for n, old in enumerate(tests["conversations"]) if old["title"] == talk["title"]]
        if same:
            tests["conversations"][same[0]] = talk
        else:
            tests["conversations"].append(talk)
    return tests


def _load(name: str) -> Any:
    return _yaml().load((ROOT / "scenarios" / name).read_text("utf-8"))


def _write(path: Path, tree: Any) -> None:
    out = io.StringIO()
    _yaml().dump(tree, out)
    path.write_text(out.getvalue(), "utf-8")


@pytest.fixture(scope="module")
def language() -> Language:
    return language_of(ROOT / "scenarios")


def _wrong(path: Path, language: Language) -> list[str]:
    """Everything that keeps a scenario from being published, and what an admin would be warned of."""
    return [str(m) for m in (*check_file(path, PHRASES, ("reception",)), *run_tests(path, language))]


def test_the_reference_is_current():
    module = _generator()
    assert (RU / "scenario-reference.md").read_text("utf-8") == module.page(), "run docs/make_scenario_reference.py"


def test_the_reference_names_every_key_of_a_test_file_and_every_case():
    page = (RU / "scenario-reference.md").read_text("utf-8")
    missing = [name for name in (*CONVERSATION_KEYS, *CASE_WORDS, *NAMES) if f"`{name}`" not in page]
    assert missing == [] and all(f"`- {kind}" in page for kind in Kind)


def test_the_first_scenario_can_be_published_with_its_conversations(tmp_path, language):
    scenario, tests = BLOCK.findall((RU / "scenario.md").read_text("utf-8"))
    path = tmp_path / "short_reminder.yaml"
    path.write_text(scenario, "utf-8")
    path.with_name("short_reminder.test.yaml").write_text(tests, "utf-8")
    assert _wrong(path, language) == []


def test_there_are_six_recipes():
    assert len(RECIPES) == 6


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda r: r.partition("\n")[0])
def test_a_recipe_can_be_published_with_the_conversations_that_it_names(tmp_path, recipe, language):
    blocks = [_yaml().load(block) for block in BLOCK.findall(recipe)]
    assert 1 <= len(blocks) <= 2
    path = tmp_path / "visit_reminder.yaml"
    _write(path, _merged(_load("visit_reminder.yaml"), blocks[0]))
    tests = _load("visit_reminder.test.yaml")
    _write(path.with_name("visit_reminder.test.yaml"), _with_talks(tests, blocks[1]) if blocks[1:] else tests)
    assert _wrong(path, language) == []


@pytest.mark.parametrize("number", [1, 5, 6])
def test_without_the_conversations_of_the_recipe_it_could_not(tmp_path, number, language):
    path = tmp_path / "visit_reminder.yaml"
    _write(path, _merged(_load("visit_reminder.yaml"), _yaml().load(BLOCK.findall(RECIPES[number - 1])[0])))
    _write(path.with_name("visit_reminder.test.yaml"), _load("visit_reminder.test.yaml"))
    assert any("[conversation]" in wrong for wrong in _wrong(path, language))
