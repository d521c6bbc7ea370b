"""What a process does, and what several machines must share for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.setting_faults import SettingsFault
from voicebot.settings import Role, load, role_of

SERVER = "postgresql://voicebot@db/voicebot"


def settings(tmp_path: Path, url: str = "", engine_url: str = "", mis: str = ""):
    database = {"url": url, "engine_url": engine_url}
    return load(read_file=False, paths={"data": tmp_path}, database=database, mis={"url": mis})


def test_the_queue_is_beside_the_store_on_a_server_and_in_a_file_on_one_machine(tmp_path: Path) -> None:
    assert settings(tmp_path).engine_url == f"sqlite:///{tmp_path / 'engine.db'}"
    assert settings(tmp_path, SERVER).engine_url == SERVER
    assert settings(tmp_path, SERVER, "postgresql://db/queue").engine_url == "postgresql://db/queue"


@pytest.mark.parametrize("role", ["all", "calls", "web"])
def test_one_machine_may_do_anything(tmp_path: Path, role: str) -> None:
    assert role_of(role, settings(tmp_path)) is Role(role)


def test_machines_that_share_a_store_share_the_registry_too(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=r"Картотека лежит в файле этой машины.*mis\.url"):
        role_of("calls", settings(tmp_path, SERVER))
    assert role_of("calls", settings(tmp_path, SERVER, mis="postgresql://db/registry")) is Role.CALLS
    assert role_of("web", settings(tmp_path, SERVER)) is Role.WEB


def test_a_role_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match=r"--role boss: такой роли нет\. Можно: all, calls или web"):
        role_of("boss", settings(tmp_path))
