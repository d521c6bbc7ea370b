"""CPU and memory of the robot, its recognition workers, its Asterisk and (apart) the city, from /proc."""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from voicebot.app import Robot

PROC = Path("/proc")
TICK = os.sysconf("SC_CLK_TCK")
SAMPLE_S = 2.0
#: What a clinic's machine bears; the city is the patients' side and stands apart.
CLINIC = ("robot", "recognition", "asterisk")


@dataclass(frozen=True)
class Groups:
    """Process ids by what they do."""

    pids: Mapping[str, Sequence[int]]

    def cpu_s(self) -> dict[str, float]:
        return {name: sum(_cpu_s(pid) for pid in pids) for name, pids in self.pids.items()}

    def memory_mb(self) -> dict[str, tuple[float, float]]:
        """PSS and RSS of each group."""
        found = {}
        for name, pids in self.pids.items():
            sizes = [_memory_mb(pid) for pid in pids]
            found[name] = (sum(s[0] for s in sizes), sum(s[1] for s in sizes))
        return found


def groups_of(robot: Robot) -> Groups:
    """The processes of a running robot. The clinic's Asterisk is the child that is neither a worker nor the city."""
    me, workers = os.getpid(), list(robot.pool.pids)
    city = robot.city.pid if robot.city else 0
    town = [city, *_children(city)]
    asterisk = [pid for pid in _children(me) if pid not in (*workers, *town) and "asterisk" in _command(pid)]
    return Groups({"robot": [me], "recognition": workers, "asterisk": asterisk, "city": town})


@dataclass
class Sampler:
    """Looks at memory and load every two seconds, in a thread: smaps_rollup takes milliseconds."""

    groups: Groups
    peak_mb: dict[str, tuple[float, float]] = field(default_factory=dict)
    peak_clinic_mb: float = 0.0
    loads: list[float] = field(default_factory=list)
    lives: list[int] = field(default_factory=list)

    @contextlib.asynccontextmanager
    async def sampling(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._sample())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _sample(self) -> None:
        while True:
            now = await asyncio.to_thread(self.groups.memory_mb)
            for name, (pss, rss) in now.items():
                before = self.peak_mb.get(name, (0.0, 0.0))
                self.peak_mb[name] = (max(before[0], pss), max(before[1], rss))
            self.peak_clinic_mb = max(self.peak_clinic_mb, sum(now[name][0] for name in CLINIC))
            self.loads.append(os.getloadavg()[0])
            await asyncio.sleep(SAMPLE_S)


def machine_cpu_s() -> tuple[float, float]:
    """Seconds for which the cores of the machine were busy since its start, and stolen by its host."""
    numbers = [int(n) / TICK for n in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = numbers
    return user + nice + system + irq + softirq, steal


def rendering_cpu_s() -> float:
    """Of the thread of this process in which prompts are synthesised."""
    threads = [thread.native_id for thread in threading.enumerate() if thread.name.startswith("prompts")]
    return sum(_cpu_s(f"self/task/{thread}") for thread in threads)


def _cpu_s(pid: int | str) -> float:
    try:
        fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICK


def _memory_mb(pid: int) -> tuple[float, float]:
    pss = rss = 0.0
    with contextlib.suppress(OSError):
        for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                pss = int(line.split()[1]) / 1024
            elif line.startswith("Rss:"):
                rss = int(line.split()[1]) / 1024
    return pss, rss


def _children(pid: int) -> list[int]:
    """All that descend from a process. (Not every kernel has /proc/PID/task/TID/children.)"""
    parents: dict[int, int] = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for parent in found:
        found += [child for child, of in parents.items() if of == parent]
    return found[1:]


def _command(pid: int) -> str:
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""
