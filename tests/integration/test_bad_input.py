"""Wrong input on the real machine: one clear sentence with place and remedy, a status, nothing lost, nothing left."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.robot_process import KEYS, ROOT, Clinic
from voicebot.settings import shipped


@pytest.fixture
def clinic(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return Clinic(tmp_path / "clinic", tmp_path_factory.getbasetemp() / "voiced")


def sentence(done: subprocess.CompletedProcess[str], status: int) -> str:
    """The one message on stderr: Russian, without a traceback."""
    assert done.returncode == status, done
    assert re.match(r"Ошибка: .*[а-яё]{4,}.*\. [А-Я].*\.$", done.stderr), done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


def local_without(tmp_path: Path, *missing: str) -> dict[str, str]:
    """paths.local as the set-up makes it, but for some of its folders."""
    folder = tmp_path / "local"
    folder.mkdir()
    for part in (ROOT / ".local").iterdir():
        if part.name not in missing:
            (folder / part.name).symlink_to(part)
    return {"VOICEBOT_PATHS__LOCAL": str(folder)}


def without_asterisk_on_path(tmp_path: Path) -> str:
    """A PATH on which no Asterisk of this machine is found."""
    folders = [f for f in os.environ["PATH"].split(os.pathsep) if not (Path(f) / "asterisk").exists()]
    return os.pathsep.join(folders)


def scenarios(tmp_path: Path, old: str, new: str) -> tuple[Path, dict[str, str]]:
    """The shipped scenarios with one thing in the reminder changed."""
    folder = tmp_path / "scenarios"
    shutil.copytree(shipped("scenarios"), folder)
    path = folder / "visit_reminder.yaml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    return path, {"VOICEBOT_PATHS__SCENARIOS": str(folder)}


def line_of(path: Path, text: str) -> int:
    return next(n for n, line in enumerate(path.read_text("utf-8").splitlines(), 1) if text in line)


def test_both_ways_to_start_the_program() -> None:
    for command in ([sys.executable, "-m", "voicebot.cli"], [str(Path(sys.executable).parent / "voicebot")]):
        done = subprocess.run([*command, "version"], capture_output=True, text=True, timeout=20, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert re.fullmatch(r"\d+\.\d+\.\d+\n", done.stdout)


def test_an_asterisk_that_is_too_old(clinic: Clinic, tmp_path: Path) -> None:
    old = tmp_path / "bin" / "asterisk"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'Asterisk 18.10.0~dfsg'\n")
    old.chmod(0o755)
    path = f"{old.parent}{os.pathsep}{os.environ['PATH']}"
    done = clinic.run("serve", PATH=path, **local_without(tmp_path, "asterisk"))
    said = sentence(done, 1)
    assert str(old) in said and "18.10.0 слишком старый: нужна 22.6 или новее" in said and "make setup" in said
    assert clinic.processes() == {}


def test_no_asterisk_at_all(clinic: Clinic, tmp_path: Path) -> None:
    clinic.book(KEYS)
    more = {"PATH": without_asterisk_on_path(tmp_path), **local_without(tmp_path, "asterisk")}
    said = sentence(clinic.run("serve", **more), 1)
    assert "Asterisk не найден" in said and "make setup" in said
    alone = sentence(clinic.run("serve", VOICEBOT_TELEPHONY__ASTERISK__TRUNK="127.0.0.1:9", **more), 2)
    assert "Asterisk не найден" in alone
    assert clinic.processes() == {}
    assert clinic.rows("select answer from appointment", "registry.db") == [("unknown",)]


def test_an_asterisk_elsewhere_that_does_not_answer(clinic: Clinic) -> None:
    more = {"VOICEBOT_TELEPHONY__ASTERISK__KIND": "external", "VOICEBOT_TELEPHONY__ASTERISK__URL": "http://127.0.0.1:9"}
    assert "http://127.0.0.1:9" in sentence(clinic.run("serve", **more), 1)


@pytest.mark.parametrize(("part", "said"), [("rhvoice", "RHVoice"), ("models", "модели распознавания")])
def test_missing_speech(clinic: Clinic, tmp_path: Path, part: str, said: str) -> None:
    message = sentence(clinic.run("serve", **local_without(tmp_path, part)), 2)
    assert said in message and "make setup" in message
    assert clinic.processes() == {}


def test_a_missing_voice_is_told_by_check_at_its_line_and_stops_the_robot(clinic: Clinic, tmp_path: Path) -> None:
    path, more = scenarios(tmp_path, "voice: anna", "voice: anya")
    checked = clinic.run("check", **more)
    assert checked.returncode == 2
    assert f"{path}:{line_of(path, 'voice: anya')}:1: Голоса «anya» на этой машине нет. Может быть, `anna`?" in (
        checked.stdout
    )
    said = sentence(clinic.run("serve", **more), 2)
    assert "visit_reminder" in said and "anya" in said and "anna" in said


def test_a_broken_scenario_stops_the_robot_with_line_and_column(clinic: Clinic, tmp_path: Path) -> None:
    path, more = scenarios(tmp_path, "then: goodbye", "then: goodby")
    place = f"{path}:{line_of(path, 'then: goodby')}:11"
    for command in (["serve"], ["call", KEYS, "--scenario", "visit_reminder"]):
        said = sentence(clinic.run(*command, **more), 2)
        assert place in said and "goodbye" in said and "voicebot check" in said
    findings = {f["part"]: f for f in json.loads(clinic.run("doctor", "--json", **more).stdout)}
    assert not findings["сценарии"]["ok"] and place in findings["сценарии"]["found"]
    assert findings["голоса"]["ok"], "one mistake is told once"


def broken_file(name: str) -> Callable[[Clinic], None]:
    def spoil(clinic: Clinic) -> None:
        (clinic.data / name).write_text("this is no database\n" * 500)

    return spoil


@pytest.mark.parametrize("name", ["voicebot.db", "registry.db", "engine.db"])
def test_a_broken_database_is_told_before_anybody_is_rung_and_left_alone(clinic: Clinic, name: str) -> None:
    broken_file(name)(clinic)
    before = (clinic.data / name).read_bytes()
    assert str(clinic.data / name) in sentence(clinic.run("serve"), 1)
    assert (clinic.data / name).read_bytes() == before
    assert clinic.processes() == {}


def test_a_broken_city(clinic: Clinic) -> None:
    (clinic.folder / "people.yaml").write_text('persons:\n  "+79990000000": {calls: [busy]}\n')
    said = sentence(clinic.run("serve"), 1)
    assert "people.yaml, строка 2" in said and "+7 888" in said


def test_the_doctor_of_a_well_machine_and_of_an_ill_one(clinic: Clinic, tmp_path: Path) -> None:
    well = clinic.run("doctor", "--json")
    findings = json.loads(well.stdout)
    assert well.returncode == 0, [f for f in findings if not f["ok"]]
    parts = [f["part"] for f in findings]
    assert {"Asterisk", "порты", "веб-порт", "голоса", "распознавание", "диск", "часы", "база данных"} <= set(parts)
    assert "22." in next(f["found"] for f in findings if f["part"] == "Asterisk")

    broken_file("registry.db")(clinic)
    ill = clinic.run("doctor", PATH=without_asterisk_on_path(tmp_path),
                     **local_without(tmp_path, "asterisk", "models"))  # fmt: skip
    assert ill.returncode == 1
    bad = [line for line in ill.stdout.splitlines() if " НЕТ " in line]
    assert [line.split("  ")[0] for line in bad] == ["Asterisk", "распознавание", "база данных"]
    assert all("make setup" in line or "из копии" in line for line in bad), "each with its remedy"
    assert ill.stderr == ""


def test_a_trial_call_shows_the_talk_and_writes_no_answer(clinic: Clinic) -> None:
    clinic.book(KEYS)
    done = clinic.run("call", KEYS, "--scenario", "visit_reminder", "--json")
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["disposition"], said["outcomes"]) == ("answered", ["confirmed"])
    assert "нажал 1" in [r["text"] for r in said["transcript"] if r["who"] == "пациент"]
    assert any("доктор Улюка" in r["text"] for r in said["transcript"]), "the facts are those of the visit"
    assert clinic.rows("select answer from appointment", "registry.db") == [("unknown",)]
    assert clinic.rows("select count(*) from delivery") == [(0,)]
    assert clinic.processes() == {}
