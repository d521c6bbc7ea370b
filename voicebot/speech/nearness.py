"""Tells the voice at the telephone from what is behind it, by loudness alone. Pure; audio in, a yes or no out.

A detector of speech has two weaknesses that loudness mends. It goes on for 50–130 ms after the voice has ended (its
memory fades): on a quiet line the end is seen at once in the level. And voices behind the patient (a television, a
street) are speech to it without end: but they are as loud before the patient's word as after it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

import numpy as np

from voicebot.speech.audio import Samples, to_samples, without_offset


@dataclass(frozen=True, slots=True)
class NearnessRules:
    """The thresholds, each with its reason. Levels in dB of full scale (dBFS) or dB apart."""

    above_db: float = 5.0  # babble of several people seldom strays farther above its own middle for three frames
    apart_db: float = 4.0  # a voice whose peaks stand out less (below 5 dB of babble) is not told apart by loudness
    drop_db: float = 35.0  # on a quiet line: the softest consonants of a voice lie 30 below its vowels
    quietest_dbfs: float = -70.0  # digital silence and comfort noise: what lies below is one and the same
    faint_dbfs: float = -55.0  # no voice on a telephone begins so softly; gaps in comfort noise look like one
    noisy_dbfs: float = -50.0  # a quieter line gates nothing at the beginning of an utterance
    least_frames: int = 8  # what is known from less may be the beginning of a word
    voices: float = 0.1  # of the surroundings, taken for speech by the detector: much of babble, nothing of a fan
    look_every: int = 6  # frames: surroundings do not change faster than in 200 ms
    memory_frames: int = 125  # 4 s: surroundings that grow louder are known after so long
    part_samples: int = 64  # 8 ms: a frame counts as loud as its loudest part, so that no word's end is lost


class Nearness:
    """Judges one stream of 8 kHz audio, frame by frame (32 ms each)."""

    def __init__(self, rules: NearnessRules | None = None) -> None:
        self.rules = rules or NearnessRules()
        self._behind: deque[float] = deque(maxlen=self.rules.memory_frames)  # levels of frames without a near voice
        self._all: deque[float] = deque(maxlen=self.rules.memory_frames)
        self._voiced: deque[bool] = deque(maxlen=self.rules.memory_frames)  # the detector's opinion of each of _all
        self._peak = -120.0
        self._surroundings, self._frames = self.rules.quietest_dbfs, 0

    def far(self, frame: bytes, voice: bool, speaking: bool) -> bool:
        """Whether nobody near speaks in this frame, however much it is like speech.

        voice: the detector takes the frame for speech; speaking: an utterance is open.
        """
        level, loudest = self._levels(to_samples(frame))
        self._all.append(level)
        self._voiced.append(voice)
        if self._frames % self.rules.look_every == 0:  # medians cost more than all the rest
            self._surroundings = self._level_behind()
        self._frames += 1
        far = self._is_far(level, loudest, speaking)
        if not speaking:
            self._peak = -120.0
        if far or not voice:
            self._behind.append(level)
        else:
            self._peak = max(self._peak, level)
        return far

    def _is_far(self, level: float, loudest: float, speaking: bool) -> bool:
        rules, behind = self.rules, self._surroundings
        if not speaking:
            hidden = behind > rules.noisy_dbfs and level <= behind + rules.above_db and self._voices_behind()
            return hidden or loudest <= rules.faint_dbfs
        if behind + rules.above_db > self._peak - rules.apart_db:
            return False
        return loudest <= max(behind + rules.above_db, self._peak - rules.drop_db)

    def _level_behind(self) -> float:
        """The level of what is behind the voice: the middle of the frames without one, or, when everything is loud,
        what every fifth frame stays below."""
        rules = self.rules
        known = len(self._behind) >= rules.least_frames
        middle = float(np.median(self._behind)) if known else rules.quietest_dbfs
        whole = len(self._all) == rules.memory_frames
        fifth = float(np.percentile(self._all, 20)) if whole else rules.quietest_dbfs
        return max(middle, fifth, rules.quietest_dbfs)

    def _voices_behind(self) -> bool:
        """Whether the surroundings are like speech. Of steady noise the detector knows by itself that it is none, and
        loudness must not hide a word in it: at 5 dB every tenth was lost, and the rest began late."""
        limit = self._surroundings + self.rules.above_db
        behind = [voiced for level, voiced in zip(self._all, self._voiced, strict=True) if level <= limit]
        return sum(behind) >= self.rules.voices * len(behind)

    def _levels(self, samples: Samples) -> tuple[float, float]:
        """dBFS of the frame and of its loudest part. By a line's offset silence and voice would be equally loud."""
        samples = without_offset(samples)
        parts = samples[: len(samples) // self.rules.part_samples * self.rules.part_samples]
        powers = np.mean(np.square(parts.reshape(-1, self.rules.part_samples)), axis=1)
        return _db(float(powers.mean())), _db(float(powers.max()))


def _db(power: float) -> float:
    return 10 * float(np.log10(power + 1e-12))
