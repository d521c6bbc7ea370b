"""Response times at the patient's ear, CPU and memory of whole calls: the real app against a simulated town.

    .venv/bin/python tests/bench/bench_calls.py [--rounds 1:2,4:6,8:12,12:20] [--seconds 290]

A round LINES:CALLS is one start of the robot with so many lines that rings so many people once. Prints a table;
writes bench/calls.json (everything measured) and bench/calls.md (a short table for the documentation).
At most --seconds in all; leaves no process and no file but these two.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from calls_report import markdown, table  # noqa: E402 - the repository need not be installed

OUT = ROOT / "bench"
ENDING_S = 15.0  # a round ends its calls, two Asterisks and the city
SHORTEST_S = 45.0  # a round that has less is not begun
LONGEST_S = 110.0
SLOWEST_MS = 1500  # a machine whose answers come later than this at 8 lines does not bear 12


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", default="1:2,4:6,8:12,12:20", help="LINES:CALLS of each round")
    parser.add_argument("--seconds", type=float, default=290, help="for all rounds together")
    options = parser.parse_args()
    wanted = [(int(lines), int(calls)) for lines, calls in (r.split(":") for r in options.rounds.split(","))]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        rounds = _rounds(wanted, time.monotonic() + options.seconds)
    except KeyboardInterrupt:
        return 130
    if not rounds:
        print("bench_calls: no round came to its end", file=sys.stderr)
        return 1
    OUT.mkdir(exist_ok=True)
    (OUT / "calls.json").write_text(json.dumps(rounds, ensure_ascii=False, indent=1), "utf-8")
    (OUT / "calls.md").write_text(markdown(rounds), "utf-8")
    print(table(rounds))
    print(f"\nEverything measured: {OUT / 'calls.json'}; for the documentation: {OUT / 'calls.md'}")
    return 0


def _rounds(wanted: list[tuple[int, int]], until: float) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    first = 0
    for i, (lines, calls) in enumerate(wanted):
        left = until - time.monotonic() - ENDING_S
        if left < SHORTEST_S:
            print(f"{lines} lines: not begun, {left:.0f} s are left", file=sys.stderr)
            break
        if lines > 8 and found and _slow(found[-1]):
            print(f"{lines} lines: not begun, this machine is too slow for it", file=sys.stderr)
            break
        print(f"{lines} lines, {calls} calls …", end=" ", file=sys.stderr, flush=True)
        share = LONGEST_S if i + 1 < len(wanted) else left
        one = _round(lines, calls, first, min(left, share))
        first += calls
        if one is not None:
            found.append(one)
    return found


def _slow(one: dict[str, Any]) -> bool:
    times = sorted(t["took_ms"] for t in one["timings"] if t["measure"] == "response")
    return not times or bool(times[len(times) * 95 // 100] > SLOWEST_MS)


def _round(lines: int, calls: int, first: int, seconds: float) -> dict[str, Any] | None:
    """One round in its own process; None, with the reason on stderr, when it failed."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="voicebot-bench-") as folder, (Path(folder) / "round.log").open("w+b") as log:
        script = Path(__file__).with_name("calls_round.py")
        words = [str(lines), str(calls), str(first), f"{seconds:.0f}", folder]
        process = subprocess.Popen(
            [sys.executable, str(script), *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            status = process.wait(timeout=seconds + ENDING_S)
        except subprocess.TimeoutExpired:
            status = -1
        finally:
            _end(process)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
        result = Path(folder) / "round.json"
        if status != 0:
            log.seek(0)
            sys.stderr.write(log.read().decode(errors="replace")[-3000:])
        if not result.is_file():
            return None
        found: dict[str, Any] = json.loads(result.read_text("utf-8"))
        return found


def _end(process: subprocess.Popen[bytes]) -> None:
    """Politely, then not: its workers, Asterisk and the city die with it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=ENDING_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
