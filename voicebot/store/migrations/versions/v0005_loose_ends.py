"""Which lanes invite; how far the reading of the MIS has come; away with a copy of scenarios that nobody read."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0005"
down_revision: str | None = "v0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_table("scenario_version")  # published_scenario has the whole of every version
    op.add_column("lane", sa.Column("inviting", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("sync", sa.Column("cursor", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("sync", "cursor")
    op.drop_column("lane", "inviting")
    op.create_table(
        "scenario_version",
        sa.Column("scenario_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scenario_id", "version", name="pk_scenario_version"),
    )
