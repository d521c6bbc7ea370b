"""`voicebot listen` and `voicebot bench hearing` as a judge runs them: on files made here, good and bad."""

from __future__ import annotations

import asyncio
import contextlib
import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voicebot.commands.bench import judged
from voicebot.judging.room import HearingRoom, hearing_room
from voicebot.judging.truth import Truth, read_manifest
from voicebot.settings import load
from voicebot.speech.audio import silence, to_pcm, ulaw_encode, wav_bytes, write_wav
from voicebot.speech.rhvoice import RHVoice

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"


def voicebot(*arguments: str, code: int = 0) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "voicebot.cli", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == code, done.stderr
    return done.stdout, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """yes, no, stop, five, silence, ten minutes of noise; and files that are none."""
    if not (LOCAL / "models/whisper-base/model.bin").is_file() or not (LOCAL / "rhvoice").is_dir():
        pytest.skip("Whisper or RHVoice is not in .local: run `make setup`")
    place = tmp_path_factory.mktemp("recordings")
    engine = RHVoice(LOCAL / "rhvoice")
    try:
        for name, text in [("yes", "Обязательно приду."), ("no", "Нет, не смогу."), ("stop", "Не звоните мне больше."),
                           ("five", "Пять."), ("weather", "Сегодня хорошая погода.")]:  # fmt: skip
            spoken = engine.speak(text, "irina")
            write_wav(place / f"{name}.wav", silence(600, 8000) + spoken + silence(700, 8000), 8000)
        sixteen = silence(400, 16000) + engine.speak("Нет, не смогу.", "elena", hz=16000)
    finally:
        engine.close()
    (place / "no.raw").write_bytes(sixteen + b"\x00")
    (place / "no.ulaw").write_bytes(ulaw_encode((place / "no.wav").read_bytes()[44:]))
    random = np.random.default_rng(5)
    write_wav(place / "noise.wav", to_pcm((0.03 * random.standard_normal(8000 * 600)).astype(np.float32)), 8000)
    write_wav(place / "silence.wav", silence(3000, 8000), 8000)
    (place / "empty.wav").write_bytes(b"")
    (place / "cut.wav").write_bytes(wav_bytes(silence(1000, 8000), 8000)[:30])
    return place


def listened(*arguments: str, code: int = 0) -> dict[str, dict[str, Any]]:
    out, _ = voicebot("listen", "--json", *arguments, code=code)
    rows = [json.loads(line) for line in out.splitlines()]
    return {Path(row["file"]).name: row for row in rows}


def test_recordings_are_heard_with_what_it_rests_on(folder: Path) -> None:
    names = ["yes.wav", "no.wav", "stop.wav", "weather.wav", "silence.wav", "noise.wav", "no.ulaw"]
    found = listened(*(str(folder / name) for name in names))
    assert {name: found[name]["decided"] for name in names} == {
        "yes.wav": "yes", "no.wav": "no", "stop.wav": "stop", "weather.wav": None, "silence.wav": None,
        "noise.wav": None, "no.ulaw": "no",
    }  # fmt: skip
    yes = found["yes.wav"]
    assert yes["intents"][0]["evidence"].startswith("текст: «") and yes["at"] == "visit_reminder.ask"
    (said,) = yes["utterances"]
    assert 400 <= said["started_ms"] <= 800 < said["ended_ms"] < said["at_ms"] <= said["ready_ms"]
    assert said["recognition_ms"] > 0 and yes["latency_ms"] == said["ready_ms"] - said["ended_ms"]
    if yes["engine"] == "whisper-base":  # with it the shipped ear always hears
        assert sum(said["ear"].values()) == pytest.approx(1, abs=0.01)
    assert not found["silence.wav"]["speech"] and found["silence.wav"]["utterances"] == []
    assert not found["noise.wav"]["speech"] and found["noise.wav"]["ms"] == 600_000
    assert found["silence.wav"]["remarks"] == ["цифровая тишина: ни одного звука"]


def test_a_question_for_a_number_and_a_rate_without_a_header(folder: Path) -> None:
    five = listened(str(folder / "five.wav"), "--at", "feedback.rate")["five.wav"]
    assert (five["decided"], five["value"]) == ("number", "5")
    assert five["values"][0]["kind"] == "number" and five["utterances"][0]["choices"]
    raw = listened(str(folder / "no.raw"), "--rate", "16000")["no.raw"]
    assert raw["decided"] == "no" and "нечётное" in raw["remarks"][0]


def test_bad_files_are_told_and_the_others_are_heard(folder: Path) -> None:
    names = ("empty.wav", "cut.wav", "none.wav", "yes.wav")
    found = listened(*(str(folder / name) for name in names), code=2)
    assert [found[name]["error"]["code"] for name in names[:3]] == ["audio"] * 3
    assert all(found[name]["error"]["remedy"] for name in names[:3])
    assert found["yes.wav"]["decided"] == "yes"
    _, told = voicebot("listen", str(folder / "yes.wav"), "--at", "visit_reminder.nowhere", code=2)
    assert "нет шага «nowhere»" in told and "Traceback" not in told


def test_the_bench_judges_labelled_recordings(folder: Path) -> None:
    manifest = folder / "manifest.csv"
    rows = [("yes.wav", "да, приду", "yes"), ("no.wav", "нет, не смогу", "no"), ("five.wav", "пять", "digits"),
            ("weather.wav", "сегодня хорошая погода", "other"), ("silence.wav", "", "silence"),
            ("none.wav", "да", "yes")]  # fmt: skip
    with manifest.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["file", "text", "intent", "voice", "condition", "speech_start_ms", "speech_end_ms"])
        out.writerows([*row, "Irina", "clean", "600", "1500"] for row in rows)
    told, progress = voicebot("bench", "hearing", "--manifest", str(manifest))
    found = json.loads(told)
    assert found["n"] == 5 and found["right_or_rightly_asked_again"]["pct"] == 100
    assert found["answers_clean"]["n"] == 3 and found["numbers_clean"]["right_pct"] == 100
    assert found["false_yes"] == {"n": 4, "found": 0, "pct": 0.0}
    assert found["by_intent"]["digits"]["n"] == 1 and found["latency_ms"]["n"] == 3
    assert found["cpu"]["recognition_s"] > 0 and [u["file"] for u in found["unread"]] == [str(folder / "none.wav")]
    assert "6 из 6" in progress and found["ear"] is (found["engine"] == "whisper-base")
    short, _ = voicebot("bench", "hearing", "--manifest", str(manifest), "--text-only", "--limit", "1")
    assert json.loads(short)["n"] == 1 and json.loads(short)["ear"] is False
    _, wrong = voicebot("bench", "hearing", "--manifest", str(folder / "yes.wav"), code=2)
    assert "yes.wav" in wrong and "Traceback" not in wrong
    told, wrong = voicebot("bench", "hearing", "--manifest", str(manifest), "--head", str(folder), code=2)
    assert told == "" and "head.json" in wrong and "из 6" not in wrong, "before anything is heard"
    manifest.write_text("file,intent\nnone.wav,yes\ngone.wav,no\n", encoding="utf-8")
    told, wrong = voicebot("bench", "hearing", "--manifest", str(manifest), code=2)
    assert json.loads(told)["n"] == 0 and len(json.loads(told)["unread"]) == 2 and "ни одной записи" in wrong


def child_of(pid: int) -> int:
    (child,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


def test_a_worker_s_death_costs_one_file_of_listen(folder: Path) -> None:
    """noise.wav is long and needs no worker: meanwhile the worker is stopped, so that it dies under no.wav."""
    names = ["yes.wav", "noise.wav", "no.wav", "stop.wav"]
    command = [sys.executable, "-m", "voicebot.cli", "listen", "--json", *(str(folder / name) for name in names)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout is not None
        lines = [running.stdout.readline()]
        worker = child_of(running.pid)
        os.kill(worker, signal.SIGSTOP)
        lines.append(running.stdout.readline())
        time.sleep(1.5)
        os.kill(worker, signal.SIGKILL)
        lines += running.stdout.read().splitlines()
        assert running.wait(60) == 2
    found = {Path(row["file"]).name: row for row in map(json.loads, lines)}
    assert found["yes.wav"]["decided"] == "yes" and found["stop.wav"]["decided"] == "stop"
    error = found["no.wav"]["error"]
    assert "погиб" in error["message"] and "no.wav" in error["message"] and "doctor" in error["remedy"]


def truths(folder: Path, names: Sequence[str]) -> list[Truth]:
    (folder / "truths.csv").write_text("file,intent\n" + "".join(f"{n}.wav,{n}\n" for n in names), encoding="utf-8")
    return read_manifest(folder / "truths.csv")


async def test_a_hung_worker_costs_one_row_of_the_bench(folder: Path) -> None:
    async with hearing_room(load(None, read_file=False), 1, timeout_s=2.0) as room:
        os.kill(room.pool.pids[0], signal.SIGSTOP)
        found = await judged(room, truths(folder, ["yes", "no", "stop"]), "", 1)
    assert found["n"] == 2 and found["answers"]["right_pct"] == 100 and not found["given_up"]
    (unread,) = found["unread"]
    assert unread["file"].endswith("yes.wav") and "линий" not in unread["error"] and "doctor" in unread["error"]
    assert found["cpu"]["workers_replaced"] == 1 and found["cpu"]["recognition_s"] >= 0


async def test_a_bench_whose_every_worker_dies_ends(folder: Path) -> None:
    async def kill(room: HearingRoom) -> None:
        while True:
            for pid in room.pool.pids:
                with contextlib.suppress(ProcessLookupError):  # the pool has just seen its death
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.02)

    async with hearing_room(load(None, read_file=False), 1, timeout_s=5.0) as room:
        killing = asyncio.create_task(kill(room))
        try:
            found = await judged(room, truths(folder, ["yes"] * 500), "", 1)
        finally:
            killing.cancel()
    assert found["n"] == 0 and found["given_up"] and len(found["unread"]) == 500
