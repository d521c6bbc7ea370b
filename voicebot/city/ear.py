"""What a person hears: spells of sound and whole phrases, told by energy on the clean audio of the line.

Two hearings of the same sound: `Ear` is live and decides when a person answers; `spells` goes over the finished
recording, whose times are exact to the frame, and is what response times are measured with.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

RATE = 8000  # Hz, of everything in the city
FRAME_MS = 20
FRAME_SAMPLES = RATE * FRAME_MS // 1000

#: RMS above which a frame is sound, in dBFS. Comfort noise lies below -55, the softest consonants of RHVoice
#: at telephone level above -48.
THRESHOLD_DB = -48.0
#: So many loud frames in a row begin a spell: a click of one frame is no robot.
ONSET_FRAMES = 2
#: A spell ends when it was quiet for so long: closures of stop consonants last up to 120 ms.
SPELL_GAP_MS = 160
#: What the far side breaks off sooner is no phrase: it had begun into our words, and begins again.
SHORTEST_PHRASE_MS = 400


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of sound without a longer pause; times in ms on the recording's or the call's time base."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class PhraseStarted:
    number: int  # from 1
    at_ms: int


@dataclass(frozen=True, slots=True)
class PhraseEnded:
    """The far side has said something and was silent for `patience_ms` since end_ms."""

    number: int
    start_ms: int
    end_ms: int


def level_db(samples: np.ndarray) -> float:
    """RMS of int16 samples in dBFS; -100 for nothing at all."""
    if not len(samples):
        return -100.0
    rms = float(np.sqrt(np.mean(np.square(samples.astype(np.float64)))))
    return 20 * float(np.log10(max(rms, 0.3) / 32768))


def samples_of(pcm: bytes) -> np.ndarray:
    """Signed 16-bit little-endian PCM as an array; a last odd byte is left out."""
    return np.frombuffer(pcm[: len(pcm) // 2 * 2], dtype="<i2")


class Ear:
    """Hears phrases. Feed every frame with the time of its begin; call `pause` when none came for a while."""

    def __init__(self, patience_ms: int = 700) -> None:
        self._patience_ms = patience_ms
        self._number = 0
        self._loud_frames = 0
        self._onset_ms = 0
        self._start_ms: int | None = None
        self._last_loud_ms = 0

    @property
    def in_phrase(self) -> bool:
        return self._start_ms is not None

    def feed(self, at_ms: int, pcm: bytes) -> list[PhraseStarted | PhraseEnded]:
        samples = samples_of(pcm)
        end_ms = at_ms + len(samples) * 1000 // RATE
        if level_db(samples) < THRESHOLD_DB:
            self._loud_frames = 0
            return self.pause(end_ms)
        if self._loud_frames == 0:
            self._onset_ms = at_ms
        self._loud_frames += 1
        events: list[PhraseStarted | PhraseEnded] = []
        if self._loud_frames >= ONSET_FRAMES:
            if self._start_ms is None:
                self._number += 1
                self._start_ms = self._onset_ms
                events.append(PhraseStarted(self._number, self._onset_ms))
            self._last_loud_ms = end_ms
        return events

    def pause(self, now_ms: int) -> list[PhraseStarted | PhraseEnded]:
        """Time has passed without sound: a phrase may be over."""
        if self._start_ms is None or now_ms - self._last_loud_ms < self._patience_ms:
            return []
        ended = PhraseEnded(self._number, self._start_ms, self._last_loud_ms)
        if self._last_loud_ms - self._start_ms < SHORTEST_PHRASE_MS:
            self._number -= 1
        self._start_ms = None
        return [ended]


def spells(samples: np.ndarray, gap_ms: int = SPELL_GAP_MS) -> list[Spell]:
    """Stretches of sound in a recording at 8 kHz, exact to 10 ms."""
    step = RATE // 100
    frames = len(samples) // step
    if not frames:
        return []
    squares = np.square(samples[: frames * step].astype(np.float64)).reshape(frames, step).mean(axis=1)
    loud = 10 * np.log10(np.maximum(squares, 0.09) / 32768**2) >= THRESHOLD_DB
    return _join(np.flatnonzero(loud).tolist(), gap_ms)


def _join(loud: Iterable[int], gap_ms: int) -> list[Spell]:
    """Loud steps of 10 ms -> spells; one of fewer than three steps is a click and is dropped."""
    found: list[list[int]] = []
    for i in loud:
        if found and (i - found[-1][1]) * 10 < gap_ms:
            found[-1][1] = i + 1
            found[-1][2] += 1
        else:
            found.append([i, i + 1, 1])
    return [Spell(start * 10, end * 10) for start, end, steps in found if steps >= 3]
