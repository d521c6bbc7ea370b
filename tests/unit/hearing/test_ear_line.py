"""What a telephone does to speech: the same seed gives the same sound; each fault does what its name says."""

import numpy as np
import pytest

from voicebot.hearing.ear.line import (
    JUDGED,
    SPEECH_RMS,
    WINDOW,
    Condition,
    Line,
    companded,
    draw,
    fit,
    heard,
    judged,
    level,
    trimmed,
)
from voicebot.hearing.ear.sounds import RATE, Noise, Sound, noise, sound

TONE = (0.2 * np.sin(2 * np.pi * 700 * np.arange(RATE) / RATE)).astype(np.float32)


def rng(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def db(ratio: float) -> float:
    return 20 * float(np.log10(ratio))


def test_the_same_seed_gives_the_same_clip_and_another_seed_another() -> None:
    def clip(seed: int) -> bytes:
        own = rng(seed)
        return heard(TONE, draw(own, 1000), own, [TONE]).tobytes()

    assert clip(5) == clip(5)
    assert clip(5) != clip(6)


def test_a_clip_is_four_seconds_with_zeros_in_front() -> None:
    clip = heard(TONE, judged(Condition.CLEAN), rng())
    assert clip.shape == (WINDOW,)
    lead = WINDOW - len(TONE) - (400 + 300) * RATE // 1000
    assert not clip[:lead].any()
    assert level(clip[-(300 * RATE // 1000 + len(TONE)) : -300 * RATE // 1000]) == pytest.approx(SPEECH_RMS, rel=0.2)


@pytest.mark.parametrize("condition", [Condition.PINK_5, Condition.PINK_15, Condition.BABBLE_5])
def test_noise_lies_so_far_under_the_speech_as_is_said(condition: Condition) -> None:
    line = judged(condition)
    clip = heard(TONE, line, rng(), [TONE, noise(Noise.PINK, RATE, rng(3))])
    before = clip[: WINDOW - len(TONE) - RATE]
    assert db(SPEECH_RMS / float(np.sqrt(np.mean(before**2)))) == pytest.approx(line.snr_db, abs=5)


def test_the_start_is_cut() -> None:
    starts = [
        int(np.argmax(np.abs(heard(TONE, judged(c), rng())) > 0.05)) for c in (Condition.CLEAN, Condition.START_CUT)
    ]
    assert starts[1] - starts[0] == pytest.approx(120 * RATE // 1000, abs=20)


def test_every_condition_that_heads_are_judged_in_has_a_line() -> None:
    assert len({judged(c) for c in JUDGED}) == len(JUDGED) == 6


def test_short_words_lose_at_most_a_part() -> None:
    assert max(draw(rng(i), 200).start_cut_ms for i in range(300)) <= 80


def test_what_is_incomplete_ends_at_once() -> None:
    assert max(draw(rng(i), 900, incomplete=True).trail_ms for i in range(200)) < 100
    assert min(draw(rng(i), 900).trail_ms for i in range(200)) >= 80


@pytest.mark.parametrize("a_law", [False, True])
def test_companding_keeps_the_sound(a_law: bool) -> None:
    assert db(float(np.std(companded(TONE, a_law) - TONE) / np.std(TONE))) < -30


def test_packets_are_lost() -> None:
    whole, lossy = (heard(TONE, Line(loss=share), rng(2)) for share in (0.0, 0.5))
    assert float(np.abs(whole - lossy).max()) > 0.02


def test_silence_around_speech_is_trimmed() -> None:
    padded = np.concatenate([np.zeros(4000, np.float32), TONE, np.zeros(2000, np.float32)])
    assert len(trimmed(padded)) == pytest.approx(len(TONE), abs=400)


def test_of_a_long_scene_the_end_stays() -> None:
    assert np.array_equal(fit(np.arange(WINDOW + 10, dtype=np.float32)), np.arange(10, WINDOW + 10))


@pytest.mark.parametrize("kind", [*Noise, *Sound])
def test_every_sound_can_be_made_and_is_finite(kind: Noise | Sound) -> None:
    made = noise(kind, 9000, rng(), [TONE]) if isinstance(kind, Noise) else sound(kind, 9000, rng())
    assert made.shape == (9000,) and np.isfinite(made).all()
    assert made.any() == (kind is not Sound.SILENCE)
