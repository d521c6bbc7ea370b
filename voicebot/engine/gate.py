"""The gate before dialling: closed by hand, or by itself when most calls fail for reasons of ours."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.dialogue.outcome import Disposition

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class GateRules:
    """DOMAIN: when more than half of the calls fail in two minutes, dialling pauses. few: too few to judge by."""

    window: timedelta = timedelta(minutes=2)
    pause: timedelta = timedelta(minutes=2)
    few: int = 4


class Gate:
    """Whether new calls may start. Live calls go on either way."""

    def __init__(self, rules: GateRules | None = None) -> None:
        self._rules = rules or GateRules()
        self._by_hand = ""
        self._until: datetime | None = None
        self._recent: deque[tuple[datetime, bool]] = deque()

    def close(self, reason: str) -> None:
        """Start no more calls until opened by hand; reason is for staff, in Russian."""
        self._by_hand = reason

    def open(self) -> None:
        self._by_hand = ""
        self._until = None
        self._recent.clear()

    def record(self, disposition: Disposition, now: datetime) -> None:
        """Learn how a call ended."""
        self._recent.append((now, disposition is Disposition.FAILED))
        while self._recent and self._recent[0][0] < now - self._rules.window:
            self._recent.popleft()
        failed = sum(1 for _, bad in self._recent if bad)
        if len(self._recent) >= self._rules.few and failed * 2 > len(self._recent):
            self._until = now + self._rules.pause
            self._recent.clear()
            log.error("dialling paused: most calls of the last minutes failed", extra={"failed": failed})

    def closed(self, now: datetime) -> str:
        """Why no call may start now, in Russian, or ''."""
        if self._by_hand:
            return self._by_hand
        if self._until is not None and now < self._until:
            return "звонки приостановлены: больше половины последних звонков не удались по нашей вине"
        return ""
