"""make -> train -> evaluate on a few dozen clips: the whole way, and that it can be interrupted."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.making import Made, Order, WrongFolder, load_made, make, places, shard_file
from voicebot.hearing.ear.phrases import Phrase
from voicebot.hearing.ear.recipes import Material
from voicebot.hearing.ear.runtime import Ear
from voicebot.hearing.ear.voices import VOICES

LOCAL = Path(".local").resolve()
RHVOICE, WHISPER = LOCAL / "rhvoice", LOCAL / "models" / "whisper-base"
pytestmark = pytest.mark.skipif(
    not (RHVOICE.is_dir() and (WHISPER / "model.bin").exists()), reason="RHVoice or Whisper is not set up (make setup)"
)
needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="torch is not installed (pip install 'voicebot[train]')"
)

SAID = {EarClass.YES: ("да", "да, приду"), EarClass.NO: ("нет", "нет, не смогу"), EarClass.OTHER: ("не знаю",)}
MATERIAL = Material(
    tuple(Phrase(text, label) for label, texts in SAID.items() for text in texts),
    {"short": ("стол", "вода")}, tuple(v for v in VOICES if v.name in ("anna", "aleksandr")), {}, {},
)  # fmt: skip


def order(folder: Path, seed: int = 4) -> Order:
    return Order(folder, RHVOICE, WHISPER, clips=100, judged=1, seed=seed)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Made]:
    folder = tmp_path_factory.mktemp("ear")
    return folder, make(order(folder), lambda *_: None, MATERIAL)


def test_all_clips_are_there_and_can_be_said(made: tuple[Path, Made]) -> None:
    recipes, features = load_made(made[0])
    assert recipes == made[1].recipes
    learnt, judged = places(recipes, features, True), places(recipes, features, False)
    assert len(learnt) + len(judged) == len(recipes)
    assert len(learnt) > 30 and len(judged) > 100


def test_a_second_run_makes_only_what_is_missing_and_the_same(made: tuple[Path, Made]) -> None:
    folder = made[0]
    first, second = shard_file(folder, 0), shard_file(folder, 1)
    before, untouched = second.read_bytes(), first.stat().st_mtime_ns
    second.unlink()
    with pytest.raises(WrongFolder):
        load_made(folder)
    make(order(folder), lambda *_: None, MATERIAL)
    assert second.read_bytes() == before
    assert first.stat().st_mtime_ns == untouched


def test_clips_of_another_plan_are_not_mixed_in(made: tuple[Path, Made]) -> None:
    with pytest.raises(WrongFolder, match="другому плану"):
        make(order(made[0], seed=5), lambda *_: None, MATERIAL)


@needs_torch
def test_a_head_is_trained_judged_and_loads(made: tuple[Path, Made], tmp_path: Path) -> None:
    out = tmp_path / "head"
    told = json.loads(_ear("train", "--folder", made[0], "--out", out, "--epochs", 3, "--json"))
    assert told["clips"] > 30
    ear = Ear.load(out)
    assert ear.card.sha256 == told["sha256"]
    _, features = load_made(made[0])
    assert sum(ear.judge(features[0].astype("float32")).scores.values()) == pytest.approx(1, abs=1e-4)
    assert "| yes |" in (out / "MODEL_CARD.md").read_text()

    fewer = json.loads(
        _ear("train", "--folder", made[0], "--out", tmp_path / "fewer", "--epochs", 1, "--without", "anna", "--json")
    )
    assert fewer["clips"] < told["clips"]

    page = tmp_path / "ear.md"
    figures = json.loads(
        _ear("evaluate", "--folder", made[0], "--epochs", 2, "--without", "anna", "--without", "phrases",
             "--page", page, "--json")
    )  # fmt: skip
    assert set(figures) == {"anna", "phrases"}
    assert 0 <= figures["anna"]["answers_right"]["clean"] <= 1
    assert "## Voices left out" in page.read_text()


def test_without_torch_training_says_what_to_install(made: tuple[Path, Made]) -> None:
    if importlib.util.find_spec("torch") is not None:
        pytest.skip("torch is installed here")
    done = subprocess.run(
        [sys.executable, "-m", "voicebot.cli", "ear", "train", "--folder", str(made[0])],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "voicebot[train]" in done.stderr


def _ear(*arguments: object) -> str:
    command = [sys.executable, "-W", "ignore", "-m", "voicebot.cli", "ear", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env={**os.environ})
    assert done.returncode == 0, done.stderr
    return done.stdout
