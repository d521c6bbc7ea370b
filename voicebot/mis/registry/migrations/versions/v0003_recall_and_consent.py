"""Whom campaigns look for: the doctor's preventive date, consents to advertising, and indexes to find them by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision: str | None = "v0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # No batch here: SQLite would copy the table, and dropping the old one would take the phones along.
    op.add_column("patient", sa.Column("recall_on", sa.Date(), nullable=True))
    op.create_index("ix_patient_recall_on_id", "patient", ["recall_on", "id"], unique=False)
    op.create_table(
        "consent",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("channel", sa.String(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_consent_patient_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("patient_id", name="pk_consent"),
    )
    # "When was this patient here last, and when next?" is answered from this index alone.
    op.drop_index("ix_appointment_patient_id", "appointment")
    op.create_index(
        "ix_appointment_patient_id_start_lifecycle", "appointment", ["patient_id", "start", "lifecycle"], unique=False
    )


def downgrade() -> None:
    op.drop_index("ix_appointment_patient_id_start_lifecycle", "appointment")
    op.create_index("ix_appointment_patient_id", "appointment", ["patient_id"], unique=False)
    op.drop_table("consent")
    op.drop_index("ix_patient_recall_on_id", "patient")
    op.drop_column("patient", "recall_on")
