"""An Asterisk that outlives the robot that started it: found by the next one, ended when none comes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path

from tests.integration.test_city_process import processes_of
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.telephone import AriTelephone

ROOT = Path(__file__).resolve().parents[2]
ROBOT = """
    import asyncio, sys
    from pathlib import Path
    from voicebot.telephony.asterisk import AsteriskProcess

    async def main():
        run_dir, prefix, patience = Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3])
        async with AsteriskProcess(conf="clinic", prefix=prefix, run_dir=run_dir, app="robot", outlives=True,
                                   patience_s=patience) as process:
            print(process.pid, process.url, process.password, flush=True)
            await asyncio.sleep(60)

    asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def killed_robot(run_dir: Path, prefix: Path, patience_s: float) -> AsyncIterator[tuple[int, str, str]]:
    """(pid of what it left, URL, password) of a robot that was just killed."""
    robot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(ROBOT), str(run_dir), str(prefix), str(patience_s),
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        assert robot.stdout
        pid, url, password = (await asyncio.wait_for(robot.stdout.readline(), 30)).decode().split()
        robot.kill()
        await robot.wait()
        yield int(pid), url, password
    finally:
        if robot.returncode is None:
            robot.kill()
            await robot.wait()


async def none_left(folder: Path, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while processes_of(folder):
            await asyncio.sleep(0.1)


def made(run_dir: Path, prefix: Path, peer: str = "127.0.0.1:9") -> AsteriskProcess:
    return AsteriskProcess(conf="clinic", prefix=prefix, run_dir=run_dir, app="robot", outlives=True, peer_sip=peer)


async def test_the_next_robot_finds_it(prefix: Path, tmp_path: Path) -> None:
    async with killed_robot(tmp_path, prefix, 30) as (pid, url, password):
        process = made(tmp_path, prefix)
        async with process:
            assert (process.pid, process.url, process.password) == (pid, url, password)
            async with AriTelephone(process.url, process.user, process.password, "robot") as telephone:
                assert not await telephone.alive("nobody")
            os.kill(pid, signal.SIGKILL)  # and it may die later as any other
            await asyncio.wait_for(process.died(), 5)
            await process.start()
            assert process.pid != pid and process.url == url
        await none_left(tmp_path, 5)


async def test_one_that_is_configured_otherwise_is_ended(prefix: Path, tmp_path: Path) -> None:
    async with killed_robot(tmp_path, prefix, 30) as (pid, _, _):
        async with made(tmp_path, prefix, peer="127.0.0.1:11") as process:
            assert process.pid != pid
            assert sum("telephony.warden" in command for command in processes_of(tmp_path)) == 1
        await none_left(tmp_path, 5)


async def test_when_no_robot_comes_it_ends_by_itself(prefix: Path, tmp_path: Path) -> None:
    async with killed_robot(tmp_path, prefix, 1.0):
        assert processes_of(tmp_path)
        await none_left(tmp_path, 10)
