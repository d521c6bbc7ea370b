"""The crowds of one part of the calls bench in a process of their own: real calls, ordered without the engine.

    python tests/bench/calls_talks.py PART SHARE STEPS SECONDS FOLDER

Writes FOLDER/round.json: a list, one entry for each crowd.
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
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from calls_costs import IDLE_S, costs  # noqa: E402 - the repository need not be installed
from calls_judged import answers, spoken_over, streams  # noqa: E402
from calls_orders import questions, ring  # noqa: E402
from calls_people import Caller, Crowd, crowds, truths, write  # noqa: E402
from calls_probes import Probes  # noqa: E402
from calls_round import simultaneous  # noqa: E402
from calls_stages import splits  # noqa: E402

from voicebot.app import Robot, running  # noqa: E402
from voicebot.city.journal import CallLog, What  # noqa: E402
from voicebot.city.measuring import percentile, timings  # noqa: E402
from voicebot.dialogue.scenario import Scenario  # noqa: E402
from voicebot.judging.question import asked_at  # noqa: E402
from voicebot.settings import load  # noqa: E402

SETTLE_S = 8.0  # between crowds: the next begins with a quiet machine
QUIET_S = 6.0  # until the city has written down the last call
LATE_SHARE = 0.01  # a load step with more late frames than this is the last
SLOW_MS = 2500  # or with responses (p95) so slow that people would hang up
CALL_S = 45.0  # a crowd that cannot have so much time is not begun


async def main(part: str, share: float, steps: Sequence[int], seconds: float, folder: Path) -> None:
    until = time.monotonic() + seconds
    wanted = crowds(part, steps, share)
    write([p for crowd in wanted for p in crowd.people], folder / "city.yaml")
    settings = load(
        None, read_file=False, paths={"data": folder / "data", "city": folder / "city.yaml"},
        telephony={"lines": 100, "ring_timeout_s": 15}, web={"port": 0},
    )  # fmt: skip
    probes, found = Probes(), []
    async with running(settings, watcher=probes.watch, idle=True) as robot:
        probes.enter(robot)
        scripts = {"answers": questions(folder, 12), "reminder": robot.repertoire.scenarios["visit_reminder"]}
        for i, crowd in enumerate(wanted):
            left = until - time.monotonic() - SETTLE_S * bool(i) - QUIET_S
            if left < CALL_S:
                print(f"{crowd.name}: not begun, {left:.0f} s are left", file=sys.stderr)
                break
            await asyncio.sleep(SETTLE_S * bool(i))
            found.append(await _measure(robot, probes, crowd, scripts, left))
            (folder / "round.json").write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
            if part == "load" and _full(found[-1]):
                break


async def _measure(
    robot: Robot, probes: Probes, crowd: Crowd, scripts: dict[str, Scenario], seconds: float
) -> dict[str, Any]:
    late, beats = len(probes.late), probes.beats
    found = await costs(robot, probes, lambda: _ring_all(robot, crowd, scripts, seconds - IDLE_S))
    assert robot.city is not None
    logs = {log.header.number: log for log in await robot.city.quiet(QUIET_S)}
    traces = {trace.phone: trace for trace in probes.calls.values() if trace.phone}
    over = [p for p in crowd.people if p.phone in logs and p.phone in traces and traces[p.phone].ended]
    asked = asked_at({"visit_reminder": scripts["answers"]}, "visit_reminder.q1")
    meanings = truths()
    found |= {
        "name": crowd.name,
        "lines": crowd.at_once,
        "calls": len(over),
        "of": len(crowd.people),
        "simultaneous": simultaneous([traces[p.phone] for p in over]),
        "timings": [t for p in over for t in _timings(p, logs[p.phone], meanings)],
        "splits": [asdict(s) for p in over for s in splits(logs[p.phone], traces[p.phone])],
        "answers": [asdict(a) for p in over if p.asked == "answers"
                    for a in answers(logs[p.phone], traces[p.phone], p.condition, p.voice, asked, meanings)],
        "spoken": [asdict(s) for p in over for s in spoken_over(logs[p.phone], traces[p.phone], p.voice)],
        "streams": streams([logs[p.phone] for p in over], [traces[p.phone] for p in over]),
        "recognitions": [[round((a.ended - a.began) * 1000), round(a.own_s * 1000)]
                         for p in over for a in traces[p.phone].asked],
        "ends": [{"condition": p.condition, "voice": p.voice, "outcome": traces[p.phone].outcome,
                  "disposition": traces[p.phone].disposition, "said": len(logs[p.phone].all(What.SAID)),
                  "heard": traces[p.phone].heard} for p in over],
        "outcomes": [],
        "late": [asdict(one) for one in probes.late[late:]],
        "beats": probes.beats - beats,
    }  # fmt: skip
    return found


def _timings(person: Caller, log: CallLog, meanings: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**asdict(t), "condition": person.condition, "kind": meanings[t.text].label if t.text in meanings else ""}
        for t in timings(log)
    ]


async def _ring_all(robot: Robot, crowd: Crowd, scripts: dict[str, Scenario], seconds: float) -> None:
    """So many at once, until all are through or the time is over."""
    waiting = list(reversed(crowd.people))

    async def one_line(after_s: float) -> None:
        await asyncio.sleep(after_s)
        while waiting:
            person = waiting.pop()
            await ring(robot, person, scripts[person.asked])

    try:
        async with asyncio.timeout(seconds), asyncio.TaskGroup() as lines:
            for i in range(min(crowd.at_once, len(crowd.people))):
                lines.create_task(one_line(i * crowd.stagger_s))
    except TimeoutError:
        print(f"{crowd.name}: cut off after {seconds:.0f} s, {len(waiting)} not rung", file=sys.stderr)


def _full(one: dict[str, Any]) -> bool:
    """Whether the machine bore no more than this."""
    stream = one["streams"]["ear"]
    took = [t["took_ms"] for t in one["timings"] if t["measure"] == "response"]
    late = stream["late"] > LATE_SHARE * max(1, stream["frames"])
    return late or not took or percentile(took, 95) > SLOW_MS


def _run(arguments: list[str]) -> None:
    part, share, steps, seconds, folder = arguments
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: never outlive the bench

    async def until_told() -> None:
        task = asyncio.current_task()
        assert task is not None
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        await main(part, float(share), [int(n) for n in steps.split(",")], float(seconds), Path(folder))

    asyncio.run(until_told())


if __name__ == "__main__":
    _run(sys.argv[1:])
