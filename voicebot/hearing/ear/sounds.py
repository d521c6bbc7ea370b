"""Sounds that are made up: noises to put under speech, and what a telephone brings that is no speech at all.

8 kHz float32; every sound has a level of about 0 dBFS RMS (1.0) and is scaled by whoever mixes it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np

from voicebot.hearing.ear.features import Floats

RATE = 8000


class Noise(StrEnum):
    """What may lie under an answer, or be all that is heard."""

    WHITE = "white"
    PINK = "pink"
    BROWN = "brown"  # a car
    HUM = "hum"
    BURSTS = "bursts"  # clicks, dishes, keys
    WIND = "wind"
    MUSIC = "music"
    BABBLE = "babble"  # many voices
    TELEVISION = "television"  # one or two voices, muffled, perhaps with music


class Sound(StrEnum):
    """Non-speech with a shape of its own."""

    SILENCE = "silence"
    RING = "ring"
    BUSY = "busy"
    BEEP = "beep"
    DTMF = "dtmf"
    SIT = "sit"
    BREATH = "breath"
    COUGH = "cough"
    KNOCKS = "knocks"
    CRY = "cry"
    BARK = "bark"


def noise(kind: Noise, count: int, rng: np.random.Generator, voices: Sequence[Floats] = ()) -> Floats:
    """count samples of RMS 1. voices: 8 kHz speech of which babble and television are made."""
    if kind in (Noise.BABBLE, Noise.TELEVISION) and not voices:
        kind = Noise.PINK
    if kind is Noise.BABBLE:
        made = sum((flow(voices, count, rng) for _ in range(int(rng.integers(4, 10)))), np.zeros(count, np.float32))
    elif kind is Noise.TELEVISION:
        made = sum((flow(voices, count, rng) for _ in range(int(rng.integers(1, 3)))), np.zeros(count, np.float32))
        if rng.random() < 0.4:
            made = made + music(count, rng) * rng.uniform(0.2, 0.8)
    else:
        made = _MADE[kind](count, rng)
    return _unit(made)


def sound(kind: Sound, count: int, rng: np.random.Generator) -> Floats:
    """count samples of RMS about 1; SILENCE is zeros."""
    return np.zeros(count, np.float32) if kind is Sound.SILENCE else _unit(_SHAPED[kind](count, rng))


def flow(voices: Sequence[Floats], count: int, rng: np.random.Generator) -> Floats:
    """Speech that began before and goes on after: a stretch out of sentences said one after another, RMS 1."""
    parts: list[Floats] = []
    skip = int(rng.integers(0, RATE * 2))
    while sum(map(len, parts)) < count + skip:
        parts.append(_unit(voices[int(rng.integers(len(voices)))]))
        parts.append(np.zeros(int(rng.integers(0, RATE // 3)), np.float32))
    return np.concatenate(parts)[skip : skip + count]


def colored(count: int, slope: float, rng: np.random.Generator) -> Floats:
    """Noise whose power falls by `slope` powers of the frequency: 0 white, 1 pink, 2 brown."""
    spectrum = np.fft.rfft(rng.standard_normal(count))
    hz = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 30.0)
    return np.asarray(np.fft.irfft(spectrum * hz ** (-slope / 2), count), np.float32)


def music(count: int, rng: np.random.Generator) -> Floats:
    """Chords and a tune with harmonics: music on hold."""
    out = np.zeros(count, np.float32)
    beat = int(RATE * rng.uniform(0.15, 0.5))
    root = rng.uniform(110, 330)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12]) if rng.random() < 0.5 else np.array([0, 2, 3, 5, 7, 8, 10, 12])
    decay, bright = rng.uniform(1.0, 8.0), rng.uniform(0.3, 0.9)
    for start in range(0, count, beat):
        length = min(count - start, int(beat * rng.uniform(0.8, 3)))
        t = np.arange(length) / RATE
        for _ in range(int(rng.integers(1, 4))):
            hz = root * 2 ** (float(rng.choice(scale)) / 12 + int(rng.integers(0, 2)))
            tone = sum(bright**k * np.sin(2 * np.pi * hz * (k + 1) * t) for k in range(5) if hz * (k + 1) < 3800)
            out[start : start + length] += np.asarray(tone * np.exp(-decay * t), np.float32)
    return out


def _hum(count: int, rng: np.random.Generator) -> Floats:
    t = np.arange(count) / RATE
    base = 50.0 * int(rng.integers(1, 3))
    tones = sum(rng.uniform(0.1, 1) * np.sin(2 * np.pi * base * k * t + rng.uniform(0, 6)) for k in range(1, 12))
    return np.asarray(tones, np.float32)


def _bursts(count: int, rng: np.random.Generator) -> Floats:
    out = colored(count, 0.5, rng) * np.float32(0.02)
    for _ in range(max(1, int(count / RATE * rng.uniform(1, 7)))):
        length = int(RATE * rng.uniform(0.005, 0.12))
        at = int(rng.integers(0, max(1, count - length)))
        shape = np.exp(-np.arange(length) / (length * rng.uniform(0.1, 0.5)))
        piece = colored(max(length, 8), rng.uniform(-1, 1.5), rng)[:length] * shape * rng.uniform(0.2, 1)
        out[at : at + length] += np.asarray(piece, np.float32)[: len(out) - at]
    return out


def _wind(count: int, rng: np.random.Generator) -> Floats:
    swell = np.abs(np.interp(np.arange(count), np.linspace(0, count, 9), rng.uniform(0.05, 1, 9)))
    return np.asarray(colored(count, rng.uniform(1, 2), rng) * swell, np.float32)


def _cadence(count: int, tone: Floats, on_s: float, off_s: float, rng: np.random.Generator) -> Floats:
    phase = (np.arange(count) / RATE + rng.uniform(0, on_s + off_s)) % (on_s + off_s)
    return np.asarray(tone * (phase < on_s), np.float32)


def _tones(count: int, frequencies: Sequence[float]) -> Floats:
    t = np.arange(count) / RATE
    return np.asarray(sum(np.sin(2 * np.pi * hz * t) for hz in frequencies), np.float32)


def _ring(count: int, rng: np.random.Generator) -> Floats:
    pair = [(425.0,), (440.0, 480.0), (400.0, 450.0), (425.0,)][int(rng.integers(4))]
    return _cadence(count, _tones(count, pair), rng.uniform(0.8, 2), rng.uniform(1, 4), rng)


def _busy(count: int, rng: np.random.Generator) -> Floats:
    on = rng.uniform(0.18, 0.5)
    return _cadence(count, _tones(count, [rng.choice([425.0, 480.0, 620.0])]), on, on, rng)


def _beep(count: int, rng: np.random.Generator) -> Floats:
    out = np.zeros(count, np.float32)
    length = int(min(count, RATE * rng.uniform(0.08, 1.2)))
    at = int(rng.integers(0, count - length + 1))
    out[at : at + length] = _tones(length, [rng.uniform(350, 2200)])
    return out


def _dtmf(count: int, rng: np.random.Generator) -> Floats:
    low, high = rng.choice([697.0, 770.0, 852.0, 941.0]), rng.choice([1209.0, 1336.0, 1477.0])
    return _cadence(count, _tones(count, [low, high]), rng.uniform(0.08, 0.25), rng.uniform(0.1, 0.6), rng)


def _sit(count: int, rng: np.random.Generator) -> Floats:
    out = np.zeros(count, np.float32)
    at = int(rng.integers(0, max(1, count // 3)))
    for hz in (950.0, 1400.0, 1800.0):
        length = min(int(RATE * 0.33), count - at)
        if length > 0:
            out[at : at + length] = _tones(length, [hz])
        at += length
    return out


def _formed(length: int, centres: Sequence[float], slope: float, rng: np.random.Generator) -> Floats:
    """Noise through resonances, as of a throat."""
    spectrum = np.fft.rfft(colored(length, slope, rng))
    hz = np.fft.rfftfreq(length, 1 / RATE)
    gain = 0.05 + sum(np.exp(-(((hz - centre) / 220.0) ** 2)) for centre in centres)
    return np.asarray(np.fft.irfft(spectrum * gain, length), np.float32)


def _puffs(count: int, rng: np.random.Generator, many: tuple[int, int], length_s: tuple[float, float], attack: float,
           centres: tuple[float, float]) -> Floats:  # fmt: skip
    out = np.zeros(count, np.float32)
    for _ in range(int(rng.integers(*many))):
        length = int(min(count, RATE * rng.uniform(*length_s)))
        at = int(rng.integers(0, count - length + 1))
        x = np.linspace(0, 1, length)
        shape = np.minimum(x / attack, 1) * (1 - x) ** rng.uniform(0.8, 3)
        places = [rng.uniform(*centres), rng.uniform(1200, 2600)]
        out[at : at + length] += _formed(max(length, 16), places, rng.uniform(0, 1), rng)[:length] * shape
    return out


def _breath(count: int, rng: np.random.Generator) -> Floats:
    return _puffs(count, rng, (1, 4), (0.3, 1.4), 0.5, (500, 1500))


def _cough(count: int, rng: np.random.Generator) -> Floats:
    return _puffs(count, rng, (1, 4), (0.12, 0.45), 0.05, (400, 1100))


def _knocks(count: int, rng: np.random.Generator) -> Floats:
    return _puffs(count, rng, (2, 7), (0.03, 0.1), 0.02, (120, 500))


def _glide(count: int, rng: np.random.Generator, length_s: tuple[float, float], hz: tuple[float, float]) -> Floats:
    out = np.zeros(count, np.float32)
    for _ in range(int(rng.integers(1, 4))):
        length = int(min(count, RATE * rng.uniform(*length_s)))
        at = int(rng.integers(0, count - length + 1))
        pitch = np.interp(np.linspace(0, 1, length), [0, 0.4, 1], rng.uniform(*hz, 3))
        turn = 2 * np.pi * np.cumsum(pitch) / RATE
        voice = sum(np.sin(turn * k) / k ** rng.uniform(0.3, 1) for k in range(1, 7))
        out[at : at + length] += np.asarray(voice * np.hanning(length), np.float32)
    return out


def _cry(count: int, rng: np.random.Generator) -> Floats:
    return _glide(count, rng, (0.5, 1.6), (300, 650)) + _unit(colored(count, 1, rng)) * np.float32(0.1)


def _bark(count: int, rng: np.random.Generator) -> Floats:
    rough = _glide(count, rng, (0.08, 0.25), (250, 900))
    return np.asarray(rough * (1 + 0.8 * rng.standard_normal(count)), np.float32)


def _unit(samples: Floats) -> Floats:
    rms = float(np.sqrt(np.mean(np.square(samples), dtype=np.float64))) if len(samples) else 0.0
    return np.asarray(samples / rms, np.float32) if rms > 1e-9 else np.asarray(samples, np.float32)


_MADE: dict[Noise, Callable[[int, np.random.Generator], Floats]] = {
    Noise.WHITE: lambda n, rng: colored(n, 0, rng),
    Noise.PINK: lambda n, rng: colored(n, 1, rng),
    Noise.BROWN: lambda n, rng: colored(n, 2, rng),
    Noise.HUM: _hum,
    Noise.BURSTS: _bursts,
    Noise.WIND: _wind,
    Noise.MUSIC: music,
}
_SHAPED: dict[Sound, Callable[[int, np.random.Generator], Floats]] = {
    Sound.RING: _ring, Sound.BUSY: _busy, Sound.BEEP: _beep, Sound.DTMF: _dtmf, Sound.SIT: _sit,
    Sound.BREATH: _breath, Sound.COUGH: _cough, Sound.KNOCKS: _knocks, Sound.CRY: _cry, Sound.BARK: _bark,
}  # fmt: skip
