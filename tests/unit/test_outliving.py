"""Who is who over process ids."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from voicebot.outliving import born, claim, end_other, gone, lives, owned, read_private, write_private


def sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])


def test_a_process_is_known_by_its_id_and_its_birth() -> None:
    child = sleeper()
    since = born(child.pid)
    assert lives(child.pid, since) and not lives(child.pid, since + 1)
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not lives(child.pid, since), "a zombie is gone"
    child.wait()
    assert born(child.pid) == 0


def test_one_that_is_no_child_of_ours_is_ended_and_waited_for() -> None:
    child = sleeper()
    since = born(child.pid)

    async def scene() -> None:
        waiting = asyncio.create_task(gone(child.pid))
        await asyncio.to_thread(end_other, child.pid, since, 5.0)
        await asyncio.wait_for(waiting, 5)
        await gone(child.pid)  # gone already

    asyncio.run(scene())
    assert child.wait() == -15
    end_other(child.pid, since, 5.0)  # a success


def test_the_owner_of_a_file_is_who_claimed_it_last(tmp_path: Path) -> None:
    file = tmp_path / "owner.json"
    assert not owned(file)
    claim(file)
    assert owned(file)
    assert file.stat().st_mode & 0o077 == 0
    write_private(file, {"pid": os.getpid(), "born": 1})
    assert not owned(file), "another process of this number"
    file.write_text("no json")
    assert read_private(file) == {} and not owned(file)
