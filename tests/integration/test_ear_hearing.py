"""The shipped head on the real encoder hears what real voices say, and nothing where nothing is said."""

from collections.abc import Iterator
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.enrolling import BadEnrolment
from voicebot.hearing.ear.enrolment import enrol
from voicebot.hearing.ear.runtime import Ear, EarFault
from voicebot.speech.rhvoice import RHVoice

LOCAL = Path(".local").resolve()
RHVOICE, WHISPER = LOCAL / "rhvoice", LOCAL / "models" / "whisper-base"
pytestmark = pytest.mark.skipif(
    not (RHVOICE.is_dir() and (WHISPER / "model.bin").exists()), reason="RHVoice or Whisper is not set up (make setup)"
)
LEAD, TRAIL = bytes(8000), bytes(4800)  # half a second before, 300 ms after, as the listener gives them


@pytest.fixture(scope="module")
def voice() -> Iterator[RHVoice]:
    rhvoice = RHVoice(RHVOICE)
    yield rhvoice
    rhvoice.close()


@pytest.fixture(scope="module")
def whisper() -> ctranslate2.models.Whisper:
    return ctranslate2.models.Whisper(str(WHISPER), device="cpu", compute_type="int8", intra_threads=1)


@pytest.fixture(scope="module")
def ear() -> Ear:
    return Ear.load()


@pytest.mark.parametrize("name", ["anna", "irina", "aleksandr"])
@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("нет, не смогу", EarClass.NO),
        ("да, приду", EarClass.YES),
        ("не звоните мне больше", EarClass.STOP),
        ("соедините с администратором", EarClass.OPERATOR),
        ("восемь", EarClass.NUMBER_8),
    ],
)
def test_an_answer_is_heard(
    text: str, meant: EarClass, name: str, voice: RHVoice, ear: Ear, whisper: ctranslate2.models.Whisper
) -> None:
    verdict = ear.hear(LEAD + voice.speak(text, name) + TRAIL, 8000, whisper)
    assert verdict.best is meant
    assert verdict.scores[meant] > 0.5
    assert sum(verdict.scores.values()) == pytest.approx(1, abs=1e-4)
    assert np.linalg.norm(verdict.embedding) == pytest.approx(1, abs=1e-3)


def test_no_answer_is_heard_where_nothing_is_said(ear: Ear, whisper: ctranslate2.models.Whisper) -> None:
    hiss = (np.random.default_rng(1).standard_normal(32_000) * 300).astype("<i2").tobytes()
    tone = (8000 * np.sin(2 * np.pi * 425 * np.arange(16_000) / 8000)).astype("<i2").tobytes()
    for nothing in (b"", b"\x00", bytes(64_000), hiss, tone, hiss[:16_001]):
        assert ear.hear(nothing, 8000, whisper).best.intent is None


def test_of_a_long_recording_the_end_is_heard(voice: RHVoice, ear: Ear, whisper: ctranslate2.models.Whisper) -> None:
    pcm = voice.speak("сегодня хорошая погода, и мы пойдём гулять", "anna") + bytes(48_000)
    assert ear.hear(pcm + voice.speak("нет, не приду", "anna") + TRAIL, 8000, whisper).best is EarClass.NO


def test_both_rates_sound_alike(voice: RHVoice, ear: Ear, whisper: ctranslate2.models.Whisper) -> None:
    low, high = (ear.hear(voice.speak("нет, не смогу", "anna", hz=hz) + TRAIL, hz, whisper) for hz in (8000, 16_000))
    assert low.best is high.best is EarClass.NO


def test_another_rate_is_a_clear_error(ear: Ear, whisper: ctranslate2.models.Whisper) -> None:
    with pytest.raises(EarFault, match="44100"):
        ear.hear(bytes(100), 44_100, whisper)


def test_a_new_sentence_is_heard_at_once(
    tmp_path: Path, voice: RHVoice, ear: Ear, whisper: ctranslate2.models.Whisper
) -> None:
    text = "загляну к вам непременно"
    pcm = LEAD + voice.speak(text, "elena", 0.1) + TRAIL
    before = ear.hear(pcm, 8000, whisper).scores[EarClass.YES]
    (done,) = enrol("yes", [text], tmp_path, RHVOICE, WHISPER)
    assert len(done.embeddings) >= 8
    after = Ear.load(tmp_path).hear(pcm, 8000, whisper)
    assert after.best is EarClass.YES and after.scores[EarClass.YES] > max(before, 0.8)
    other = Ear.load(tmp_path).hear(LEAD + voice.speak("не звоните мне больше", "anna") + TRAIL, 8000, whisper)
    assert other.best is EarClass.STOP


@pytest.mark.parametrize(
    ("meaning", "text"), [("maybe", "посмотрим"), ("other", "посмотрим"), ("yes", "?!"), ("yes", "да " * 40)]
)
def test_what_cannot_be_enrolled_is_said(meaning: str, text: str, tmp_path: Path) -> None:
    with pytest.raises(BadEnrolment):
        enrol(meaning, [text], tmp_path, RHVOICE, WHISPER)
