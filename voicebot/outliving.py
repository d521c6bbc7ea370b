"""Processes that outlive the one that started them, so that its successor finds them: who is who over process ids.

A process id is reused; with the moment of its birth it names one process for as long as the machine runs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

#: What outlives its owner waits for a new one so long, and then ends by itself: nothing is left behind for ever.
PATIENCE_S = 60.0
_POLL_S = 0.02


def born(pid: int) -> int:
    """When this process began, in ticks since the machine started; 0 when it is gone (a zombie is gone)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] in ("Z", "X") else int(fields[19])


def lives(pid: int, since: int) -> bool:
    """Whether that very process lives."""
    return since > 0 and born(pid) == since


def write_private(path: Path, data: Mapping[str, Any]) -> None:
    """JSON that only its owner may read, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(data, file, ensure_ascii=False)
    part.replace(path)


def read_private(path: Path) -> Mapping[str, Any]:
    """What was written there; {} when there is nothing, or nothing of use."""
    with contextlib.suppress(OSError, ValueError):
        data = json.loads(path.read_text(encoding="utf-8"))
        return data if isinstance(data, dict) else {}
    return {}


def claim(path: Path) -> None:
    """We are the owner now, as that file tells."""
    write_private(path, {"pid": os.getpid(), "born": born(os.getpid())})


def owned(path: Path) -> bool:
    """Whether the owner of this file lives."""
    owner = read_private(path)
    return lives(int(owner.get("pid", 0)), int(owner.get("born", 0)))


def end_other(pid: int, since: int, polite_s: float) -> None:
    """End a process that is no child of ours: SIGTERM, SIGKILL after polite_s. One that is gone is a success."""
    for sign, wait_s in ((signal.SIGTERM, polite_s), (signal.SIGKILL, 1.0)):
        if not lives(pid, since):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sign)
        until = time.monotonic() + wait_s
        while time.monotonic() < until and lives(pid, since):
            time.sleep(_POLL_S)


async def gone(pid: int) -> None:
    """Wait until this process is gone, whoever's child it is."""
    try:
        watched = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_reader(watched, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(watched)
        os.close(watched)
