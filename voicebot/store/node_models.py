"""The tables of nodes and of lanes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.store.models import Base


class NodeRecord(Base):
    """One process that makes calls. beats grows while it lives; at is by the node's own clock, for people."""

    __tablename__ = "node"

    name: Mapped[str] = mapped_column(primary_key=True)
    role: Mapped[str]
    started_at: Mapped[datetime]
    at: Mapped[datetime]
    beats: Mapped[int]
    taken_by: Mapped[str]  # the node that declared this one dead and took its work over, or ''


class SecretRecord(Base):
    """A key that all nodes must have in common: the first to need it makes it."""

    __tablename__ = "shared_secret"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]


class LaneRecord(Base):
    """The lines that a campaign may use at once."""

    __tablename__ = "lane"

    name: Mapped[str] = mapped_column(primary_key=True)
    lines: Mapped[int | None]
    closed: Mapped[str] = mapped_column(Text)  # why it makes no new calls, or ''
    inviting: Mapped[bool]  # its calls need a free administrator
