"""Campaigns for people and for programs: a preview, how far one is, and the list of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.contacts.campaign import REMINDERS, Campaign, CampaignStatus
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.tally import Preview
from voicebot.reports.words import CAMPAIGNS, OUTCOMES, RULES, STATUSES
from voicebot.store.campaign_port import CampaignEvent, CampaignProgress
from voicebot.store.port import REMINDERS_LANE, Lane


def preview_lines(preview: Preview, zone: ZoneInfo) -> Iterator[str]:
    """What a preview found, in the clinic's time."""
    campaign = preview.campaign
    yield f"Кампания «{campaign.title}» ({campaign.id}), сценарий {_version(campaign)}"
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


def reminders_status(lanes: Mapping[str, Lane]) -> tuple[CampaignStatus, str]:
    """Of the reminders: whether they go on, and why not."""
    closed = lanes[REMINDERS_LANE].closed if REMINDERS_LANE in lanes else ""
    return (CampaignStatus.PAUSED if closed else CampaignStatus.RELEASED), closed


def reminders_line(scenarios: Sequence[Scenario], lanes: Mapping[str, Lane]) -> str:
    """scenarios: those that remind by their own plan."""
    _, closed = reminders_status(lanes)
    state = closed or "работают всегда"
    return f"{REMINDERS:20} {state:26} Напоминания о визитах: {', '.join(s.id for s in scenarios)}"


def campaign_line(campaign: Campaign) -> str:
    return f"{campaign.id:20} {CAMPAIGNS[campaign.status]:26} {campaign.title}"


def campaign_json(campaign: Campaign) -> dict[str, Any]:
    return asdict(campaign)


def _version(campaign: Campaign) -> str:
    return campaign.scenario_id + (f", версия {campaign.scenario_version}" if campaign.scenario_version else "")


def status_lines(
    campaign: Campaign,
    progress: CampaignProgress,
    events: Sequence[CampaignEvent],
    closed: str,
    zone: ZoneInfo,
    running: str = "",
) -> Iterator[str]:
    """closed: why its lane makes no calls now, or ''. running: the version of its scenario that is published."""
    yield f"Кампания «{campaign.title}» ({campaign.id}): {CAMPAIGNS[campaign.status]}"
    other = f", а опубликована {running}: кампания говорит по своей"
    pinned = campaign.scenario_version and running != str(campaign.scenario_version)
    yield f"Сценарий: {_version(campaign)}{other if pinned else ''}"
    yield from _progress_lines(progress, events, closed, zone)


def reminders_lines(
    lanes: Mapping[str, Lane], progress: CampaignProgress, events: Sequence[CampaignEvent], closed: str, zone: ZoneInfo
) -> Iterator[str]:
    """closed: why no reminders are made now: by themselves, or because nothing is."""
    status, _ = reminders_status(lanes)
    going = "идут сами, по plan сценариев" if status is CampaignStatus.RELEASED else CAMPAIGNS[status]
    yield f"Напоминания о визитах ({REMINDERS}): {going}"
    yield from _progress_lines(progress, events, closed, zone)


def _progress_lines(
    progress: CampaignProgress, events: Sequence[CampaignEvent], closed: str, zone: ZoneInfo
) -> Iterator[str]:
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
        **_progress_json(progress, events, closed),
    }


def reminders_json(
    lanes: Mapping[str, Lane], progress: CampaignProgress, events: Sequence[CampaignEvent], closed: str
) -> dict[str, Any]:
    status, _ = reminders_status(lanes)
    return {"campaign": {"id": REMINDERS, "status": status.value}, **_progress_json(progress, events, closed)}


def _progress_json(progress: CampaignProgress, events: Sequence[CampaignEvent], closed: str) -> dict[str, Any]:
    return {
        "closed": closed,
        "contacts": {status.value: count for status, count in progress.statuses.items()},
        "outcomes": {outcome.value: count for outcome, count in progress.outcomes.items()},
        "live": progress.live,
        "waiting": progress.waiting,
        "events": [asdict(event) for event in events],
    }


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M}"
