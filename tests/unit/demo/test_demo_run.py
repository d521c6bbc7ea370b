"""The demo's own clockwork: how it leaps, and what it says when it does not come to an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from voicebot.clock import ManualClock
from voicebot.demo import run as demo
from voicebot.demo.run import START, ZONE, DemoStuck


def robot(due: datetime | None, live: int = 0):
    async def next_due():
        return due

    async def none():
        return []

    async def running(work: str) -> int:
        return 0

    return SimpleNamespace(
        store=SimpleNamespace(next_due=next_due, contacts=none),
        caller=SimpleNamespace(live=live),
        engine=SimpleNamespace(running=running),
        machinery=SimpleNamespace(syncing=SimpleNamespace(last=None)),
        settings=SimpleNamespace(telephony=SimpleNamespace(lines=6)),
    )


@pytest.mark.parametrize(
    ("due", "live", "leaps"),
    [
        (START + timedelta(hours=2), 3, True),
        (START - timedelta(minutes=1), 0, False),  # it is due already
        (None, 0, False),
        (START + timedelta(days=1), 1, False),  # somebody is being told of "tomorrow"
        (START + timedelta(days=1), 0, True),
    ],
)
def test_the_clock_leaps_to_what_is_due_but_not_under_a_live_call_into_another_day(run, due, live, leaps):
    clock = ManualClock(START)
    run(demo._leap(robot(due, live), clock))
    assert (clock.now() == due) is leaps
    assert clock.now().astimezone(ZONE) == (due if leaps else START)


def test_a_demo_that_does_not_end_says_so(run, monkeypatch):
    monkeypatch.setattr(demo, "LONGEST_S", 300.0)
    with pytest.raises(DemoStuck, match=r"не закончилась за 5 минут.*voicebot doctor"):
        run(demo._work_through(robot(None), ManualClock(START)))
