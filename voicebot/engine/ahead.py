"""Reading ahead: the next batch is on its way while this one is worked on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

T = TypeVar("T")


async def one_ahead(batches: AsyncIterator[T]) -> AsyncGenerator[T, None]:
    """The same batches in the same order, one of them read ahead. Leaving it early ends the reading."""
    coming = asyncio.ensure_future(_next(batches))
    try:
        while found := await coming:
            coming = asyncio.ensure_future(_next(batches))
            yield found[0]
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _next(batches: AsyncIterator[T]) -> tuple[T] | None:
    async for batch in batches:
        return (batch,)
    return None
