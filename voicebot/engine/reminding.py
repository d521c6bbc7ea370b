"""The reminders of the scenarios' own plans: no campaign, but paused and resumed by a name as one."""

from __future__ import annotations

from voicebot.clock import Clock
from voicebot.contacts.campaign import REMINDERS, CampaignStatus
from voicebot.store.port import REMINDERS_LANE, Lane, Store


class Reminders:
    """What people ask for. Planning goes on while they are paused; what comes too late meanwhile is given to people."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def pause(self, who: str, why: str = "") -> None:
        """No new calls from now on; those that are live go on."""
        told = " — ".join(part for part in ("напоминания приостановлены сотрудником", who, why) if part)
        await self._move(CampaignStatus.PAUSED, told, who, why)

    async def resume(self, who: str) -> None:
        await self._move(CampaignStatus.RELEASED, "", who, "")

    async def stop(self, who: str, why: str = "") -> None:
        """As a pause: they are the clinic's promise to its patients, and nothing of them is cancelled."""
        told = " — ".join(part for part in ("напоминания остановлены сотрудником", who, why) if part)
        await self._move(CampaignStatus.STOPPED, told, who, why)

    async def _move(self, status: CampaignStatus, closed: str, who: str, why: str) -> None:
        lane = Lane(REMINDERS_LANE, None, closed)
        await self._store.move_lane(lane, REMINDERS, status, who, self._clock.now(), why)
