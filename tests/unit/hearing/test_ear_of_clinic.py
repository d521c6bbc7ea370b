"""Which head hears: the one that was named and no other; a clinic's own, and the shipped one where that is damaged."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from voicebot.hearing.ear.head_file import SHIPPED, EarMissing, read_head
from voicebot.hearing.ear.runtime import Ear, clinic_ear


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A clinic's own head: the shipped one with another temperature."""
    for name in ("head.onnx", "head.json"):
        shutil.copyfile(SHIPPED / name, tmp_path / name)
    change(tmp_path, temperature=0.5)
    return tmp_path


def change(folder: Path, **values: object) -> None:
    card = json.loads((folder / "head.json").read_text())
    (folder / "head.json").write_text(json.dumps({**card, **values}))


def spoil(folder: Path, how: str) -> None:
    model = folder / "head.onnx"
    match how:
        case "card":
            (folder / "head.json").unlink()
        case "half card":
            (folder / "head.json").write_text((folder / "head.json").read_text()[:80])
        case "model":
            model.unlink()
        case "half":
            model.write_bytes(model.read_bytes()[:1000])
        case "other bytes":
            model.write_bytes(model.read_bytes()[:-4] + b"evil")
        case "version":
            change(folder, version=2)


SPOILT = ["card", "half card", "model", "half", "other bytes", "version"]


@pytest.mark.parametrize("how", SPOILT)
def test_a_named_head_is_that_one_or_none(own: Path, how: str) -> None:
    assert Ear.named(own).card.temperature == 0.5
    spoil(own, how)
    with pytest.raises(EarMissing) as told:
        Ear.named(own)
    assert str(own) in told.value.message and told.value.remedy


def test_a_named_folder_without_a_head_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none", SHIPPED / "head.json"):
        with pytest.raises(EarMissing, match="нет"):
            Ear.named(folder)


@pytest.mark.parametrize("how", SPOILT)
def test_a_clinic_s_damaged_head_gives_way_to_the_shipped_one(own: Path, how: str) -> None:
    ear, wrong = clinic_ear(own)
    assert (ear.card.temperature, wrong) == (0.5, None)
    spoil(own, how)
    ear, wrong = clinic_ear(own)
    assert ear.card == read_head()[1] and wrong is not None
    assert "из поставки" in wrong.message and "voicebot ear train" in wrong.remedy and str(own) in wrong.remedy


def test_damaged_sentences_do_not_cost_the_head(own: Path) -> None:
    (own / "enrolled.json").write_text("[{")
    ear, wrong = clinic_ear(own)
    assert ear.card.temperature == 0.5 and wrong is not None and "enrolled.json" in wrong.message


def test_a_damaged_shipped_head_is_still_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("voicebot.hearing.ear.head_file.SHIPPED", tmp_path / "gone")
    for folder in (None, tmp_path):
        with pytest.raises(EarMissing, match="нет"):
            clinic_ear(folder)


@pytest.mark.parametrize("temperature", ["0", "-1", "NaN", "Infinity", "1e400", '"1"', "true", "null", "[]"])
def test_a_temperature_that_is_none_is_refused(own: Path, temperature: str) -> None:
    text = (own / "head.json").read_text().replace('"temperature": 0.5', f'"temperature": {temperature}')
    (own / "head.json").write_text(text)
    with pytest.raises(EarMissing, match="temperature"):
        Ear.named(own)
