"""Recognition workers that hang and die under patients who answer: the calls go on by keys, after a polite sentence.

Two people are rung at once by the whole robot. Both workers are stopped beforehand, so that each has an answer when
one of them is killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from voicebot.app import Robot, running
from voicebot.city.journal import What
from voicebot.dialogue.outcome import Outcome
from voicebot.settings import load
from voicebot.speech.port import HeardSound
from voicebot.trial import TrialCall, trial_call

LOCAL = Path(__file__).resolve().parents[2] / ".local"
PHONES = ("+78880000311", "+78880000312")
#: The robot's second phrase is the polite sentence, its third the question; they do not wait for the ends.
LINES = """calls: [{answer_after: 100ms, again: false, longest: 60s, lines: [да],
                  interrupt: [{phrase: 2, at: 2s, keys: "1"}, {phrase: 3, at: 500ms, keys: "1"}]}]"""


class Asked:
    """Counts what the calls ask of the pool, on its way there."""

    def __init__(self, robot: Robot, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = asyncio.Semaphore(0)
        self._hear = robot.pool.hear
        monkeypatch.setattr(robot.pool, "hear", self.hear)

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound:
        self.count.release()
        return await self._hear(pcm, rate, phrases)


async def lose_both(robot: Robot, asked: Asked) -> None:
    """Each worker has an answer: one dies under it, the other goes on hanging."""
    await asked.count.acquire()
    await asked.count.acquire()
    await asyncio.sleep(0.3)
    os.kill(robot.pool.pids[1], signal.SIGKILL)


async def test_the_calls_go_on_by_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("asterisk", "rhvoice", "models/whisper-base"):
        if not (LOCAL / part).exists():
            pytest.skip(f".local/{part} is missing: run `make setup`")
    people = "".join(f'  "{phone}": {{voice: elena, {LINES}}}\n' for phone in PHONES)
    (tmp_path / "people.yaml").write_text(f"persons:\n{people}", encoding="utf-8")
    settings = load(
        None, read_file=False, paths={"data": tmp_path / "data", "city": tmp_path / "people.yaml"},
        telephony={"lines": 2, "calls_per_second": 4}, web={"port": 0},
        speech={"workers": 2, "recognition_timeout_s": 3},
    )  # fmt: skip
    async with asyncio.timeout(120), running(settings, idle=True) as robot:
        before = robot.pool.pids
        for pid in before:
            os.kill(pid, signal.SIGSTOP)
        ringing = [trial_call(robot, phone, "visit_reminder") for phone in PHONES]
        *calls, _ = await asyncio.gather(*ringing, lose_both(robot, Asked(robot, monkeypatch)))
        assert robot.city is not None
        logs = await robot.city.quiet(5.0)
        assert robot.pool.restarts == 2 and not set(before) & set(robot.pool.pids)
    for call in calls:
        assert lost(call) and "Ответьте, пожалуйста, кнопками" in said(call)
        assert call.finish.conclusions[0].outcome is Outcome.CONFIRMED, said(call)
    assert [len(log.all(What.PRESSED)) for log in logs] == [2, 2]


def lost(call: TrialCall) -> bool:
    return any(row.kind == "RecognitionLost" for row in call.events)


def said(call: TrialCall) -> str:
    return " | ".join(str(row.body) for row in call.events if row.kind == "Said")
