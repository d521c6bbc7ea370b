"""The registry's own tables, in its own file: nothing of the robot goes around the MIS port.

Statuses are plain text here. The clinic owns these rows and may fill them with other tools; a status that we
do not know must stop its own record, not the reading of a table. Alembic rather than create_all, because to a
clinic without a MIS this file is the truth, and it has to survive every later version of the program.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from voicebot.sql.types import UtcDateTime, named_metadata


class Base(DeclarativeBase):
    metadata = named_metadata()
    type_annotation_map = {datetime: UtcDateTime()}  # noqa: RUF012 - the name and form are SQLAlchemy's


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
    sex: Mapped[str]


class PatientRow(Base):
    __tablename__ = "patient"
    __table_args__ = (Index("ix_patient_recall_on_id", "recall_on", "id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    surname: Mapped[str]
    given_name: Mapped[str]
    patronymic: Mapped[str]
    sex: Mapped[str]
    birth_date: Mapped[date | None]
    zone: Mapped[str]
    do_not_call: Mapped[bool]
    changed_at: Mapped[datetime] = mapped_column(index=True)
    recall_on: Mapped[date | None]  # when the doctor wants to see the patient again


class ConsentRow(Base):
    """To advertising, by telephone and SMS (38-ФЗ, ст. 18)."""

    __tablename__ = "consent"

    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    channel: Mapped[str]
    withdrawn_at: Mapped[datetime | None]


class PhoneRow(Base):
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
    sex: Mapped[str]


class RepresentativePhoneRow(Base):
    __tablename__ = "representative_phone"

    patient_id: Mapped[str] = mapped_column(
        ForeignKey("representative.patient_id", ondelete="CASCADE"), primary_key=True
    )
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    phone: Mapped[str] = mapped_column(index=True)


class AppointmentRow(Base):
    __tablename__ = "appointment"
    # "When was this patient here last, and when next?" is answered from this index alone.
    __table_args__ = (Index("ix_appointment_patient_id_start_lifecycle", "patient_id", "start", "lifecycle"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int]  # counts the changes, whoever made them
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"))
    start: Mapped[datetime] = mapped_column(index=True)
    doctor_id: Mapped[str] = mapped_column(ForeignKey("doctor.id"))
    branch_id: Mapped[str] = mapped_column(ForeignKey("branch.id"))
    lifecycle: Mapped[str]
    answer: Mapped[str]
    service: Mapped[str]
    imported: Mapped[str]  # fingerprint of the line it came from: the same line again changes nothing
    changed_at: Mapped[datetime]


class AppliedRow(Base):
    """The keys of what was written through the port."""

    __tablename__ = "applied"

    key: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[str]
    at: Mapped[datetime]


class NoteRow(Base):
    __tablename__ = "call_note"

    key: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    appointment_id: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]


class TaskRow(Base):
    __tablename__ = "task"

    key: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    appointment_id: Mapped[str]
    text: Mapped[str] = mapped_column(Text)
    due_at: Mapped[datetime]
    at: Mapped[datetime]


class ContactStatusRow(Base):
    __tablename__ = "contact_status"

    key: Mapped[str] = mapped_column(primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id"), index=True)
    status: Mapped[str]
    at: Mapped[datetime]
