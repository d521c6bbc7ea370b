"""Advertising by telephone needs the patient's own consent, kept with its text, time and channel (38-ФЗ, ст. 18),
and somebody who answers for the campaign (DOMAIN rule 6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voicebot.contacts.campaign import Campaign, CampaignStatus
from voicebot.contacts.decisions import Because, RuleId
from voicebot.dialogue.scenario import Purpose, Scenario


@dataclass(frozen=True, slots=True)
class Consent:
    """text: what was agreed to, word for word. channel: how («анкета на сайте», «бумага, договор № 5»).

    withdrawn_at: from then on it does not count, whatever was planned before.
    """

    patient_id: str
    text: str
    at: datetime
    channel: str
    withdrawn_at: datetime | None = None


def advertising_refused(scenario: Scenario, consent: Consent | None, now: datetime) -> Because | None:
    """Why this patient must not be called with advertising; None for a service call and where all is in order."""
    if scenario.purpose is not Purpose.ADVERTISING:
        return None
    if consent is None:
        return Because(RuleId.CONSENT, "реклама: согласия пациента нет")
    if consent.withdrawn_at is not None and consent.withdrawn_at <= now:
        return Because(RuleId.CONSENT, "реклама: согласие отозвано")
    missing = [what for what, value in (("текста", consent.text), ("канала", consent.channel)) if not value.strip()]
    if missing:
        return Because(RuleId.CONSENT, f"реклама: согласие записано без {' и '.join(missing)}")
    if consent.at > now:
        return Because(RuleId.CONSENT, "реклама: согласие датировано будущим")
    return None


def not_released(campaign: Campaign, scenario: Scenario) -> Because | None:
    """Why a campaign may not dial now. A preview does not ask this: it is made before the release."""
    if campaign.status is CampaignStatus.PAUSED:
        return Because(RuleId.PAUSED, "кампания приостановлена")
    if campaign.status is CampaignStatus.STOPPED:
        return Because(RuleId.PAUSED, "кампания остановлена")
    if campaign.status is not CampaignStatus.RELEASED:
        return Because(RuleId.RELEASE, "кампания не выпущена")
    if campaign.scenario_version and scenario.version != str(campaign.scenario_version):
        wanted = f"кампания рассчитана на версию {campaign.scenario_version} сценария «{scenario.id}»"
        return Because(RuleId.SCENARIO, f"{wanted}, а действует {scenario.version}")
    if scenario.purpose is Purpose.ADVERTISING and not campaign.released_by.strip():
        return Because(RuleId.RELEASE, "реклама: не указано, кто выпустил кампанию")
    return None
