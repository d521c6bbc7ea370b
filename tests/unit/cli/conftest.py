"""The commands in this process: arguments in, (status, stdout, stderr) out; a data folder of its own for each test."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from voicebot.cli import app
from voicebot.terminal import explained


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


Command = Callable[..., Ran]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of the commands; nothing else of the machine's settings holds."""
    for name in [name for name in os.environ if name.startswith("VOICEBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEBOT_PATHS__DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def voicebot(data: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """Runs one command."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        status = explained(lambda: app(list(arguments), standalone_mode=False, prog_name="voicebot"))
        captured = capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return run
