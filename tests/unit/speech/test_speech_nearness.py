"""What is behind the voice, told by loudness: made of noise at known levels."""

from __future__ import annotations

import numpy as np
import pytest

from voicebot.speech.nearness import Nearness

FRAME = 256


def frame(dbfs: float, seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).standard_normal(FRAME)
    return (np.clip(noise * 10 ** (dbfs / 20), -1, 1) * 32767).astype("<i2").tobytes()


def judged(near: Nearness, levels: list[float], speaking: bool, voice: bool = True) -> list[bool]:
    return [near.far(frame(level, seed), voice, speaking) for seed, level in enumerate(levels)]


def test_on_a_quiet_line_the_end_is_seen_at_once() -> None:
    near = Nearness()
    judged(near, [-90.0] * 30, speaking=False, voice=False)
    assert judged(near, [-20.0] * 10, speaking=True) == [False] * 10
    assert judged(near, [-80.0] * 4, speaking=True) == [True] * 4  # although the detector still takes it for speech


def test_soft_consonants_belong_to_the_word() -> None:
    near = Nearness()
    judged(near, [-90.0] * 30, speaking=False, voice=False)
    judged(near, [-20.0] * 10, speaking=True)
    assert judged(near, [-48.0] * 3, speaking=True) == [False] * 3


def test_a_word_that_ends_within_a_frame_is_not_cut() -> None:
    near = Nearness()
    judged(near, [-90.0] * 30, speaking=False, voice=False)
    judged(near, [-20.0] * 10, speaking=True)
    half = frame(-20.0)[:128] + bytes(384)
    assert not near.far(half, True, True)


@pytest.mark.parametrize("behind", [-45.0, -35.0])
def test_voices_behind_begin_nothing_and_hold_nothing_open(behind: float) -> None:
    near = Nearness()
    judged(near, [behind] * 13, speaking=False, voice=False)  # the detector takes a moment to hear voices
    assert all(judged(near, [behind] * 100, speaking=False)[2:])  # two frames begin nothing yet
    assert judged(near, [behind + 15] * 10, speaking=False) == [False] * 10
    judged(near, [behind + 15] * 10, speaking=True)
    assert all(judged(near, [behind] * 12, speaking=True))


def test_a_word_in_steady_noise_is_heard_however_little_it_stands_out() -> None:
    near = Nearness()
    judged(near, [-30.0] * 60, speaking=False, voice=False)  # a fan: the detector takes none of it for speech
    assert not any(judged(near, [-27.0] * 6, speaking=False))


def test_a_call_that_begins_with_a_word_hears_it() -> None:
    near = Nearness()
    judged(near, [-20.0] * 2, speaking=False, voice=False)
    assert not any(judged(near, [-20.0] * 12, speaking=False))


def test_a_voice_that_does_not_stand_out_is_left_to_the_detector() -> None:
    near = Nearness()
    judged(near, [-30.0] * 50, speaking=False, voice=False)
    judged(near, [-24.0] * 5, speaking=True)
    assert not any(judged(near, [-30.0] * 5, speaking=True))


def test_surroundings_that_grow_loud_are_known_after_four_seconds() -> None:
    near = Nearness()
    judged(near, [-90.0] * 50, speaking=False, voice=False)
    assert not judged(near, [-35.0], speaking=False)[0]
    judged(near, [-35.0] * 130, speaking=True)
    assert judged(near, [-35.0], speaking=False)[0]


def test_clipping_and_digital_silence_are_only_levels() -> None:
    near = Nearness()
    loud = b"\xff\x7f\x00\x80" * (FRAME // 2)  # a square wave at full scale
    assert not near.far(loud, True, False) and not near.far(loud, True, True)
    assert near.far(bytes(2 * FRAME), True, True)


def test_what_is_fainter_than_any_voice_begins_nothing() -> None:
    near = Nearness()
    assert all(judged(near, [-65.0] * 10, speaking=False))
    assert not any(judged(near, [-45.0] * 10, speaking=False))


@pytest.mark.parametrize("offset", [0.05, 0.18, -0.3])
def test_the_constant_offset_of_a_line_hides_no_word(offset: float) -> None:
    def with_offset(level: float, seed: int) -> bytes:
        samples = np.frombuffer(frame(level, seed), "<i2").astype(np.float32) + offset * 32768
        return np.clip(samples, -32768, 32767).astype("<i2").tobytes()

    near = Nearness()
    for seed in range(40):
        assert near.far(with_offset(-70.0, seed), False, False)
    assert not any(near.far(with_offset(-20.0, seed), True, False) for seed in range(6))
    assert not any(near.far(with_offset(-20.0, seed), True, True) for seed in range(6))
    assert all(near.far(with_offset(-70.0, seed), True, True) for seed in range(4))
