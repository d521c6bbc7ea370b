"""Ending a child process: asked first, killed when it does not listen."""

from __future__ import annotations

import asyncio
import contextlib


async def end(process: asyncio.subprocess.Process | None, polite_s: float) -> None:
    """SIGTERM, SIGKILL after polite_s seconds; returns when it is gone. One that does not run is a success."""
    if process is None or process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(polite_s):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
