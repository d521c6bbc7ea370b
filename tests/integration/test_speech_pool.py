"""The pool with real processes: several at once, a loop that stays free, workers that die, hang and cannot start."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from voicebot.speech.audio import silence
from voicebot.speech.choose import AsrEngine, RecogniserChoice
from voicebot.speech.pool import RecogniserPool
from voicebot.speech.port import ModelMissing, SpeechError
from voicebot.speech.rhvoice import RHVoice

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
WHISPER = RecogniserChoice(AsrEngine.WHISPER, LOCAL / "models/whisper-base", "для теста")


@pytest.fixture(scope="module")
def answer() -> bytes:
    if not (WHISPER.model / "model.bin").is_file() or not (LOCAL / "rhvoice").is_dir():
        pytest.skip("Whisper or RHVoice is not in .local: run `make setup`")
    engine = RHVoice(LOCAL / "rhvoice")
    try:
        return silence(300, 8000) + engine.speak("Не звоните мне больше", "irina") + silence(300, 8000)
    finally:
        engine.close()


@pytest.fixture
async def pool(answer: bytes) -> AsyncIterator[RecogniserPool]:
    async with RecogniserPool(WHISPER, workers=1, timeout_s=3.0) as running:
        yield running


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists() or "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()


async def until(condition: object, seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "did not come true in time"
        await asyncio.sleep(0.02)


async def test_two_workers_hear_several_at_once_and_the_loop_stays_free(answer: bytes) -> None:
    lags: list[float] = []

    async def watch() -> None:
        while True:
            before = time.perf_counter()
            await asyncio.sleep(0.005)
            lags.append(time.perf_counter() - before - 0.005)

    async with RecogniserPool(WHISPER, workers=2) as pool:
        pids = pool.pids
        watcher = asyncio.create_task(watch())
        results = await asyncio.gather(*(pool.recognise(answer, 8000) for _ in range(8)))
        watcher.cancel()
    assert {result.text for result in results} == {"Не звоните мне больше."}
    # not the worst: the machine may be busy with others; recognition on the loop would block it for 100 ms each time
    assert sorted(lags)[len(lags) * 9 // 10] < 0.02
    assert all(gone(pid) for pid in pids)


async def test_a_worker_that_dies_is_replaced_and_its_caller_is_told(pool: RecogniserPool, answer: bytes) -> None:
    (pid,) = pool.pids
    os.kill(pid, signal.SIGSTOP)  # so that it surely has the job when it dies
    asking = asyncio.create_task(pool.recognise(answer, 8000))
    await asyncio.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    with pytest.raises(SpeechError, match="погиб"):
        await asking
    assert (await pool.recognise(answer, 8000)).text == "Не звоните мне больше."
    assert pool.restarts == 1 and pool.pids != [pid] and gone(pid)


async def test_a_worker_that_dies_idle_is_replaced_before_anybody_notices(pool: RecogniserPool, answer: bytes) -> None:
    (pid,) = pool.pids
    os.kill(pid, signal.SIGKILL)
    await until(lambda: pool.pids and pool.pids != [pid])
    assert (await pool.recognise(answer, 8000)).text == "Не звоните мне больше."


async def test_a_worker_that_hangs_is_replaced_and_its_caller_is_told(answer: bytes) -> None:
    async with RecogniserPool(WHISPER, workers=1, timeout_s=1.0) as pool:
        (pid,) = pool.pids
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(SpeechError):
            await pool.recognise(answer, 8000)
        await until(lambda: pool.pids and pool.pids != [pid])
        assert gone(pid)
        assert (await pool.recognise(answer, 8000)).text == "Не звоните мне больше."


async def test_a_caller_that_hangs_up_leaves_the_worker_to_the_next(pool: RecogniserPool, answer: bytes) -> None:
    asking = asyncio.create_task(pool.recognise(answer, 8000))
    await asyncio.sleep(0.03)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await pool.recognise(answer, 8000)).text == "Не звоните мне больше."
    assert pool.restarts == 0


async def test_what_the_engine_refuses_does_not_cost_the_worker(pool: RecogniserPool, answer: bytes) -> None:
    with pytest.raises(SpeechError, match="44100"):
        await pool.recognise(answer, 44100)
    with pytest.raises(SpeechError, match="длинна"):
        await pool.recognise(bytes(3_000_000), 8000)
    assert (await pool.recognise(answer[:-1], 8000)).text == "Не звоните мне больше."
    assert pool.restarts == 0


async def test_a_missing_model_is_said_at_the_start_and_leaves_no_process(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="make setup"):
        async with RecogniserPool(RecogniserChoice(AsrEngine.WHISPER, tmp_path / "none", ""), workers=2):
            pass
    with pytest.raises(SpeechError):
        await RecogniserPool(WHISPER).recognise(b"", 8000)


async def test_a_model_that_vanishes_fails_the_callers_at_once(tmp_path: Path, answer: bytes) -> None:
    moving = tmp_path / "whisper"
    moving.symlink_to(WHISPER.model)
    choice = RecogniserChoice(AsrEngine.WHISPER, moving, "")
    async with RecogniserPool(choice, workers=1, timeout_s=20.0) as pool:
        moving.unlink()
        os.kill(pool.pids[0], signal.SIGKILL)
        before = time.monotonic()
        with pytest.raises(SpeechError):
            while True:
                await pool.recognise(answer, 8000)
        assert time.monotonic() - before < 10
        moving.symlink_to(WHISPER.model)
        await until(lambda: bool(pool.pids), 15)
        assert (await pool.recognise(answer, 8000)).text == "Не звоните мне больше."


async def test_workers_die_with_a_parent_that_is_killed(answer: bytes) -> None:
    program = (
        "import asyncio, sys\nfrom pathlib import Path\n"
        "from voicebot.speech.pool import RecogniserPool\n"
        "from voicebot.speech.choose import AsrEngine, RecogniserChoice\n"
        "async def main():\n"
        f"    choice = RecogniserChoice(AsrEngine.WHISPER, Path({str(WHISPER.model)!r}), '')\n"
        "    async with RecogniserPool(choice, 1) as pool:\n"
        "        print(pool.pids[0], flush=True)\n        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert parent.stdout is not None
        pid = int(await asyncio.wait_for(parent.stdout.readline(), 30))
        os.kill(pid, signal.SIGSTOP)  # even one that hangs
    finally:
        parent.kill()
        await asyncio.wait_for(parent.wait(), 5)
    await until(lambda: gone(pid))
