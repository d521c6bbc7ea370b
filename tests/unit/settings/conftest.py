"""A folder of its own for each test, and none of the machine's VOICEBOT_* variables."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.startswith("VOICEBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(bare_machine: Path) -> Callable[[str], Path]:
    """Puts a voicebot.yaml into the current folder."""

    def writer(text: str) -> Path:
        path = bare_machine / "voicebot.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return writer
