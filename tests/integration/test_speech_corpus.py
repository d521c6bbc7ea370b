"""Detector and recogniser on recorded test speech that is not part of the repository.

Its folder: VOICEBOT_TESTSET, or ../shared/testset beside the repository. Bounds are wide: they find defects, they do
not measure quality (that is tests/bench), and nothing is tuned to these files.
"""

from __future__ import annotations

import csv
import os
import re
from pathlib import Path

import pytest

from voicebot.speech.listener import Listener, ListenerEvent, SpeechBegan, Utterance
from voicebot.speech.vad import SileroDetector
from voicebot.speech.wav import read_wav
from voicebot.speech.whisper import WhisperRecogniser

ROOT = Path(__file__).resolve().parents[2]
TESTSET = Path(os.environ.get("VOICEBOT_TESTSET") or ROOT.parent / "shared/testset")
MODEL = ROOT / ".local/models/whisper-base"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(
        not (TESTSET / "manifest.csv").is_file(), reason=f"no test speech in {TESTSET} (set VOICEBOT_TESTSET)"
    ),
]


def rows(folder: str, condition: str = "", every: int = 1) -> list[dict[str, str]]:
    with (TESTSET / "manifest.csv").open(encoding="utf-8", newline="") as file:
        found = [row for row in csv.DictReader(file) if row["file"].startswith(folder)]
    return [row for row in found if condition in row["condition"]][::every]


def hear(file: str) -> list[ListenerEvent]:
    sound = read_wav(TESTSET / file)
    pcm = sound.at(8000) + bytes(16000)
    listener = Listener(SileroDetector())
    events: list[ListenerEvent] = []
    for at in range(0, len(pcm), 320):
        piece = pcm[at : at + 320]
        events += listener.feed(piece, (at + len(piece)) // 16)
    return events


@pytest.fixture(scope="module")
def whisper() -> WhisperRecogniser:
    if not (MODEL / "model.bin").is_file():
        pytest.skip(f"Whisper is not in {MODEL}: run `make setup`")
    return WhisperRecogniser(MODEL)


def words(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower().replace("ё", "е")))


@pytest.mark.parametrize("condition", ["clean", "pink15", "pink5", "babble15", "clip", "lvl-15", "lvl+8"])
def test_speech_is_found_where_it_is(condition: str) -> None:
    sample = [row for folder in ("tts", "human") for row in rows(folder, condition, 12)]
    lost, astray = [], []
    for row in sample:
        said = [event for event in hear(row["file"]) if isinstance(event, Utterance)]
        if not said:
            lost.append(row["file"])
        elif not (
            -400 <= said[0].started_ms - int(row["speech_start_ms"]) <= 250
            and -250 <= said[-1].ended_ms - int(row["speech_end_ms"]) <= 350
        ):
            astray.append((row["file"], said[0].started_ms, said[-1].ended_ms))
    assert not lost
    if "babble" not in condition:  # there other voices go on before and after the answer
        assert len(astray) <= max(1, len(sample) * 0.1), astray


def test_noise_silence_and_tones_start_nothing() -> None:
    sample = [row["file"] for row in rows("noise") if "babble" not in row["file"]]  # babble is speech, of many
    assert sample
    assert [file for file in sample if any(isinstance(event, SpeechBegan) for event in hear(file))] == []


def test_clean_answers_are_written_as_they_were_said(whisper: WhisperRecogniser) -> None:
    sample = [row for row in rows("tts", "clean", 12) if len(row["text"].split()) > 1]
    right = 0
    for row in sample:
        said = [event for event in hear(row["file"]) if isinstance(event, Utterance)]
        session = whisper.open(8000)
        for utterance in said:
            session.feed(utterance.pcm)
        right += words(session.final().text) == words(row["text"])
    assert right >= 0.6 * len(sample), f"{right} of {len(sample)}"


def test_nothing_is_written_over_what_is_no_speech(whisper: WhisperRecogniser) -> None:
    written = []
    for row in rows("noise"):
        session = whisper.open(8000)
        session.feed(read_wav(TESTSET / row["file"]).at(8000))
        if text := session.final().text:
            written.append((row["file"], text))
    assert len(written) <= len(rows("noise")) * 0.05, written
