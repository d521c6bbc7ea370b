"""How many lines each campaign has left, counted while attempts are handed out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from voicebot.store.port import Lane


class Budget:
    """lanes: all of them; taken: lane -> calls that are live now, on all nodes. What other nodes hand out at the same
    moment is not seen: the last guard is the store's, when an attempt starts."""

    def __init__(self, lanes: Mapping[str, Lane], taken: Mapping[str, int]) -> None:
        self._lanes = lanes
        self._taken = Counter(taken)
        self._filled = False

    def room(self, lane: str) -> bool:
        limit = self._lanes[lane].lines if lane in self._lanes else None
        return limit is None or self._taken[lane] < limit

    def take(self, lane: str) -> None:
        """One attempt of this lane is live, or waits in the queue."""
        self._taken[lane] += 1
        self._filled = self._filled or not self.room(lane)

    def filled(self) -> bool:
        """Whether a lane has become full since this was asked last."""
        filled, self._filled = self._filled, False
        return filled

    def without(self) -> Collection[str]:
        """The lanes of which nothing can be started now: closed, or full."""
        return {name for name, lane in self._lanes.items() if lane.closed or not self.room(name)}
