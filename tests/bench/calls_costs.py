"""What some work of the robot costs: CPU by its processes, memory, the load of the machine, delays of the loop."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from calls_probes import Probes
from calls_processes import Sampler, groups_of, machine_cpu_s, rendering_cpu_s

from voicebot.app import Robot

IDLE_S = 2.0  # looked at before: what the robot costs while nobody is rung


async def costs(robot: Robot, probes: Probes, work: Callable[[], Awaitable[None]]) -> dict[str, Any]:
    """Does the work; what it took, by names that calls_report knows."""
    groups = groups_of(robot)
    before_mb, idle = groups.memory_mb(), groups.cpu_s()
    load_before = os.getloadavg()
    await asyncio.sleep(IDLE_S)
    cpu, (busy, stolen), at = groups.cpu_s(), machine_cpu_s(), time.monotonic()
    rendered = rendering_cpu_s()
    sampler = Sampler(groups)
    async with probes.watching_the_loop(), sampler.sampling():
        await work()
    took, now = time.monotonic() - at, groups.cpu_s()
    busy_after, stolen_after = machine_cpu_s()
    spent = {name: now[name] - cpu[name] for name in now}
    return {
        "took_s": round(took, 1),
        "cpu_s": spent,
        "rendering_cpu_s": rendering_cpu_s() - rendered,
        "idle_cpu_per_s": {name: (cpu[name] - idle[name]) / IDLE_S for name in cpu},
        "others_cpu_s": max(0.0, busy_after - busy - sum(spent.values())),
        "stolen_s": stolen_after - stolen,
        "memory_before_mb": before_mb,
        "memory_peak_mb": sampler.peak_mb,
        "memory_clinic_peak_mb": sampler.peak_clinic_mb,
        "load_before": load_before,
        "load_during": max(sampler.loads, default=0.0),
        "cores": os.cpu_count(),
    }
