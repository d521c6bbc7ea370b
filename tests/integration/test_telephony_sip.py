"""How calls fail over SIP, with sipp as a telephone network that is not Asterisk: the table of TELEPHONY.md."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.port import Gone, PlayFinished, Ringing, Up
from voicebot.telephony.telephone import AriTelephone

ROOT = Path(__file__).resolve().parents[2]
SIPP = shutil.which("sipp", path=f"{ROOT / '.local/sipp/bin'}{os.pathsep}{os.environ.get('PATH', '')}")
SCENARIOS = Path(__file__).with_name("sipp")
pytestmark = pytest.mark.skipif(
    SIPP is None, reason="SIP FAILURES ARE NOT TESTED: sipp is missing; «make test-tools» fetches it"
)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.asynccontextmanager
async def sipp(port: int, folder: Path, *more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A telephone network at this port: the last digit of the number chooses what happens."""
    shutil.copytree(SCENARIOS, folder, dirs_exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *(str(SIPP), "-sf", "uas.xml", "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-ci", "127.0.0.1"),
        *("-cp", str(free_udp_port()), "-mp", str(free_udp_port()), "-nostdin", *more),
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


@contextlib.asynccontextmanager
async def clinic_towards(prefix: Path, folder: Path, port: int) -> AsyncIterator[AriTelephone]:
    """A clinic whose trunk is at this port."""
    process = AsteriskProcess(
        conf="clinic", prefix=prefix, run_dir=folder / "clinic", app="voicebot-sip", peer_sip=f"127.0.0.1:{port}"
    )
    async with process, AriTelephone(process.url, process.user, process.password, process.app) as telephone:
        yield telephone


@pytest_asyncio.fixture
async def network(prefix: Path, tmp_path: Path) -> AsyncIterator[AriTelephone]:
    """A clinic whose trunk is sipp."""
    port = free_udp_port()
    async with sipp(port, tmp_path / "sipp") as peer, clinic_towards(prefix, tmp_path, port) as telephone:
        yield telephone
        assert peer.returncode is None, "sipp must live to the end of the test"


@pytest.mark.parametrize(
    ("digit", "expected", "rings"),
    [
        ("2", Gone(Disposition.BUSY, 17, "486"), False),
        ("3", Gone(Disposition.NO_ANSWER, 19, "480"), True),  # rings for ever: our timeout, sipp gets a CANCEL
        ("0", Gone(Disposition.NO_ANSWER, 19, "480"), True),  # many mobile networks say 183 and never 180
        ("4", Gone(Disposition.REJECTED, 21, "603"), False),
        ("5", Gone(Disposition.INVALID_NUMBER, 1, "404"), False),
        ("6", Gone(Disposition.FAILED, 34, "503"), False),
        ("8", Gone(Disposition.NO_ANSWER, 19, "480"), False),
    ],
    ids=["busy", "no answer", "no answer after 183", "rejected", "unknown number", "congestion", "480"],
)
async def test_a_failed_call(network, party, digit, expected, rings):
    async with party(network.dial("sip-1", f"+7888000000{digit}", "+78880000000", 2)) as robot:
        assert await robot.gone() == expected
    assert robot.has(Ringing) is rings
    assert not robot.has(Up)
    assert not await network.alive("sip-1")


async def test_a_call_that_sipp_ends(network, party):
    async with party(network.dial("sip-7", "+78880000007", "+78880000000", 5)) as robot:
        await robot.expect(Up)
        assert await robot.gone() == Gone(Disposition.ANSWERED, 16, "")
    assert len(robot.heard) > 16000, "two seconds of the recording that sipp plays"


async def test_sound_goes_out_and_comes_back_through_sipp(prefix, tmp_path, party, sweep, likeness):
    port, sound = free_udp_port(), sweep(1.0)
    async with (
        sipp(port, tmp_path / "sipp", "-rtp_echo"),
        clinic_towards(prefix, tmp_path, port) as telephone,
        party(telephone.dial("sip-9", "+78880000009", "+78880000000", 5)) as robot,
    ):
        await robot.expect(Up)
        await robot.line.play(1, sound)
        await robot.expect(PlayFinished)
        await asyncio.sleep(0.4)
        await robot.line.hang_up()
        assert await robot.gone() == Gone(Disposition.ANSWERED, 16, "")
    assert likeness(sound, robot.samples())[0] > 0.9


async def test_a_dead_trunk_is_our_failure_not_the_patients(prefix, tmp_path, party):
    async with (
        clinic_towards(prefix, tmp_path, free_udp_port()) as telephone,  # nobody is there
        party(telephone.dial("sip-9", "+78880000001", "+78880000000", 2)) as robot,
    ):
        gone = await robot.gone(6)
    assert gone.disposition is Disposition.FAILED
    assert not robot.has(Ringing)
