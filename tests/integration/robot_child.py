"""crashing_robot.py as a child process of a test: started, listened to, killed."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import dataclass
from pathlib import Path

from engine_kit import Place

ROBOT = Path(__file__).with_name("crashing_robot.py")


class Robot:
    """Use as `async with`; leaving it kills what still runs."""

    def __init__(self, place: Place, folder: Path, node: str, what: str, **more: object) -> None:
        options = {"store": place.store_url, "engine": place.engine_url, "folder": str(folder), "node": node}
        self._options = json.dumps({**options, "what": what, **more})
        self.said: list[str] = []

    async def __aenter__(self) -> Robot:
        pipe = asyncio.subprocess.PIPE
        self.process = await asyncio.create_subprocess_exec(sys.executable, str(ROBOT), self._options, stdout=pipe)
        return self

    async def until(self, word: str, times: int = 1) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(60):
            while sum(line.startswith(word) for line in self.said) < times:
                line = await self.process.stdout.readline()
                assert line, f"the robot ended without {word}: {self.said}"
                self.said.append(line.decode().strip())

    async def ended(self) -> None:
        async with asyncio.timeout(60):
            assert await self.process.wait() == 0

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def __aexit__(self, *exc: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()


@dataclass(frozen=True)
class Line:
    """A line of the telephone's book: what is invite or end; at in seconds of the machine's steady clock."""

    what: str
    attempt_id: str
    phone: str
    node: str
    at: float


def book(folder: Path) -> list[Line]:
    """Everything that the telephones of all nodes did, in order."""
    path = folder / "invites"
    if not path.exists():
        return []
    lines = [line.split() for line in path.read_text().splitlines()]
    return sorted((Line(w, a, p, n, float(at)) for w, a, p, n, at in lines), key=lambda line: line.at)


def most_at_once(lines: list[Line]) -> int:
    """How many calls were live at the same time, at most."""
    now = most = 0
    for line in lines:
        now += 1 if line.what == "invite" else -1
        most = max(most, now)
    return most
