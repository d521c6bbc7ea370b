"""The clock of a robot under test: the machine's, moved by an offset that a file holds and that may jump at any moment.

Only what the robot decides by (voicebot.clock.Clock) jumps; timers and the engine's own tables go by the machine's.
"""

from __future__ import annotations

import bisect
from datetime import UTC, datetime, timedelta
from pathlib import Path


class OffsetClock:
    """voicebot.clock.Clock. The file holds seconds; it is replaced as a whole, so it is never half read."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self._file.read_text()))


class Ledger:
    """Sets the offset and remembers when it was what. Moments of the machine are `real`, of the robot `shown`."""

    def __init__(self, file: Path, start: datetime) -> None:
        self._file = file
        self._at: list[datetime] = []
        self._offsets: list[timedelta] = []
        self._lived: list[timedelta] = []  # all leaps ahead so far
        self._set(start - datetime.now(UTC))

    def shown(self, real: datetime | None = None) -> datetime:
        """What the robot's clock shows, or showed at a real moment."""
        if real is None:
            return datetime.now(UTC) + self._offsets[-1]
        return real + self._offsets[self._place(real)]

    def lived(self, earlier: datetime, later: datetime) -> timedelta:
        """How long it was between two real moments for the robot: real time, and every leap ahead between them. A jump
        back does not undo what passed."""
        return later - earlier + self._lived[self._place(later)] - self._lived[self._place(earlier)]

    def jump(self, by: timedelta) -> None:
        self._set(self._offsets[-1] + by)

    def _place(self, real: datetime) -> int:
        return max(0, bisect.bisect_right(self._at, real) - 1)

    def _set(self, offset: timedelta) -> None:
        before = self._offsets[-1] if self._offsets else offset
        lived = self._lived[-1] if self._lived else timedelta(0)
        part = self._file.with_suffix(".part")
        part.write_text(str(offset.total_seconds()))
        part.replace(self._file)
        self._at.append(datetime.now(UTC))
        self._offsets.append(offset)
        self._lived.append(lived + max(timedelta(0), offset - before))
