"""The tools that only the tests need, as the set-up leaves them: each really runs."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from voicebot.telephony.ports import PortLease

LOCAL = Path(__file__).resolve().parents[2] / ".local"


@pytest.fixture
def folder() -> Iterator[tuple[Path, dict[str, Any]]]:
    """A folder, and the arguments of subprocess that run a program as its owner: PostgreSQL refuses root."""
    made = Path(tempfile.mkdtemp(prefix="voicebot-postgres-"))
    run_as: dict[str, Any] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(made, nobody.pw_uid, nobody.pw_gid)
        run_as = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    yield made, run_as
    shutil.rmtree(made)


def test_postgres_starts_answers_and_stops(folder: tuple[Path, dict[str, Any]]) -> None:
    psycopg = pytest.importorskip("psycopg")
    data, run_as = folder[0] / "data", {**folder[1], "cwd": "/", "check": True, "timeout": 60}
    run_as |= {"stdout": subprocess.DEVNULL, "env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}}
    binaries = LOCAL / "postgres/bin"
    ports = PortLease()
    port = ports.http
    options = f"-p {port} -k {folder[0]} -c listen_addresses=127.0.0.1 -c fsync=off"
    subprocess.run([binaries / "initdb", "-D", data, "-U", "voicebot", "-A", "trust", "-E", "UTF8"], **run_as)
    try:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start"], **run_as)
        with psycopg.connect(
            f"host=127.0.0.1 port={port} user=voicebot dbname=postgres connect_timeout=5"
        ) as connection:
            (zone,) = connection.execute("select extract(hour from now() at time zone 'Asia/Vladivostok')").fetchone()
            (upper,) = connection.execute("select upper('визит подтверждён')").fetchone()
        assert 0 <= zone <= 23
        assert upper
    finally:
        subprocess.run([binaries / "pg_ctl", "-D", data, "-m", "fast", "stop"], **{**run_as, "check": False})
        ports.close()
    assert not (data / "postmaster.pid").exists()


def test_sipp_runs() -> None:
    done = subprocess.run([LOCAL / "sipp/bin/sipp", "-v"], capture_output=True, text=True, timeout=20, check=False)
    assert "SIPp v3" in done.stdout
    assert "RTPSTREAM" in done.stdout, "sound can be sent from a file"
