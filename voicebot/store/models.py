"""The tables of the robot's own database. Their names are the vocabulary of docs: one word, one table.

What the MIS said last (patient, appointment …) is a copy and may be overwritten at any time; the rest is ours.
Rows of ours refer to one another by foreign keys, and to the copy by bare ids: a visit that the MIS dropped
takes no history with it. '' in the plain types stays '' here: the types say what it means.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text, text, true
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from voicebot.contacts.model import (
    AttemptStatus,
    ContactStatus,
    DeliveryKind,
    DeliveryStatus,
    Lifecycle,
    MessageStatus,
    Sex,
    TaskStatus,
)
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.sql.types import UtcDateTime, enum_column, named_metadata


class Base(DeclarativeBase):
    metadata = named_metadata()
    type_annotation_map = {  # noqa: RUF012 - the name and form are SQLAlchemy's
        datetime: UtcDateTime(),
        Answer: enum_column(Answer),
        AttemptStatus: enum_column(AttemptStatus),
        ContactStatus: enum_column(ContactStatus),
        DeliveryKind: enum_column(DeliveryKind),
        DeliveryStatus: enum_column(DeliveryStatus),
        Disposition: enum_column(Disposition),
        Lifecycle: enum_column(Lifecycle),
        MessageStatus: enum_column(MessageStatus),
        Outcome: enum_column(Outcome),
        Sex: enum_column(Sex),
        TaskStatus: enum_column(TaskStatus),
    }


# What the MIS said last ---------------------------------------------------------------------


class PatientRow(Base):
    __tablename__ = "patient"

    id: Mapped[str] = mapped_column(primary_key=True)
    surname: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str]
    sex: Mapped[Sex]
    birth_date: Mapped[date | None]
    zone: Mapped[str]
    do_not_call: Mapped[bool]


class PatientPhoneRow(Base):
    __tablename__ = "patient_phone"

    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phone: Mapped[str] = mapped_column(index=True)


class RepresentativeRow(Base):
    """The one who answers for this patient."""

    __tablename__ = "representative"

    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True)
    surname: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str]
    sex: Mapped[Sex]


class RepresentativePhoneRow(Base):
    __tablename__ = "representative_phone"

    patient_id: Mapped[str] = mapped_column(
        ForeignKey("representative.patient_id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phone: Mapped[str] = mapped_column(index=True)


class BranchRow(Base):
    __tablename__ = "branch"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str]
    zone: Mapped[str]
    phone: Mapped[str]


class DoctorRow(Base):
    __tablename__ = "doctor"

    id: Mapped[str] = mapped_column(primary_key=True)
    surname: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str]
    speciality: Mapped[str]
    sex: Mapped[Sex]


class AppointmentRow(Base):
    __tablename__ = "appointment"

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    patient_id: Mapped[str] = mapped_column(index=True)
    start: Mapped[datetime] = mapped_column(index=True)
    doctor_id: Mapped[str] = mapped_column(ForeignKey("doctor.id"))
    branch_id: Mapped[str] = mapped_column(ForeignKey("branch.id"))
    lifecycle: Mapped[Lifecycle]
    answer: Mapped[Answer]
    service: Mapped[str]
    booked_at: Mapped[datetime | None]
    seen_at: Mapped[datetime]  # the last sync that saw it: a visit that vanished from the MIS stays behind


class SyncRow(Base):
    __tablename__ = "sync"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    cursor: Mapped[str] = mapped_column(default="")  # the last record that a reading in progress has taken, or ''


_OPEN_ABOUT_A_VISIT = text("appointment_id <> '' AND status IN ('planned', 'in_progress')")


# Planned and done ---------------------------------------------------------------------------


class ContactRow(Base):
    __tablename__ = "contact"
    __table_args__ = (
        # One open contact per visit and scenario, over all versions. "Once per version" is in the id, which the
        # planner makes of scenario, visit, version and span: reminders at 72 h and at 24 h share the version.
        Index(
            "uq_contact_scenario_appointment_open",
            "scenario_id",
            "appointment_id",
            unique=True,
            sqlite_where=_OPEN_ABOUT_A_VISIT,
            postgresql_where=_OPEN_ABOUT_A_VISIT,
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(index=True)
    scenario_id: Mapped[str]
    appointment_id: Mapped[str] = mapped_column(index=True)
    appointment_version: Mapped[str]
    status: Mapped[ContactStatus] = mapped_column(index=True)
    due_at: Mapped[datetime]
    deadline: Mapped[datetime]
    attempts_used: Mapped[int]
    outcome: Mapped[Outcome | None]
    reason: Mapped[str] = mapped_column(Text)
    campaign_id: Mapped[str] = mapped_column(index=True, server_default="")
    zone: Mapped[str] = mapped_column(server_default="")
    is_last: Mapped[bool] = mapped_column(server_default=true())


class AttemptRow(Base):
    __tablename__ = "attempt"
    __table_args__ = (
        Index("ix_attempt_status_due_at", "status", "due_at"),
        # The last guard of "one phone is never rung twice at once", over all nodes.
        Index(
            "uq_attempt_phone_dialling",
            "phone",
            unique=True,
            sqlite_where=text("status = 'dialling'"),
            postgresql_where=text("status = 'dialling'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    phone: Mapped[str] = mapped_column(index=True)
    status: Mapped[AttemptStatus]
    due_at: Mapped[datetime]
    priority: Mapped[int]
    node: Mapped[str]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    disposition: Mapped[Disposition | None]
    reason: Mapped[str] = mapped_column(Text)
    lane: Mapped[str] = mapped_column(server_default="")


class AttemptContactRow(Base):
    __tablename__ = "attempt_contact"

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), primary_key=True, index=True)
    position: Mapped[int]


class CallRecord(Base):
    """Not CallRow: that is the plain type of the port."""

    __tablename__ = "call"

    id: Mapped[str] = mapped_column(primary_key=True)
    attempt_id: Mapped[str] = mapped_column(index=True)  # '' for inbound calls
    phone: Mapped[str] = mapped_column(index=True)
    scenario_id: Mapped[str]
    scenario_version: Mapped[str]
    started_at: Mapped[datetime] = mapped_column(index=True)
    answered_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    disposition: Mapped[Disposition | None]
    identity_known: Mapped[bool]
    transferred: Mapped[bool]


class CallEventRow(Base):
    __tablename__ = "call_event"

    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    serial: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at_ms: Mapped[int]
    kind: Mapped[str]
    body: Mapped[str] = mapped_column(Text)


class CallValueRow(Base):
    """What an `ask` step heard: a mark, a time, the words of a comment; by the name of the fact."""

    __tablename__ = "call_value"

    call_id: Mapped[str] = mapped_column(ForeignKey("call.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True, index=True)
    value: Mapped[str] = mapped_column(Text)


class OutcomeRow(Base):
    """One outcome per attempt and contact: the key says so."""

    __tablename__ = "outcome"

    attempt_id: Mapped[str] = mapped_column(ForeignKey("attempt.id", ondelete="CASCADE"), primary_key=True)
    contact_id: Mapped[str] = mapped_column(ForeignKey("contact.id"), primary_key=True, index=True)
    outcome: Mapped[Outcome]
    at: Mapped[datetime | None]
    talked: Mapped[bool]  # false: in this call somebody else of the family was spoken to


class SuppressionRow(Base):
    __tablename__ = "suppression"

    # '' means all; the triple (phone, patient, since) is one fact, whoever writes it twice.
    phone: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(primary_key=True)
    why: Mapped[str] = mapped_column(Text)
    until: Mapped[datetime | None]


# What goes out ------------------------------------------------------------------------------


class DeliveryRow(Base):
    __tablename__ = "delivery"
    __table_args__ = (Index("ix_delivery_status_next_at", "status", "next_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[DeliveryKind]
    patient_id: Mapped[str]
    appointment_id: Mapped[str] = mapped_column(index=True)
    expected_version: Mapped[str]
    value: Mapped[str] = mapped_column(Text)
    next_at: Mapped[datetime]
    tries: Mapped[int]
    status: Mapped[DeliveryStatus]
    result: Mapped[str] = mapped_column(Text)


class MessageRow(Base):
    __tablename__ = "message"

    id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(index=True)
    patient_id: Mapped[str]
    phone: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    status: Mapped[MessageStatus] = mapped_column(index=True)


class TaskRow(Base):
    __tablename__ = "task"

    id: Mapped[str] = mapped_column(primary_key=True)
    contact_id: Mapped[str] = mapped_column(index=True)
    patient_id: Mapped[str] = mapped_column(index=True)
    what: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    status: Mapped[TaskStatus] = mapped_column(index=True)
