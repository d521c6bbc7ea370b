"""When campaigns plan: by visits with every period, by patients once a night; invitations are measured each second."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import cast
from zoneinfo import ZoneInfo

from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.campaigning import Campaigning
from voicebot.engine.inviting import InvitationBudget
from voicebot.engine.port import Engine, Job, Queue, Work
from voicebot.engine.ports import Ports
from voicebot.errors import NetworkFault, PeerFault
from voicebot.mis.port import Capability
from voicebot.mis.selecting import Selecting
from voicebot.store.reception import Reception

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CampaignTicks:
    """every_s: how often visits are looked through. night_hour: from this hour on, by the clocks of zone, patients
    are looked through once a day; a server that was off at night does it when it is back."""

    every_s: float = 60.0
    night_hour: int = 3
    zone: str = "Europe/Moscow"


def register_campaigns(
    engine: Engine,
    ports: Ports,
    scenarios: Callable[[], Iterable[Scenario]],
    rules: Rules,
    ticks: CampaignTicks,
    queue: Queue,
) -> Campaigning | None:
    """The campaigns of this clinic with their works and ticks; None when its MIS cannot search for candidates."""
    if Capability.SELECT not in ports.mis.capabilities():
        return None
    mis = cast(Selecting, ports.mis)
    campaigning = Campaigning(ports.store, mis, ports.clock, ports.scenarios, scenarios, rules, ports.version)
    failures = 0  # of the night's work: it is tried again under another id

    async def by_visits(slot: str) -> str:
        await _planned(campaigning, nightly=False)
        return slot

    async def by_patients(day: str) -> str:
        nonlocal failures
        if not await _planned(campaigning, nightly=True):
            failures += 1
        return day

    engine.register(Work("campaigns", queue, (by_visits,)))
    engine.register(Work("recall", queue, (by_patients,)))

    async def tick() -> None:
        """The ids are those of the period and of the day: ticks of several nodes collapse into one."""
        now = ports.clock.now()
        slot = int(now.timestamp() // ticks.every_s)
        await engine.enqueue("campaigns", f"campaigns:{ticks.every_s:g}:{slot}", str(slot))
        local = now.astimezone(ZoneInfo(ticks.zone))
        if local.hour >= ticks.night_hour:
            again = f":{failures}" if failures else ""
            await engine.enqueue("recall", f"recall:{local.date()}{again}", str(local.date()))

    engine.tick("campaigns", ticks.every_s, tick)
    if ports.administrators is not None:
        budget = InvitationBudget(ports.store, Reception(ports.administrators, rules.calls_per_administrator))
        engine.tick("administrators", 1.0, _quiet(budget))
    return campaigning


async def _planned(campaigning: Campaigning, nightly: bool) -> bool:
    try:
        await campaigning.run(nightly)
    except (NetworkFault, PeerFault, TimeoutError) as error:
        log.warning("campaigns are planned later: %s", getattr(error, "code", type(error).__name__))
        return False
    return True


def _quiet(budget: InvitationBudget) -> Job:
    async def job() -> None:
        try:
            await budget.run()
        except NetworkFault as fault:
            log.warning("tick skipped: %s", fault.code)

    return job
