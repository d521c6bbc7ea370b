"""`voicebot` as its users run it: a process, a data folder of its own, a clinic where it is noon."""

from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.settings import ROOT

KEYS = "+78880000201"  # presses «1» into both questions
SILENT = "+78880000202"  # picks up and never says a word
ADMINISTRATOR = "+78880000901"

PEOPLE = f"""
persons:
  "{KEYS}":
    calls: [{{answer_after: 100ms, hang_up: {{at: 5500ms}},
             interrupt: [{{phrase: 1, at: 500ms, keys: "1"}}, {{phrase: 1, at: 2500ms, keys: "1"}}]}}]
  "{SILENT}":
    calls: [{{answer_after: 100ms}}]
  "{ADMINISTRATOR}":
    role: administrator
    calls: [ring_for_ever]
"""


def noon_zone() -> str:
    """A zone where it is about noon now, so that calls are allowed whenever the tests run."""
    ahead = 12 - datetime.now(UTC).hour
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"


@dataclass
class Clinic:
    """A data folder with its settings, in which commands are run."""

    folder: Path
    voiced: Path | None = None  # where prompts that another clinic has rendered are kept
    zone: str = field(default_factory=noon_zone)
    more: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        (self.folder / "people.yaml").write_text(PEOPLE)
        if self.voiced is not None:
            self.voiced.mkdir(exist_ok=True)
            (self.data / "prompts").symlink_to(self.voiced)

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def environment(self) -> dict[str, str]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VOICEBOT_")}
        return {
            **clean,
            "VOICEBOT_PATHS__DATA": str(self.data),
            "VOICEBOT_PATHS__CITY": str(self.folder / "people.yaml"),
            "VOICEBOT_CLINIC__ZONE": self.zone,
            "VOICEBOT_WEB__PORT": "0",
            "VOICEBOT_MIS__SYNC_EVERY_S": "1",
            "VOICEBOT_SPEECH__WORKERS": "1",
            **self.more,
        }

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        """One command to its end. more: variables of the environment."""
        return subprocess.run(
            [sys.executable, "-m", "voicebot.cli", *arguments],
            cwd=self.folder, env={**self.environment(), **more}, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip

    def book(self, *phones: str) -> None:
        """Import a visit in two hours for each phone: its reminder is due at once."""
        start = datetime.now(ZoneInfo(self.zone)) + timedelta(hours=2)
        lines = [
            f"Иванова;Анна;Ивановна;{phone};{start:%d.%m.%Y %H:%M};Улюкаева Анна Петровна;На Садовой;ул. Садовая, д. 1"
            for phone in phones
        ]
        path = self.folder / "visits.csv"
        path.write_text("\n".join(["Фамилия;Имя;Отчество;Телефон;Дата и время;Врач;Филиал;Адрес", *lines]))
        done = self.run("import", str(path))
        assert done.returncode == 0, done

    def rows(self, sql: str, file: str = "voicebot.db") -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(f"file:{self.data / file}?mode=ro", uri=True, timeout=5)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def processes(self) -> dict[int, str]:
        """Everything that runs for this clinic: by its arguments or by the environment that it got from us."""
        found = {}
        for process in Path("/proc").iterdir():
            if not process.name.isdigit() or int(process.name) == os.getpid():
                continue
            try:
                command = (process / "cmdline").read_bytes()
                known = command + (process / "environ").read_bytes()
            except OSError:
                continue
            if str(self.folder).encode() in known and command:
                found[int(process.name)] = command.replace(b"\0", b" ").decode(errors="replace")
        return found


class Serve:
    """`voicebot serve` until left; then nothing of it may be left. Use as a context manager."""

    def __init__(self, clinic: Clinic, *arguments: str, **more: str) -> None:
        self.clinic, self._arguments, self._more = clinic, arguments, more
        self.url = ""

    def __enter__(self) -> Serve:
        self._out = (self.clinic.folder / "serve.out").open("w+")
        self._err = (self.clinic.folder / "serve.err").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "voicebot.cli", "serve", *self._arguments],
            cwd=self.clinic.folder, env={**self.clinic.environment(), **self._more}, stdout=self._out,
            stderr=self._err,
        )  # fmt: skip
        try:
            until(lambda: "/healthz" in self.out or self.process.poll() is not None, 90)
            assert self.process.poll() is None, self.err
            found = re.search(r"http://\S+(?=/healthz)", self.out)
            assert found, self.out
        except BaseException:
            self.__exit__()
            raise
        self.url = found[0]
        return self

    def __exit__(self, *exc: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(10)
        for pid in self.clinic.processes():  # only after a test that failed
            os.kill(pid, signal.SIGKILL)
        self._out.close()
        self._err.close()

    @property
    def out(self) -> str:
        return (self.clinic.folder / "serve.out").read_text()

    @property
    def err(self) -> str:
        return (self.clinic.folder / "serve.err").read_text()

    def health(self) -> tuple[int, dict[str, str]]:
        """(HTTP status, part -> what is wrong with it or "ok")."""
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return answer.status, json.load(answer)["parts"]
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)["parts"]

    def end(self, *signs: int) -> tuple[int, float]:
        """Send signals; (exit status, seconds until the end)."""
        began = time.monotonic()
        for sign in signs:
            self.process.send_signal(sign)
            time.sleep(0.2)
        return self.process.wait(20), time.monotonic() - began


def until(true: Callable[[], Any], seconds: float) -> Any:
    """Look again and again; the first thing that is true. Fails after so long."""
    deadline = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.05)
    return found


__all__ = ["KEYS", "ROOT", "SILENT", "Clinic", "Serve", "until"]
