"""Text and ear from one worker: together, the ear alone, and text alone where the ear is missing or spoilt."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.head_file import SHIPPED
from voicebot.hearing.fusion import ear_scores
from voicebot.hearing_process import program
from voicebot.speech.audio import silence
from voicebot.speech.choose import AsrEngine, RecogniserChoice
from voicebot.speech.pool import RecogniserPool
from voicebot.speech.rhvoice import RHVoice

LOCAL = Path(__file__).resolve().parents[2] / ".local"
WHISPER = RecogniserChoice(AsrEngine.WHISPER, LOCAL / "models/whisper-base", "")


@pytest.fixture(scope="module")
def stop() -> bytes:
    if not (WHISPER.model / "model.bin").is_file() or not (LOCAL / "rhvoice").is_dir():
        pytest.skip("Whisper or RHVoice is not in .local: run `make setup`")
    engine = RHVoice(LOCAL / "rhvoice")
    try:
        return silence(300, 8000) + engine.speak("Не звоните мне больше", "anna") + silence(120, 8000)
    finally:
        engine.close()


async def test_one_request_gives_text_and_ear(stop: bytes) -> None:
    async with RecogniserPool(WHISPER, workers=1, timeout_s=15.0, program=program()) as pool:
        assert pool.ear
        heard = await pool.hear(stop, 8000)
        assert heard.recognised.text == "Не звоните мне больше." and heard.ear is not None
        assert {EarClass(name) for name in heard.ear} == set(EarClass)
        assert sum(heard.ear.values()) == pytest.approx(1, abs=0.01)
        scores = ear_scores(heard.ear)
        assert scores is not None and max(scores, key=scores.__getitem__) is EarClass.STOP
        nothing = await pool.hear(silence(1500, 8000), 8000)
        assert nothing.recognised.text == "" and nothing.ear is not None and nothing.ear["non_speech"] > 0.5


@pytest.mark.parametrize("spoilt", ["half", "other", "no ear at all"])
async def test_a_clinic_s_spoilt_ear_gives_way_to_the_shipped_one(stop: bytes, tmp_path: Path, spoilt: str) -> None:
    if spoilt != "no ear at all":
        for name in ("head.json", "head.onnx"):
            (tmp_path / name).write_bytes((SHIPPED / name).read_bytes())
        model = tmp_path / "head.onnx"
        model.write_bytes(
            model.read_bytes()[: 300_000 if spoilt == "half" else -1] + (b"" if spoilt == "half" else b"x")
        )
    chosen = program(tmp_path, ear=spoilt != "no ear at all")
    async with RecogniserPool(WHISPER, workers=1, timeout_s=15.0, program=chosen) as pool:
        heard = await pool.hear(stop, 8000)
        assert heard.recognised.text == "Не звоните мне больше."
        assert pool.ear is (heard.ear is not None) is (spoilt != "no ear at all")
