"""`voicebot listen` and `voicebot bench hearing` as a judge runs them: on files made here, good and bad."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

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
    if said["ear"] is not None:
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
    assert "6 из 6" in progress
    short, _ = voicebot("bench", "hearing", "--manifest", str(manifest), "--text-only", "--limit", "1")
    assert json.loads(short)["n"] == 1 and json.loads(short)["ear"] is False
    _, wrong = voicebot("bench", "hearing", "--manifest", str(folder / "yes.wav"), code=2)
    assert "yes.wav" in wrong and "Traceback" not in wrong
