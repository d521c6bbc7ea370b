"""Nodes with their heartbeats, lanes of lines; each part of the calling rules adds its tables in its own function."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0004"
down_revision: str | None = "v0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _nodes()
    _lanes()
    _decisions()
    _campaigns()


def _nodes() -> None:
    op.create_table(
        "node",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("taken_by", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_node"),
    )
    op.create_table(
        "shared_secret",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_shared_secret"),
    )


def _lanes() -> None:
    op.create_table(
        "lane",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=True),
        sa.Column("closed", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_lane"),
    )
    # No batch here: SQLite would copy the table, and dropping the old one would take the rows that refer to it along.
    op.add_column("attempt", sa.Column("lane", sa.String(), nullable=False, server_default=""))


def _decisions() -> None:
    """Why each contact was called or not; and what a contact keeps of the campaign that made it."""
    op.create_table(
        "decision",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_decision"),
    )
    op.create_index("ix_decision_contact_id", "decision", ["contact_id"], unique=False)
    op.create_index("ix_decision_patient_id", "decision", ["patient_id"], unique=False)
    op.add_column("contact", sa.Column("campaign_id", sa.String(), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("zone", sa.String(), nullable=False, server_default=""))
    op.add_column("contact", sa.Column("is_last", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.create_index("ix_contact_campaign_id", "contact", ["campaign_id"], unique=False)


def _campaigns() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("scenario_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("preview", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
    )
    op.create_index("ix_campaign_status", "campaign", ["status"], unique=False)
    op.create_table(
        "campaign_event",
        sa.Column("campaign_id", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("campaign_id", "serial", name="pk_campaign_event"),
    )


def downgrade() -> None:
    op.drop_table("campaign_event")
    op.drop_table("campaign")
    op.drop_index("ix_contact_campaign_id", "contact")
    op.drop_column("contact", "is_last")
    op.drop_column("contact", "zone")
    op.drop_column("contact", "campaign_id")
    op.drop_table("decision")
    op.drop_column("attempt", "lane")
    op.drop_table("lane")
    op.drop_table("shared_secret")
    op.drop_table("node")
