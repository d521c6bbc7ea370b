"""What a node that makes no calls can say of those that do."""

from __future__ import annotations

from datetime import timedelta

from voicebot.clock import Clock
from voicebot.errors import NetworkFault
from voicebot.store.port import Store


class Watch:
    """Probes for /healthz: each answers what is wrong, in Russian, or ''."""

    def __init__(self, store: Store, clock: Clock, dead_after: timedelta) -> None:
        self._store = store
        self._clock = clock
        self._dead_after = dead_after

    async def database(self) -> str:
        try:
            await self._store.next_due()
        except NetworkFault as fault:
            return fault.message
        return ""

    async def calls(self) -> str:
        """By the nodes' own clocks, so only roughly: for people."""
        now = self._clock.now()
        rows = await self._store.nodes()
        if any(abs(now - row.at) < 2 * self._dead_after for row in rows):
            return ""
        return "ни один узел не звонит" if not rows else f"узлы не отвечают: {', '.join(row.name for row in rows)}"
