"""The city's process: it is ready, ends politely, and leaves nothing behind whatever happens to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from voicebot.city.journal import What
from voicebot.city.process import CityFailed, CityProcess
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.port import Gone, Up
from voicebot.telephony.telephone import AriTelephone

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
BOOK = 'persons:\n  "+78880000101": {calls: [{answer_after: 0s, lines: [да]}]}\n'


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "people.yaml"
    path.write_text(BOOK, encoding="utf-8")
    return path


def city_of(book: Path, run_dir: Path) -> CityProcess:
    return CityProcess(
        file=book,
        run_dir=run_dir,
        asterisk=LOCAL / "asterisk",
        rhvoice=LOCAL / "rhvoice",
        cache=LOCAL / "cache" / "city",
    )


def processes_of(folder: Path) -> list[str]:
    """Command lines of living processes that name this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue  # it ended while we looked
        if str(folder) in command and path.parent.name != str(os.getpid()):
            found.append(command)
    return found


async def none_left(folder: Path, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while processes_of(folder):
            await asyncio.sleep(0.05)


async def test_told_to_end_in_the_middle_of_a_call(book: Path, tmp_path: Path) -> None:
    """Within 3 s; the call is hung up, its journal and recording are complete, nothing runs on."""
    city = city_of(book, tmp_path / "city")
    async with (
        city,
        AsteriskProcess(
            conf="clinic", prefix=LOCAL / "asterisk", run_dir=tmp_path / "clinic", app="robot", peer_sip=city.sip
        ) as asterisk,
        AriTelephone(asterisk.url, asterisk.user, asterisk.password, "robot") as telephone,
        telephone.dial("cut-0", "+78880000101", "+78880000001", 10) as line,
        asyncio.timeout(15),
    ):
        events = line.events()
        async for event in events:
            if isinstance(event, Up):
                break
        await asyncio.sleep(0.5)
        began = time.monotonic()
        os.kill(city.pid, signal.SIGTERM)
        async for event in events:
            gone = event
        await city.died()
        assert time.monotonic() - began < 3
    assert isinstance(gone, Gone)
    await none_left(tmp_path / "city", 2)
    (log,) = city.logs()
    assert log.first(What.GONE) is not None and log.first(What.RECORDED) is not None
    assert (city.calls_dir / "78880000101-1.wav").stat().st_size > 8000 * 4 * 0.3


async def test_the_death_of_its_asterisk_is_told(book: Path, tmp_path: Path) -> None:
    async with city_of(book, tmp_path / "city") as city:
        pid = int((tmp_path / "city/asterisk/asterisk.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        async with asyncio.timeout(10):
            failed = await city.died()
    assert "код" in failed.message
    assert "Asterisk" in (tmp_path / "city/city.err").read_text(encoding="utf-8")
    await none_left(tmp_path / "city", 2)


async def test_it_does_not_outlive_the_program_that_started_it(book: Path, tmp_path: Path) -> None:
    """The parent is killed, so it cannot end the city itself."""
    program = f"""
import asyncio
from pathlib import Path
from voicebot.city.process import CityProcess
async def main():
    async with CityProcess(file=Path({str(book)!r}), run_dir=Path({str(tmp_path / "city")!r}),
                           asterisk=Path({str(LOCAL / "asterisk")!r}), rhvoice=Path({str(LOCAL / "rhvoice")!r}),
                           cache=Path({str(LOCAL / "cache/city")!r})):
        print("up", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    assert parent.stdout is not None
    async with asyncio.timeout(60):
        assert (await parent.stdout.readline()).strip() == b"up"
    assert processes_of(tmp_path / "city")
    parent.kill()
    await parent.wait()
    await none_left(tmp_path / "city", 6)


@pytest.mark.parametrize(
    ("text", "says"),
    [("persons: {'+79161234567': {calls: [busy]}}\n", "строка 1"), (None, "не читается")],
)
def test_a_bad_book_is_one_sentence(tmp_path: Path, text: str | None, says: str) -> None:
    book = tmp_path / "bad.yaml"
    if text is not None:
        book.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "voicebot.city", "--file", str(book), "--run-dir", str(tmp_path / "run")],
        capture_output=True, text=True, timeout=60, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    said = json.loads(done.stdout)
    assert said["ready"] is False and said["code"] == "city-book" and says in said["message"]
    assert done.stderr.count("\n") == 1 and "Traceback" not in done.stderr


async def test_a_run_is_not_written_over(book: Path, tmp_path: Path) -> None:
    (tmp_path / "city/calls").mkdir(parents=True)
    (tmp_path / "city/calls/old.jsonl").write_text("{}\n")
    with pytest.raises(CityFailed, match="прежнего прогона"):
        async with city_of(book, tmp_path / "city"):
            pass
