"""Patients, visits, contacts, attempts: the plain types that every part speaks of. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from voicebot.dialogue.outcome import Answer, Disposition, Outcome


class Sex(StrEnum):
    MALE = "male"
    FEMALE = "female"
    UNKNOWN = "unknown"


class Lifecycle(StrEnum):
    """Where a visit stands in the clinic's book. The robot reads it and never writes it by itself."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    DONE = "done"
    CANCELLED = "cancelled"
    NO_SHOW = "no_show"


@dataclass(frozen=True, slots=True)
class ClinicBranch:
    """A building of the clinic. zone is an IANA name or '' when unknown."""

    id: str
    name: str
    address: str
    zone: str = ""
    phone: str = ""


@dataclass(frozen=True, slots=True)
class Doctor:
    """surname is in the nominative; speciality as the clinic writes it («стоматолог»)."""

    id: str
    surname: str
    given_name: str = ""
    patronymic: str = ""
    speciality: str = ""
    sex: Sex = Sex.UNKNOWN


@dataclass(frozen=True, slots=True)
class Representative:
    """A parent or guardian who answers for a patient: the robot asks for this person and speaks with nobody else.

    phones may be empty: then the representative answers at the patient's.
    """

    surname: str
    given_name: str
    patronymic: str = ""
    sex: Sex = Sex.UNKNOWN
    phones: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Patient:
    """A person in the MIS. phones are E.164, in the order in which they are to be tried; a ward that has none of
    its own is rung at the representative's."""

    id: str
    surname: str
    given_name: str
    patronymic: str = ""
    sex: Sex = Sex.UNKNOWN
    birth_date: date | None = None
    phones: tuple[str, ...] = ()
    zone: str = ""  # IANA zone of the home address, '' when unknown
    do_not_call: bool = False  # the MIS's own mark
    representative: Representative | None = None

    def __post_init__(self) -> None:
        if not self.phones and self.representative is not None:
            object.__setattr__(self, "phones", self.representative.phones)

    @property
    def spoken_to(self) -> Patient | Representative:
        """The person whom a call about this patient asks for (DOMAIN rule 15)."""
        return self.representative or self


@dataclass(frozen=True, slots=True)
class Appointment:
    """One visit. version changes whenever the MIS changes the visit; it is compared when we write."""

    id: str
    version: str
    patient_id: str
    start: datetime
    doctor: Doctor
    branch: ClinicBranch
    lifecycle: Lifecycle = Lifecycle.BOOKED
    answer: Answer = Answer.UNKNOWN
    service: str = ""
    booked_at: datetime | None = None


class ContactStatus(StrEnum):
    PLANNED = "planned"
    IN_PROGRESS = "in_progress"
    REACHED = "reached"
    UNREACHED = "unreached"
    CANCELLED = "cancelled"
    SUPPRESSED = "suppressed"


#: A contact in one of these is closed: no attempt may be made for it any more.
CLOSED = frozenset({ContactStatus.REACHED, ContactStatus.UNREACHED, ContactStatus.CANCELLED, ContactStatus.SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Contact:
    """One reason to reach one patient about one thing: once per (thing, version of the thing, scenario).

    appointment_id and appointment_version are '' when it is about the patient as such.
    attempts_used counts the INVITEs that went out and were not our own failure.
    deadline: after this moment the contact is worthless (the visit has begun).
    campaign_id: of the campaign that made it, '' for the reminders of a scenario's own plan.
    is_last: whether no later reminder of the same visit follows: only then do SMS and task follow when nobody answers.
    zone: the patient's zone as it was known when this was planned: for contacts whose visit does not tell the branch.
    """

    id: str
    patient_id: str
    scenario_id: str
    appointment_id: str
    appointment_version: str
    status: ContactStatus
    due_at: datetime
    deadline: datetime
    attempts_used: int = 0
    outcome: Outcome | None = None
    reason: str = ""  # why it is in this status, in Russian
    campaign_id: str = ""
    zone: str = ""
    is_last: bool = True


class AttemptStatus(StrEnum):
    PLANNED = "planned"  # a row that waits for due_at
    DIALLING = "dialling"  # written before the INVITE
    FINISHED = "finished"
    DROPPED = "dropped"  # decided not to dial; reason says why


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try to reach one phone, for one or more contacts. id is the Asterisk channel id.

    lane: the campaign whose lines it uses, '' for none.
    """

    id: str
    phone: str
    contact_ids: tuple[str, ...]
    status: AttemptStatus
    due_at: datetime
    priority: int = 100  # lower is more urgent
    node: str = ""
    started_at: datetime | None = None
    finished_at: datetime | None = None
    disposition: Disposition | None = None
    reason: str = ""
    lane: str = ""


@dataclass(frozen=True, slots=True)
class Suppression:
    """A phone or a patient that must not be called. Either may be '': then it holds for all of the other.

    phone only: nobody is called at this phone. patient only: this person at no phone.
    both: this phone for this person (a wrong number), other people may be called at it.
    """

    phone: str
    patient_id: str
    why: str
    since: datetime
    until: datetime | None = None


class TaskStatus(StrEnum):
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Task:
    """Something a human must do. what is a sentence in Russian without medical details."""

    id: str
    contact_id: str
    patient_id: str
    what: str
    created_at: datetime
    due_at: datetime
    status: TaskStatus = TaskStatus.OPEN


class MessageStatus(StrEnum):
    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One SMS in the outbox; text is final."""

    id: str
    contact_id: str
    patient_id: str
    phone: str
    text: str
    created_at: datetime
    status: MessageStatus = MessageStatus.QUEUED


class DeliveryStatus(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    CONFLICT = "conflict"  # the visit had moved on: a task shows both values
    GIVEN_UP = "given_up"  # the MIS refuses it for good: a task says so


class DeliveryKind(StrEnum):
    """What the MIS must get."""

    ANSWER = "answer"  # value: an Answer
    CONTACT_STATUS = "contact_status"  # value: "refused" | "opted_out"
    NOTE = "note"  # value: the text
    TASK = "task"  # value: the text


@dataclass(frozen=True, slots=True)
class Delivery:
    """One write that the MIS must get. id is the idempotency key; next_at moves on with every failed try."""

    id: str
    kind: DeliveryKind
    patient_id: str
    appointment_id: str
    expected_version: str
    value: str
    next_at: datetime
    tries: int = 0
    status: DeliveryStatus = DeliveryStatus.WAITING
    result: str = ""
