"""What a telephone does to an answer: a description that is drawn, and its effect on the sound. Pure but for numpy.

Everything random comes from the generator that is passed in: the same generator, the same sound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from voicebot.hearing.ear.features import WINDOW_S, Floats
from voicebot.hearing.ear.sounds import RATE, Noise, noise

WINDOW = int(RATE * WINDOW_S)  # samples of the clip that comes out
SPEECH_RMS = 0.1  # −20 dBFS before the line's own gain
_ACTIVE_DB = 25.0  # frames this far under the loudest are pauses


class Condition(StrEnum):
    """How a clip for judging was heard. TRAIN: anything at all."""

    TRAIN = "train"
    CLEAN = "clean"
    PINK_15 = "pink15"
    BABBLE_15 = "babble15"
    PINK_5 = "pink5"
    BABBLE_5 = "babble5"
    START_CUT = "clip"  # the first 120 ms lost


JUDGED = tuple(c for c in Condition if c is not Condition.TRAIN)


@dataclass(frozen=True, slots=True)
class Line:
    """One telephone connection and the moment in which it is heard. dB, Hz, ms, shares of 1."""

    low_hz: float = 300.0
    high_hz: float = 3400.0
    tilt_db: float = 0.0  # from the lowest to the highest frequency
    reverb_s: float = 0.0
    noise: Noise | None = None
    snr_db: float = 40.0
    gain_db: float = 0.0
    clip_db: float = 0.0  # peaks are cut this far under the loudest
    codec_bits: int = 0  # a low-rate codec's coarse spectrum; 0 is none
    loss: float = 0.0  # share of 20 ms packets
    a_law: bool = False
    start_cut_ms: int = 0
    end_cut_ms: int = 0
    lead_ms: int = 400  # of the line before the speech; 4000 fills the window
    trail_ms: int = 300


_SHARES = {
    Noise.WHITE: 0.08, Noise.PINK: 0.18, Noise.BROWN: 0.08, Noise.HUM: 0.04, Noise.BURSTS: 0.1, Noise.WIND: 0.06,
    Noise.MUSIC: 0.1, Noise.BABBLE: 0.24, Noise.TELEVISION: 0.12,
}  # fmt: skip


def draw_noise(rng: np.random.Generator) -> Noise:
    """Babble is the hardest and the most usual."""
    kinds = list(_SHARES)
    return kinds[int(rng.choice(len(kinds), p=[_SHARES[k] for k in kinds]))]


def draw(rng: np.random.Generator, speech_ms: int, incomplete: bool = False) -> Line:
    """A line as training meets it. speech_ms limits how much may be lost of a short word."""
    spare = max(0, min(200, int(speech_ms * 0.4)))
    noisy = rng.random() < 0.62
    after = (0, 100) if incomplete else (80, 700) if rng.random() < 0.9 else (700, 1600)
    return Line(
        low_hz=float(rng.uniform(150, 420)),
        high_hz=float(rng.uniform(2700, 3800)),
        tilt_db=float(rng.uniform(-9, 9)),
        reverb_s=float(rng.uniform(0.05, 0.45)) if rng.random() < 0.25 else 0.0,
        noise=draw_noise(rng) if noisy else None,
        snr_db=float(rng.uniform(0, 25)),
        gain_db=float(rng.uniform(-22, 10)),
        clip_db=float(rng.uniform(2, 14)) if rng.random() < 0.12 else 0.0,
        codec_bits=int(rng.integers(2, 5)) if rng.random() < 0.15 else 0,
        loss=float(rng.uniform(0.01, 0.08)) if rng.random() < 0.15 else 0.0,
        a_law=bool(rng.random() < 0.5),
        start_cut_ms=int(rng.integers(0, spare + 1)) if rng.random() < 0.35 else 0,
        end_cut_ms=int(rng.integers(0, min(60, spare) + 1)) if rng.random() < 0.15 else 0,
        lead_ms=int(rng.integers(50, 700)) if rng.random() < 0.6 else 4000,
        trail_ms=int(rng.integers(*after)),
    )


def judged(condition: Condition) -> Line:
    """The line of a condition under which heads are compared."""
    plain = Line(trail_ms=300)
    return {
        Condition.CLEAN: plain,
        Condition.PINK_15: Line(noise=Noise.PINK, snr_db=15, lead_ms=4000),
        Condition.BABBLE_15: Line(noise=Noise.BABBLE, snr_db=15, lead_ms=4000),
        Condition.PINK_5: Line(noise=Noise.PINK, snr_db=5, lead_ms=4000),
        Condition.BABBLE_5: Line(noise=Noise.BABBLE, snr_db=5, lead_ms=4000),
        Condition.START_CUT: Line(start_cut_ms=120),
    }[condition]


def heard(speech: Floats, line: Line, rng: np.random.Generator, voices: Sequence[Floats] = ()) -> Floats:
    """8 kHz speech without silence around it -> the 4 s (32,000 samples, zeros in front) that the ear gets.

    voices: 8 kHz sentences for babble and television.
    """
    lost, dropped = line.start_cut_ms * RATE // 1000, line.end_cut_ms * RATE // 1000
    said = speech[min(lost, len(speech) - 1) : max(lost + 1, len(speech) - dropped)]
    said = to_level(_reverberated(said, line.reverb_s, rng), SPEECH_RMS)
    trail = line.trail_ms * RATE // 1000
    lead = min(line.lead_ms * RATE // 1000, max(0, WINDOW - trail - len(said)))
    scene = np.zeros(lead + len(said) + trail, np.float32)
    scene[lead : lead + len(said)] = said
    if line.noise is not None:
        level = SPEECH_RMS * 10 ** (-line.snr_db / 20)
        scene += noise(line.noise, len(scene), rng, voices) * np.float32(level)
    scene += rng.standard_normal(len(scene)).astype(np.float32) * np.float32(10 ** (rng.uniform(-75, -55) / 20))
    return fit(through(scene, line, rng))


def through(scene: Floats, line: Line, rng: np.random.Generator) -> Floats:
    """Any 8 kHz sound through the connection: band, gain, clipping, codec, loss, companding."""
    out = _banded(scene, line)
    out = out * np.float32(10 ** (line.gain_db / 20))
    if line.clip_db:
        top = float(np.abs(out).max()) * 10 ** (-line.clip_db / 20)
        out = np.clip(out, -top, top)
    if line.codec_bits:
        out = _coarse(out, line.codec_bits)
    if line.loss:
        out = _lossy(out, line.loss, rng)
    return companded(np.clip(out, -1, 1), line.a_law)


def fit(scene: Floats) -> Floats:
    """The last 4 s, zeros in front of less."""
    window = np.zeros(WINDOW, np.float32)
    tail = scene[-WINDOW:]
    if len(tail):
        window[-len(tail) :] = tail
    return window


def to_level(speech: Floats, rms: float) -> Floats:
    """Speech whose loud parts have this RMS; silence stays silence."""
    found = level(speech)
    return speech * np.float32(rms / found) if found > 1e-9 else speech


def level(speech: Floats) -> float:
    """RMS of the frames that are not pauses."""
    frame = RATE // 50
    whole = len(speech) // frame * frame
    if not whole:
        return float(np.sqrt(np.mean(np.square(speech)))) if len(speech) else 0.0
    powers = np.mean(np.square(speech[:whole].reshape(-1, frame), dtype=np.float64), axis=1)
    return float(np.sqrt(powers[powers >= powers.max() * 10 ** (-_ACTIVE_DB / 10)].mean()))


def trimmed(speech: Floats, rate: int = RATE, below_db: float = 38.0) -> Floats:
    """Without the silence that synthesisers put around their words."""
    frame = rate // 100
    whole = len(speech) // frame * frame
    if not whole:
        return speech
    powers = np.mean(np.square(speech[:whole].reshape(-1, frame), dtype=np.float64), axis=1)
    loud = np.flatnonzero(powers > powers.max() * 10 ** (-below_db / 10))
    return speech[max(0, loud[0] - 1) * frame : (loud[-1] + 2) * frame]


def companded(samples: Floats, a_law: bool) -> Floats:
    """As G.711 leaves it: logarithmic steps of 8 bits."""
    size = np.abs(samples)
    if a_law:
        a = 87.6
        bent = np.where(size < 1 / a, a * size, 1 + np.log(np.maximum(a * size, 1.0))) / (1 + np.log(a))
        steps = np.round(bent * 127) / 127 * (1 + np.log(a))
        back = np.where(steps < 1, steps / a, np.exp(steps - 1) / a)
    else:
        steps = np.round(np.log1p(255 * size) / np.log(256) * 127) / 127
        back = np.expm1(steps * np.log(256)) / 255
    return np.asarray(np.sign(samples) * back, np.float32)


def _banded(scene: Floats, line: Line) -> Floats:
    spectrum = np.fft.rfft(scene)
    hz = np.maximum(np.fft.rfftfreq(len(scene), 1 / RATE), 1.0)
    edges = 1 / (1 + (line.low_hz / hz) ** 8) / (1 + (hz / line.high_hz) ** 16)
    tilt = 10 ** (line.tilt_db * (hz / (RATE / 2) - 0.5) / 20)
    return np.asarray(np.fft.irfft(spectrum * np.sqrt(edges) * tilt, len(scene)), np.float32)


def _reverberated(speech: Floats, seconds: float, rng: np.random.Generator) -> Floats:
    if not seconds:
        return speech
    count = int(RATE * seconds)
    tail = rng.standard_normal(count) * np.exp(-6.9 * np.arange(count) / count)
    tail[0] = rng.uniform(2, 8)  # the direct sound
    size = len(speech) + count
    return np.asarray(np.fft.irfft(np.fft.rfft(speech, size) * np.fft.rfft(tail, size), size), np.float32)


def _coarse(samples: Floats, bits: int) -> Floats:
    """A spectrum in few steps, weak parts left out: the sound of AMR and GSM half rate at their worst."""
    frame = 160
    padded = np.pad(samples, (0, -len(samples) % frame)).reshape(-1, frame)
    spectra = np.fft.rfft(padded, axis=1)
    size = np.abs(spectra)
    top = size.max(axis=1, keepdims=True) + 1e-9
    steps = np.round(np.sqrt(size / top) * 2**bits) / 2**bits
    coarse = np.fft.irfft(np.square(steps) * top * np.exp(1j * np.angle(spectra)), frame, axis=1)
    return np.asarray(coarse.reshape(-1)[: len(samples)], np.float32)


def _lossy(samples: Floats, share: float, rng: np.random.Generator) -> Floats:
    """Lost packets: silence, or the packet before once more, as receivers do."""
    out, packet = samples.copy(), RATE // 50
    for start in range(packet, len(out) - packet, packet):
        if rng.random() < share:
            out[start : start + packet] = out[start - packet : start] * np.float32(0.6) if rng.random() < 0.5 else 0
    return out
