"""The table of decisions: why each contact was called, not called at a moment, or not at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from voicebot.contacts.decisions import RuleId, Verdict
from voicebot.sql.types import enum_column
from voicebot.store.models import Base


class DecisionRow(Base):
    """No foreign keys: a decision not to make a contact names the one that is not there."""

    __tablename__ = "decision"

    id: Mapped[str] = mapped_column(primary_key=True)  # of what it says: the same decision is one row a day
    at: Mapped[datetime]
    contact_id: Mapped[str] = mapped_column(index=True)
    patient_id: Mapped[str] = mapped_column(index=True)
    attempt_id: Mapped[str]
    kind: Mapped[Verdict] = mapped_column(enum_column(Verdict))
    rule: Mapped[RuleId] = mapped_column(enum_column(RuleId))
    reason: Mapped[str] = mapped_column(Text)
    next_at: Mapped[datetime | None]
