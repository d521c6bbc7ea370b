"""Telephone audio as bytes and as numbers: WAV, companding, resampling, level, mixing.

Bytes are mono signed 16-bit little-endian PCM; arrays are float32 in −1…+1 of full scale.
"""

from __future__ import annotations

import wave
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soxr

from voicebot.errors import InputFault

Samples = npt.NDArray[np.float32]

BYTES_PER_SAMPLE = 2
# 20 ms: short enough to follow syllables, long enough for a steady level
LEVEL_FRAME_S = 0.02
# frames this far below the loudest one are pauses and do not count to the level of speech
ACTIVE_BELOW_PEAK_DB = 25.0
# the quietest value that is reported: digital silence has no level
SILENCE_DBFS = -120.0
# room to full scale that a prompt keeps, so that codecs and resamplers on the way do not clip it
PEAK_CEILING = 10 ** (-1.0 / 20)

_ULAW_BIAS, _ULAW_CLIP = 0x84, 32635


class AudioFault(InputFault):
    """A sound file is not one that we can read."""

    code = "audio"


def to_samples(pcm: bytes) -> Samples:
    """PCM bytes as float32; a trailing odd byte is half a sample and is dropped."""
    return np.frombuffer(pcm[: len(pcm) & ~1], "<i2").astype(np.float32) / 32768.0


def to_pcm(samples: Samples) -> bytes:
    """float32 as PCM bytes; what exceeds full scale is clipped, never wrapped."""
    return bytes(np.clip(np.rint(samples * 32768.0), -32768, 32767).astype("<i2").tobytes())


def duration_ms(pcm: bytes, hz: int) -> int:
    return len(pcm) // BYTES_PER_SAMPLE * 1000 // hz


def silence(ms: int, hz: int) -> bytes:
    return bytes(ms * hz // 1000 * BYTES_PER_SAMPLE)


def resample(pcm: bytes, source_hz: int, target_hz: int) -> bytes:
    """The same sound at another rate (soxr, high quality, linear phase)."""
    return pcm if source_hz == target_hz else to_pcm(resample_samples(to_samples(pcm), source_hz, target_hz))


def resample_samples(samples: Samples, source_hz: int, target_hz: int) -> Samples:
    if source_hz == target_hz or not len(samples):
        return samples
    return np.asarray(soxr.resample(samples, source_hz, target_hz, "HQ"), np.float32)


def without_offset(samples: Samples) -> Samples:
    """A line's constant offset (DC) taken off: it is no sound."""
    return samples - samples.mean() if len(samples) else samples


def speech_level(samples: Samples, hz: int) -> float:
    """The level of speech in dBFS (0 = square wave at full scale), pauses left out; SILENCE_DBFS for nothing."""
    frame = max(1, int(hz * LEVEL_FRAME_S))
    whole = len(samples) // frame * frame
    if not whole:
        return _dbfs(float(np.mean(np.square(samples))) if len(samples) else 0.0)
    powers = np.mean(np.square(samples[:whole].reshape(-1, frame), dtype=np.float64), axis=1)
    active = powers[powers >= powers.max() * 10 ** (-ACTIVE_BELOW_PEAK_DB / 10)]
    return _dbfs(float(active.mean()))


def normalise(samples: Samples, hz: int, target_dbfs: float) -> Samples:
    """Speech brought to a level; less where its peaks would otherwise reach full scale. Silence stays silence."""
    level = speech_level(samples, hz)
    if level <= SILENCE_DBFS:
        return samples
    gain = 10 ** ((target_dbfs - level) / 20)
    return samples * np.float32(min(gain, PEAK_CEILING / float(np.abs(samples).max())))


def mix(first: bytes, second: bytes, second_gain_db: float = 0.0) -> bytes:
    """Two sounds at once, as long as the longer of them."""
    a, b = to_samples(first), to_samples(second) * np.float32(10 ** (second_gain_db / 20))
    out = np.zeros(max(len(a), len(b)), np.float32)
    out[: len(a)] += a
    out[: len(b)] += b
    return to_pcm(out)


@lru_cache(maxsize=8)
def _band_filter(hz: int, low_hz: float, high_hz: float) -> Samples:
    """Windowed-sinc band pass of 16 ms: −6 dB at both edges, linear phase."""
    taps = int(hz * 0.016) | 1
    n = np.arange(taps) - taps // 2
    ideal = 2 * high_hz / hz * np.sinc(2 * high_hz / hz * n) - 2 * low_hz / hz * np.sinc(2 * low_hz / hz * n)
    return np.asarray(ideal * np.blackman(taps), np.float32)


def band_limit(samples: Samples, hz: int, low_hz: float, high_hz: float) -> Samples:
    """Only what lies between two frequencies; the length stays."""
    return (
        np.convolve(samples, _band_filter(hz, low_hz, high_hz), "same").astype(np.float32) if len(samples) else samples
    )


def ulaw_decode(data: bytes) -> bytes:
    """G.711 µ-law (8 bits a sample) as PCM."""
    return bytes(_ulaw_table()[np.frombuffer(data, np.uint8)].tobytes())


def alaw_decode(data: bytes) -> bytes:
    """G.711 A-law (8 bits a sample) as PCM."""
    return bytes(_alaw_table()[np.frombuffer(data, np.uint8)].tobytes())


def ulaw_encode(pcm: bytes) -> bytes:
    """PCM as G.711 µ-law."""
    x = np.frombuffer(pcm[: len(pcm) & ~1], "<i2").astype(np.int32)
    sign = np.where(x < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(x), _ULAW_CLIP) + _ULAW_BIAS
    exponent = np.floor(np.log2(magnitude)).astype(np.int32) - 7
    mantissa = (magnitude >> (exponent + 3)) & 0x0F
    return bytes((~(sign | exponent << 4 | mantissa) & 0xFF).astype(np.uint8).tobytes())


@lru_cache(maxsize=1)
def _ulaw_table() -> npt.NDArray[np.int16]:
    code = ~np.arange(256) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + _ULAW_BIAS) << ((code >> 4) & 7)) - _ULAW_BIAS
    return np.where(code & 0x80, -magnitude, magnitude).astype("<i2")


@lru_cache(maxsize=1)
def _alaw_table() -> npt.NDArray[np.int16]:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 0x0F) << 4
    magnitude = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude).astype("<i2")


def write_wav(path: Path, pcm: bytes, hz: int) -> None:
    """A WAV file of 16-bit PCM, mono."""
    path.write_bytes(wav_bytes(pcm, hz))


def wav_bytes(pcm: bytes, hz: int) -> bytes:
    buffer = BytesIO()
    with wave.open(buffer, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(BYTES_PER_SAMPLE)
        out.setframerate(hz)
        out.writeframes(pcm)
    return buffer.getvalue()


def _dbfs(power: float) -> float:
    return max(SILENCE_DBFS, 10 * float(np.log10(power))) if power > 0 else SILENCE_DBFS
