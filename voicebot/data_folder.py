"""The data folder of one machine: held by one robot at a time; and the key that all machines of a clinic share."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from voicebot.errors import InputFault


class DataInUse(InputFault):
    """Another robot works in this data folder."""

    code = "data-in-use"


@contextlib.contextmanager
def only_robot_in(data: Path) -> Iterator[None]:
    """Holds the data folder for this process. Raises DataInUse when another robot has it."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise DataInUse(
                f"В папке {data} уже работает другой робот.", "Остановите его или задайте другую папку: paths.data."
            ) from None
        yield


def secret_of(data: Path) -> bytes:
    """The key under which phones stand in the engine's tables, and hold-out groups are drawn; made at the first
    start."""
    path = data / "secret"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        path.write_bytes(secrets.token_bytes(32))
    return path.read_bytes()


def keep_secret(data: Path, secret: bytes) -> None:
    """The clinic's key in place of this machine's own: a second machine learns it from the database."""
    if secret_of(data) == secret:
        return
    new = data / "secret.new"
    new.touch(mode=0o600)
    new.write_bytes(secret)
    os.replace(new, data / "secret")
