"""Recorded comments: what the patient says between StartRecording and StopRecording, kept as a WAV file.

The conversation never waits for a disk: a comment is written when it is over, off the loop. A comment that the
patient did not want, or in which nothing was said, leaves no file.
"""

from __future__ import annotations

import asyncio
import os
import re
import wave
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

BYTES_PER_SAMPLE = 2
LONGEST_S = 90  # the machine ends a comment after a minute; this guards the memory
_ODD = re.compile(r"[^\w.-]+", re.ASCII)

#: Keeps one comment: (name of the file without its ending, PCM 16 bit mono, Hz). May raise OSError.
Keep = Callable[[str, bytes, int], Awaitable[None]]


async def keep_nothing(name: str, pcm: bytes, hz: int) -> None:
    """For calls whose comments nobody keeps."""


def keep_in(folder: Path) -> Keep:
    """Keeps comments as {call id}-{name}.wav in this folder, each whole or not at all, readable by its owner only."""

    async def keep(name: str, pcm: bytes, hz: int) -> None:
        await asyncio.to_thread(_write, folder / f"{name}.wav", pcm, hz)

    return keep


def _write(path: Path, pcm: bytes, hz: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f".{path.name}.part")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with wave.open(raw, "wb") as out:
                out.setnchannels(1)
                out.setsampwidth(BYTES_PER_SAMPLE)
                out.setframerate(hz)
                out.writeframes(pcm)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Comments:
    """The comments of one call. hz: the rate of the line."""

    def __init__(self, call_id: str, hz: int, keep: Keep = keep_nothing) -> None:
        self._call_id, self._hz, self._keep = call_id, hz, keep
        self._most = LONGEST_S * hz * BYTES_PER_SAMPLE
        self._name = ""
        self._sound = bytearray()
        self._times: dict[str, int] = {}  # how often a comment of this name was recorded in this call
        self._writing: set[asyncio.Task[None]] = set()

    def begin(self, name: str) -> None:
        self._name = name
        self._sound.clear()

    def feed(self, pcm: bytes) -> None:
        """Sound of the patient's side; of no interest unless a comment is being recorded."""
        if self._name and len(self._sound) < self._most:
            self._sound += pcm

    def end(self, name: str, discard: bool) -> None:
        """The comment is over: written in the background, or forgotten."""
        sound, ours = bytes(self._sound), name == self._name
        self._name = ""
        self._sound.clear()
        if discard or not ours or not sound:
            return
        nth = self._times[name] = self._times.get(name, 0) + 1
        file = _ODD.sub("_", f"{self._call_id}-{name}" + (f"-{nth}" if nth > 1 else ""))
        task = asyncio.create_task(self._write(file, sound), name=f"comment {file}")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write(self, file: str, sound: bytes) -> None:
        try:
            await self._keep(file, sound, self._hz)
        except OSError as error:
            log.error("a comment could not be kept", call=self._call_id, error=str(error))

    async def close(self) -> None:
        """Returns once everything is written."""
        while self._writing:
            await asyncio.wait(set(self._writing))
