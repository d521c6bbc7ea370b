"""What campaigns need of the store: themselves, and what is known of many patients at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from voicebot.contacts.campaign import Campaign, CampaignStatus
from voicebot.contacts.decisions import DecisionNote
from voicebot.contacts.model import Appointment, Attempt, Contact, ContactStatus, Patient, Suppression
from voicebot.dialogue.outcome import Outcome

if TYPE_CHECKING:
    from voicebot.store.port import Lane


@dataclass(frozen=True, slots=True)
class CampaignEvent:
    """Somebody drew up, looked at, released, paused or stopped a campaign."""

    campaign_id: str
    serial: int
    at: datetime
    status: CampaignStatus
    who: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """How far the contacts of a campaign are. waiting: attempts that wait; live: calls that go on now."""

    statuses: Mapping[ContactStatus, int]
    outcomes: Mapping[Outcome, int]
    waiting: int
    live: int


class CampaignStore(Protocol):
    """Every method is one transaction and may raise StoreDown."""

    async def draft_campaign(self, campaign: Campaign, who: str, now: datetime) -> bool:
        """Keep a campaign as a draft, in place of an earlier draft. False when it has been released already."""
        ...

    async def campaign(self, campaign_id: str) -> Campaign | None: ...
    async def campaigns(self) -> Sequence[Campaign]:
        """All of them, the latest first."""
        ...

    async def previewed(self, campaign_id: str, preview: str, now: datetime) -> None:
        """Keep the last preview (JSON); a draft is then a previewed campaign."""
        ...

    async def preview_of(self, campaign_id: str) -> str:
        """The last preview (JSON), or ''."""
        ...

    async def move_campaign(
        self, campaign: Campaign, expected: Collection[CampaignStatus], who: str, now: datetime, closed: str, note: str
    ) -> bool:
        """Save a campaign with its new status and open or close its lane, in one transaction. False, and nothing
        changed, when its status is none of those expected. closed: why its lane makes no calls, in Russian, or ''."""
        ...

    async def move_lane(
        self, lane: Lane, name: str, status: CampaignStatus, who: str, now: datetime, note: str
    ) -> None:
        """Open or close a lane that is no campaign's, with an event under this name, in one transaction."""
        ...

    async def set_budget(self, campaign_id: str, lines: int | None, closed: str, inviting: bool = False) -> None:
        """What a released campaign may use of the lines now; one that is not released stays as it is."""
        ...

    async def campaign_events(self, campaign_id: str) -> Sequence[CampaignEvent]: ...
    async def campaign_progress(self, campaign_id: str) -> CampaignProgress: ...
    async def cancel_stopped(self, reason: str) -> int:
        """Cancel the open contacts of stopped campaigns, but for those that are being called; how many there were."""
        ...

    async def patients_of(self, patient_ids: Sequence[str]) -> Sequence[Patient]: ...
    async def contacts_of(self, patient_ids: Sequence[str], scenario_id: str, since: datetime) -> Sequence[Contact]:
        """Contacts of these patients, open and closed: all by this scenario, those by any that are due since then,
        and those that ended with a refusal."""
        ...

    async def refused(self, patient_ids: Sequence[str]) -> Mapping[str, datetime]:
        """patient id -> when they last refused an invitation."""
        ...

    async def suppressions_of(
        self, patient_ids: Sequence[str], phones: Sequence[str], now: datetime
    ) -> Sequence[Suppression]:
        """Those in force now that concern any of these patients or phones."""
        ...

    async def contacts_about(self, scenario_id: str, visit_ids: Sequence[str]) -> Sequence[Contact]:
        """All contacts of a scenario about these visits, of any version."""
        ...

    async def open_about_visits(
        self, lifecycle: str, answers: Sequence[str], scenario_id: str
    ) -> Sequence[tuple[Contact, Appointment | None]]:
        """Open contacts of a scenario whose visit is gone from our copy, has another state than these, or begins at
        another moment than the contact ends: the few of which some may be out of date."""
        ...

    async def add_planned(
        self,
        contacts: Sequence[Contact],
        attempts: Sequence[Attempt],
        notes: Sequence[DecisionNote],
        patients: Sequence[Patient],
        visits: Sequence[Appointment],
        now: datetime,
    ) -> set[str]:
        """Insert contacts with their first attempts and what was decided; copy their patients and visits. Contacts
        that exist, or whose scenario has another open one for the same visit, are left out. The ids of the new."""
        ...
