"""Campaigns for people and for programs: a preview, how far one is, and the list of all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.contacts.campaign import Campaign
from voicebot.engine.tally import Preview
from voicebot.reports.words import CAMPAIGNS, OUTCOMES, RULES, STATUSES
from voicebot.store.campaign_port import CampaignEvent, CampaignProgress


def preview_lines(preview: Preview, zone: ZoneInfo) -> Iterator[str]:
    """What a preview found, in the clinic's time."""
    campaign = preview.campaign
    yield f"Кампания «{campaign.title}» ({campaign.id}), сценарий {campaign.scenario_id}"
    yield f"Найдено: {preview.found}. Позвоним: {preview.called}, звонков: {preview.calls}."
    if preview.first_due is not None and preview.last_due is not None:
        yield f"Первый звонок: {_moment(preview.first_due, zone)}, последний: {_moment(preview.last_due, zone)}"
    if preview.suppressed:
        yield f"Не позвоним: {sum(preview.suppressed.values())}"
    for rule, count in sorted(preview.suppressed.items(), key=lambda item: -item[1]):
        yield f"  {count:6}  {RULES[rule]} — {'; '.join(preview.examples[rule])}"
    for remark in preview.remarks:
        yield f"Заметьте: {remark}"
    for fault in preview.faults:
        yield f"Выпустить нельзя: {fault.reason}"


def preview_json(preview: Preview) -> dict[str, Any]:
    return {
        "campaign": preview.campaign.id,
        "at": preview.at,
        "found": preview.found,
        "called": preview.called,
        "calls": preview.calls,
        "suppressed": [
            {"rule": rule.value, "count": count, "examples": list(preview.examples[rule])}
            for rule, count in preview.suppressed.items()
        ],
        "first_due": preview.first_due,
        "last_due": preview.last_due,
        "faults": [{"rule": fault.rule.value, "reason": fault.reason} for fault in preview.faults],
        "remarks": list(preview.remarks),
    }


def campaign_line(campaign: Campaign) -> str:
    return f"{campaign.id:20} {CAMPAIGNS[campaign.status]:26} {campaign.title}"


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    return asdict(campaign)


def status_lines(
    campaign: Campaign, progress: CampaignProgress, events: Sequence[CampaignEvent], closed: str, zone: ZoneInfo
) -> Iterator[str]:
    """closed: why its lane makes no calls now, or ''."""
    yield f"Кампания «{campaign.title}» ({campaign.id}): {CAMPAIGNS[campaign.status]}"
    if closed:
        yield f"Звонков сейчас не делает: {closed}"
    yield "Дела: " + (", ".join(f"{STATUSES[s]} {n}" for s, n in progress.statuses.items()) or "нет")
    yield "Итоги: " + (", ".join(f"{OUTCOMES[o]} {n}" for o, n in progress.outcomes.items()) or "пока нет")
    yield f"Сейчас звонков: {progress.live}; ждут звонка: {progress.waiting}"
    for event in events:
        who = f", {event.who}" if event.who else ""
        note = f" ({event.note})" if event.note else ""
        yield f"  {_moment(event.at, zone)}  {CAMPAIGNS[event.status]}{who}{note}"


def status_json(
    campaign: Campaign, progress: CampaignProgress, events: Sequence[CampaignEvent], closed: str
) -> dict[str, Any]:
    return {
        "campaign": campaign_json(campaign),
        "closed": closed,
        "contacts": {status.value: count for status, count in progress.statuses.items()},
        "outcomes": {outcome.value: count for outcome, count in progress.outcomes.items()},
        "live": progress.live,
        "waiting": progress.waiting,
        "events": [asdict(event) for event in events],
    }


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M}"
