"""Prompts remembered on disk: rendered once, off the event loop, then read in well under a millisecond.

Prompts hold patients' names: the folder is readable by its owner only, file names are hashes, old files go.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType

from voicebot.speech.port import SpeechError, Synthesiser

MAX_BYTES = 500_000_000  # about 9 hours of prompts at 8 kHz
MAX_AGE_S = 14 * 86400  # a reminder's text lives days; fixed phrases are rendered again within 50 ms
# a rendering takes 0.1 s; the queue before it is as long as the prompts of a few calls
TIMEOUT_S = 30.0

_MAGIC = b"voicebot-prompt-1\n"
_DIGEST = 32
# trimming reads the whole folder, so not after every prompt
_TRIM_EVERY = 200


class PromptCache:
    """Prompter over a synthesiser, which it does not close. Use as `async with`, or call close().

    One thread: the engines have a lock of their own. A text asked for twice at once is rendered once.
    """

    def __init__(
        self, folder: Path, synthesiser: Synthesiser, max_bytes: int = MAX_BYTES, max_age_s: float = MAX_AGE_S
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.hits = 0
        self.rendered = 0
        self._folder, self._synthesiser = folder, synthesiser
        self._max_bytes, self._max_age_s = max_bytes, max_age_s
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="prompts")
        self._running: dict[str, asyncio.Future[bytes]] = {}

    async def speak(self, text: str, voice: str, rate: float = 0.0, hz: int = 8000) -> bytes:
        """PCM at hz, from the disk or rendered now. Raises what Synthesiser.speak raises, SpeechError on timeout."""
        key = self.key(text, voice, rate, hz)
        running = self._running.get(key)
        if running is None:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._thread, self._load_or_render, key, text, voice, rate, hz)
            self._running[key] = running
            running.add_done_callback(lambda _: self._running.pop(key, None))
        try:
            async with asyncio.timeout(TIMEOUT_S):
                return await asyncio.shield(running)  # another call may wait for the same prompt
        except TimeoutError as error:
            raise SpeechError(f"Фраза не произнесена за {TIMEOUT_S:g} с.", "Синтез перегружен.") from error

    def key(self, text: str, voice: str, rate: float, hz: int) -> str:
        """The name of a prompt's file: whatever changes the sound is part of it."""
        engine = self._synthesiser
        parts = [text, voice.lower(), round(rate, 3), engine.name, engine.version, hz]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()

    async def close(self) -> None:
        """Waits for the rendering that is under way; what only stands in line is dropped."""
        await asyncio.to_thread(self._thread.shutdown, wait=True, cancel_futures=True)

    async def __aenter__(self) -> PromptCache:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _load_or_render(self, key: str, text: str, voice: str, rate: float, hz: int) -> bytes:
        path = self._folder / key[:2] / f"{key}.pcm"
        pcm = _read(path)
        if pcm is not None:
            self.hits += 1
            return pcm
        pcm = self._synthesiser.speak(text, voice, rate, hz)
        self.rendered += 1
        with contextlib.suppress(OSError):  # a full disk costs time, not the call
            _write(path, pcm)
        if self.rendered % _TRIM_EVERY == 1:
            self.trim()
        return pcm

    def trim(self) -> int:
        """Delete prompts too old, then the longest unused ones beyond the bound; how many were deleted."""
        files = []
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                files.append((stat.st_mtime, stat.st_size, path))
        files.sort(reverse=True)
        oldest, room, deleted = time.time() - self._max_age_s, self._max_bytes, 0
        for used_at, size, path in files:
            room -= size
            if room < 0 or used_at < oldest:
                path.unlink(missing_ok=True)
                deleted += 1
        return deleted


def _read(path: Path) -> bytes | None:
    """A prompt's PCM, or None when it is not there or damaged (then it is made again)."""
    try:
        data = path.read_bytes()
    except OSError:
        return None
    pcm = data[len(_MAGIC) + _DIGEST :]
    if not pcm or data[: len(_MAGIC) + _DIGEST] != _MAGIC + hashlib.sha256(pcm).digest():
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # used now: the last to be trimmed
    return pcm


def _write(path: Path, pcm: bytes) -> None:
    """All or nothing, whatever dies meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")  # mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + hashlib.sha256(pcm).digest() + pcm)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
