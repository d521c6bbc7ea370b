"""Recognises a known voice line in what is heard: so a patient knows that an administrator has come on the line.

The administrators of the city speak lines whose waveform we have; on the patient's line the same waveform comes back
through the clinic's bridge. Music on hold, the robot and other lines do not correlate with it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voicebot.city.ear import RATE, THRESHOLD_DB, level_db, samples_of

TEMPLATE_MS = 600
CHECK_EVERY_MS = 400
#: Twice A-law and a resampling leave over 0.9; other speech stays below 0.3.
LIKE_ENOUGH = 0.6


class Voiceprint:
    """Feed what is heard; `feed` tells once, with True, that the beginning of one of the lines was in it."""

    def __init__(self, lines: Sequence[bytes]) -> None:
        size = RATE * TEMPLATE_MS // 1000
        self._templates = [_unit(samples_of(line)[:size]) for line in lines if len(line) // 2 >= size]
        self._size = size
        self._step = RATE * CHECK_EVERY_MS // 1000
        self._buffer = np.zeros(0)
        self._fresh = 0
        self._found = False

    def feed(self, pcm: bytes) -> bool:
        if self._found or not self._templates:
            return False
        samples = samples_of(pcm)
        self._buffer = np.concatenate([self._buffer, samples])[-(self._size + self._step) :]
        self._fresh += len(samples)
        if self._fresh < self._step:
            return False
        self._fresh = 0
        if len(self._buffer) < self._size or level_db(self._buffer) < THRESHOLD_DB:
            return False
        self._found = any(_likeness(self._buffer, template) >= LIKE_ENOUGH for template in self._templates)
        return self._found


def _unit(samples: np.ndarray) -> np.ndarray:
    """Without its mean and of length 1."""
    centred = samples.astype(np.float64) - samples.mean()
    return np.asarray(centred / max(float(np.linalg.norm(centred)), 1.0))


def _likeness(buffer: np.ndarray, template: np.ndarray) -> float:
    """The largest normalised correlation of the template with any place of the buffer, 0…1."""
    count = len(buffer) - len(template) + 1
    size = 1 << (len(buffer) + len(template)).bit_length()
    product = np.fft.rfft(buffer, size) * np.conj(np.fft.rfft(template, size))
    correlation = np.fft.irfft(product, size)[:count]
    energy = np.concatenate([[0.0], np.cumsum(np.square(buffer))])
    norms = np.sqrt(np.maximum(energy[len(template) :] - energy[:count], 1.0))
    return float(np.max(np.abs(correlation) / norms))
