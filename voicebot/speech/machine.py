"""A first-cut judge of answering machines: a greeting without a pause, or a beep. Pure, with time as an argument.

Why 5 s: people who answer say «алло», «да, слушаю», rarely «отдел продаж, менеджер Сергей, слушаю вас» (3–4.5 s), and
then wait for the other side. Most machines are known sooner, by their words (language.machine_words). Why 0.6 s:
sentences of a recorded greeting follow one another within 0.3–0.6 s, whereas a person who waits for an answer is silent
longer. Why not from the first moment: what talks while the line opens is a television or other people behind whoever
picked up, and all of those calls ended as machines (docs/figures/calls.md); machines that are as quick are known by
their words. Asterisk's AMD takes 1.5 s and 0.8 s, and hangs up on talkative people.
A beep is one steady tone: keys of a telephone are two tones, ringing is below 500 Hz, a voice does not stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from voicebot.speech.audio import to_samples, without_offset


class MachineSign(Enum):
    GREETING = "greeting"  # speech that does not wait for an answer
    TONE = "tone"  # a beep


@dataclass(frozen=True, slots=True)
class MachineHeard:
    at_ms: int
    sign: MachineSign


@dataclass(frozen=True, slots=True)
class MachineRules:
    speech: float = 0.5  # as in endpointing
    greeting_ms: int = 5000  # see the head of this file
    pause_ms: int = 600  # see the head of this file
    greeting_begins_after_ms: int = 250  # see the head of this file
    greeting_begins_within_ms: int = 4000  # later speech answers the robot: whoever talks long then is a person
    tone_ms: int = 200  # shorter ones are clicks and notes; the beeps of voicemail last 300–1000 ms
    tone_low_hz: float = 800.0  # above ringing, busy (425) and dial tones
    tone_high_hz: float = 2200.0  # fax answers 2100
    tone_purity: float = 0.9  # share of power in one spectral line: vowels and key pairs stay below 0.7
    tone_drift_hz: float = 16.0  # half a spectral line between frames: a voice moves more
    tone_dbfs: float = -40.0  # a beep that a person would notice


class MachineJudge:
    """Judges one stream. Speaks once: after MachineHeard it is silent. Give it up when the conversation has begun."""

    def __init__(self, rules: MachineRules | None = None, hz: int = 8000) -> None:
        self.rules = rules or MachineRules()
        self._hz = hz
        self._speech_since: int | None = None
        self._last_voice = 0
        self._tone_since: int | None = None
        self._tone_hz = 0.0
        self._first_frame: int | None = None
        self._decided = False

    def process(self, frame: bytes, probability: float, start_ms: int, end_ms: int) -> MachineHeard | None:
        """One frame of about 32 ms with its probability of speech."""
        if self._decided:
            return None
        if self._first_frame is None:
            self._first_frame = start_ms
        sign = self._tone(frame, start_ms, end_ms) or self._greeting(probability, start_ms, end_ms)
        if sign is None:
            return None
        self._decided = True
        return MachineHeard(end_ms, sign)

    def _greeting(self, probability: float, start_ms: int, end_ms: int) -> MachineSign | None:
        rules = self.rules
        if probability < rules.speech:
            return None
        if self._speech_since is None or start_ms - self._last_voice >= rules.pause_ms:
            self._speech_since = start_ms
        self._last_voice = end_ms
        assert self._first_frame is not None  # set by process
        waited = self._speech_since - self._first_frame
        if not rules.greeting_begins_after_ms <= waited <= rules.greeting_begins_within_ms:
            return None
        return MachineSign.GREETING if end_ms - self._speech_since >= rules.greeting_ms else None

    def _tone(self, frame: bytes, start_ms: int, end_ms: int) -> MachineSign | None:
        hz = pure_tone(frame, self._hz, self.rules)
        if hz is None:
            self._tone_since = None
            return None
        if self._tone_since is None or abs(hz - self._tone_hz) > self.rules.tone_drift_hz:
            self._tone_since = start_ms
        self._tone_hz = hz
        return MachineSign.TONE if end_ms - self._tone_since >= self.rules.tone_ms else None


def pure_tone(frame: bytes, hz: int, rules: MachineRules) -> float | None:
    """The frequency of the one tone that a frame consists of, or None."""
    samples = without_offset(to_samples(frame))
    if len(samples) < 64 or float(np.mean(np.square(samples))) < 10 ** (rules.tone_dbfs / 10):
        return None
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
    peak = int(spectrum[2:-2].argmax()) + 2
    around = spectrum[peak - 2 : peak + 3]
    if around.sum() < rules.tone_purity * spectrum[1:].sum():
        return None
    found = float((around * np.arange(peak - 2, peak + 3)).sum() / around.sum()) * hz / len(samples)
    return found if rules.tone_low_hz <= found <= rules.tone_high_hz else None
