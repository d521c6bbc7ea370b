"""One round of the calls bench in a process of its own: the real app with so many lines rings so many people once.

    python tests/bench/calls_round.py LINES CALLS FIRST SECONDS FOLDER

Writes FOLDER/round.json. A fresh process for each round: memory and CPU of one do not blur those of the next.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from calls_costs import IDLE_S, costs  # noqa: E402
from calls_judged import streams, ungreeted_ms  # noqa: E402
from calls_probes import CallTrace, Probes  # noqa: E402 - the repository need not be installed
from calls_stages import splits  # noqa: E402
from calls_town import DAY, KINDS, Town, build  # noqa: E402

from voicebot.app import Robot, databases, running  # noqa: E402
from voicebot.city.journal import CallLog  # noqa: E402
from voicebot.city.measuring import all_timings  # noqa: E402
from voicebot.clock import ShiftedClock  # noqa: E402
from voicebot.mis.registry.importing import RegistryImport  # noqa: E402
from voicebot.settings import Settings, load  # noqa: E402

ZONE = ZoneInfo("Europe/Moscow")
START = datetime.combine(DAY - timedelta(days=1), datetime.min.time().replace(hour=10), ZONE)
#: First calls are spread over an hour, and visits lie in three: after this leap all of them are due.
LEAP = timedelta(hours=5)
LOOK_S = 0.2
QUIET_S = 5.0  # until the city has written down the last call


async def main(lines: int, calls: int, first: int, seconds: float, folder: Path) -> None:
    began = time.monotonic()
    town = build(folder, calls, first)
    settings = load(
        None,
        read_file=False,
        paths={"data": folder / "data", "city": town.people},
        telephony={"lines": lines, "calls_per_second": 4, "ring_timeout_s": 8},
        mis={"sync_every_s": 5},
        web={"port": 0},
    )
    clock, probes = ShiftedClock(START), Probes()
    await _import(settings, clock, town.visits)
    async with running(settings, clock, probes.watch) as robot:
        probes.enter(robot)
        ready_s = time.monotonic() - began
        left = seconds - ready_s - IDLE_S
        found = await costs(robot, probes, lambda: _ring_everybody(robot, clock, probes, town, left))
        over = _finished(probes)  # those that are cut off now are not judged
        await robot.end_calls()
        assert robot.city is not None
        logs = await robot.city.quiet(QUIET_S)
        found |= {"lines": lines, "ready_s": round(ready_s, 1), **_of_calls(probes, over, town, logs)}
        (folder / "round.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")


async def _import(settings: Settings, clock: ShiftedClock, visits: Path) -> None:
    async with databases(settings, clock) as (_, mis):
        importer = RegistryImport(mis, str(ZONE))
        await importer.apply(await importer.preview(visits))


async def _ring_everybody(robot: Robot, clock: ShiftedClock, probes: Probes, town: Town, seconds: float) -> None:
    leapt = False
    try:
        async with asyncio.timeout(seconds):
            while len(_finished(probes)) < len(town.manners):
                await asyncio.sleep(LOOK_S)
                if not leapt and len(await robot.store.attempts()) >= len(town.manners):
                    leapt = True
                    clock.leap(LEAP)
    except TimeoutError:
        print(f"cut off after {seconds:.0f} s: {len(_finished(probes))} of {len(town.manners)} calls", file=sys.stderr)


def _finished(probes: Probes) -> dict[str, CallTrace]:
    """The first call of each phone, once it is over."""
    over: dict[str, CallTrace] = {}
    for trace in probes.calls.values():
        if trace.phone and trace.ended:
            over.setdefault(trace.phone, trace)
    return over


def _of_calls(probes: Probes, over: dict[str, CallTrace], town: Town, logs: Sequence[CallLog]) -> dict[str, Any]:
    first: dict[str, CallLog] = {log.header.number: log for log in logs if log.header.call == 1}
    known = [first[phone] for phone in over if phone in first]
    asked = [a for trace in probes.calls.values() for a in trace.asked]
    return {
        "calls": len(over),
        "simultaneous": simultaneous(list(over.values())),
        "outcomes": [
            {
                "manner": manner.name,
                "meant": manner.meant.value,
                "got": over[phone].outcome if phone in over else None,
                "heard": over[phone].heard if phone in over else [],
            }
            for phone, manner in town.manners.items()
        ],
        "timings": [{**asdict(t), "kind": KINDS.get(t.text, "")} for t in all_timings(known)],
        "ungreeted": [ms for log in known if (ms := ungreeted_ms(log)) is not None],
        "streams": streams(known, [over[log.header.number] for log in known]),
        "splits": [asdict(s) for log in known for s in splits(log, over[log.header.number])],
        "recognitions": [[round((a.ended - a.began) * 1000), round(a.own_s * 1000)] for a in asked],
        "late": [asdict(late) for late in probes.late],
        "beats": probes.beats,
    }


def simultaneous(traces: list[CallTrace]) -> dict[str, float]:
    """Calls under way at once: at the most, and on the average from the first dialling to the last hanging up."""
    changes = sorted([(t.began, 1) for t in traces] + [(t.ended, -1) for t in traces])
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    span = changes[-1][0] - changes[0][0] if changes else 0.0
    talking = sum(t.ended - t.began for t in traces)
    return {"most": most, "mean": talking / span if span else 0.0, "seconds_of_calls": talking, "span_s": span}


def _run(arguments: list[str]) -> None:
    lines, calls, first = (int(word) for word in arguments[:3])
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: never outlive the bench

    async def until_told() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await main(lines, calls, first, float(arguments[3]), Path(arguments[4]))

    asyncio.run(until_told())


if __name__ == "__main__":
    _run(sys.argv[1:])
