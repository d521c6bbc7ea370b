"""Both sides of a call as the patient had them, on one time base: a stereo WAV at 8 kHz.

Left is what was heard, right is what the person said. Heard frames carry only the time of their arrival, which a
busy machine delays; their true times are found when the call is over and the later frames are known.
"""

from __future__ import annotations

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot.city.ear import RATE, Spell, samples_of, spells

#: What telephones hold back so that late packets are still played; 40–80 is usual.
JITTER_MS = 60
LONGEST_MS = 15 * 60_000  # a recording is cut here: an hour of a stuck call would fill the memory


def lay_out(frames: Sequence[tuple[float, int]]) -> list[float]:
    """When each frame began, in ms: frames are (time of arrival, duration), in order.

    A telephone plays a frame from its arrival on. A frame can arrive late, never early, and frames do not overlap.
    So each is put as late as its own arrival and the place of the next one allow: a burst after a stall closes up
    backwards, a real silence stays a gap.
    """
    starts = [0.0] * len(frames)
    latest = float("inf")
    for i in range(len(frames) - 1, -1, -1):
        arrived, duration = frames[i]
        latest = starts[i] = min(arrived, latest - duration)
    return starts


@dataclass(frozen=True, slots=True)
class Lateness:
    """How the sound came: so many frames, of which so many too late for a telephone, and the worst delay, ms."""

    frames: int
    late: int
    worst_ms: int


def lateness(frames: Sequence[tuple[float, int]]) -> Lateness:
    """frames are (time of arrival, duration), in order, ms. A telephone waits JITTER_MS for a frame, then goes on."""
    delays = [arrived - start for (arrived, _), start in zip(frames, lay_out(frames), strict=True)]
    return Lateness(len(frames), sum(delay > JITTER_MS for delay in delays), round(max(delays, default=0.0)))


class Recording:
    """Collects a call. Times are ms on the call's time base; the recording begins at start_ms."""

    def __init__(self, start_ms: int) -> None:
        self.start_ms = start_ms
        self._frames: list[tuple[float, bytes]] = []
        self._said: list[tuple[int, bytes]] = []

    def heard(self, arrived_ms: float, pcm: bytes) -> None:
        if arrived_ms - self.start_ms < LONGEST_MS:
            self._frames.append((arrived_ms, pcm))

    def said(self, at_ms: int, pcm: bytes) -> None:
        """Begin to say pcm now; what was still to be said before is put in its place."""
        if at_ms - self.start_ms < LONGEST_MS:
            self._said.append((at_ms, pcm))

    def silenced(self, at_ms: int) -> None:
        """Nothing of what was handed over before is said after this moment."""
        kept = []
        for start, pcm in self._said:
            length = max(0, (at_ms - start) * RATE // 1000 * 2)
            if length:
                kept.append((start, pcm[:length]))
        self._said = kept

    def heard_samples(self) -> np.ndarray:
        """The left side as int16 from start_ms on."""
        pieces = [(at, pcm) for at, (_, pcm) in zip(lay_out(self._durations()), self._frames, strict=True)]
        return self._side(pieces)

    def _durations(self) -> list[tuple[float, int]]:
        return [(at, len(pcm) // 2 * 1000 // RATE) for at, pcm in self._frames]

    def said_samples(self) -> np.ndarray:
        """The right side as int16 from start_ms on."""
        return self._side([(float(at), pcm) for at, pcm in self._said])

    def heard_spells(self) -> list[Spell]:
        """Stretches of sound from the far side, on the call's time base."""
        return [Spell(s.start_ms + self.start_ms, s.end_ms + self.start_ms) for s in spells(self.heard_samples())]

    def lateness(self) -> Lateness:
        """Of the frames that were heard."""
        return lateness(self._durations())

    def save(self, path: Path) -> None:
        left, right = self.heard_samples(), self.said_samples()
        both = np.zeros((max(len(left), len(right)), 2), dtype="<i2")
        both[: len(left), 0] = left
        both[: len(right), 1] = right
        with wave.open(str(path), "wb") as out:
            out.setnchannels(2)
            out.setsampwidth(2)
            out.setframerate(RATE)
            out.writeframes(both.tobytes())

    def _side(self, pieces: Sequence[tuple[float, bytes]]) -> np.ndarray:
        placed = [(max(0, round((at - self.start_ms) * RATE / 1000)), samples_of(pcm)) for at, pcm in pieces]
        side = np.zeros(max((at + len(s) for at, s in placed), default=0), dtype="<i2")
        for at, samples in placed:
            side[at : at + len(samples)] = samples
        return side
