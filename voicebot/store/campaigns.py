"""Campaigns: drafts, previews, and the moves from one status to the next, each with its lane in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import TypeAdapter
from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from voicebot.contacts.campaign import Campaign, CampaignStatus
from voicebot.contacts.inviting import INVITING
from voicebot.contacts.model import CLOSED, AttemptStatus, ContactStatus
from voicebot.dialogue.outcome import Outcome
from voicebot.sql.statements import upsert
from voicebot.store.campaign_models import CampaignEventRow, CampaignRow
from voicebot.store.campaign_port import CampaignEvent, CampaignProgress
from voicebot.store.lanes import upsert_lane
from voicebot.store.models import AttemptContactRow, AttemptRow, ContactRow
from voicebot.store.port import Lane
from voicebot.store.repository import Repository

_CAMPAIGN = TypeAdapter(Campaign)
_DRAFTS = (CampaignStatus.DRAFT, CampaignStatus.PREVIEWED)
_c, _a = ContactRow, AttemptRow


class Campaigns(Repository):
    async def draft_campaign(self, campaign: Campaign, who: str, now: datetime) -> bool:
        draft = replace(campaign, status=CampaignStatus.DRAFT, released_by="", released_at=None)

        async def work(connection: AsyncConnection) -> bool:
            before = await _read(connection, campaign.id)
            if before is not None and before.status not in _DRAFTS:
                return False
            if before is not None and replace(before, status=CampaignStatus.DRAFT) == draft:
                return True
            await upsert(connection, CampaignRow, [{**_row(draft), "preview": "", "created_at": now}])
            await _note(connection, draft.id, draft.status, who, now, "")
            return True

        return await self._database.write(work)

    async def campaign(self, campaign_id: str) -> Campaign | None:
        async with self._database.reading() as connection:
            return await _read(connection, campaign_id)

    async def campaigns(self) -> Sequence[Campaign]:
        statement = select(CampaignRow.definition).order_by(CampaignRow.created_at.desc(), CampaignRow.id)
        async with self._database.reading() as connection:
            return tuple(_CAMPAIGN.validate_json(text) for text in (await connection.execute(statement)).scalars())

    async def previewed(self, campaign_id: str, preview: str, now: datetime) -> None:
        async def work(connection: AsyncConnection) -> None:
            before = await _read(connection, campaign_id)
            if before is None:
                return
            if before.status is CampaignStatus.DRAFT:
                before = replace(before, status=CampaignStatus.PREVIEWED)
                await _note(connection, before.id, before.status, "", now, "")
            values = {**_row(before), "preview": preview}
            await connection.execute(update(CampaignRow).where(CampaignRow.id == campaign_id).values(**values))

        await self._database.write(work)

    async def preview_of(self, campaign_id: str) -> str:
        async with self._database.reading() as connection:
            found = await connection.scalar(select(CampaignRow.preview).where(CampaignRow.id == campaign_id))
        return found or ""

    async def move_campaign(
        self, campaign: Campaign, expected: Collection[CampaignStatus], who: str, now: datetime, closed: str, note: str
    ) -> bool:
        async def work(connection: AsyncConnection) -> bool:
            moved = await connection.execute(
                update(CampaignRow)
                .where(CampaignRow.id == campaign.id, CampaignRow.status.in_(tuple(expected)))
                .values(**_row(campaign))
            )
            if moved.rowcount == 0:
                return False
            inviting = campaign.trigger.kind in INVITING
            await upsert_lane(connection, Lane(campaign.id, campaign.lines, closed, inviting))
            await _note(connection, campaign.id, campaign.status, who, now, note)
            return True

        return await self._database.write(work)

    async def move_lane(
        self, lane: Lane, name: str, status: CampaignStatus, who: str, now: datetime, note: str
    ) -> None:
        async def work(connection: AsyncConnection) -> None:
            await upsert_lane(connection, lane)
            await _note(connection, name, status, who, now, note)

        await self._database.write(work)

    async def set_budget(self, campaign_id: str, lines: int | None, closed: str, inviting: bool = False) -> None:
        async def work(connection: AsyncConnection) -> None:
            status = select(CampaignRow.status).where(CampaignRow.id == campaign_id).with_for_update()
            if await connection.scalar(status) is CampaignStatus.RELEASED:
                await upsert_lane(connection, Lane(campaign_id, lines, closed, inviting))

        await self._database.write(work)

    async def campaign_events(self, campaign_id: str) -> Sequence[CampaignEvent]:
        row = CampaignEventRow
        statement = select(row).where(row.campaign_id == campaign_id).order_by(row.serial)
        async with self._database.reading() as connection:
            return tuple(CampaignEvent(**found) for found in (await connection.execute(statement)).mappings())

    async def campaign_progress(self, campaign_id: str) -> CampaignProgress:
        mine = _c.campaign_id == campaign_id
        by_status = select(_c.status, func.count()).where(mine).group_by(_c.status)
        by_outcome = select(_c.outcome, func.count()).where(mine, _c.outcome.is_not(None)).group_by(_c.outcome)
        by_attempt = select(_a.status, func.count()).where(_a.lane == campaign_id).group_by(_a.status)
        async with self._database.reading() as connection:
            statuses: dict[ContactStatus, int] = {r[0]: r[1] for r in await connection.execute(by_status)}
            outcomes: dict[Outcome, int] = {r[0]: r[1] for r in await connection.execute(by_outcome) if r[0]}
            attempts: dict[AttemptStatus, int] = {r[0]: r[1] for r in await connection.execute(by_attempt)}
        waiting, live = attempts.get(AttemptStatus.PLANNED, 0), attempts.get(AttemptStatus.DIALLING, 0)
        return CampaignProgress(statuses, outcomes, waiting, live)

    async def cancel_stopped(self, reason: str) -> int:
        stopped = select(CampaignRow.id).where(CampaignRow.status == CampaignStatus.STOPPED)
        link = AttemptContactRow
        live = exists().where(link.contact_id == _c.id, link.attempt_id == _a.id, _a.status == AttemptStatus.DIALLING)
        still = exists().where(link.attempt_id == _a.id, link.contact_id == _c.id, _c.status.not_in(CLOSED))

        async def work(connection: AsyncConnection) -> int:
            ids = list((await connection.execute(stopped)).scalars())
            if not ids:
                return 0
            closed = await connection.execute(
                update(_c)
                .where(_c.campaign_id.in_(ids), _c.status.not_in(CLOSED), ~live)
                .values(status=ContactStatus.CANCELLED, reason=reason)
            )
            if closed.rowcount:
                await connection.execute(
                    update(_a)
                    .where(_a.lane.in_(ids), _a.status == AttemptStatus.PLANNED, ~still)
                    .values(status=AttemptStatus.DROPPED, reason=reason)
                )
            return closed.rowcount

        return await self._database.write(work)


async def _read(connection: AsyncConnection, campaign_id: str) -> Campaign | None:
    text = await connection.scalar(select(CampaignRow.definition).where(CampaignRow.id == campaign_id))
    return None if text is None else _CAMPAIGN.validate_json(text)


def _row(campaign: Campaign) -> dict[str, object]:
    return {
        "id": campaign.id,
        "title": campaign.title,
        "scenario_id": campaign.scenario_id,
        "status": campaign.status,
        "definition": _CAMPAIGN.dump_json(campaign).decode(),
    }


async def _note(
    connection: AsyncConnection, name: str, status: CampaignStatus, who: str, now: datetime, note: str
) -> None:
    row = CampaignEventRow
    last = await connection.scalar(select(func.max(row.serial)).where(row.campaign_id == name))
    values = {"campaign_id": name, "serial": (last or 0) + 1, "at": now, "status": status}
    await connection.execute(insert(row).values(**values, who=who, note=note))
