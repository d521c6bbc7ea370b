"""A head that is missing, cut short, damaged or of another version is a clear error; the shipped one is whole."""

import json
from pathlib import Path

import pytest

from voicebot.hearing.ear.head_file import EarMissing, read_head, write_head

MODEL = bytes(range(256)) * 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_head(tmp_path, MODEL, 0.9, "2026-11-22", 100, ("anna",))
    return tmp_path


def test_a_head_is_read_as_it_was_written(folder: Path) -> None:
    model, card = read_head(folder)
    assert model == MODEL
    assert (card.temperature, card.clips, card.voices) == (0.9, 100, ("anna",))


def test_the_shipped_head_is_whole() -> None:
    model, card = read_head()
    assert 300_000 < len(model) < 2_000_000
    assert card.clips > 1000


@pytest.mark.parametrize("name", ["head.onnx", "head.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EarMissing, match=f"{name} нет"):
        read_head(folder)


def test_a_truncated_head_says_how_much_is_left(folder: Path) -> None:
    (folder / "head.onnx").write_bytes(MODEL[:5000])
    with pytest.raises(EarMissing, match=f"5000 байт вместо {len(MODEL)}"):
        read_head(folder)


def test_one_wrong_byte_is_found(folder: Path) -> None:
    (folder / "head.onnx").write_bytes(MODEL[:-1] + b"\x00")
    with pytest.raises(EarMissing, match="повреждён") as caught:
        read_head(folder)
    assert "voicebot ear train" in caught.value.remedy


@pytest.mark.parametrize("change", [{"version": 2}, {"classes": ["yes", "no"]}])
def test_another_version_is_refused(folder: Path, change: dict[str, object]) -> None:
    card = json.loads((folder / "head.json").read_text())
    (folder / "head.json").write_text(json.dumps({**card, **change}))
    with pytest.raises(EarMissing, match="версии"):
        read_head(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 1}'])
def test_a_card_that_cannot_be_read_is_an_error_not_a_crash(folder: Path, text: str) -> None:
    (folder / "head.json").write_text(text)
    with pytest.raises(EarMissing, match="не читается"):
        read_head(folder)
