"""Recognition workers that hang and die under patients who answer: the calls go on by keys, after a polite sentence.

Two people are rung at once by the whole robot. One worker is stopped before, the other and every new one is killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from voicebot.app import Robot, running
from voicebot.city.journal import What
from voicebot.dialogue.outcome import Outcome
from voicebot.settings import load
from voicebot.trial import TrialCall, trial_call

LOCAL = Path(__file__).resolve().parents[2] / ".local"
PHONES = ("+78880000311", "+78880000312")
#: The robot's second phrase is the polite sentence, its third the question; they do not wait for the ends.
LINES = """calls: [{answer_after: 100ms, again: false, longest: 60s, lines: [да],
                  interrupt: [{phrase: 2, at: 2s, keys: "1"}, {phrase: 3, at: 500ms, keys: "1"}]}]"""


async def kill_all_but(robot: Robot, spared: int) -> None:
    while True:
        for pid in robot.pool.pids:
            with contextlib.suppress(ProcessLookupError):  # the pool has just seen its death
                if pid != spared:
                    os.kill(pid, signal.SIGKILL)
        await asyncio.sleep(0.02)


async def test_the_calls_go_on_by_keys(tmp_path: Path) -> None:
    for part in ("asterisk", "rhvoice", "models/whisper-base"):
        if not (LOCAL / part).exists():
            pytest.skip(f".local/{part} is missing: run `make setup`")
    people = "".join(f'  "{phone}": {{voice: elena, {LINES}}}\n' for phone in PHONES)
    (tmp_path / "people.yaml").write_text(f"persons:\n{people}", encoding="utf-8")
    settings = load(
        None, read_file=False, paths={"data": tmp_path / "data", "city": tmp_path / "people.yaml"},
        telephony={"lines": 2, "calls_per_second": 4}, web={"port": 0},
        speech={"workers": 2, "recognition_timeout_s": 2},
    )  # fmt: skip
    async with asyncio.timeout(120), running(settings, idle=True) as robot:
        hung = robot.pool.pids[0]
        os.kill(hung, signal.SIGSTOP)
        killing = asyncio.create_task(kill_all_but(robot, hung))
        try:
            calls = await asyncio.gather(*(trial_call(robot, phone, "visit_reminder") for phone in PHONES))
        finally:
            killing.cancel()
        assert robot.city is not None
        logs = await robot.city.quiet(5.0)
        assert hung not in robot.pool.pids and robot.pool.restarts >= 2
    for call in calls:
        assert lost(call) and "Ответьте, пожалуйста, кнопками" in said(call)
        assert call.finish.conclusions[0].outcome is Outcome.CONFIRMED, said(call)
    assert [len(log.all(What.PRESSED)) for log in logs] == [2, 2]


def lost(call: TrialCall) -> bool:
    return any(row.kind == "RecognitionLost" for row in call.events)


def said(call: TrialCall) -> str:
    return " | ".join(str(row.body) for row in call.events if row.kind == "Said")
