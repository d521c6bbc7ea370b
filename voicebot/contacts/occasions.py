"""When somebody may be called about the same occasion once more: an invitation stands while its reason stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from voicebot.contacts.campaign import Campaign, Candidate, TriggerKind
from voicebot.contacts.hours import known_zone
from voicebot.contacts.model import CLOSED, Contact, ContactStatus
from voicebot.contacts.months import again_after
from voicebot.contacts.planning import zone_of
from voicebot.contacts.rules import Rules
from voicebot.contacts.selecting import contact_id_of
from voicebot.dialogue.scenario import Scenario

#: Triggers whose reason lasts: the date stays past, the patient stays away.
_LASTING = frozenset({TriggerKind.RECALL_DATE, TriggerKind.NO_VISIT_FOR})
_NOT_CALLED = frozenset({ContactStatus.CANCELLED, ContactStatus.SUPPRESSED})


def renewed(
    candidate: Candidate,
    campaign: Campaign,
    scenario: Scenario,
    contacts: Sequence[Contact],
    rules: Rules,
    now: datetime,
) -> Candidate:
    """The candidate with an occasion of its own where the earlier contact about it leaves room for another: nobody
    was ever rung (the campaign was stopped), or, for invitations, two calendar months have gone by.

    contacts: of this patient by this scenario, open and closed.
    """
    if campaign.trigger.kind is TriggerKind.BEFORE_VISIT:
        return candidate
    known = {contact.id: contact for contact in contacts}
    current = candidate
    for _ in known:
        earlier = known.get(contact_id_of(current, scenario))
        if earlier is None or not _over(earlier, candidate, campaign, rules, now):
            break
        current = replace(candidate, occasion=f"{candidate.occasion} after {earlier.id}")
    return current


def _over(earlier: Contact, candidate: Candidate, campaign: Campaign, rules: Rules, now: datetime) -> bool:
    if earlier.status not in CLOSED:
        return False
    if earlier.status in _NOT_CALLED and not earlier.attempts_used:
        return True
    if campaign.trigger.kind not in _LASTING:
        return False
    zone = known_zone(zone_of(candidate.patient, candidate.last)) or "Europe/Moscow"
    return now >= again_after(earlier.due_at, rules.refused_months, zone)
