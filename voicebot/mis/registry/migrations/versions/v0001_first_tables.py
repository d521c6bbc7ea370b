"""The first tables of the built-in registry."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "v0001"
down_revision: str | None = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    _the_book()
    _written_by_the_robot()


def _the_book() -> None:
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
        sa.Column("sex", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_doctor"),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("surname", sa.String(), nullable=False),
        sa.Column("given_name", sa.String(), nullable=False),
        sa.Column("patronymic", sa.String(), nullable=False),
        sa.Column("sex", sa.String(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("zone", sa.String(), nullable=False),
        sa.Column("do_not_call", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_patient"),
    )
    op.create_index("ix_patient_changed_at", "patient", ["changed_at"], unique=False)
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
        "appointment",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("start", sa.DateTime(timezone=True), nullable=False),
        sa.Column("doctor_id", sa.String(), nullable=False),
        sa.Column("branch_id", sa.String(), nullable=False),
        sa.Column("lifecycle", sa.String(), nullable=False),
        sa.Column("answer", sa.String(), nullable=False),
        sa.Column("service", sa.String(), nullable=False),
        sa.Column("imported", sa.String(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name="fk_appointment_branch_id"),
        sa.ForeignKeyConstraint(["doctor_id"], ["doctor.id"], name="fk_appointment_doctor_id"),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_appointment_patient_id"),
        sa.PrimaryKeyConstraint("id", name="pk_appointment"),
    )
    op.create_index("ix_appointment_patient_id", "appointment", ["patient_id"], unique=False)
    op.create_index("ix_appointment_start", "appointment", ["start"], unique=False)


def _written_by_the_robot() -> None:
    op.create_table(
        "applied",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_applied"),
    )
    op.create_table(
        "call_note",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_call_note_patient_id"),
        sa.PrimaryKeyConstraint("key", name="pk_call_note"),
    )
    op.create_index("ix_call_note_patient_id", "call_note", ["patient_id"], unique=False)
    op.create_table(
        "task",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("appointment_id", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_task_patient_id"),
        sa.PrimaryKeyConstraint("key", name="pk_task"),
    )
    op.create_index("ix_task_patient_id", "task", ["patient_id"], unique=False)
    op.create_table(
        "contact_status",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("patient_id", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["patient_id"], ["patient.id"], name="fk_contact_status_patient_id"),
        sa.PrimaryKeyConstraint("key", name="pk_contact_status"),
    )
    op.create_index("ix_contact_status_patient_id", "contact_status", ["patient_id"], unique=False)


def downgrade() -> None:
    op.drop_table("contact_status")
    op.drop_table("task")
    op.drop_table("call_note")
    op.drop_table("applied")
    op.drop_table("appointment")
    op.drop_table("patient_phone")
    op.drop_table("patient")
    op.drop_table("doctor")
    op.drop_table("branch")
