"""A telephone that gives back what it plays: quieter, a moment later, with its owner's voice over it. Pure."""

from __future__ import annotations

import numpy as np

from voicebot.city.ear import RATE, samples_of
from voicebot.city.people import Echo


class Speakerphone:
    """What leaves the telephone for each piece of sound that comes in; both at 8 kHz."""

    def __init__(self, echo: Echo) -> None:
        self._gain = 10 ** (echo.db / 20)
        self._heard = bytes(RATE * echo.delay_ms // 1000 * 2)  # not given back yet
        self._own = b""

    @property
    def silent(self) -> bool:
        """Whether its owner says nothing."""
        return not self._own

    def say(self, pcm: bytes) -> None:
        """The owner speaks, from the next piece on."""
        self._own = pcm

    def through(self, pcm: bytes) -> bytes:
        """What leaves while this comes in: as long as it."""
        self._heard += pcm
        back, self._heard = self._heard[: len(pcm)], self._heard[len(pcm) :]
        own, self._own = self._own[: len(pcm)], self._own[len(pcm) :]
        mix = samples_of(back) * self._gain
        mix[: len(own) // 2] += samples_of(own)
        return bytes(np.clip(np.rint(mix), -32768, 32767).astype("<i2").tobytes())
