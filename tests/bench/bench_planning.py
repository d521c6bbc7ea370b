"""One night's planning over a generated registry: python tests/bench/bench_planning.py [--million]. Prints JSON.

Each round fills a registry (not measured), then plans five campaigns in a process of its own: candidates are selected
and decided, and contacts, attempts and decisions written. After that all is planned once more, as every later night
does. seconds: select + plan of all five together; peak_mb: of that process; statements: SQL asked of both databases.

  10,000 and 100,000 patients on SQLite and, where it is installed, PostgreSQL; 1,000,000 on PostgreSQL by --million
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests/unit/engine"), str(ROOT / "tests/integration")]

from campaign_desk import AFTER, BEFORE, MISSED, RECALL, SCENARIOS  # noqa: E402
from generated_registry import Town, fill_postgres, fill_sqlite  # noqa: E402
from sqlalchemy import event  # noqa: E402
from sqlalchemy.engine import Engine  # noqa: E402
from store_postgres import binaries, postgres  # noqa: E402

from voicebot.clock import ManualClock  # noqa: E402
from voicebot.contacts.campaign import Campaign, CampaignStatus, Segment, Trigger, TriggerKind  # noqa: E402
from voicebot.contacts.rules import Rules  # noqa: E402
from voicebot.engine.campaigning import Campaigning  # noqa: E402
from voicebot.mis.registry import registry  # noqa: E402
from voicebot.store import database  # noqa: E402

NOW = datetime(2026, 11, 23, 9, 2, tzinfo=UTC)
AWAY = Campaign(
    "away", "Давно не были", "offer", Trigger(TriggerKind.NO_VISIT_FOR, months=6),
    Segment(branches=("b1",), age_from=30, age_to=60),
)  # fmt: skip
CAMPAIGNS = (BEFORE, AFTER, MISSED, RECALL, AWAY)


@dataclass
class Planned:
    """One campaign of one night."""

    campaign: str
    seconds: float
    cpu: float  # of this process; the database's own comes on top
    found: int
    called: int
    calls: int


async def plan(store_url: str, registry_url: str) -> dict[str, object]:
    """What a later process measures of itself."""
    statements = 0

    def count(*_: object) -> None:
        nonlocal statements
        statements += 1

    event.listen(Engine, "before_cursor_execute", count)
    clock = ManualClock(NOW)
    store, mis = database.SqlStore(store_url), registry.Registry(registry_url, clock)
    rules = Rules(hold_out_key=b"bench")
    work = Campaigning(store, mis, clock, SCENARIOS.get, lambda: SCENARIOS.values(), rules)
    before_mb = _peak_mb()
    gc.collect()
    gc.freeze()  # as app.running() does
    nights = [await _night(work), await _night(work)]
    await store.close()
    await mis.close()
    first, second = nights
    return {
        "seconds": round(sum(p.seconds for p in first), 2),
        "cpu_seconds": round(sum(p.cpu for p in first), 2),
        "again_seconds": round(sum(p.seconds for p in second), 2),
        "peak_mb": _peak_mb(),
        "before_mb": before_mb,
        "statements": statements,
        "campaigns": [asdict(p) for p in first],
        "planned_again": sum(p.called for p in second),
    }


async def _night(work: Campaigning) -> list[Planned]:
    done = []
    for campaign in CAMPAIGNS:
        released = replace(campaign, status=CampaignStatus.RELEASED, released_by="bench")
        begin, spent = time.perf_counter(), time.process_time()
        found = await work.plan(released)
        seconds, cpu = round(time.perf_counter() - begin, 2), round(time.process_time() - spent, 2)
        done.append(Planned(campaign.id, seconds, cpu, found.found, found.called, found.calls))
    return done


def _peak_mb() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def in_its_own_process(store_url: str, registry_url: str) -> dict[str, object]:
    command = [sys.executable, __file__, "--plan", store_url, registry_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, object] = json.loads(done.stdout)
    return found


@contextlib.contextmanager
def databases(kind: str, folder: Path, cluster: object, patients: int) -> Iterator[tuple[str, str]]:
    """An empty store and a filled registry."""
    town = Town(patients, NOW, recent=1.0)
    if kind == "sqlite":
        urls = f"sqlite:///{folder}/voicebot.db", f"sqlite:///{folder}/registry.db"
    else:
        urls = cluster.create(f"store{patients}"), cluster.create(f"registry{patients}")  # type: ignore[attr-defined]
    asyncio.run(database.upgrade(urls[0]))
    asyncio.run(registry.upgrade(urls[1]))
    if kind == "sqlite":
        fill_sqlite(folder / "registry.db", town, folder / "voicebot.db")
    else:
        fill_postgres(urls[1], town, urls[0])
    yield urls


def round_of(kind: str, cluster: object, patients: int) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder, databases(kind, Path(folder), cluster, patients) as urls:
        load = os.getloadavg()[0]
        measured = in_its_own_process(*urls)
    return {"database": kind, "patients": patients, **measured, "load_average": round(load, 2)}


def main(arguments: list[str]) -> None:
    rounds = [round_of("sqlite", None, size) for size in (10_000, 100_000)]
    programs = binaries()
    if programs is not None:
        with tempfile.TemporaryDirectory() as folder, postgres(Path(folder), programs) as cluster:
            sizes = (1_000_000,) if "--million" in arguments else (10_000, 100_000)
            rounds += [round_of("postgresql", cluster, size) for size in sizes]
    growth = [round(float(str(b["seconds"])) / float(str(a["seconds"])), 1)
              for a, b in pairwise(rounds) if a["database"] == b["database"]]  # fmt: skip
    print(json.dumps({"processors": os.cpu_count(), "rounds": rounds, "ten_times_more_takes": growth},
                     ensure_ascii=False, indent=1))  # fmt: skip


if __name__ == "__main__":
    if "--plan" in sys.argv:
        print(json.dumps(asyncio.run(plan(*sys.argv[2:4]))))
    else:
        main(sys.argv[1:])
