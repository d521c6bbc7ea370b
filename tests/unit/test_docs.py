"""The documentation says what the code says: generated parts are current, links lead somewhere, commands exist."""

from __future__ import annotations

import importlib.util
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from urllib.parse import urlsplit

import pytest
import typer

from voicebot.cli import app
from voicebot.reports.words import ANSWERS, DISPOSITIONS, OUTCOMES, STATUSES

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", ROOT / "THIRD_PARTY.md", *DOCS.rglob("*.md")])
OUTSIDE = ("http:", "https:", "mailto:")


def script(name: str) -> ModuleType:
    """A module of docs/, which is no package."""
    spec = importlib.util.spec_from_file_location(f"docs_{name}", DOCS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_reference_is_current() -> None:
    page = DOCS / "reference.md"
    made = script("make_reference").made(page.read_text("utf-8"))
    assert made == page.read_text("utf-8"), "run .venv/bin/python docs/make_reference.py"
    assert made.count("| `") > 100, "the tables are there"


def test_diagram_of_the_phases_is_current() -> None:
    page = DOCS / "architecture.md"
    made = script("make_phases").made(page.read_text("utf-8"))
    assert made == page.read_text("utf-8"), "run .venv/bin/python docs/make_phases.py"
    assert "dialling --> greeting: Answered" in made


def test_every_way_out_of_the_machine_leads_to_its_end() -> None:
    phases = script("make_phases")
    arrows = phases.observed(phases._reminder())
    for phase in phases.Phase:
        assert phase.value == "over" or "HungUp" in arrows.get((phase, phases.Phase.OVER), ()), phase


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_and_headings_that_exist(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(OUTSIDE):
            continue
        path, fragment = urlsplit(target).path, urlsplit(target).fragment
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page.name}: {target}"
        if fragment:
            assert fragment in set(anchors(file)), f"{page.name}: {target}"


def anchors(page: Path) -> Iterator[str]:
    """Headings as GitHub and GitLab name them."""
    for heading in re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE):
        yield re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_docs_exist(page: Path) -> None:
    commands = typer.main.get_group(app).commands
    used = re.findall(r"(?:^|`|bin/)voicebot ([a-z]+)((?: [^\n`|]*)?)", page.read_text("utf-8"), re.MULTILINE)
    for name, rest in used:
        assert name in commands, f"{page.name}: voicebot {name}"
        if name == "city":  # its options are argparse's own
            continue
        command = commands[name]
        if hasattr(command, "commands"):  # «voicebot campaign release recall»
            inner, _, rest = rest.strip().partition(" ")
            assert inner in command.commands, f"{page.name}: voicebot {name} {inner}"
            command = command.commands[inner]
        known = {option for parameter in command.params for option in parameter.opts} | {"--help"}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known, f"{page.name}: voicebot {name}{rest}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_make_targets_in_the_docs_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)) <= targets


def test_admins_find_every_word_of_the_reports() -> None:
    page = (DOCS / "ru/admin.md").read_text("utf-8")
    words = [*ANSWERS.values(), *OUTCOMES.values(), *DISPOSITIONS.values(), *STATUSES.values()]
    assert [word for word in words if word not in page] == []


def test_picture_loads_nothing() -> None:
    picture = (DOCS / "demo.svg").read_text("utf-8")
    assert "<svg" in picture
    assert not re.search(r"@font-face|url\((?!#)|href=|src=", picture)


def test_third_party_names_every_locked_package_of_the_product() -> None:
    page = (ROOT / "THIRD_PARTY.md").read_text().lower().replace("_", "-")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["postgres"]]
    names = [re.split(r"[\[<>=,; ]", requirement)[0].lower() for requirement in wanted]
    assert [name for name in names if name not in page] == []
