"""A chaos run from the seed to the books: `python -m tests.chaos.run --faults 100 --seed 1`.

Exit status 0: the books balance. On a failure the folder of the run is kept, and the seed replays the same faults
against the same patients (what they hit depends on the machine's speed).
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.books import Balance, balance
from tests.chaos.faults import plan
from tests.chaos.world import LINES, World
from tests.integration.store_postgres import binaries, postgres

WAIT_S = 1.0  # between two faults, on the average, besides the calls that they wait for


@dataclass(frozen=True)
class Report:
    """What a run did and what its books say. seconds: of the faults, without the begin and the end."""

    seed: int
    faults: Counter[str]
    books: Balance
    seconds: float
    supervised: int
    load: tuple[float, float, float]

    def text(self) -> str:
        """Two tables, for a terminal and for docs."""
        rows = [f"seed {self.seed}, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {self.load[0]:.1f} at the begin,"
                f" {os.getloadavg()[0]:.1f} at the end, {self.seconds:.0f} s of faults, {LINES} lines", ""]  # fmt: skip
        rows += ["| fault | times |", "| --- | ---: |"]
        rows += [f"| {kind} | {n} |" for kind, n in sorted(self.faults.items())]
        rows += ["", "| must be zero | found |", "| --- | ---: |"]
        rows += [f"| {name} | {len(found)} |" for name, found in self.books.wrong.items()]
        rows += ["", "| of | how many |", "| --- | ---: |"]
        rows += [f"| {name} | {n} |" for name, n in self.books.totals.items()]
        rows.append(f"| starts of the robot by its supervisor, as it had ended by itself | {self.supervised} |")
        return "\n".join(rows)

    def wrong(self) -> str:
        return "\n".join(f"{name}: {each}" for name, found in self.books.wrong.items() for each in found)


def replay(seed: int, faults: int, wait_s: float = WAIT_S) -> str:
    wait = "" if wait_s == WAIT_S else f' ARGS="--wait {wait_s:g}"'
    return f"make chaos FAULTS={faults} SEED={seed}{wait}"


def run(
    folder: Path,
    seed: int,
    faults: int,
    voiced: Path,
    tell: Callable[[str], None],
    wait_s: float = WAIT_S,
    after: Callable[[World], None] = lambda _: None,
) -> Report:
    """folder: empty, for everything. voiced: where rendered prompts are kept over runs. after: is given the world when
    the books are closed. Raises AssertionError when the
    world does not come back, RuntimeError when PostgreSQL is missing."""
    programs = binaries()
    if programs is None:
        raise RuntimeError("PostgreSQL is not installed: make test-tools")
    load = os.getloadavg()
    cluster = folder / "postgresql"
    cluster.mkdir(parents=True)
    size = 60 + faults * 12
    with postgres(cluster, programs) as server, World(folder, seed, size, server, voiced, tell) as world:
        world.until(world.calls, 60, "somebody is rung")
        began = time.monotonic()
        for number, fault in enumerate(plan(seed, faults, wait_s), 1):
            world.live(fault.wait_s, fault.calls)
            tell(f"{number}/{faults} at {time.monotonic() - began:.0f} s: {fault.kind}")
            world.hurt(fault)
        seconds = time.monotonic() - began
        world.heal()
        report = Report(seed, world.done, balance(world), seconds, world.robot.by_itself, load)
        after(world)
        return report


def main() -> int:
    parser = argparse.ArgumentParser(description="Chaos: random faults against a workload of reminders.")
    parser.add_argument("--faults", type=int, default=100)
    parser.add_argument("--seed", type=int, default=None, help="the same seed: the same faults and patients")
    parser.add_argument("--wait", type=float, default=WAIT_S, help="seconds between two faults, on the average")
    parser.add_argument("--keep", action="store_true", help="keep the folder of the run")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1_000_000)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    print(f"seed {seed}: {replay(seed, options.faults, options.wait)}; folder {folder}", flush=True)

    def tell(what: str) -> None:
        print(f"{datetime.now(UTC):%H:%M:%S} {what}", flush=True)

    def told_to_end(*_: object) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, told_to_end)  # so that nothing is left behind
    try:
        voiced = Path(tempfile.gettempdir()) / "chaos-prompts"
        report = run(folder, seed, options.faults, voiced, tell, options.wait)
    except Exception:
        traceback.print_exc()
        print(f"The run broke off. Replay: {replay(seed, options.faults, options.wait)}. Its folder: {folder}")
        return 1
    print(report.text())
    if not report.books.even:
        again = replay(seed, options.faults, options.wait)
        print(f"\nThe books do not balance:\n{report.wrong()}\nReplay: {again}. Folder: {folder}")
        return 1
    if not options.keep:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
