"""From sound to what the head sees: the encoder's output for the last 4 s, pooled to 12.5 frames a second."""

from __future__ import annotations

from functools import lru_cache

import ctranslate2
import numpy as np
import numpy.typing as npt
import soxr
from faster_whisper.feature_extractor import FeatureExtractor

Floats = npt.NDArray[np.float32]

RATE = 16_000  # Hz, what Whisper hears
WINDOW_S = 4.0  # an answer fits; longer windows cost more and bring the robot's own sentence in
SAMPLES = int(RATE * WINDOW_S)
MEL_FRAMES = 400  # 10 ms each
POOL = 4  # encoder frames (20 ms) that become one of 80 ms: a phoneme
FRAMES = MEL_FRAMES // 2 // POOL
WIDTH = 512  # of Whisper base; another model needs another head


@lru_cache(maxsize=1)
def _extractor() -> FeatureExtractor:
    return FeatureExtractor()  # 80 bands, hop 160: the same for tiny, base and small


def to_window(pcm: bytes, rate: int) -> Floats:
    """The last 4 s of 16-bit mono PCM as 64,000 samples at 16 kHz, without DC, zeros in front of less."""
    half = pcm[len(pcm) & 1 :]  # of an odd number of bytes the first is half a sample: the end counts
    samples = np.frombuffer(half[-int(rate * WINDOW_S) * 2 :], "<i2").astype(np.float32) / 32768.0
    if rate != RATE and len(samples):
        samples = np.asarray(soxr.resample(samples, rate, RATE, "HQ"), np.float32)
    window = np.zeros(SAMPLES, np.float32)
    if len(samples):
        tail = samples[-SAMPLES:]
        window[-len(tail) :] = tail - tail.mean()
    return window


def log_mel(window: Floats) -> Floats:
    """[80, 400] of 64,000 samples."""
    return np.asarray(_extractor()(window, padding=0)[:, :MEL_FRAMES], np.float32)


def encode(model: ctranslate2.models.Whisper, mels: Floats) -> Floats:
    """[n, 80, 400] -> [n, 50, 512]. 25 ms of one core each."""
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(mels))
    encoded = np.array(model.encode(view, to_cpu=True), np.float32)
    return np.asarray(encoded.reshape(len(mels), FRAMES, POOL, -1).mean(axis=2), np.float32)
