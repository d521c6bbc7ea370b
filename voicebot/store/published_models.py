"""The tables of published scenarios. Rows are only ever added: what was published stays as it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.store.models import Base


class PublishedScenarioRow(Base):
    """One version: everything that decides what the robot says and understands."""

    __tablename__ = "published_scenario"

    scenario_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    phrases: Mapped[str] = mapped_column(Text)
    pronunciations: Mapped[str] = mapped_column(Text)
    digest: Mapped[str]
    note: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class ScenarioReleaseRow(Base):
    """Which version runs since when: the last row of a scenario counts. Rolling back adds one."""

    __tablename__ = "scenario_release"

    scenario_id: Mapped[str] = mapped_column(primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    at: Mapped[datetime]
    note: Mapped[str] = mapped_column(Text)
