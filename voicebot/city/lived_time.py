"""The time of a call as a person lives it: while the machine stands still, nobody hears silence or loses patience."""

from __future__ import annotations

from collections.abc import Callable

from voicebot.city.ear import FRAME_MS

#: Longer than this between two looks is a standstill, ms; what else the process does in between is shorter.
STANDSTILL_MS = 150


class LivedTime:
    """Ask it at least every 20 ms. A jump of the clock is a standstill of this machine (or of the virtual one that
    it is), during which no frame could come: it is taken out, or the person would answer into the far side's words.

    now_ms: the time of the call
    stood: is told each standstill, its begin and its end in the time of the call
    """

    def __init__(self, now_ms: Callable[[], float], stood: Callable[[float, float], None]) -> None:
        self._now_ms, self._stood = now_ms, stood
        self._last_ms: float | None = None
        self._stood_ms = 0.0

    def now_ms(self) -> float:
        now = self._now_ms()
        if self._last_ms is not None and now - self._last_ms > STANDSTILL_MS:
            self._stood_ms += now - self._last_ms - FRAME_MS  # the step that was due anyway is lived
            self._stood(self._last_ms, now)
        self._last_ms = now
        return now - self._stood_ms

    def of_call(self, lived_ms: float) -> int:
        """A moment since the last standstill in the time of the call, ms."""
        return round(lived_ms + self._stood_ms)
