"""Mistakes that keep a file from being used do not hide those that can be seen beside them."""

from __future__ import annotations

from pathlib import Path

from voicebot.proofreading import mistakes_in
from voicebot.scenarios.checking import check_file
from voicebot.settings import PathSettings, Settings

from .test_checking_rules import REMINDER


def rules(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    text = REMINDER
    for before, after in changes:
        assert before in text
        text = text.replace(before, after, 1)
    file = tmp_path / "s.yaml"
    file.write_text(text, "utf-8")
    return sorted(m.rule for m in check_file(file, queues={"reception"}))


NO_STOP = ("everywhere: {stop: stopped, ", "everywhere: {")


def test_what_stands_beside_a_mistaken_name_is_told_as_well(tmp_path):
    found = rules(tmp_path, ("no: wrong, callback", "no: wrog, callback"), NO_STOP,
                  ("transfer: reception, whisper", "transfer: recepton, whisper"), ("keys: {1: yes", "keys: {9: yes"),
                  ("Спасибо!", "Спасибо 😀!"))  # fmt: skip
    assert found == ["key-conflict", "no-stop", "unknown-queue", "unknown-step", "unspeakable"]


def test_the_same_mistake_is_told_once(tmp_path):
    assert rules(tmp_path, ("everywhere: {stop: ", "everywhere: {stpo: ")) == ["unknown-intent"]
    assert rules(tmp_path, ("everywhere: {stop: stopped, operator: human, repeat: again}\n", "")) == ["missing-key"]
    assert rules(tmp_path, ("timeout: 25s, failed: busy}", "timeout: 25s, faild: busy}")) == [
        "missing-fallback", "unknown-key",
    ]  # fmt: skip


def test_a_mistaken_name_alone_is_all_that_is_told(tmp_path):
    assert rules(tmp_path, ("no: wrong, callback", "no: wrog, callback")) == ["unknown-step"]


def test_the_conversations_of_a_broken_scenario_are_read_too(tmp_path):
    (tmp_path / "phrases.ru.yaml").write_text("intents: {yes: {full: [да]}, no: {full: [нет]}}", "utf-8")
    file = tmp_path / "s.yaml"
    file.write_text(REMINDER.replace("start: who\n", "start: whom\n"), "utf-8")
    tests = file.with_name("s.test.yaml")
    tests.write_text("conversations:\n  - {title: Т, talk: [silence], outcome: confirmd}\n", "utf-8")
    settings = Settings(paths=PathSettings(scenarios=tmp_path, data=tmp_path / "data", local=tmp_path / "none"))
    assert [m.rule for m in mistakes_in(settings, [file])] == ["unknown-step", "unknown-value"]
    assert [m.rule for m in mistakes_in(settings, [file], tests=False)] == ["unknown-step"]
