"""voicebot.yaml and VOICEBOT_*: what is read, which wins, and that every mistake is told with its place."""

from __future__ import annotations

import json
from datetime import time
from pathlib import Path

import pytest

from voicebot.errors import InputFault
from voicebot.setting_faults import SettingsFault
from voicebot.setting_values import times_of
from voicebot.settings import AsteriskKind, Settings, load, make_data_folder


def wrong() -> SettingsFault:
    with pytest.raises(SettingsFault) as caught:
        load()
    return caught.value


def test_without_a_file_only_the_city_can_be_rung() -> None:
    settings = load()
    assert (settings.telephony.live, settings.telephony.caller_id, settings.telephony.asterisk.trunk) == (
        False, "", "city",
    )  # fmt: skip
    assert settings.database_url == f"sqlite:///{settings.paths.data / 'voicebot.db'}"
    assert len({settings.database_url, settings.registry_url, settings.engine_url}) == 3
    for folder in (settings.paths.scenarios, settings.paths.audio, settings.paths.asterisk_conf, settings.paths.city):
        assert folder.exists(), folder


def test_the_environment_wins_over_the_file_and_leaves_its_neighbours(write, monkeypatch) -> None:
    write("clinic: {name: Из файла, zone: Asia/Omsk}\ntelephony: {lines: 3, ring_timeout_s: 20}\n")
    monkeypatch.setenv("VOICEBOT_TELEPHONY__LINES", "7")
    monkeypatch.setenv("VOICEBOT_CLINIC__NAME", "Из окружения")
    settings = load()
    assert (settings.telephony.lines, settings.telephony.ring_timeout_s) == (7, 20)
    assert (settings.clinic.name, settings.clinic.zone) == ("Из окружения", "Asia/Omsk")


def test_what_the_program_sets_wins_over_the_file(write) -> None:
    write("telephony: {lines: 3, ring_timeout_s: 20}\n")
    assert load(telephony={"lines": 6}).telephony.lines == 6
    assert load(telephony={"lines": 6}).telephony.ring_timeout_s == 20
    assert load(read_file=False).telephony.lines == Settings().telephony.lines


def test_another_file_by_argument_or_variable(write, monkeypatch, tmp_path: Path) -> None:
    write("node: here\n")
    (tmp_path / "other.yaml").write_text("node: there\n")
    assert load(tmp_path / "other.yaml").node == "there"
    monkeypatch.setenv("VOICEBOT_CONFIG", str(tmp_path / "other.yaml"))
    assert load().node == "there"
    monkeypatch.setenv("VOICEBOT_CONFIG", str(tmp_path / "none.yaml"))
    assert "none.yaml нет" in str(wrong())


def test_lists_and_branches_in_the_environment_are_json(monkeypatch) -> None:
    monkeypatch.setenv("VOICEBOT_TELEPHONY__ALLOWED_PREFIXES", '["+7495", "+7812"]')
    monkeypatch.setenv("VOICEBOT_TELEPHONY__QUEUES", json.dumps({"reception": "8 (888) 000-09-02"}))
    telephony = load().telephony
    assert telephony.allowed_prefixes == ("+7495", "+7812")
    assert telephony.queues == {"reception": "+78880000902"}


def test_an_empty_file_is_no_mistake(write) -> None:
    write("# пока пусто\n")
    assert load().node == "node1"


BROKEN = [
    ("clinic:\n  name: ''\n", "voicebot.yaml:2:3: clinic.name: не должно быть пусто"),
    ("clinic: {zone: Mars/Phobos}\n", "voicebot.yaml:1:10: clinic.zone: неизвестный часовой пояс 'Mars/Phobos'"),
    ("clinic: 5\n", "voicebot.yaml:1:1: clinic: нужна ветка настроек"),
    ("telephony:\n  lines: много\n", "voicebot.yaml:2:3: telephony.lines: нужно целое число"),
    ("telephony: {lines: 0}\n", "telephony.lines: число слишком мало (не меньше 1)"),
    ("telephony: {lines: 1000}\n", "telephony.lines: число слишком велико (не больше 200)"),
    ("telephony: {calls_per_second: 0}\n", "telephony.calls_per_second: число слишком мало (больше 0.0)"),
    ("telephony:\n\n  linez: 3\n", "voicebot.yaml:3:3: telephony.linez: такой настройки нет"),
    ("telefon: {}\n", "voicebot.yaml:1:1: telefon: такой настройки нет"),
    ("telephony: {live: может быть}\n", "telephony.live: нужно true или false"),
    ("telephony: {caller_id: '123'}\n", "telephony.caller_id: '123': в номере не хватает цифр"),
    ("telephony: {caller_id: звоните}\n", "telephony.caller_id: 'звоните' не похоже на номер телефона"),
    ("telephony: {allowed_prefixes: ['8']}\n", "telephony.allowed_prefixes.0: '8' не начало номера"),
    ("telephony: {queues: {reception: ''}}\n", "telephony.queues.reception: номер не должен быть пустым"),
    ("telephony: {asterisk: {trunk: 'a;b'}}\n", "telephony.asterisk.trunk: 'a;b' не адрес линии"),
    ("telephony: {asterisk: {trunk: citty}}\n", "пишут так: sip.example.ru:5060, или city для учебного города"),
    ("telephony: {asterisk: {trunk: 'h:99999'}}\n", "'h:99999' не адрес линии"),
    ("telephony: {asterisk: {url: example.ru}}\n", "telephony.asterisk.url: 'example.ru' не адрес"),
    ("telephony: {asterisk: {endpoint: PJSIP/trunk}}\n", "PJSIP/{number}@trunk"),
    ("telephony: {asterisk: {kind: rented}}\n", "kind: такого значения нет (можно: 'embedded' или 'external')"),
    ("telephony: {live: true}\n", "telephony: live: true, а линия ведёт в учебный город"),
    ("rules: {hours: {weekdays: '20:00-09:00'}}\n", "rules.hours.weekdays: '20:00-09:00' не промежуток времени"),
    ("rules: {hours: {weekdays: с утра}}\n", "пишут так: 09:00-20:00"),
    ("speech: {asr: облако}\n", "(можно: 'auto', 'whisper' или 'vosk')"),
    ("web: {port: 99999}\n", "web.port: число слишком велико (не больше 65535)"),
    ("node: Узел 1\n", "node: 'Узел 1': имя узла — латинские строчные буквы"),
    ("paths: {data: [1]}\n", "paths.data: нужен путь к папке"),
    ("paths: {audio: /nowhere}\n", "paths.audio: папки /nowhere нет"),
    ("- a\n- b\n", "voicebot.yaml:1:1: ожидались настройки вида «имя: значение»"),
    ("clinic:\n  name: 'x\n", "voicebot.yaml:3:1: это не YAML"),
    ("node: a\nnode: b\n", "voicebot.yaml:2: эта настройка в файле уже есть"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), BROKEN)
def test_each_mistake_has_its_place_its_cause_and_a_remedy(write, text: str, said: str) -> None:
    write(text)
    fault = wrong()
    assert isinstance(fault, InputFault)
    assert said in fault.message
    assert fault.remedy
    assert "\n" not in fault.message


def test_all_mistakes_are_told_at_once_in_the_order_of_the_file(write) -> None:
    write("node: Я\nclinic:\n  zone: X\nweb: {port: -1}\n")
    places = [line.split(": ")[0] for line in wrong().message.splitlines()]
    assert places == ["voicebot.yaml:1:1", "voicebot.yaml:3:3", "voicebot.yaml:4:7"]


def test_a_file_that_is_no_text_or_no_file(bare_machine: Path) -> None:
    path = bare_machine / "voicebot.yaml"
    path.write_bytes("clinic: {name: Здоровье}".encode("cp1251"))
    assert "не в кодировке UTF-8" in str(wrong())
    path.unlink()
    path.mkdir()
    assert "это папка, а не файл" in str(wrong())


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("VOICEBOT_TELEPHONY__LINES", "abc", "VOICEBOT_TELEPHONY__LINES (окружение): telephony.lines: нужно целое"),
        ("VOICEBOT_TELEPHONY__LINEZ", "3", "VOICEBOT_TELEPHONY__LINEZ (окружение): telephony.linez: такой настройки"),
        ("VOICEBOT_TELEFON__LINES", "3", "VOICEBOT_TELEFON__LINES (окружение): такой настройки нет"),
        ("VOICEBOT_TELEPHONY", "3", "VOICEBOT_TELEPHONY (окружение): telephony: нужна ветка"),
        ("VOICEBOT_TELEPHONY", "три", "VOICEBOT_TELEPHONY (окружение): значение не разобрано"),
        ("VOICEBOT_TELEPHONY__ALLOWED_PREFIXES", "+7", 'VOICEBOT_TELEPHONY__ALLOWED_PREFIXES (окружение): значение не'
         ' разобрано; список и ветку пишут так: ["+7"]'),
        ("VOICEBOT_TELEPHONY__QUEUES", '{"reception": "1"}', "VOICEBOT_TELEPHONY__QUEUES (окружение): telephony"),
        ("VOICEBOT_CLINIC__ZONE", "Moscow", "VOICEBOT_CLINIC__ZONE (окружение): clinic.zone: неизвестный часовой пояс"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_environment_names_the_variable(monkeypatch, name: str, value: str, said: str) -> None:
    monkeypatch.setenv(name, value)
    fault = wrong()
    assert said in fault.message
    assert fault.remedy


def test_the_variable_is_named_also_when_the_file_sets_the_same(write, monkeypatch) -> None:
    write("telephony: {lines: 3}\n")
    monkeypatch.setenv("VOICEBOT_TELEPHONY__LINES", "0")
    assert wrong().message.startswith("VOICEBOT_TELEPHONY__LINES (окружение)")


def test_our_own_variables_are_no_settings(monkeypatch) -> None:
    monkeypatch.setenv("VOICEBOT_LOG", "info")
    monkeypatch.setenv("VOICEBOT_TESTSET", "/tmp")
    assert load().node == "node1"


def test_a_live_robot_needs_a_line_of_its_own(write) -> None:
    write("telephony: {live: true, caller_id: '+78880000000', asterisk: {trunk: 'sip.example.ru:5060'}}\n")
    assert load().telephony.live
    write("telephony: {live: true, asterisk: {kind: external, url: 'http://10.0.0.5:8088/'}}\n")
    asterisk = load().telephony.asterisk
    assert (asterisk.kind, asterisk.url) == (AsteriskKind.EXTERNAL, "http://10.0.0.5:8088")


@pytest.mark.parametrize("trunk", ["city", "sip.example.ru:5060", "sip.example.ru", "127.0.0.1:9", "pbx:5060"])
def test_lines_that_are_understood(trunk: str) -> None:
    assert load(telephony={"asterisk": {"trunk": trunk}}).telephony.asterisk.trunk == trunk


def test_numbers_are_kept_in_one_form(write) -> None:
    write("clinic: {phone: '8 (888) 000-00-05'}\ntelephony: {caller_id: '+7 888 000 00 06'}\n")
    settings = load()
    assert (settings.clinic.phone, settings.telephony.caller_id) == ("+78880000005", "+78880000006")


def test_a_password_is_not_shown() -> None:
    settings = load(telephony={"asterisk": {"password": "тайна"}})
    assert "тайна" not in repr(settings)


def test_windows_of_hours() -> None:
    assert times_of("09:00 - 20:30") == (time(9), time(20, 30))


def test_the_data_folder_is_made_for_its_owner_only(tmp_path: Path) -> None:
    settings = load(paths={"data": tmp_path / "a" / "b"})
    make_data_folder(settings)
    make_data_folder(settings)
    assert (tmp_path / "a" / "b").stat().st_mode & 0o777 == 0o700
    assert list((tmp_path / "a" / "b").iterdir()) == []


def test_a_data_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("занято")
    for folder, why in ((tmp_path / "file", "это файл, а не папка"), (tmp_path / "file" / "x", "лежит файл")):
        with pytest.raises(SettingsFault, match=why) as caught:
            make_data_folder(load(paths={"data": folder}))
        assert "paths.data" in caught.value.remedy
        assert str(folder) in caught.value.message
    assert (tmp_path / "file").read_text() == "занято"
