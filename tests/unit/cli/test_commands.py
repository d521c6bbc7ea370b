"""The commands as an admin of a clinic types them: what they print, where, and with which status they end."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from pathlib import Path

import pytest

from voicebot import __version__
from voicebot.settings import shipped

HEAD = "Фамилия;Имя;Отчество;Телефон;Дата и время;Врач;Филиал;Адрес;Статус"
GOOD = "Иванова;Анна;Ивановна;+7 888 000-01-01;24.11.2026 10:30;Улюкаева А. П.;На Садовой;ул. Садовая, д. 1;записан"
CYRILLIC = re.compile("[а-яё]{4,}", re.IGNORECASE)


def one_sentence(ran, status: int = 2) -> str:
    """The one clear message on stderr that every wrong input must give."""
    assert ran.status == status, ran
    assert ran.err.startswith("Ошибка: ")
    assert "Traceback" not in ran.err
    assert CYRILLIC.search(ran.err)
    return ran.err


def visits(folder: Path, *lines: str, head: str = HEAD) -> str:
    path = folder / "визиты.csv"
    path.write_text("\n".join([head, *lines]), encoding="utf-8")
    return str(path)


def test_help_names_every_command_in_russian(voicebot) -> None:
    ran = voicebot("--help")
    assert ran.status == 0
    for name in ("demo", "serve", "check", "call", "import", "status", "doctor", "city", "version"):
        line = next(line for line in ran.out.splitlines() if line.strip().startswith(name))
        assert CYRILLIC.search(line), line
        assert voicebot(name, "--help").status == 0 or name == "city"
    assert voicebot("version").out.strip() == __version__


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["позвонить"], "Команды «позвонить» нет. Как пользоваться: voicebot --help."),
        (["call", "+78880000101"], "Не указано --scenario. Как пользоваться: voicebot call --help."),
        (["import"], "Не указано FILE."),
        (["status", "--jsn"], "Ключа --jsn нет. Как пользоваться: voicebot status --help."),
        (["status", "лишнее"], "Лишнее в команде: лишнее."),
    ],
)
def test_a_wrong_command_line_is_told_in_russian(voicebot, arguments: list[str], said: str) -> None:
    assert said in one_sentence(voicebot(*arguments))


def test_without_a_command_the_help_is_shown(voicebot) -> None:
    ran = voicebot()
    assert ran.status == 2
    assert "import" in ran.out + ran.err


# import -------------------------------------------------------------------------------------


def test_an_import_twice_changes_nothing_the_second_time(voicebot, tmp_path: Path) -> None:
    path = visits(tmp_path, GOOD)
    first, second = voicebot("import", path), voicebot("import", path)
    assert (first.status, second.status) == (0, 0)
    assert "визитов новых 1" in first.out
    assert "визитов новых 0, изменённых 0, прежних 1" in second.out
    assert (first.err, second.err) == ("", "")


def test_a_bad_line_stops_only_itself(voicebot, tmp_path: Path, data: Path) -> None:
    path = visits(
        tmp_path,
        GOOD,
        GOOD.replace("+7 888 000-01-01", "позвонить маме"),
        GOOD.replace("Анна", "Мария").replace("10:30", "31:99"),
        GOOD.replace("Анна", "Олег").replace("записан", "телепортирован"),
        GOOD.replace("Иванова;Анна", "Петров;Пётр").replace("01-01", "01-02"),
    )
    ran = voicebot("import", path)
    assert ran.status == 2
    assert "визитов новых 2" in ran.out and "Строк с ошибками: 3" in ran.out
    told = ran.err.splitlines()
    assert told[0] == "визиты.csv, строка 3: телефон «позвонить маме» не похож на номер"
    assert told[1].startswith("визиты.csv, строка 4: ") and "31:99" in told[1]
    assert told[2].startswith("визиты.csv, строка 5: ") and "телепортирован" in told[2]
    assert "ещё раз" in told[3]
    with sqlite3.connect(data / "registry.db") as registry:
        assert registry.execute("select count(*) from appointment").fetchone() == (2,)


def test_a_preview_writes_nothing(voicebot, tmp_path: Path, data: Path) -> None:
    ran = voicebot("import", "--dry-run", visits(tmp_path, GOOD))
    assert ran.status == 0
    assert "Будет: визитов новых 1" in ran.out
    with sqlite3.connect(data / "registry.db") as registry:
        assert registry.execute("select count(*) from appointment").fetchone() == (0,)


def test_an_import_for_programs(voicebot, tmp_path: Path) -> None:
    path = visits(tmp_path, GOOD, GOOD.replace("24.11.2026 10:30", "никогда"))
    ran = voicebot("import", "--json", path)
    said = json.loads(ran.out)
    assert (ran.status, said["rows"], said["written"], len(said["bad"])) == (2, 1, True, 1)
    assert said["bad"][0]["place"] == "строка 3"
    assert said["visits"] == {"new": 1, "changed": 0, "unchanged": 0}
    assert json.loads(voicebot("import", "--json", "--dry-run", path).out)["written"] is False


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xd0\xbf\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n1;2\n", "не хватает столбцов"),
        (HEAD.encode(), "нет ни одной строки"),
        (b"", ""),
        (b"PK\x03\x04 broken", ""),
        (b"\x00\x01\x02\x03" * 100, ""),
    ],
)
def test_a_file_that_is_no_table_changes_nothing(voicebot, tmp_path: Path, data: Path, content, said) -> None:
    voicebot("import", visits(tmp_path, GOOD))
    (tmp_path / "плохой.csv").write_bytes(content)
    message = one_sentence(voicebot("import", str(tmp_path / "плохой.csv")))
    assert said in message and "плохой.csv" in message
    with sqlite3.connect(data / "registry.db") as registry:
        assert registry.execute("select count(*) from appointment").fetchone() == (1,)


def test_a_file_that_is_not_there_or_is_a_folder(voicebot, tmp_path: Path) -> None:
    assert "нет.csv» нет" in one_sentence(voicebot("import", "нет.csv"))
    assert "папка" in one_sentence(voicebot("import", str(tmp_path)))


# status -------------------------------------------------------------------------------------


def test_status_of_a_new_robot(voicebot) -> None:
    ran = voicebot("status", "--json")
    said = json.loads(ran.out)
    assert ran.status == 0
    assert (said["contacts"], said["live_calls"], said["next_due"]) == ({}, 0, None)
    assert "МИС прочитана: нет" in voicebot("status").out


@pytest.mark.parametrize(("file", "command"), [("voicebot.db", "status"), ("registry.db", "import")])
def test_a_broken_database_is_told_and_left_alone(voicebot, tmp_path: Path, data: Path, file, command) -> None:
    data.mkdir()
    rubbish = b"this is no database, but a text that somebody saved here. " * 100
    (data / file).write_bytes(rubbish)
    arguments = [command] if command == "status" else [command, visits(tmp_path, GOOD)]
    message = one_sentence(voicebot(*arguments), status=1)
    assert str(data / file) in message and "восстановите" in message
    assert (data / file).read_bytes() == rubbish


def test_a_database_of_a_newer_program_is_told(voicebot, data: Path) -> None:
    voicebot("status")
    with sqlite3.connect(data / "voicebot.db") as store:
        store.execute("update alembic_version set version_num = '9999'")
    assert "Обновите программу" in one_sentence(voicebot("status"), status=1)


def test_a_data_folder_that_cannot_be_used(voicebot, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "занято").write_text("")
    monkeypatch.setenv("VOICEBOT_PATHS__DATA", str(tmp_path / "занято"))
    for arguments in (["status"], ["import", "x.csv"], ["serve"], ["call", "+78880000101", "--scenario", "x"]):
        assert "paths.data" in one_sentence(voicebot(*arguments)), arguments


def test_a_broken_setting_stops_every_command_in_the_same_way(voicebot, monkeypatch, tmp_path: Path) -> None:
    (tmp_path / "voicebot.yaml").write_text("telephony: {lines: 0}\n")
    for arguments in (["status"], ["serve"], ["check"], ["doctor"], ["import", "x"], ["call", "1", "--scenario", "x"]):
        assert "voicebot.yaml:1:13: telephony.lines" in one_sentence(voicebot(*arguments)), arguments
    assert voicebot("status", "--config", "other.yaml").err.startswith("Ошибка: Файла настроек other.yaml нет")


# check --------------------------------------------------------------------------------------


@pytest.fixture
def scenarios(tmp_path: Path, monkeypatch) -> Path:
    """A copy of the shipped scenarios that a test may spoil."""
    folder = tmp_path / "scenarios"
    shutil.copytree(shipped("scenarios"), folder)
    monkeypatch.setenv("VOICEBOT_PATHS__SCENARIOS", str(folder))
    return folder


def spoil(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_shipped_scenarios_are_in_order(voicebot) -> None:
    ran = voicebot("check")
    assert (ran.status, ran.out) == (0, "Ошибок нет.\n")


def test_a_broken_scenario_is_told_with_line_and_column(voicebot, scenarios: Path) -> None:
    path = scenarios / "visit_reminder.yaml"
    spoil(path, "then: goodbye", "then: goodby")
    line = next(n for n, text in enumerate(path.read_text("utf-8").splitlines(), 1) if text.endswith("then: goodby"))
    ran = voicebot("check")
    assert ran.status == 2
    assert f"{path}:{line}:11: Нет шага «goodby». Может быть, `goodbye`?" in ran.out
    [found] = [m for m in json.loads(voicebot("check", "--json").out) if not m["warning"]]
    assert (found["line"], found["column"], found["rule"], found["warning"]) == (line, 11, "unknown-step", False)
    assert voicebot("check", str(path)).status == 2


@pytest.mark.parametrize("file", ["phrases.ru.yaml", "spoken.ru.yaml"])
def test_tables_beside_the_scenarios_are_checked_as_well(voicebot, scenarios: Path, file: str) -> None:
    (scenarios / file).write_text("spoken: [\n")
    ran = voicebot("check")
    assert ran.status == 2
    assert f"{scenarios / file}:2:1:" in ran.out


def test_scenarios_that_are_not_there(voicebot, monkeypatch, tmp_path: Path) -> None:
    assert "nope.yaml" in voicebot("check", "nope.yaml").out
    monkeypatch.setenv("VOICEBOT_PATHS__SCENARIOS", str(tmp_path / "nowhere"))
    ran = voicebot("check")
    assert ran.status == 2 and str(tmp_path / "nowhere") in ran.out


# call ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("112", "короткий номер"),
        ("abc", "номер записан не в международном виде"),
        ("+7888000010", "в номере не одиннадцать цифр"),
        ("+7 999 000-00-00", "нет live: true"),
        ("+77010000000", "номер вне разрешённых направлений (+7)"),
    ],
)
def test_a_number_that_may_not_be_rung(voicebot, data: Path, number: str, said: str) -> None:
    message = one_sentence(voicebot("call", number, "--scenario", "visit_reminder"))
    assert number in message and said in message
    assert not (data / "asterisk").exists(), "nothing is started for it"


def test_a_scenario_that_is_not_there_is_told_before_anything_is_started(voicebot, data: Path) -> None:
    message = one_sentence(voicebot("call", "+78880000101", "--scenario", "recal"))
    assert "Сценария «recal» нет" in message and "visit_reminder" in message
    assert not (data / "asterisk").exists()


# demo ---------------------------------------------------------------------------------------


def test_the_demo_empties_no_folder_that_is_not_its_own(voicebot, tmp_path: Path) -> None:
    (tmp_path / "архив").mkdir()
    (tmp_path / "архив" / "дневник.txt").write_text("важное")
    assert "чужие файлы" in one_sentence(voicebot("demo", "--folder", str(tmp_path / "архив")))
    assert (tmp_path / "архив" / "дневник.txt").read_text() == "важное"
    assert "не папка" in one_sentence(voicebot("demo", "--folder", str(tmp_path / "архив" / "дневник.txt")))
