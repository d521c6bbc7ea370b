"""A PostgreSQL of our own in a temporary folder: Debian's package, a free port of 127.0.0.1, no password."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

USER = "voicebot"
_START_S = 30


def binaries() -> Path | None:
    """The folder with initdb and postgres: the set-up's, else from PATH, else Debian's; None when not installed."""
    found = shutil.which("initdb")
    candidates = [Path(__file__).resolve().parents[2] / ".local/postgres/bin"]
    candidates += [Path(found).resolve().parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "postgres").exists()), None)


def _unprivileged() -> dict[str, object]:
    """PostgreSQL refuses to run as root: then it runs as postgres, or as nobody."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            account = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    raise RuntimeError("neither postgres nor nobody is an account of this machine")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class Postgres:
    """One cluster. start() and kill() may follow one another: the data stay."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.port = _free_port()
        self._folder = folder
        self._programs = programs
        self._account = _unprivileged()
        self._process: subprocess.Popen[bytes] | None = None
        if "user" in self._account:
            # Not below pytest's folder: each session that starts closes that to other accounts, ours included.
            self._folder = Path(tempfile.mkdtemp(prefix="voicebot-postgres-"))
            os.chown(self._folder, int(str(self._account["user"])), int(str(self._account["group"])))
        self._run("initdb", "-D", str(self._folder / "data"), "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments],
            cwd=self._folder,
            capture_output=True,
            timeout=120,
            **self._account,  # type: ignore[call-overload]
        )
        if done.returncode:
            raise RuntimeError(f"{program}: {done.stderr.decode()}")

    def url(self, name: str = "postgres") -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def start(self) -> None:
        """After a kill the children of the old one may hold its memory and port for a moment: it is tried again."""
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            self._process = self._spawn()
            while time.monotonic() < until and self._process.poll() is None:
                try:
                    psycopg.connect(self.url(), connect_timeout=2).close()
                    return
                except psycopg.OperationalError:
                    time.sleep(0.05)
            time.sleep(0.2)
        self.kill()
        raise RuntimeError(f"PostgreSQL did not start: {(self._folder / 'log').read_text()[-2000:]}")

    def _spawn(self) -> subprocess.Popen[bytes]:
        with (self._folder / "log").open("ab") as log:
            return subprocess.Popen(
                [
                    self._programs / "postgres", "-D", self._folder / "data", "-h", "127.0.0.1", "-p", str(self.port),
                    "-k", "", "-c", "fsync=off", "-c", "shared_buffers=16MB",
                ],
                cwd=self._folder, stdout=log, stderr=log, **self._account,  # type: ignore[call-overload]
            )  # fmt: skip

    def create(self, name: str) -> str:
        """A new empty database; its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"')
        return self.url(name)

    def kill(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """SIGQUIT is PostgreSQL's immediate shutdown: as after a crash, but no child is left behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            self._process.wait(30)
        self._process = None

    def remove(self) -> None:
        """The data too, where they do not lie in the folder of a test."""
        self.kill()
        if "user" in self._account:
            shutil.rmtree(self._folder, ignore_errors=True)


@contextmanager
def postgres(folder: Path, programs: Path) -> Iterator[Postgres]:
    cluster = Postgres(folder, programs)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.remove()
