"""What is wrong with a campaign as a whole, before anybody is looked for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from voicebot.contacts.campaign import Campaign, TriggerKind
from voicebot.contacts.decisions import Because, RuleId
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import About, Scenario

_ABOUT_VISITS = frozenset({TriggerKind.BEFORE_VISIT, TriggerKind.AFTER_VISIT, TriggerKind.MISSED_VISIT})


def faults(campaign: Campaign, scenario: Scenario | None, rules: Rules, now: datetime) -> tuple[Because, ...]:
    """Why this campaign may not be released; () when nothing speaks against it.

    scenario: the one that would be spoken, None when none of this name (or of the version that the campaign is pinned
    to) is published.
    """
    return (*_of_limits(campaign), *_of_schedule(campaign, now), *_of_scenario(campaign, scenario, rules, now))


def nobody_can_be_called(found: tuple[Because, ...]) -> bool:
    """Whether looking for candidates makes no sense: without a scenario, or with limits that contradict one another."""
    return any(because.rule is not RuleId.SCHEDULE for because in found)


def _of_limits(campaign: Campaign) -> Iterator[Because]:
    segment = campaign.segment
    if segment.age_from is not None and segment.age_to is not None and segment.age_from > segment.age_to:
        yield Because(RuleId.SEGMENT, f"условия противоречат друг другу: возраст от {segment.age_from} "
                                      f"до {segment.age_to}")  # fmt: skip
    since, until = segment.last_visit_from, segment.last_visit_to
    if since is not None and until is not None and since > until:
        yield Because(RuleId.SEGMENT, f"условия противоречат друг другу: последний визит с {since:%d.%m.%Y} "
                                      f"по {until:%d.%m.%Y}")  # fmt: skip
    if campaign.lines is not None and campaign.lines < 1:
        yield Because(RuleId.SEGMENT, "кампании не дано ни одной линии")
    if not 0 <= campaign.hold_out < 1:
        yield Because(RuleId.HOLD_OUT, "контрольная группа — доля от 0 до 99 %")


def _of_schedule(campaign: Campaign, now: datetime) -> Iterator[Because]:
    begin, end = campaign.starts_on, campaign.ends_on
    if begin is not None and end is not None and begin > end:
        yield Because(RuleId.SCHEDULE, f"расписание противоречит себе: с {begin:%d.%m.%Y} по {end:%d.%m.%Y}")
    elif end is not None and end < (now - timedelta(hours=12)).date():  # the day ends last in Kaliningrad
        yield Because(RuleId.SCHEDULE, f"расписание в прошлом: кампания закончилась {end:%d.%m.%Y}")


def _of_scenario(campaign: Campaign, scenario: Scenario | None, rules: Rules, now: datetime) -> Iterator[Because]:
    if scenario is None:
        which = f"версии {campaign.scenario_version}" if campaign.scenario_version else "опубликованной версии"
        yield Because(RuleId.SCENARIO, f"у сценария «{campaign.scenario_id}» нет {which}")
        return
    if campaign.scenario_version and scenario.version != str(campaign.scenario_version):
        yield Because(RuleId.SCENARIO, f"кампания рассчитана на версию {campaign.scenario_version} "
                                       f"сценария «{scenario.id}», а действует {scenario.version}")  # fmt: skip
    kind = campaign.trigger.kind
    if scenario.about is About.CALLBACK or (scenario.about is About.APPOINTMENT and kind not in _ABOUT_VISITS):
        yield Because(RuleId.SCENARIO, f"сценарий «{scenario.id}» говорит о визите, а кампания — о пациенте")
    narrow = rules.of(scenario).during(campaign.hours).hours
    if not narrow.weekdays and not narrow.weekends:
        yield Because(RuleId.HOURS, "часы кампании не пересекаются с разрешёнными часами для звонков")
    elif narrow.next_allowed(now, "Europe/Moscow") is None:
        yield Because(RuleId.HOURS, "в эти часы не найти ни одного дня для звонков")
