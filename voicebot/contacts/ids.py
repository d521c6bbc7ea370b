"""Names and offsets made from what they stand for: the same facts give the same id, whoever works them out."""

from __future__ import annotations

from datetime import timedelta
from hashlib import sha256


def stable_id(kind: str, *parts: str) -> str:
    """A short id: kind, then 20 hex digits of a hash of the parts. Short, because it becomes a channel id."""
    return kind + sha256("\x1f".join(parts).encode()).hexdigest()[:20]


def spread(key: str, width: timedelta) -> timedelta:
    """An offset in [0, width) that is always the same for a key, in whole seconds: calls do not clump."""
    seconds = int(width.total_seconds())
    if seconds <= 1:
        return timedelta(0)
    return timedelta(seconds=int(sha256(key.encode()).hexdigest()[:12], 16) % seconds)
