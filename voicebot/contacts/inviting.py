"""Invitations (M6, M7): who is booked anyway needs none, and who refused is left in peace for two months."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from voicebot.contacts.campaign import Campaign, TriggerKind
from voicebot.contacts.decisions import Because, RuleId
from voicebot.contacts.hours import known_zone
from voicebot.contacts.months import again_after

#: Triggers that ask a patient to come.
INVITING = frozenset({TriggerKind.MISSED_VISIT, TriggerKind.RECALL_DATE, TriggerKind.NO_VISIT_FOR})


def not_invited(
    campaign: Campaign, next_visit: datetime | None, refused_at: datetime | None, months: int, zone: str, now: datetime
) -> Because | None:
    """Why this patient is not invited now; None also for campaigns that invite nobody.

    next_visit: their earliest booking to come. refused_at: when they last refused an invitation. months: how long
    that holds. zone: '' when unknown.
    """
    if campaign.trigger.kind not in INVITING:
        return None
    local = known_zone(zone) or "Europe/Moscow"
    if next_visit is not None and next_visit > now:
        return Because(RuleId.BOOKED, f"пациент уже записан на {next_visit.astimezone(ZoneInfo(local)):%d.%m.%Y}")
    if refused_at is None:
        return None
    again = again_after(refused_at, months, local)
    if now >= again:
        return None
    day = refused_at.astimezone(ZoneInfo(local))
    return Because(RuleId.REFUSED, f"отказался {day:%d.%m.%Y}: снова не раньше {again:%d.%m.%Y}", again)
