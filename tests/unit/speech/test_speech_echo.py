"""The robot's voice coming back, on speech-like sounds made here: syllables of gliding harmonics and of hiss."""

from __future__ import annotations

import numpy as np
import pytest

from voicebot.speech.audio import Samples, to_pcm, ulaw_decode, ulaw_encode
from voicebot.speech.echo import EchoJudge

FRAME = 256  # samples, 32 ms


def speech(seconds: float, seed: int, pitch_hz: float = 180.0) -> Samples:
    """About five syllables a second at -20 dBFS, no two alike."""
    dice = np.random.default_rng(seed)
    pieces: list[Samples] = []
    while sum(map(len, pieces)) < seconds * 8000:
        n = np.arange(int(dice.uniform(800, 1800)))
        glide = pitch_hz * dice.uniform(0.8, 1.25) * (1 + dice.uniform(-0.15, 0.15) * n / len(n))
        phase = 2 * np.pi * np.cumsum(glide) / 8000
        formants = dice.uniform((300, 900, 2300), (800, 2200, 3200))
        vowel = sum(
            np.sin(k * phase + dice.uniform(0, 6)) / (1 + np.min(np.abs(formants - k * pitch_hz)) / 150)
            for k in range(1, 18)
        )
        hiss = dice.standard_normal(int(dice.uniform(200, 700))) * 0.3
        pieces += [vowel * np.hanning(len(n)), hiss, np.zeros(int(dice.uniform(80, 500)))]
    sound = np.concatenate(pieces)[: int(seconds * 8000)]
    return np.asarray(sound * 0.1 / np.sqrt(np.mean(sound**2)), np.float32)


def room(sound: Samples, delay_ms: int, db: float, ringing: bool = False) -> Samples:
    """What comes back of a sound: later, quieter, through two telephone codecs."""
    dice = np.random.default_rng(9)
    if ringing:
        tail = np.concatenate([[1.0], np.zeros(30), 0.1 * dice.standard_normal(300) * np.exp(-np.arange(300) / 100)])
        sound = np.convolve(sound, tail)[: len(sound)].astype(np.float32)
    back = np.concatenate([np.zeros(delay_ms * 8, np.float32), sound * 10 ** (db / 20)])
    return over_line(back + 10 ** (-75 / 20) * dice.standard_normal(len(back)).astype(np.float32))


def over_line(sound: Samples) -> Samples:
    return np.frombuffer(ulaw_decode(ulaw_encode(to_pcm(sound))), "<i2").astype(np.float32) / 32768


def judged(played: Samples, heard: Samples, stopped_ms: int | None = None) -> list[bool]:
    """One verdict for each frame that is loud enough to be taken for a voice."""
    judge, found = EchoJudge(), []
    judge.plays(to_pcm(played), 0)
    pcm = to_pcm(heard)
    for at in range(0, len(pcm) - 2 * FRAME + 1, 2 * FRAME):
        frame, end_ms = pcm[at : at + 2 * FRAME], (at // 2 + FRAME) // 8
        if stopped_ms is not None and end_ms >= stopped_ms:
            judge.stops(end_ms)
            stopped_ms = None
        voice = np.abs(np.frombuffer(frame, "<i2")).max() > 40
        verdict = judge.is_echo(frame, end_ms, bool(voice))
        found += [verdict] if voice else []
    return found


@pytest.mark.parametrize("delay_ms", [50, 130, 400])
@pytest.mark.parametrize("db", [-10, -20, -30])
def test_our_own_voice_is_never_the_patient(db: float, delay_ms: int) -> None:
    played = speech(4, seed=1)
    verdicts = judged(played, room(played, delay_ms, db))
    assert len(verdicts) > 40 and np.mean(verdicts) > 0.97


def test_an_echo_in_a_room_rings_on() -> None:
    played = speech(4, seed=2)
    assert np.mean(judged(played, room(played, 200, -12, ringing=True))) > 0.95


def test_its_end_comes_after_the_robot_was_silenced() -> None:
    played = speech(4, seed=3)
    heard = room(played[: 8 * 2000], 300, -15)
    verdicts = judged(played, heard, stopped_ms=2000)
    assert np.mean(verdicts) > 0.95


@pytest.mark.parametrize("pitch_hz", [110.0, 180.0, 230.0])
def test_somebody_else_who_speaks_meanwhile_is_heard(pitch_hz: float) -> None:
    played = speech(4, seed=4)
    verdicts = judged(played, over_line(speech(4, seed=5, pitch_hz=pitch_hz)))
    assert np.mean(verdicts) < 0.03


def test_a_patient_over_the_echo_is_heard_at_once() -> None:
    played = speech(4, seed=6)
    heard = room(played, 180, -15)
    word = speech(0.6, seed=7, pitch_hz=140)
    heard[16_000 : 16_000 + len(word)] += word
    judge, missed = EchoJudge(), []
    judge.plays(to_pcm(played), 0)
    pcm = to_pcm(over_line(heard))
    for at in range(0, len(pcm) - 2 * FRAME + 1, 2 * FRAME):
        echo = judge.is_echo(pcm[at : at + 2 * FRAME], (at // 2 + FRAME) // 8, True)
        first = at // 2
        if 16_000 <= first < 16_000 + len(word) - FRAME and np.sqrt(np.mean(heard[first : first + FRAME] ** 2)) > 0.1:
            missed.append(echo)
    assert len(missed) > 5 and not any(missed)


def test_nothing_played_is_no_echo() -> None:
    judge, frame = EchoJudge(), to_pcm(speech(1, seed=8)[:FRAME])
    assert not judge.is_echo(frame, 1000, True)
    judge.plays(bytes(16_000), 2000)  # a second of silence
    assert not judge.is_echo(frame, 2500, True)
    judge.plays(to_pcm(speech(1, seed=9)), 3000)
    assert not judge.is_echo(frame, 60_000, True)


def test_a_recording_of_the_same_words_played_much_later_is_somebody_else() -> None:
    played = speech(2, seed=10)
    assert not any(judged(played, room(played, 2600, -10))[-20:])


def test_what_was_played_is_forgotten() -> None:
    judge = EchoJudge()
    for i in range(50):
        judge.plays(to_pcm(speech(0.2, seed=i)), i * 2000)
    assert len(judge._played) <= 2


def test_the_constant_offset_of_a_line_hides_no_echo() -> None:
    played = speech(4.0, 1)
    found = judged(played, room(played, 120, -18) + np.float32(0.15))
    assert sum(found[20:]) > 0.9 * len(found[20:])
