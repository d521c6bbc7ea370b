"""What calls run: published versions only, taken over while the robot works; what cannot be read changes nothing."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.scenarios.loading import load_all
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.rehearsing import language_of
from voicebot.scenarios.repertoire import Repertoire
from voicebot.scenarios.versions import publish, publish_shipped, roll_back
from voicebot.store.database import SqlStore, upgrade

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


async def test_calls_run_what_was_published_and_follow_it(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    shutil.copytree(ROOT / "scenarios", folder)
    url = f"sqlite:///{tmp_path / 'v.db'}"
    await upgrade(url)
    store = SqlStore(url)
    try:
        repertoire = Repertoire(store)
        await repertoire.refresh()
        assert repertoire.scenario("visit_reminder") is None
        await publish_shipped(store, folder, NOW)
        await repertoire.refresh()
        first = repertoire.scenario("visit_reminder")
        assert first is not None and first.version == "1"
        assert repertoire.language_of(repertoire.scenarios["visit_reminder"]).understanding.understand("да").candidates

        file = folder / "visit_reminder.yaml"
        file.write_text(file.read_text("utf-8").replace("title: ", "title: Новое "), "utf-8")
        await repertoire.refresh()
        assert repertoire.scenario("visit_reminder") is first  # a draft changes nothing
        await publish(store, file, (), NOW)
        await repertoire.refresh()
        second = repertoire.scenario("visit_reminder")
        assert second is not None and (second.version, second.title[:5]) == ("2", "Новое")
        await roll_back(store, "visit_reminder", 1, NOW)
        await repertoire.refresh()
        back = repertoire.scenario("visit_reminder")
        assert back is not None and back.version == "1"
    finally:
        await store.close()


async def test_a_version_that_cannot_be_read_leaves_what_ran(tmp_path: Path, monkeypatch) -> None:
    url = f"sqlite:///{tmp_path / 'v.db'}"
    await upgrade(url)
    store = SqlStore(url)
    try:
        await publish_shipped(store, ROOT / "scenarios", NOW)
        repertoire = Repertoire(store)
        await repertoire.refresh()
        before = repertoire.scenarios
        whole = await store.running_scenarios()

        async def newer():
            return [type(v)(**{**{f: getattr(v, f) for f in v.__slots__}, "number": 9, "text": "id: ["}) for v in whole]

        monkeypatch.setattr(store, "running_scenarios", newer)
        with pytest.raises(ScenarioFault):
            await repertoire.refresh()
        assert repertoire.scenarios is before
    finally:
        await store.close()


async def test_a_trial_runs_the_drafts() -> None:
    folder = ROOT / "scenarios"
    drafts, language = load_all(folder), language_of(folder)
    repertoire = Repertoire.of_drafts(drafts, language)
    await repertoire.refresh()
    assert repertoire.scenario("recall") is drafts["recall"]
    assert repertoire.language_of(drafts["recall"]) is language


async def test_tables_are_read_where_the_robot_wants_it_and_what_ran_goes_on_meanwhile(tmp_path: Path) -> None:
    folder = tmp_path / "scenarios"
    shutil.copytree(ROOT / "scenarios", folder)
    url = f"sqlite:///{tmp_path / 'v.db'}"
    await upgrade(url)
    store = SqlStore(url)
    ran_meanwhile: list[str | None] = []

    async def elsewhere(work):
        now = repertoire.scenario("recall")
        ran_meanwhile.append(now and now.version)
        return work()

    try:
        repertoire = Repertoire(store, elsewhere)
        await publish_shipped(store, folder, NOW)
        await repertoire.refresh()
        await repertoire.refresh()  # nothing new: nothing is read
        phrases = folder / "phrases.ru.yaml"
        phrases.write_text(phrases.read_text("utf-8") + "\n# другое\n", "utf-8")
        await publish(store, folder / "recall.yaml", (), NOW)
        await repertoire.refresh()
        assert ran_meanwhile == [None, "1"]
        second = repertoire.scenario("recall")
        assert second is not None and second.version == "2"
        assert repertoire.language_of(second) is not repertoire.language_of(repertoire.scenarios["visit_reminder"])
    finally:
        await store.close()
