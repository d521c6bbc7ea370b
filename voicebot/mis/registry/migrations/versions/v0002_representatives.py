"""Who answers for a patient: representatives and their phones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0002"
down_revision: str | None = "v0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "representative",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
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
    op.drop_table("representative_phone")
    op.drop_table("representative")
