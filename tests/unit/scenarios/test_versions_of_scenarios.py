"""Publishing, rolling back, comparing; and the commands for it."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from voicebot.commands import versions as commands
from voicebot.dialogue.intents import Intent
from voicebot.scenarios.mistakes import Mistake, Place
from voicebot.scenarios.versions import (
    NoScenario,
    NoVersion,
    PublishingRefused,
    difference,
    draft_of,
    file_of,
    publish,
    publish_shipped,
    published,
    roll_back,
    running,
    version_of,
)
from voicebot.store.database import SqlStore, upgrade

SHIPPED = Path(__file__).resolve().parents[3] / "scenarios"
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


PHRASES = """
fillers: [ну]
intents:
  yes: {full: [да]}
  no: {full: [нет]}
  stop: {full: [не звоните]}
"""
TESTS = """
conversations:
  - title: Не хочет
    talk: [{patient: да}, {patient: нет}, {robot: Будьте здоровы}]
    outcome: refused
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A shipped scenario with a small phrase table, which is read in no time."""
    made = tmp_path / "scenarios"
    made.mkdir()
    shutil.copy(SHIPPED / "recall.yaml", made / "recall.yaml")
    (made / "phrases.ru.yaml").write_text(PHRASES, "utf-8")
    (made / "recall.test.yaml").write_text(TESTS, "utf-8")
    return made


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlStore]:
    await upgrade(f"sqlite:///{tmp_path}/voicebot.db")
    made = SqlStore(f"sqlite:///{tmp_path}/voicebot.db")
    yield made
    await made.close()


def change(file: Path, before: str, after: str) -> None:
    text = file.read_text("utf-8")
    assert before in text
    file.write_text(text.replace(before, after), "utf-8")


async def test_nothing_published_nothing_to_run(store):
    assert await published(store) == {}


async def test_the_shipped_ones_become_version_1_once(store, folder):
    assert await publish_shipped(store, folder, NOW) == ["recall"]
    assert await publish_shipped(store, folder, NOW) == []
    scenario = (await published(store))["recall"]
    assert scenario.version == "1" and "who" in scenario.steps


async def test_calls_run_what_was_published_not_what_stands_in_the_file(store, folder):
    file = folder / "recall.yaml"
    await publish(store, file, [], NOW)
    change(file, "Будьте здоровы", "Не болейте")
    assert "Будьте здоровы" in (await published(store))["recall"].steps["refused"].say
    version = await publish(store, file, [], NOW, "другое прощание")
    assert version.number == 2
    scenario = (await published(store))["recall"]
    assert scenario.version == "2" and "Не болейте" in scenario.steps["refused"].say


async def test_a_change_of_the_phrases_is_a_version_of_its_own_and_runs_with_it(store, folder):
    first = await publish(store, folder / "recall.yaml", [], NOW)
    change(folder / "phrases.ru.yaml", "intents:\n", "intents:\n  # новое\n")
    second = await publish(store, folder / "recall.yaml", [], NOW)
    assert (first.number, second.number) == (1, 2)
    language = (await running(store))["recall"].language()
    assert language.understanding.understand("да").has(Intent.YES)
    assert "+  # новое" in list(difference(first, second))
    assert list(difference(first, first)) == []


async def test_the_same_again_is_no_new_version(store, folder):
    file = folder / "recall.yaml"
    await publish(store, file, [], NOW)
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
    assert (await publish(store, file, [], NOW)).number == 1


async def test_mistakes_keep_from_publishing_and_warnings_do_not(store, folder):
    place = Place("recall.yaml", 3)
    with pytest.raises(PublishingRefused, match=r"recall\.yaml:3:1: Плохо"):
        await publish(store, folder / "recall.yaml", [Mistake(place, "x", "Плохо.")], NOW)
    assert await published(store) == {}
    assert (await publish(store, folder / "recall.yaml", [Mistake(place, "x", "Так себе.", True)], NOW)).number == 1


async def test_what_nobody_has_tried_is_not_published(store, folder):
    untested = Mistake(Place("recall.yaml"), "no-tests", "Нет проверочных разговоров.", True)
    with pytest.raises(PublishingRefused, match="Без них не публикуют"):
        await publish(store, folder / "recall.yaml", [untested], NOW)
    assert await published(store) == {}


async def test_rolling_back(store, folder):
    file = folder / "recall.yaml"
    await publish(store, file, [], NOW)
    change(file, "Будьте здоровы", "Не болейте")
    await publish(store, file, [], NOW)
    await roll_back(store, "recall", 1, NOW, "так лучше")
    assert "Будьте здоровы" in (await published(store))["recall"].steps["refused"].say
    with pytest.raises(NoVersion, match=r"нет версии 7.*Есть: 1, 2"):
        await roll_back(store, "recall", 7, NOW)
    with pytest.raises(NoVersion, match="ещё не публиковали"):
        await version_of(store, "feedback", 1)
    assert (await version_of(store, "recall", 2)).digest == draft_of(file, NOW).digest


def test_a_scenario_is_named_by_id_or_by_file(folder):
    assert file_of(folder, "recall") == folder / "recall.yaml"
    assert file_of(folder, str(folder / "recall.yaml")) == folder / "recall.yaml"
    with pytest.raises(NoScenario, match=r"Может быть, `recall`\?"):
        file_of(folder, "recal")


@pytest.fixture
def voicebot(tmp_path: Path, folder: Path):
    """Runs a command with settings of its own: (status, what it printed)."""
    config = tmp_path / "voicebot.yaml"
    config.write_text(f"paths: {{data: {tmp_path}/data, scenarios: {folder}, local: {tmp_path}/none}}\n", "utf-8")
    app = typer.Typer()
    commands.register(app)

    def run(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*arguments, "--config", str(config)])
        return (result.exit_code, result.output + (str(result.exception) if result.exit_code else ""))

    return run


def test_the_commands_one_after_the_other(voicebot, folder):
    status, told = voicebot("publish", "recall", "--note", "первая")
    assert (status, "recall, версия 1" in told) == (0, True), told
    change(folder / "recall.yaml", "Будьте здоровы", "Не болейте")
    status, told = voicebot("diff", "recall")
    assert '+    say: "Хорошо, поняла. Если надумаете, звоните нам. Не болейте' in told
    status, told = voicebot("publish", "recall")
    assert status != 0 and "Не опубликован".lower() in told.lower() and "recall.test.yaml:" in told
    assert "Будьте здоровы" in told  # what the conversation waited for
    change(folder / "recall.test.yaml", "Будьте здоровы", "Не болейте")
    data = json.loads(voicebot("publish", "recall", "--json")[1])
    assert (data["version"], data["new"]) == (2, True)
    assert voicebot("rollback", "recall", "1", "--note", "назад")[0] == 0
    told = voicebot("versions", "recall")[1]
    assert "первая  ← действует" in told and "возврат к версии 1  назад" in told


def test_a_broken_file_is_refused_with_its_report(voicebot, folder):
    change(folder / "recall.yaml", "  stop: opted_out\n", "")
    status, told = voicebot("publish", "recall", "--json")
    assert status == 2
    assert "no-stop" in {m["rule"] for m in json.loads(told[: told.rindex("}") + 1])["mistakes"]}
    assert asyncio.run(_nothing(folder.parent)) == ()


def test_a_scenario_without_conversations_is_refused_by_the_command(voicebot, folder):
    (folder / "recall.test.yaml").rename(folder / "recall.kept.yaml")
    status, told = voicebot("publish", "recall")
    assert status != 0 and "напишите recall.test.yaml" in told
    told = voicebot("publish", "recall", "--json")[1]
    (mistake,) = json.loads(told[: told.rindex("}") + 1])["mistakes"]
    assert (mistake["rule"], mistake["warning"]) == ("no-tests", False)
    (folder / "recall.kept.yaml").rename(folder / "recall.test.yaml")
    assert voicebot("publish", "recall")[0] == 0


async def _nothing(tmp_path: Path) -> object:
    await upgrade(f"sqlite:///{tmp_path}/data/voicebot.db")
    store = SqlStore(f"sqlite:///{tmp_path}/data/voicebot.db")
    try:
        return await store.running_scenarios()
    finally:
        await store.close()
