"""The diary: every decision is written down once, however often the ticks come upon it."""

from __future__ import annotations

from collections.abc import Iterable

from voicebot.contacts.decisions import DecisionNote
from voicebot.store.port import Store

_REMEMBERED = 50_000  # ids of decisions known to be written; the store itself keeps one row of each


class Diary:
    """Keeps decisions in the store and spares it those that this process has written."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, None] = {}

    async def note(self, notes: Iterable[DecisionNote]) -> int:
        """Returns how many were news to this process. Raises StoreDown."""
        fresh = {n.id: n for n in notes if n.id not in self._known}
        if not fresh:
            return 0
        await self._store.add_decisions(tuple(fresh.values()))
        self._known.update(dict.fromkeys(fresh))
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]
        return len(fresh)
