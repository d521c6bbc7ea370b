"""The tables of campaigns: as they stand, and who did what to them when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.contacts.campaign import CampaignStatus
from voicebot.sql.types import enum_column
from voicebot.store.models import Base


class CampaignRow(Base):
    """definition: the whole campaign as JSON; the columns beside it are what is asked for."""

    __tablename__ = "campaign"

    id: Mapped[str] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    scenario_id: Mapped[str]
    status: Mapped[CampaignStatus] = mapped_column(enum_column(CampaignStatus), index=True)
    definition: Mapped[str] = mapped_column(Text)
    preview: Mapped[str] = mapped_column(Text)  # the last one as JSON, or ''
    created_at: Mapped[datetime]


class CampaignEventRow(Base):
    """Who did what to a campaign, when."""

    __tablename__ = "campaign_event"

    campaign_id: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    status: Mapped[CampaignStatus] = mapped_column(enum_column(CampaignStatus))
    who: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
