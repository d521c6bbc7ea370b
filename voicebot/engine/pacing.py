"""The pace of a node: calls are begun one after another, never closer than the trunk bears."""

from __future__ import annotations

import asyncio


class Pace:
    """Waits so that turns are at least 1/per_second apart on this node.

    The engine's own limit is exact where it hands work out, but not where the work begins (ENGINE.md, trap 5).
    """

    def __init__(self, per_second: float | None) -> None:
        self._apart_s = 1 / per_second if per_second else 0.0
        self._next = 0.0

    async def turn(self) -> None:
        """Returns when the caller may begin. Turns are given in the order of asking."""
        now = asyncio.get_running_loop().time()
        begin = max(now, self._next)
        self._next = begin + self._apart_s
        if begin > now:
            await asyncio.sleep(begin - now)
