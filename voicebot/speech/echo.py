"""The robot's own voice coming back (speakerphone, line echo): told by what is being played. Pure; time is an argument.

An echo is the played sound, 50–500 ms later and quieter. It is found by correlating what comes in with what was played;
both are flattened in frequency first, else any two vowels of like pitch would correlate. How loud the echo must be
is then known, and whatever is clearly louder is the patient speaking over it. Equal words alone never make an echo.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from voicebot.speech.audio import Samples, to_samples, without_offset

_HZ = 8000
_PER_MS = _HZ // 1000


@dataclass(frozen=True, slots=True)
class EchoRules:
    """The thresholds, each with its reason. Correlations in 0…1."""

    window_ms: int = 192  # shorter ones find likeness in unrelated speech, longer ones find the patient late
    longest_ms: int = 650  # echo of 500 ms and what the line itself takes
    alike: float = 0.35  # unrelated speech stays below 0.30 (99 %), an echo of −30 dB above 0.40 (99 %)
    alike_again: float = 0.25  # near where an echo was found before a weaker sign is enough: fewer places to go wrong
    drift_ms: int = 40  # by so much an echo may wander: a prompt is not always as long on its way
    louder: float = 6.0  # times the energy that the echo can have: 8 dB
    ringing_ms: int = 160  # a room rings on, and the detector takes what follows for a voice so long
    noise_dbfs: float = -60.0  # what else is in a frame: the noise of the line
    played_dbfs: float = -55.0  # what is played more softly leaves no echo that anybody hears


class EchoJudge:
    """Judges one stream of 8 kHz audio. Tell it what is played and until when, then ask about frames in their order."""

    def __init__(self, rules: EchoRules | None = None) -> None:
        self.rules = rules or EchoRules()
        self._window = self.rules.window_ms * _PER_MS
        self._reach = self.rules.longest_ms * _PER_MS
        self._played: list[tuple[int, Samples]] = []  # (sample number of its begin on the caller's clock, sound)
        self._heard: Samples = np.zeros(self._window, np.float32)
        self._lag: int | None = None  # samples between playing and its echo, once one was found
        self._gain = 0.0

    @property
    def known(self) -> bool:
        """Whether this line has an echo."""
        return self._lag is not None

    def plays(self, pcm: bytes, at_ms: int) -> None:
        """This is played from now on."""
        self.stops(at_ms)
        self._played.append((at_ms * _PER_MS, to_samples(pcm)))

    def stops(self, at_ms: int) -> None:
        """What is played stops here."""
        now, oldest = at_ms * _PER_MS, at_ms * _PER_MS - self._reach - 2 * self._window
        kept = [(begin, sound[: max(0, now - begin)]) for begin, sound in self._played]
        self._played = [(begin, sound) for begin, sound in kept if len(sound) and begin + len(sound) > oldest]

    def is_echo(self, frame: bytes, end_ms: int, voice: bool) -> bool:
        """Whether a frame is nothing but our own voice. voice: it is like speech; other frames are only remembered."""
        samples = without_offset(to_samples(frame))
        self._heard = np.concatenate([self._heard, samples])[-self._window :]
        if not voice or not self._played:
            return False
        end = end_ms * _PER_MS
        source = self._reference(end - self._window - self._reach, end)
        if float(np.mean(np.square(source))) < 10 ** (self.rules.played_dbfs / 10):
            return False
        if not self._find(source):
            return False
        assert self._lag is not None  # found
        return _energy(samples) < self.rules.louder * self._expected(source, len(samples))

    def _find(self, source: Samples) -> bool:
        """Look for the played sound in what was heard: where it was before, else everywhere."""
        heard = _flat(self._heard)
        if self._lag is not None:
            near = self.rules.drift_ms * _PER_MS
            low, high = max(0, self._lag - near), min(self._reach, self._lag + near)
            likeness, lag = _best(heard, _flat(self._back(source, high, low)))
            if likeness >= self.rules.alike_again:
                return self._found(source, high - lag)
        likeness, place = _best(heard, _flat(source))
        return likeness >= self.rules.alike and self._found(source, self._reach - place)

    def _found(self, source: Samples, lag: int) -> bool:
        """How loud it comes back: an unrelated voice over it does not change the measure, on the average."""
        known = self._lag is not None and abs(lag - self._lag) <= self.rules.drift_ms * _PER_MS
        self._lag = lag
        played = self._back(source, lag, lag)
        energy = float(np.dot(played, played))
        gain = abs(float(np.dot(self._heard, played))) / energy if energy > 0 else 0.0
        self._gain = 0.8 * self._gain + 0.2 * gain if known else gain
        return True

    def _expected(self, source: Samples, count: int) -> float:
        """The energy that echo and noise can have in a frame of so many samples."""
        assert self._lag is not None
        last = self._back(source, self._lag, self._lag)[-self.rules.ringing_ms * _PER_MS :]
        loudest = max(_energy(last[at : at + count]) for at in range(0, len(last), count))
        return float(self._gain**2 * loudest + 10 ** (self.rules.noise_dbfs / 10))

    def _back(self, source: Samples, most: int, least: int) -> Samples:
        """What was played between `most` and `least` samples before what was heard."""
        return source[self._reach - most : self._reach - least + self._window]

    def _reference(self, begin: int, end: int) -> Samples:
        """What was played between two moments, with silence where nothing was."""
        out = np.zeros(end - begin, np.float32)
        for start, sound in self._played:
            low, high = max(start, begin), min(start + len(sound), end)
            if low < high:
                out[low - begin : high - begin] = sound[low - start : high - start]
        return out


def _energy(samples: Samples) -> float:
    return float(np.mean(np.square(samples))) if len(samples) else 0.0


def _flat(samples: Samples) -> Samples:
    """The same with its spectrum flattened: sounds of one pitch are no longer alike, a copy still is."""
    spectrum = np.fft.rfft(np.append(samples[:1], samples[1:] - 0.9 * samples[:-1]))
    size = np.abs(spectrum)
    width = max(3, len(size) // 64)
    smooth = np.convolve(size, np.full(width, 1 / width), "same") + 1e-6
    return np.fft.irfft(spectrum / smooth**0.7, len(samples)).astype(np.float32)


def _best(heard: Samples, source: Samples) -> tuple[float, int]:
    """The best likeness of the heard sound with any place of the source, 0…1, and that place."""
    count = len(source) - len(heard) + 1
    size = 1 << (len(source) - 1).bit_length()  # long enough that the places that count do not wrap
    product = np.fft.rfft(source, size) * np.conj(np.fft.rfft(heard, size))
    found = np.abs(np.fft.irfft(product, size)[:count])
    energy = np.concatenate([[0.0], np.cumsum(np.square(source, dtype=np.float64))])
    norm = np.sqrt((energy[len(heard) :] - energy[:count] + 1e-9) * (float(np.dot(heard, heard)) + 1e-9))
    place = int(np.argmax(found / norm))
    return float(found[place] / norm[place]), place
