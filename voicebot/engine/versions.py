"""By which version of its scenario a contact is spoken: the one that its campaign is pinned to, else what runs now."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from voicebot.contacts.campaign import Campaign
from voicebot.dialogue.scenario import Scenario

Published = Callable[[str], Scenario | None]
#: A version that was published once, by scenario and number; None when there is none, or it cannot be read any more.
Version = Callable[[str, str], Awaitable[Scenario | None]]


async def scenario_for(
    scenario_id: str, campaign: Campaign | None, published: Published, version: Version | None
) -> Scenario | None:
    """campaign: the one that made the contact, None for a reminder. May raise StoreDown."""
    running = published(scenario_id)
    if campaign is None or not campaign.scenario_version:
        return running
    wanted = str(campaign.scenario_version)
    if running is not None and running.version == wanted:
        return running
    return None if version is None else await version(scenario_id, wanted)
