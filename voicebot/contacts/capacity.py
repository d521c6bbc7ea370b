"""How many invitations may be in progress: who says yes must find a human (M7)."""

from __future__ import annotations

from math import floor

from voicebot.contacts.decisions import Because, RuleId


def room_for_invitations(free_administrators: int, in_progress: int, per_administrator: float) -> int:
    """How many more invitations may be dialled now. free_administrators: not talking and not asked to.

    per_administrator: calls in progress for each of them; above 1 it counts on most not saying yes.
    """
    return max(0, floor(max(0, free_administrators) * per_administrator) - in_progress)


def invitation_refused(free_administrators: int, in_progress: int, per_administrator: float) -> Because | None:
    """Why no invitation may be dialled at this moment, None when one may."""
    if room_for_invitations(free_administrators, in_progress, per_administrator) > 0:
        return None
    if free_administrators <= 0:
        return Because(RuleId.NO_ADMINISTRATOR, "нет свободных администраторов: приглашения приостановлены")
    busy = f"приглашений сейчас {in_progress}, свободных администраторов {free_administrators}"
    return Because(RuleId.NO_ADMINISTRATOR, f"{busy}: ждём, пока кто-то освободится")
