"""The port to a MIS (medical information system): the clinic's own book, which owns the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from voicebot.contacts.model import Appointment, Patient
from voicebot.dialogue.outcome import Answer
from voicebot.errors import NetworkFault, PeerFault

T = TypeVar("T")


class MisUnavailable(NetworkFault):
    """The MIS did not answer. The delivery stays and is tried again."""

    code = "mis-unavailable"


class MisRefused(PeerFault):
    """The MIS answered that it will not do this."""

    code = "mis-refused"


class Capability(StrEnum):
    """What a MIS can do; what it cannot degrades: answer -> note -> task."""

    SET_ANSWER = "set_answer"
    SET_LIFECYCLE = "set_lifecycle"
    SET_CONTACT_STATUS = "set_contact_status"
    ADD_NOTE = "add_note"
    CREATE_TASK = "create_task"
    BOOK = "book"
    CHANGES = "changes"
    SLOTS = "slots"
    CLINICAL = "clinical"
    SELECT = "select"  # finds candidates of campaigns: mis.selecting.Selecting
    PAGES = "pages"  # reads patients page by page: mis.paging.Paging


class ReferenceKind(StrEnum):
    SERVICES = "services"
    ICD10 = "icd10"
    MARKS = "marks"
    VISIT_STATUSES = "visit_statuses"
    DOCTORS = "doctors"
    BRANCHES = "branches"
    DEPARTMENTS = "departments"
    ROOMS = "rooms"


@dataclass(frozen=True, slots=True)
class ReferenceItem:
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that could not be read: the rest of the batch is not stopped by it."""

    place: str  # "appointment 17", "строка 5"
    problem: str  # in Russian


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """What was read, and what could not be. next: where the next page begins, '' when there is none."""

    items: tuple[T, ...]
    bad: tuple[BadRecord, ...] = ()
    next: str = ""


@dataclass(frozen=True, slots=True)
class SetAnswer:
    """Write what the patient said of the visit, if the visit is still at the expected version."""

    appointment_id: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class SetContactStatus:
    """Mark the patient: 'refused' (an invitation) or 'opted_out' (of all calls: do-not-call)."""

    patient_id: str
    status: str


@dataclass(frozen=True, slots=True)
class AddCallNote:
    """A note of a call in the patient's card; text carries no medical detail."""

    patient_id: str
    appointment_id: str
    text: str


@dataclass(frozen=True, slots=True)
class CreateTask:
    patient_id: str
    appointment_id: str
    text: str
    due_at: datetime


Command = SetAnswer | SetContactStatus | AddCallNote | CreateTask


@dataclass(frozen=True, slots=True)
class Applied:
    version: str = ""  # the visit's version after the write


@dataclass(frozen=True, slots=True)
class AlreadyApplied:
    """This key was written before: nothing was done now."""

    version: str = ""


@dataclass(frozen=True, slots=True)
class Conflict:
    """The visit is not at the expected version any more; current is what it says now."""

    current: Appointment | None


@dataclass(frozen=True, slots=True)
class Unsupported:
    """This MIS cannot take this command."""


@dataclass(frozen=True, slots=True)
class RetryLater:
    reason: str


Result = Applied | AlreadyApplied | Conflict | Unsupported | RetryLater


class Mis(Protocol):
    """One MIS. Every method may raise MisUnavailable or MisRefused; all datetimes are aware."""

    def capabilities(self) -> frozenset[Capability]: ...

    async def reference(self, kind: ReferenceKind) -> Sequence[ReferenceItem]: ...

    async def patients(self, since: datetime | None = None, until: datetime | None = None) -> Page[Patient]:
        """Patients changed in [since, until); all of them without bounds."""
        ...

    async def appointments(self, start: datetime, end: datetime) -> Page[Appointment]:
        """Visits that begin in [start, end), in any lifecycle."""
        ...

    async def appointment(self, appointment_id: str) -> Appointment | None:
        """One visit as it is now (read again right before dialling); None when it is gone."""
        ...

    async def apply(self, command: Command, key: str, expected_version: str = "") -> Result:
        """Write once: a key written before answers AlreadyApplied, a version that moved on answers Conflict."""
        ...

    async def close(self) -> None: ...
