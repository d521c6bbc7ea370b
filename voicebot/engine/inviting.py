"""Invitations wait for people: no more of them in progress than free administrators can take (M7)."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable

from voicebot.contacts.campaign import Campaign, CampaignStatus
from voicebot.contacts.capacity import invitation_refused, room_for_invitations
from voicebot.contacts.inviting import INVITING
from voicebot.store.port import Lane, Store

log = logging.getLogger(__name__)

#: How many administrators could take a call now.
FreeAdministrators = Callable[[], Awaitable[int]]


class InvitationBudget:
    """Each second: gives the campaigns that invite as many lines as there is room for, the most urgent first.

    A lane that is full opens again as soon as a call ends or an administrator hangs up. Calls that go on are counted
    with the lines that they have, so that all of them together never exceed free administrators × per_administrator.
    """

    def __init__(self, store: Store, free: FreeAdministrators, per_administrator: float) -> None:
        self._store = store
        self._free = free
        self._per_administrator = per_administrator

    async def run(self) -> None:
        """Raises StoreDown. When nobody knows who is free, nobody is."""
        campaigns = [c for c in await self._store.campaigns()
                     if c.status is CampaignStatus.RELEASED and c.trigger.kind in INVITING]  # fmt: skip
        if not campaigns:
            return
        try:
            free = await self._free()
        except Exception:
            log.exception("it is not known which administrators are free: no invitations")
            free = 0
        taken = await self._store.lines_taken()
        live = sum(taken.get(campaign.id, 0) for campaign in campaigns)
        room = room_for_invitations(free, live, self._per_administrator)
        against = invitation_refused(free, live, self._per_administrator)
        lanes = await self._store.lanes()
        for campaign in sorted(campaigns, key=lambda c: (c.priority, c.id)):
            mine = taken.get(campaign.id, 0)
            lines, room = _share(campaign, mine, room)
            wanted = Lane(campaign.id, lines, against.reason if against is not None else "")
            if lanes.get(campaign.id) != wanted:
                await self._store.set_budget(campaign.id, wanted.lines, wanted.closed)


def _share(campaign: Campaign, mine: int, room: int) -> tuple[int, int]:
    """How many lines a campaign may have, of which it has `mine`, and the room that is left to the others."""
    most = mine + room if campaign.lines is None else min(campaign.lines, mine + room)
    return most, max(0, room - max(0, most - mine))
