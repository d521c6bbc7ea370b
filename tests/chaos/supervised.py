"""The robot as a service: started again whenever it has ended, as systemd or Docker would; and killed."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.integration.robot_process import Clinic

TAKES_UP_S = 3  # a robot that is back takes up its calls in these seconds
AGAIN_S = 1.0


class Supervised:
    """down: from when to when there was no robot at work, by the machine's clock. by_itself: how often it ended."""

    def __init__(self, clinic: Clinic, folder: Path, tell: Callable[[str], None]) -> None:
        self._clinic, self._folder, self._tell = clinic, folder, tell
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = self.by_itself = 0
        self._start_at: float | None = None  # by the steady clock
        self._down_since: datetime | None = None
        self.down: list[tuple[datetime, datetime]] = []

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def log(self) -> Path:
        return self._folder / f"robot{self._starts}.log"

    def start(self) -> None:
        self._start_at = None
        self._starts += 1
        with self.log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.chaos.robot"], cwd=self._clinic.folder,
                env=self._clinic.environment(), stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def serving(self) -> bool:
        return self.pid is not None and "/healthz" in self.log.read_text()

    def look(self) -> None:
        """To be called again and again: starts what is to be started."""
        if self._start_at is not None and time.monotonic() >= self._start_at:
            self.start()
        if self._process is not None and self._process.poll() is not None:
            self.by_itself += 1
            self._tell(f"the robot has ended by itself: {self.log.read_text()[-300:]}")
            self._ended(AGAIN_S)
        if self._down_since is not None and self.serving():
            self.down.append((self._down_since, datetime.now(UTC) + timedelta(seconds=TAKES_UP_S)))
            self._down_since = None

    def kill(self, again_after_s: float) -> bool:
        """kill -9. False: there is none."""
        if self._process is None or self.pid is None:
            return False
        self._process.kill()
        self._process.wait(10)
        self._ended(again_after_s)
        return True

    def _ended(self, again_after_s: float) -> None:
        self._process = None
        self._down_since = self._down_since or datetime.now(UTC)
        self._start_at = time.monotonic() + again_after_s

    def end(self) -> int:
        """Politely, for good; its exit status."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        status = self._process.wait(30)
        self._process = None
        return status

    def reap(self) -> None:
        """After everything was killed."""
        if self._process is not None:
            self._process.wait(10)
