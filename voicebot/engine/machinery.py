"""All ticks and works of one node, put together on an engine. app.py builds the ports and calls this."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from voicebot.clock import Clock
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.attempting import Attempting
from voicebot.engine.campaign_ticks import CampaignTicks, register_campaigns
from voicebot.engine.campaigning import Campaigning
from voicebot.engine.delivering import Delivering
from voicebot.engine.dispatching import Dispatcher
from voicebot.engine.gate import Gate
from voicebot.engine.nodes import Heartbeat, Reaper
from voicebot.engine.planner import AHEAD, Planner
from voicebot.engine.port import Engine, Queue, Work
from voicebot.engine.ports import Ports
from voicebot.engine.sweeping import Sweeper
from voicebot.engine.syncing import Syncing
from voicebot.errors import NetworkFault, PeerFault

log = logging.getLogger(__name__)

CHORES = Queue("chores", 1)
KEEP = timedelta(days=7)  # how long the engine remembers ended work; our own rows remember for ever


@dataclass(frozen=True, slots=True)
class MachinerySettings:
    """node: this node's stable name. secret: key of the phone hashes. *_every_s: periods of the ticks, in seconds.

    horizon: how far ahead visits are read from the MIS; at least the longest `before` of the scenarios.
    dead_after_s: a node that is silent for so long is dead to the others. role: what this process does, for staff.
    """

    node: str
    secret: bytes
    lines: int = 4
    calls_per_second: float | None = 2.0
    sync_every_s: float = 60.0
    due_every_s: float = 0.5
    sweep_every_s: float = 15.0
    horizon: timedelta = timedelta(days=4) + AHEAD
    mis_timeout_s: float = 10.0
    dead_after_s: float = 60.0
    role: str = "all"
    campaigns: CampaignTicks = field(default_factory=CampaignTicks)


@dataclass(frozen=True, slots=True)
class Machinery:
    """The parts, each of which can be run by hand: `await machinery.syncing.run()`."""

    gate: Gate
    syncing: Syncing
    planner: Planner
    dispatcher: Dispatcher
    delivering: Delivering
    sweeper: Sweeper
    attempting: Attempting
    heartbeat: Heartbeat
    reaper: Reaper
    campaigning: Campaigning | None  # None: the MIS cannot search for candidates


def assemble(
    engine: Engine,
    ports: Ports,
    scenarios: Callable[[], Iterable[Scenario]],
    rules: Rules,
    settings: MachinerySettings,
) -> Machinery:
    """Register all works and ticks; engine.start() sets them going. scenarios: those that are published now."""
    gate = Gate()
    store, mis, clock = ports.store, ports.mis, ports.clock
    attempting = Attempting(ports, rules, settings.node, gate, settings.mis_timeout_s)
    sweeper = Sweeper(store, attempting, settings.node)
    parts = Machinery(
        gate=gate,
        syncing=Syncing(store, mis, clock, settings.horizon),
        planner=Planner(ports, scenarios, rules),
        dispatcher=Dispatcher(engine, store, clock, gate, settings.lines, settings.secret),
        delivering=Delivering(engine, store, mis, clock),
        sweeper=sweeper,
        attempting=attempting,
        heartbeat=Heartbeat(store, clock, gate, settings.node, settings.role),
        reaper=Reaper(engine, store, sweeper, settings.node, settings.dead_after_s),
        campaigning=register_campaigns(engine, ports, scenarios, rules, settings.campaigns, CHORES),
    )
    engine.register(parts.attempting.work(settings.lines, settings.calls_per_second))
    engine.register(parts.delivering.work())

    async def sync(slot: str) -> str:
        try:
            await parts.syncing.run()
        except (NetworkFault, PeerFault, TimeoutError) as error:
            log.warning("sync failed: %s", getattr(error, "code", type(error).__name__))
        return slot

    async def plan(slot: str) -> str:
        await parts.planner.run()
        return slot

    engine.register(Work("sync", CHORES, (sync, plan)))

    engine.tick("sync", settings.sync_every_s, SyncTick(engine, clock, settings.sync_every_s).run)
    engine.tick("due", settings.due_every_s, _quietly(parts.dispatcher.run))
    engine.tick("deliveries", settings.due_every_s, _quietly(parts.delivering.run))
    engine.tick("forget", 3600.0, _quietly(lambda: engine.forget(KEEP)))
    engine.tick("heartbeat", settings.dead_after_s / 6, _quietly(parts.heartbeat.run))
    engine.tick("reaper", settings.dead_after_s / 6, _quietly(parts.reaper.run))
    engine.tick("sweep", settings.sweep_every_s, _quietly(parts.sweeper.run))
    return parts


class SyncTick:
    """One sync a period over all nodes: the id is the period's.

    A clock that was set back comes to periods whose ids are used up, and nothing would be read from the MIS until it
    has caught up (found by the chaos test): such a period's id tells how far the clock had been.
    """

    def __init__(self, engine: Engine, clock: Clock, every_s: float) -> None:
        self._engine, self._clock, self._every_s = engine, clock, every_s
        self._furthest = 0

    async def run(self) -> None:
        period = int(self._clock.now().timestamp() // self._every_s)
        id_ = f"sync:{self._every_s:g}:{period}"
        if period < self._furthest:
            id_ += f":back:{self._furthest}"
        self._furthest = max(self._furthest, period)
        await self._engine.enqueue("sync", id_, str(period))


def _quietly(run: Callable[[], Awaitable[object]]) -> Callable[[], Awaitable[None]]:
    """A tick that meets a database or network that is away says so and is run again next time."""

    async def job() -> None:
        try:
            await run()
        except NetworkFault as fault:
            log.warning("tick skipped: %s", fault.code)

    return job
