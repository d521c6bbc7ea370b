"""Administrators as all nodes together see them: how many there are, and what they and the invitations do now."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.contacts.capacity import invitation_refused
from voicebot.contacts.decisions import Because

#: The kind of the event of a call that begins to ring an administrator.
ASKED = "AdministratorAsked"


@dataclass(frozen=True, slots=True)
class Reception:
    """administrators: who could take calls, on all nodes together, were nobody talking. per_administrator: invitations
    in progress for each of them that is free."""

    administrators: int
    per_administrator: float


@dataclass(frozen=True, slots=True)
class InvitationsNow:
    """What goes on now, on all nodes. live: calls of the lanes that invite. busy: administrators who talk or are rung.
    Each of the busy ones takes a line as well."""

    live: int
    busy: int

    def refused(self, reception: Reception) -> Because | None:
        """Why no more invitation may be dialled at this moment, None when one may."""
        free = max(0, reception.administrators - self.busy)
        return invitation_refused(free, self.live, reception.per_administrator)
