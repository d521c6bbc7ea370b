"""Enrolled sentences shift the scores to their class as far as the sound is near them, and never all of it."""

from pathlib import Path

import numpy as np
import pytest

from voicebot.hearing.ear.classes import CLASSES, EarClass
from voicebot.hearing.ear.enrolling import BadEnrolment, Enrolled, load_enrolled, save_enrolled, with_enrolled

HEAD = "abc"


def unit(*numbers: float) -> np.ndarray:
    vector = np.zeros(128, np.float32)
    vector[: len(numbers)] = numbers
    return vector / np.linalg.norm(vector)


def scores(best: EarClass, p: float = 0.6) -> dict[EarClass, float]:
    return {c: p if c is best else (1 - p) / (len(CLASSES) - 1) for c in CLASSES}


POP_IN = Enrolled("я подскочу", EarClass.YES, np.stack([unit(1, 0), unit(1, 0.2)]), HEAD)


def test_the_same_sound_is_heard_as_its_class() -> None:
    told = with_enrolled(scores(EarClass.OTHER), unit(1, 0.1), [POP_IN])
    assert told[EarClass.YES] > 0.8
    assert sum(told.values()) == pytest.approx(1)


def test_a_sound_that_is_far_changes_nothing() -> None:
    before = scores(EarClass.OTHER)
    assert with_enrolled(before, unit(0, 0, 1), [POP_IN]) == pytest.approx(before)


def test_silence_and_half_a_phrase_stay_what_they_are() -> None:
    told = with_enrolled(scores(EarClass.NON_SPEECH, 0.97), unit(1, 0.1), [POP_IN])
    assert max(told, key=lambda c: told[c]) is EarClass.NON_SPEECH


def test_they_survive_writing_and_belong_to_one_head(tmp_path: Path) -> None:
    save_enrolled(tmp_path, [POP_IN])
    (back,) = load_enrolled(tmp_path, HEAD)
    assert (back.text, back.label) == (POP_IN.text, POP_IN.label)
    assert np.allclose(back.embeddings, POP_IN.embeddings, atol=1e-3)
    assert load_enrolled(tmp_path, "another head") == ()
    assert load_enrolled(tmp_path / "nowhere", HEAD) == ()


def test_a_damaged_file_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "enrolled.json").write_text('[{"text": "x"}]')
    with pytest.raises(BadEnrolment, match="не читается"):
        load_enrolled(tmp_path, HEAD)
