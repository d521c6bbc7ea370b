"""Invitations wait for people: no more of them in progress than free administrators can take (M7)."""

from __future__ import annotations

from voicebot.contacts.campaign import Campaign, CampaignStatus
from voicebot.contacts.capacity import room_for_invitations
from voicebot.contacts.inviting import INVITING
from voicebot.store.port import Lane, Store
from voicebot.store.reception import Reception


class InvitationBudget:
    """Each second: gives the campaigns that invite as many lines as there is room for, the most urgent first.

    Every node counts the same: calls and administrators of all nodes, as the store knows them. This is what the
    dispatcher and the staff see; what holds at every moment is the store's guard when an attempt starts. A lane that is
    full opens again as soon as a call ends or an administrator hangs up. Live calls are counted with the lines that
    they have, so that all together never exceed free administrators × per_administrator; those of paused and stopped
    campaigns too.
    """

    def __init__(self, store: Store, reception: Reception) -> None:
        self._store = store
        self._reception = reception

    async def run(self) -> None:
        """Raises StoreDown."""
        campaigns = [c for c in await self._store.campaigns()
                     if c.status is CampaignStatus.RELEASED and c.trigger.kind in INVITING]  # fmt: skip
        if not campaigns:
            return
        async with self._store.together():
            now, taken = await self._store.invitations_now(), await self._store.lines_taken()
            lanes = await self._store.lanes()
        free = self._reception.administrators - now.busy
        room = room_for_invitations(free, now.live, self._reception.per_administrator)
        against = now.refused(self._reception)
        for campaign in sorted(campaigns, key=lambda c: (c.priority, c.id)):
            mine = taken.get(campaign.id, 0)
            lines, room = _share(campaign, mine, room)
            wanted = Lane(campaign.id, lines, against.reason if against is not None else "", True)
            if lanes.get(campaign.id) != wanted:
                await self._store.set_budget(campaign.id, wanted.lines, wanted.closed, True)


def _share(campaign: Campaign, mine: int, room: int) -> tuple[int, int]:
    """How many lines a campaign may have, of which it has `mine`, and the room that is left to the others."""
    most = mine + room if campaign.lines is None else min(campaign.lines, mine + room)
    return most, max(0, room - max(0, most - mine))
