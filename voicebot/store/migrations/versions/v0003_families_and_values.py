"""Representatives, what `ask` steps heard, and with whom a call talked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0003"
down_revision: str | None = "v0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _representatives()
    op.create_table(
        "call_value",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_call_value_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "name", name="pk_call_value"),
    )
    op.create_index("ix_call_value_name", "call_value", ["name"], unique=False)
    op.create_index("ix_attempt_phone", "attempt", ["phone"], unique=False)
    _talked()


def _talked() -> None:
    """Until now one person was spoken to in a call."""
    op.add_column("outcome", sa.Column("talked", sa.Boolean(), nullable=False, server_default=sa.true()))
    with op.batch_alter_table("outcome") as table:
        table.alter_column("talked", server_default=None)


def _representatives() -> None:
    op.create_table(
        "representative",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patient.id"], name="fk_representative_patient_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("patient_id", name="pk_representative"),
    )
    op.create_table(
        "representative_phone",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["representative.patient_id"], name="fk_representative_phone_patient_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("patient_id", "position", name="pk_representative_phone"),
    )
    op.create_index("ix_representative_phone_phone", "representative_phone", ["phone"], unique=False)


def downgrade() -> None:
    op.drop_column("outcome", "talked")
    op.drop_index("ix_attempt_phone", "attempt")
    op.drop_table("call_value")
    op.drop_table("representative_phone")
    op.drop_table("representative")
