"""Whole calls against a simulated town, measured at the patient's ear: the real app, real SIP, real speech.

    .venv/bin/python tests/bench/bench_calls.py [--part response,barge,noise,loss,load] [--seconds 880]

response  times by kind of answer, CPU and memory per call: rounds of the whole app (--rounds LINES:CALLS,…), then
          many short questions without the engine
barge     first word -> silence; nods that were not gone on after
noise     what was understood, by noise behind the patient and with the starts of words cut
loss      the same with 0, 1, 3 and 5 % of the packets lost
load      more and more people talking at once (--steps 5,10,15,20), until 1 % of the frames come too late

Each part leaves bench/calls/PART.json; bench/report.md with its plots is made of those that are there, the oldest as
well; bench/calls.md is a short table of the rounds. No process is left, and no other file.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from calls_page import write_report  # noqa: E402 - the repository need not be installed
from calls_report import markdown, table  # noqa: E402

OUT = ROOT / "bench"
PARTS = ("response", "barge", "noise", "loss", "load")
#: Of the seconds of all parts, what each of them may take.
SHARES = {"response": 0.28, "barge": 0.12, "noise": 0.2, "loss": 0.14, "load": 0.26}
ROUNDS = "4:12"
APP_SHARE = 0.55  # of the time of response: rounds of the whole app
ENDING_S = 15.0  # a round ends its calls, two Asterisks and the city
SHORTEST_S = 45.0  # a round that has less is not begun
SLOWEST_MS = 1500  # a machine whose answers come later than this at 8 lines does not bear 12


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    whole = sum(SHARES[part] for part in options.part)
    done = []
    try:
        for part in options.part:
            began = time.monotonic()
            found = _part(part, options, options.seconds * SHARES[part] / whole)
            if found:
                _keep(part, found, time.monotonic() - began)
                done.append(part)
    except KeyboardInterrupt:
        return 130
    kept = {part: json.loads(_path(part).read_text("utf-8")) for part in PARTS if _path(part).is_file()}
    if kept:
        print(f"\n{write_report(kept, OUT)}")
    return 0 if len(done) == len(options.part) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", default=",".join(PARTS), help="which parts, in this order")
    parser.add_argument("--seconds", type=float, default=880, help="for all chosen parts together")
    parser.add_argument("--share", type=float, default=1.0, help="of the usual number of sentences and calls")
    parser.add_argument("--rounds", default=ROUNDS, help="response: LINES:CALLS of each round")
    parser.add_argument("--steps", default="5,10,15,20,25", help="load: how many talk at once")
    options = parser.parse_args()
    options.part = options.part.split(",")
    if unknown := set(options.part) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return options


def _path(part: str) -> Path:
    return OUT / "calls" / f"{part}.json"


def _keep(part: str, rounds: Sequence[dict[str, Any]], took_s: float) -> None:
    _path(part).parent.mkdir(parents=True, exist_ok=True)
    what = {"at": datetime.now(UTC).isoformat(timespec="minutes"), "took_s": round(took_s), "rounds": rounds}
    _path(part).write_text(json.dumps(what, ensure_ascii=False, indent=1), "utf-8")


def _part(part: str, options: argparse.Namespace, seconds: float) -> list[dict[str, Any]]:
    if part != "response":
        return _talks(part, options, seconds)
    wanted = [(int(lines), int(calls)) for lines, calls in (r.split(":") for r in options.rounds.split(","))]
    until = time.monotonic() + seconds * APP_SHARE
    rounds = _rounds(wanted, until)
    if rounds:
        (OUT / "calls.md").write_text(markdown(rounds), "utf-8")
        print(table(rounds))
    return rounds + _talks(part, options, seconds * (1 - APP_SHARE))


def _talks(part: str, options: argparse.Namespace, seconds: float) -> list[dict[str, Any]]:
    print(f"{part} …", end=" ", file=sys.stderr, flush=True)
    words = [part, f"{options.share}", options.steps, f"{seconds - ENDING_S:.0f}"]
    return _in_own_process("calls_talks.py", words, seconds) or []


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
        seconds = left / (len(wanted) - i) if i + 1 < len(wanted) else left
        one = _in_own_process("calls_round.py", [f"{lines}", f"{calls}", f"{first}", f"{seconds:.0f}"], seconds)
        first += calls
        if one is not None and one["calls"]:
            found.append(one)
    return found


def _slow(one: dict[str, Any]) -> bool:
    times = sorted(t["took_ms"] for t in one["timings"] if t["measure"] == "response")
    return not times or bool(times[len(times) * 95 // 100] > SLOWEST_MS)


def _in_own_process(script: str, words: list[str], seconds: float) -> Any:
    """What the script wrote to round.json; None, with the reason on stderr, when there is nothing. Memory and CPU of
    one round do not blur those of the next."""
    began = time.monotonic()
    with TemporaryDirectory(prefix="voicebot-bench-") as folder, (Path(folder) / "round.log").open("w+b") as log:
        process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name(script)), *words, folder], stdin=subprocess.DEVNULL,
            stdout=log, stderr=log, start_new_session=True, env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        try:
            status = process.wait(timeout=seconds + ENDING_S)
        except subprocess.TimeoutExpired:
            status = -1
        finally:
            _end(process)
        print(f"{time.monotonic() - began:.0f} s", file=sys.stderr)
        log.seek(0)
        said = log.read().decode(errors="replace")
        sys.stderr.write(said[-3000:] if status else "".join(f"  {x}\n" for x in said.splitlines() if "left" in x))
        result = Path(folder) / "round.json"
        return json.loads(result.read_text("utf-8")) if result.is_file() else None


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
