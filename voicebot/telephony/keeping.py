"""An Asterisk that outlives its robot: what the next robot has to know to take it over (see warden.py)."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from voicebot.outliving import born, claim, lives, read_private, write_private
from voicebot.telephony.warden import COMMAND, OWNER

STATE = "running.json"  # in the run folder, readable by its owner only: it holds the password


@dataclass(frozen=True, slots=True)
class Remains:
    """A warden that runs, and with it an Asterisk. http: its port. made_of: the fingerprint of its configuration."""

    pid: int
    born: int
    password: str
    http: int
    made_of: str

    @property
    def alive(self) -> bool:
        return lives(self.pid, self.born)


def found(run_dir: Path) -> Remains | None:
    """What runs there, if anything does."""
    data = read_private(run_dir / STATE)
    try:
        left = Remains(
            int(data["pid"]), int(data["born"]), str(data["password"]), int(data["http"]), str(data["made_of"])
        )
    except (KeyError, TypeError, ValueError):
        return None
    return left if left.alive else None


def remember(run_dir: Path, pid: int, password: str, http: int, made_of: str) -> None:
    """It runs and answers: a later robot may find it."""
    data = {"pid": pid, "born": born(pid), "password": password, "http": http, "made_of": made_of}
    write_private(run_dir / STATE, data)


def kept(command: Sequence[str], run_dir: Path, patience_s: float) -> Sequence[str]:
    """The command that runs this one under a warden. We are the owner from now on."""
    (run_dir / STATE).unlink(missing_ok=True)
    write_private(run_dir / COMMAND, {"command": list(command)})
    claim(run_dir / OWNER)
    return [sys.executable, "-m", "voicebot.telephony.warden", str(run_dir), str(patience_s)]


def fingerprint(templates: Path, values: Mapping[str, str]) -> str:
    """Of a configuration: its templates and what is filled in."""
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for file in sorted(templates.rglob("*.conf")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
