"""Writing behind: a batch is on its way to the database while the next one is read and decided."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager
from typing import Any


class Behind:
    """One write at a time. A failure is raised by whatever is awaited next; at the latest, where the writing ends."""

    def __init__(self) -> None:
        self._running: asyncio.Future[Any] | None = None
        self._about: Collection[str] = frozenset()

    async def write(self, work: Callable[[], Awaitable[Any]], about: Collection[str]) -> None:
        """Begin this write when the one before is done. about: the ids of those whom it changes."""
        await self.done()
        self._running, self._about = asyncio.ensure_future(work()), frozenset(about)

    async def settled(self, ids: Collection[str]) -> None:
        """Nothing is being written about these any more: what is read of them now is whole."""
        if self._running is not None and not frozenset(self._about).isdisjoint(ids):
            await self.done()

    async def done(self) -> None:
        if (running := self._running) is not None:
            self._running = None
            await running

    async def _let_go(self, cancel: bool) -> None:
        if (running := self._running) is not None:
            self._running = None
            if cancel:
                running.cancel()
            await asyncio.gather(running, return_exceptions=True)


@asynccontextmanager
async def one_behind() -> AsyncIterator[Behind]:
    """All is written at its end. After a failure of something else what is under way is still written: a source that
    fails at the same place again and again costs nobody before it the call. Cancelled, it is given up whole."""
    behind = Behind()
    try:
        yield behind
        await behind.done()
    except Exception:
        await behind._let_go(cancel=False)
        raise
    except BaseException:
        await behind._let_go(cancel=True)
        raise
