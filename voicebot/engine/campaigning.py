"""Campaigns at work: draft → previewed → released → paused or stopped; and what a released one plans."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from voicebot.clock import Clock
from voicebot.contacts.campaign import REMINDERS, Campaign, CampaignStatus, TriggerKind
from voicebot.contacts.campaign_faults import faults, nobody_can_be_called
from voicebot.contacts.decisions import DecisionNote, RuleId
from voicebot.contacts.model import Attempt
from voicebot.contacts.planning import group
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import Purpose, Scenario
from voicebot.engine.behind import one_behind
from voicebot.engine.candidates import Candidates, DecidedBatch
from voicebot.engine.tally import Preview, Tally
from voicebot.engine.versions import Version, scenario_for
from voicebot.errors import InputFault
from voicebot.mis.selecting import Selecting
from voicebot.store.port import Store

log = logging.getLogger(__name__)

#: Triggers whose candidates change from day to day only: they are looked for once a night.
NIGHTLY = frozenset({TriggerKind.RECALL_DATE, TriggerKind.NO_VISIT_FOR})
#: Not worth a line of its own: it was planned or called about before.
_UNNOTED = frozenset({RuleId.KNOWN})
STOPPED = "кампания остановлена"


class CampaignRefused(InputFault):
    """What was asked of a campaign cannot be done with it."""

    code = "campaign"


@dataclass(frozen=True, slots=True)
class _Allowed:
    """From which statuses a move is made, and what is said of the others."""

    expected: Collection[CampaignStatus]
    otherwise: str


_STATUS = {
    CampaignStatus.DRAFT: "черновик",
    CampaignStatus.PREVIEWED: "просмотрена, не выпущена",
    CampaignStatus.RELEASED: "выпущена",
    CampaignStatus.PAUSED: "приостановлена",
    CampaignStatus.STOPPED: "остановлена",
}
_UNRELEASED = (CampaignStatus.DRAFT, CampaignStatus.PREVIEWED)


class Campaigning:
    """scenario: the published scenario of an id, or None; scenarios: all that are published. version: an earlier one,
    for campaigns that are pinned to it."""

    def __init__(
        self,
        store: Store,
        mis: Selecting,
        clock: Clock,
        scenario: Callable[[str], Scenario | None],
        scenarios: Callable[[], Iterable[Scenario]],
        rules: Rules,
        version: Version | None = None,
    ) -> None:
        self._version = version
        self._store = store
        self._clock = clock
        self._scenario = scenario
        self._rules = rules
        self._candidates = Candidates(store, mis, scenarios, rules)

    # What people ask for --------------------------------------------------------------------

    async def draft(self, campaign: Campaign, who: str) -> None:
        """Keep a campaign under its id. Raises CampaignRefused when one of this id has been released."""
        if campaign.id == REMINDERS:
            raise CampaignRefused(
                f"Имя «{REMINDERS}» занято: под ним останавливают напоминания о визитах.", "Дайте кампании другое (id)."
            )
        if not await self._store.draft_campaign(campaign, who, self._clock.now()):
            raise CampaignRefused(
                f"Кампания «{campaign.id}» уже выпущена: менять её нельзя.",
                "Остановите её (voicebot stop) и дайте новой кампании другое имя (id).",
            )

    async def preview(self, campaign: Campaign) -> Preview:
        """Whom this campaign would call if it were released now. Nothing is written."""
        now = self._clock.now()
        scenario = await self._spoken(campaign)
        against = faults(campaign, scenario, self._rules, now)
        tally = Tally()
        if scenario is not None and not nobody_can_be_called(against):
            async for batch in self._candidates.decided(campaign, scenario, now):
                tally.add(batch, self._attempts(campaign, batch))
        return tally.preview(campaign, now, against)

    async def release(self, campaign_id: str, who: str) -> Preview:
        """Set it going: its contacts are planned at once, then by the ticks. Returns what was planned, counted as in
        the preview. Raises CampaignRefused: not previewed, a fault, advertising without a name."""
        campaign = await self.known(campaign_id)
        now = self._clock.now()
        if campaign.status is CampaignStatus.DRAFT:
            raise CampaignRefused(
                f"Кампания «{campaign.id}» ещё не просмотрена.", f"Посмотрите, кому она позвонит: voicebot campaign "
                f"preview {campaign.id}."
            )  # fmt: skip
        scenario = await self._spoken(campaign)
        against = faults(campaign, scenario, self._rules, now)
        if against:
            raise CampaignRefused(
                f"Кампания «{campaign.id}» не выпущена: {'; '.join(because.reason for because in against)}.",
                "Исправьте кампанию и посмотрите её ещё раз: voicebot campaign preview.",
            )
        if scenario is not None and scenario.purpose is Purpose.ADVERTISING and not who.strip():
            raise CampaignRefused(
                f"Кампания «{campaign.id}» рекламная: её выпускает сотрудник под своим именем.",
                "Добавьте --by «Фамилия Имя».",
            )
        released = replace(campaign, status=CampaignStatus.RELEASED, released_by=who.strip(), released_at=now)
        await self._move(released, _Allowed((CampaignStatus.PREVIEWED,), "не выпущена"), who, "", "")
        return await self.plan(released)

    async def pause(self, campaign_id: str, who: str, why: str = "") -> None:
        """No new calls from now on; those that are live go on."""
        campaign = await self.known(campaign_id)
        paused = replace(campaign, status=CampaignStatus.PAUSED)
        closed = "кампания приостановлена" + (f": {why}" if why else "")
        await self._move(paused, _Allowed((CampaignStatus.RELEASED,), "не приостановлена"), who, closed, why)

    async def resume(self, campaign_id: str, who: str) -> None:
        campaign = await self.known(campaign_id)
        going = replace(campaign, status=CampaignStatus.RELEASED)
        await self._move(going, _Allowed((CampaignStatus.PAUSED,), "не продолжена"), who, "", "")

    async def stop(self, campaign_id: str, who: str, why: str = "") -> int:
        """No new calls for good; contacts that wait are cancelled. Returns how many were."""
        campaign = await self.known(campaign_id)
        stopped = replace(campaign, status=CampaignStatus.STOPPED)
        ours = (CampaignStatus.RELEASED, CampaignStatus.PAUSED, *_UNRELEASED)
        await self._move(stopped, _Allowed(ours, "не остановлена"), who, STOPPED, why)
        return await self._store.cancel_stopped(STOPPED)

    async def known(self, campaign_id: str) -> Campaign:
        """Raises CampaignRefused when there is none of this id."""
        campaign = await self._store.campaign(campaign_id)
        if campaign is None and campaign_id == REMINDERS:
            raise CampaignRefused(
                "Напоминания о визитах — не кампания: они идут сами, по plan сценариев.",
                "Приостановить их: voicebot pause reminders.",
            )
        if campaign is None:
            names = ", ".join(c.id for c in await self._store.campaigns())
            raise CampaignRefused(
                f"Кампании «{campaign_id[:60]}» нет.",
                f"Есть: {names}." if names else "Сначала: voicebot campaign preview ФАЙЛ.",
            )
        return campaign

    async def _spoken(self, campaign: Campaign) -> Scenario | None:
        return await scenario_for(campaign.scenario_id, campaign, self._scenario, self._version)

    async def _move(self, campaign: Campaign, allowed: _Allowed, who: str, closed: str, note: str) -> None:
        if await self._store.move_campaign(campaign, allowed.expected, who, self._clock.now(), closed, note):
            return
        found = await self.known(campaign.id)
        raise CampaignRefused(f"Кампания «{campaign.id}» {allowed.otherwise}: она {_STATUS[found.status]}.")

    # What the ticks do ----------------------------------------------------------------------

    async def run(self, nightly: bool) -> tuple[Preview, ...]:
        """Plan what released campaigns find now: those by patients at night, those by visits at every tick. One that
        cannot be planned stops no other. Raises StoreDown, MisUnavailable."""
        await self._store.cancel_stopped(STOPPED)
        done: list[Preview] = []
        for campaign in await self._store.campaigns():
            due = (campaign.trigger.kind in NIGHTLY) == nightly
            if campaign.status is CampaignStatus.RELEASED and due:
                done.append(await self.plan(campaign))
        return tuple(done)

    async def plan(self, campaign: Campaign) -> Preview:
        """Make the contacts of a campaign; those that exist stay as they are."""
        now = self._clock.now()
        scenario = await self._spoken(campaign)
        against = faults(campaign, scenario, self._rules, now)
        tally = Tally()
        if scenario is None or against:
            if any(because.rule is not RuleId.SCHEDULE for because in against):  # one that is over needs no word
                log.warning("campaign %s plans nothing: %s", campaign.id, "; ".join(b.reason for b in against))
            return tally.preview(campaign, now, against)
        async with one_behind() as writing:
            decided = self._candidates.decided(campaign, scenario, now, writing.settled)
            async with aclosing(decided) as batches:
                async for batch in batches:
                    attempts = self._attempts(campaign, batch)
                    about = {candidate.patient.id for candidate, _ in batch.planned}
                    await writing.write(partial(self._keep, batch, attempts, now), about)
                    tally.add(batch, attempts)
        return tally.preview(campaign, now, ())

    async def _keep(self, batch: DecidedBatch, attempts: Sequence[Attempt], now: datetime) -> None:
        patients = [candidate.patient for candidate, _ in batch.planned]
        visits = [c.appointment for c, _ in batch.planned if c.appointment is not None]
        contacts = [planned.contact for _, planned in batch.planned]
        await self._store.add_planned(contacts, attempts, _notes(batch), patients, visits, now)

    def _attempts(self, campaign: Campaign, batch: DecidedBatch) -> Sequence[Attempt]:
        planned = [planned for _, planned in batch.planned]
        zones = {p.contact.patient_id: p.contact.zone for p in planned}
        return group(planned, zones, self._rules.patients_a_call, campaign.priority)


def _notes(batch: DecidedBatch) -> list[DecisionNote]:
    told = [suppressed for _, suppressed in batch.suppressed if suppressed.decision.rule not in _UNNOTED]
    return [*(planned.note() for _, planned in batch.planned), *(suppressed.note() for suppressed in told)]
