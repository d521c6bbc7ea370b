"""The first tables of the robot's own database."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _said_by_the_mis()
    _planned()
    _happened()
    _outgoing()


def _said_by_the_mis() -> None:
    op.create_table(
        "patient",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
    )
    op.create_table(
        "patient_phone",
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_patient_phone_patient_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("patient_id", "position", name="pk_patient_phone"),
    )
    op.create_index("ix_patient_phone_phone", "patient_phone", ["phone"], unique=False)
    op.create_table(
        "branch",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_branch"),
    )
    op.create_table(
        "doctor",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=False),
        sa.Column("speciality", sa.String(), nullable=False),
        sa.Column("sex", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_doctor"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doctor_id", sa.String(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=False),
        sa.Column("lifecycle", sa.String(length=32), nullable=False),
        sa.Column("answer", sa.String(length=32), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("booked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name="fk_appointment_branch_id"),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name="fk_appointment_doctor_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
    )
    op.create_index("ix_appointment_patient_id", "appointment", ["patient_id"], unique=False)
    op.create_index("ix_appointment_start", "appointment", ["start"], unique=False)
    op.create_table(
        "sync",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_sync"),
    )


def _planned() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("scenario_id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("appointment_version", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts_used", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
    )
    op.create_index("ix_contact_appointment_id", "contact", ["appointment_id"], unique=False)
    op.create_index("ix_contact_patient_id", "contact", ["patient_id"], unique=False)
    op.create_index("ix_contact_status", "contact", ["status"], unique=False)
    op.create_index(
        "uq_contact_scenario_appointment_open",
        "contact",
        ["scenario_id", "appointment_id"],
        unique=True,
        sqlite_where=sa.text("appointment_id <> '' AND status IN ('planned', 'in_progress')"),
        postgresql_where=sa.text("appointment_id <> '' AND status IN ('planned', 'in_progress')"),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposition", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
    )
    op.create_index("ix_attempt_status_due_at", "attempt", ["status", "due_at"], unique=False)
    op.create_index(
        "uq_attempt_phone_dialling",
        "attempt",
        ["phone"],
        unique=True,
        sqlite_where=sa.text("status = 'dialling'"),
        postgresql_where=sa.text("status = 'dialling'"),
    )
    op.create_table(
        "attempt_contact",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name="fk_attempt_contact_attempt_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_attempt_contact_contact_id"),
        sa.PrimaryKeyConstraint("attempt_id", "contact_id", name="pk_attempt_contact"),
    )
    op.create_index("ix_attempt_contact_contact_id", "attempt_contact", ["contact_id"], unique=False)
    op.create_table(
        "suppression",
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("phone", "patient_id", "since", name="pk_suppression"),
    )
    op.create_index("ix_suppression_patient_id", "suppression", ["patient_id"], unique=False)
    op.create_table(
        "scenario_version",
        sa.Column("scenario_id", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("scenario_id", "version", name="pk_scenario_version"),
    )


def _happened() -> None:
    op.create_table(
        "call",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("scenario_id", sa.String(), nullable=False),
        sa.Column("scenario_version", sa.String(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disposition", sa.String(length=32), nullable=True),
        sa.Column("identity_known", sa.Boolean(), nullable=False),
        sa.Column("transferred", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_call"),
    )
    op.create_index("ix_call_attempt_id", "call", ["attempt_id"], unique=False)
    op.create_index("ix_call_phone", "call", ["phone"], unique=False)
    op.create_index("ix_call_started_at", "call", ["started_at"], unique=False)
    op.create_table(
        "call_event",
        sa.Column("call_id", sa.String(), nullable=False),
        sa.Column("serial", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["call.id"], name="fk_call_event_call_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("call_id", "serial", name="pk_call_event"),
    )
    op.create_table(
        "outcome",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempt.id"], name="fk_outcome_attempt_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name="fk_outcome_contact_id"),
        sa.PrimaryKeyConstraint("attempt_id", "contact_id", name="pk_outcome"),
    )
    op.create_index("ix_outcome_contact_id", "outcome", ["contact_id"], unique=False)


def _outgoing() -> None:
    op.create_table(
        "delivery",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("expected_version", sa.String(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_delivery"),
    )
    op.create_index("ix_delivery_appointment_id", "delivery", ["appointment_id"], unique=False)
    op.create_index("ix_delivery_status_next_at", "delivery", ["status", "next_at"], unique=False)
    op.create_table(
        "message",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_message"),
    )
    op.create_index("ix_message_contact_id", "message", ["contact_id"], unique=False)
    op.create_index("ix_message_status", "message", ["status"], unique=False)
    op.create_table(
        "task",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("contact_id", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_task"),
    )
    op.create_index("ix_task_contact_id", "task", ["contact_id"], unique=False)
    op.create_index("ix_task_patient_id", "task", ["patient_id"], unique=False)
    op.create_index("ix_task_status", "task", ["status"], unique=False)


def downgrade() -> None:
    op.drop_table("task")
    op.drop_table("message")
    op.drop_table("delivery")
    op.drop_table("outcome")
    op.drop_table("call_event")
    op.drop_table("call")
    op.drop_table("scenario_version")
    op.drop_table("suppression")
    op.drop_table("attempt_contact")
    op.drop_table("attempt")
    op.drop_table("contact")
    op.drop_table("sync")
    op.drop_table("appointment")
    op.drop_table("doctor")
    op.drop_table("branch")
    op.drop_table("patient_phone")
    op.drop_table("patient")
