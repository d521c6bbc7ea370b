"""The port of the robot's own database: what was planned, done, said and still has to be written."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voicebot.contacts.decisions import DecisionNote
from voicebot.contacts.giving_up import GivenUp
from voicebot.contacts.model import (
    Appointment,
    Attempt,
    Contact,
    Delivery,
    DeliveryStatus,
    Message,
    Patient,
    Suppression,
    Task,
)
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.errors import NetworkFault
from voicebot.store.campaign_port import CampaignStore
from voicebot.store.reception import InvitationsNow, Reception


class StoreDown(NetworkFault):
    """The database does not answer."""

    code = "store-down"


@dataclass(frozen=True, slots=True)
class CallRow:
    """One telephone conversation. id equals the attempt's id; inbound calls have attempt_id ''."""

    id: str
    attempt_id: str
    phone: str
    scenario_id: str
    scenario_version: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    disposition: Disposition | None = None
    identity_known: bool = False
    transferred: bool = False


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event of a call as it happened. body is JSON; kind is the event's class name.

    Besides the machine's events the driver stores what was said: kind "Said", body {prompt_id, text}; and that an
    administrator is being asked for: kind reception.ASKED, body {queue}.
    """

    call_id: str
    serial: int
    at_ms: int
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Concluded:
    """What an attempt meant for one contact, with the contact as it is afterwards.

    talked: False when somebody said who they are, but it was another one of the family.
    """

    contact: Contact
    outcome: Outcome
    talked: bool = True


@dataclass(frozen=True, slots=True)
class Settlement:
    """Everything that one finished attempt leads to: written in one transaction, or not at all.

    values: what the call's `ask` steps heard, (name of the fact, value).
    Written a second time with the same attempt id it changes nothing.
    """

    attempt: Attempt  # finished
    call: CallRow | None
    concluded: tuple[Concluded, ...] = ()
    next_attempts: tuple[Attempt, ...] = ()
    messages: tuple[Message, ...] = ()
    tasks: tuple[Task, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    decisions: tuple[DecisionNote, ...] = ()


@dataclass(frozen=True, slots=True)
class Lane:
    """The lines of one campaign. lines: how many calls of it at once over all nodes, None for as many as there are.
    closed: why it makes no new calls now, in Russian, or ''. inviting: each of its calls needs a free administrator."""

    name: str
    lines: int | None = None
    closed: str = ""
    inviting: bool = False


#: The name of the lane that stands for all attempts: closing it stops every new call on every node.
ALL_LANES = "*"
#: The lane of everything that no campaign has made: the reminders of the scenarios' own plans.
REMINDERS_LANE = ""


def closed_lane(lane: str, lanes: Mapping[str, Lane]) -> str:
    """Why no attempt of this lane may be made now, in Russian, or ''. lanes: all of them, by name."""
    return next((lanes[name].closed for name in (ALL_LANES, lane) if name in lanes and lanes[name].closed), "")


@dataclass(frozen=True, slots=True)
class NodeRow:
    """A process that makes calls. beats grows while it lives: watch whether it does, clocks of machines differ.

    taken_by: the node that declared this one dead and took its work over, or ''.
    """

    name: str
    role: str
    started_at: datetime
    at: datetime
    beats: int
    taken_by: str = ""


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far patients have been read from the MIS. read_at: all that changed before is here; None before the first
    whole reading. began_at: when the reading began that is in progress, None when none is; cursor: where its next page
    begins."""

    read_at: datetime | None = None
    began_at: datetime | None = None
    cursor: str = ""


class Store(CampaignStore, Protocol):
    """The robot's database. Every method is one transaction and may raise StoreDown."""

    def together(self) -> AbstractAsyncContextManager[None]:
        """What is read within it is read at one moment, and costs less than one by one. Not for writes, and not for
        waiting for anything else: a transaction is open."""
        ...

    # What the MIS said last -----------------------------------------------------------------
    async def save_patients(self, patients: Sequence[Patient], state: SyncState | None = None) -> None:
        """state: how far the reading has come with these, kept in the same transaction."""
        ...

    async def sync_state(self) -> SyncState: ...
    async def save_appointments(
        self, appointments: Sequence[Appointment], synced_at: datetime, whole: bool = True
    ) -> None:
        """whole: these are the last ones of a reading. last_sync moves then, even when there are none."""
        ...

    async def patient(self, patient_id: str) -> Patient | None: ...
    async def patients_at(self, phone: str) -> Sequence[Patient]:
        """All who are rung at this phone, and all whose representative has it."""
        ...

    async def appointment(self, appointment_id: str) -> Appointment | None: ...
    async def appointments_between(self, start: datetime, end: datetime) -> Sequence[Appointment]: ...

    async def last_sync(self) -> datetime | None:
        """When visits were last read from the MIS."""
        ...

    # Planning -------------------------------------------------------------------------------
    async def add_contacts(self, contacts: Sequence[Contact], attempts: Sequence[Attempt]) -> int:
        """Insert contacts with their first attempts; those whose id exists, or whose (scenario, visit) has another
        open contact, are left out, and so are their attempts. Returns how many contacts were new."""
        ...

    async def contact(self, contact_id: str) -> Contact | None: ...
    async def contacts(self) -> Sequence[Contact]: ...

    async def overdue_contacts(self, scenario_id: str, until: datetime) -> Sequence[Contact]:
        """Open contacts of this scenario about visits that begin by then, but for those that are being called."""
        ...

    async def give_up(self, given: Sequence[GivenUp], notes: Sequence[DecisionNote] = ()) -> int:
        """Close contacts that came too late, new ones among them, with all that follows. Those that are closed already,
        or are being called, stay as they are, and nothing follows. Returns how many were closed."""
        ...

    async def close_contacts(self, contacts: Sequence[Contact]) -> None:
        """Save contacts that were cancelled or suppressed, and drop their planned attempts."""
        ...

    # Attempts -------------------------------------------------------------------------------
    async def due_attempts(self, now: datetime, limit: int, without: Collection[str] = ()) -> Sequence[Attempt]:
        """Planned attempts with due_at <= now, most urgent first; none of these lanes."""
        ...

    async def next_due(self) -> datetime | None:
        """When the earliest planned attempt or waiting delivery is due."""
        ...

    async def attempt(self, attempt_id: str) -> Attempt | None: ...
    async def attempts(self) -> Sequence[Attempt]: ...
    async def attempts_at(self, phone: str) -> Sequence[Attempt]:
        """Planned attempts at this phone, the earliest first."""
        ...

    async def start_attempt(
        self,
        attempt_id: str,
        node: str,
        now: datetime,
        lines: int | None = None,
        call: CallRow | None = None,
        events: Sequence[EventRow] = (),
        reception: Reception | None = None,
    ) -> bool:
        """planned -> dialling, written before the INVITE, with the call's row and its first events. False, and nothing
        changed, when it is not planned any more, its phone is being rung, its lane is closed or has no line left, all
        of these lines are taken, or it invites and no administrator is free (None: they are not counted)."""
        ...

    async def retract_attempt(self, attempt_id: str, node: str, due_at: datetime, reason: str) -> bool:
        """dialling -> planned again, before the INVITE: nobody was rung, and the call's row goes. False when this
        node does not hold the attempt any more."""
        ...

    async def postpone_attempt(self, attempt_id: str, due_at: datetime, reason: str) -> None:
        """A planned attempt waits until due_at, for a reason that staff can read."""
        ...

    async def join_attempts(self, attempt_id: str, others: Sequence[str], reason: str) -> bool:
        """One phone, one call: the contacts of these other planned attempts are taken over by this one, and they are
        dropped. False, and nothing changed, when this attempt is not planned any more."""
        ...

    async def part_attempt(
        self,
        attempt: Attempt,
        leaving: Sequence[str],
        closed: Sequence[Contact] = (),
        tasks: Sequence[Task] = (),
        instead: Sequence[Attempt] = (),
    ) -> bool:
        """These contacts (ids) leave a planned attempt: closed as given, or into attempts of their own. The attempt
        itself is saved as given: planned at its moment, or dropped. False when it is not planned any more."""
        ...

    async def drop_attempt(self, attempt: Attempt, contacts: Sequence[Contact]) -> None:
        """A decision not to dial: the attempt is DROPPED with its reason, its contacts saved as given."""
        ...

    async def dialling(self) -> Sequence[Attempt]:
        """Attempts in status dialling, on any node."""
        ...

    # Calls that come in ---------------------------------------------------------------------
    async def open_contacts_of(self, patient_ids: Sequence[str]) -> Sequence[Contact]:
        """Contacts of these patients that are not closed, the most urgent first."""
        ...

    async def begin_inbound(self, attempt: Attempt, call: CallRow, prepared: EventRow, until: datetime) -> bool:
        """A call that came in, with its attempt in status dialling; planned attempts for its contacts wait until then.
        False, and nothing written, while its phone is being rung or talks already."""
        ...

    # Lanes and nodes ------------------------------------------------------------------------
    async def save_lane(self, lane: Lane) -> None: ...
    async def lanes(self) -> Mapping[str, Lane]:
        """By name; a campaign that is not among them is open and may use every line."""
        ...

    async def lines_of(self, lane: str) -> int | None: ...
    async def lines_taken(self) -> Mapping[str, int]:
        """lane -> how many of its attempts are dialling now, on all nodes."""
        ...

    async def invitations_now(self) -> InvitationsNow: ...

    async def enter_node(self, name: str, role: str, now: datetime) -> int:
        """A node begins to work, or begins again; whoever took it for dead does so no longer. Returns its beats."""
        ...

    async def beat(self, name: str, now: datetime) -> NodeRow | None:
        """The node lives, one beat more. Returns its row as it was before: who had taken it for dead, and whether
        somebody else beats under its name; None when there is no row."""
        ...

    async def nodes(self) -> Sequence[NodeRow]: ...
    async def take_over(self, dead: NodeRow, by: str) -> bool:
        """Declare this node dead and become the one who takes up its work. False when it has beaten since it was
        read, or when another was first."""
        ...

    # Calls ----------------------------------------------------------------------------------
    async def add_call(self, call: CallRow) -> None: ...
    async def append_events(self, events: Sequence[EventRow]) -> None:
        """Store events of calls as they happen; a (call, serial) that exists is left as it is."""
        ...

    async def calls(self) -> Sequence[CallRow]: ...
    async def call(self, call_id: str) -> CallRow | None: ...
    async def events(self, call_id: str) -> Sequence[EventRow]: ...
    async def values(self, call_id: str) -> Mapping[str, str]:
        """What the `ask` steps of a call heard, by the name of the fact; kept when the call is settled."""
        ...

    async def values_between(self, name: str, since: datetime, until: datetime) -> Mapping[str, str]:
        """call id -> the value of this name, of calls that began in [since, until): marks for reports."""
        ...

    async def settle(self, settlement: Settlement) -> bool:
        """True when it was written now, False when it had been before."""
        ...

    async def settle_late(self, settlement: Settlement) -> bool:
        """The end of a call whose attempt was written off as interrupted while it lived on (its node was taken for
        dead): it counts in place of the interruption, whose planned retries go. False when the attempt did not end
        as interrupted: nothing is written then."""
        ...

    # Rules ----------------------------------------------------------------------------------
    async def suppressions(self, phone: str, patient_id: str, now: datetime) -> Sequence[Suppression]:
        """Those in force now that concern this phone or this patient."""
        ...

    async def add_suppression(self, suppression: Suppression) -> None: ...

    async def conversations(self, patient_id: str, since: datetime, until: datetime, *wards: str) -> int:
        """How many calls about this patient, or these others for whom the same person answers, in [since, until)
        were conversations with that person: answered, and they said who they are."""
        ...

    async def scenario_of(self, call_id: str) -> tuple[str, str] | None:
        """(scenario id, version) that this call ran."""
        ...

    # Decisions ------------------------------------------------------------------------------
    async def add_decisions(self, notes: Sequence[DecisionNote]) -> None:
        """Keep why something was done or not; the same decision made again is one row (for waiting, one a day)."""
        ...

    async def decisions(self, patient_id: str = "", contact_ids: Sequence[str] = ()) -> Sequence[DecisionNote]:
        """About this patient and these contacts, in the order of time."""
        ...

    async def reached_out(
        self, patient_ids: Sequence[str], since: datetime, without: Collection[str]
    ) -> Sequence[tuple[str, datetime]]:
        """(scenario id, moment) of each contact of these patients since then, but for these: open or called about."""
        ...

    # What goes out --------------------------------------------------------------------------
    async def due_deliveries(self, now: datetime, limit: int) -> Sequence[Delivery]: ...
    async def delivery(self, delivery_id: str) -> Delivery | None: ...

    async def finish_delivery(
        self, delivery_id: str, status: DeliveryStatus, result: str, task: Task | None = None
    ) -> None:
        """Done, in conflict or given up; the task that tells staff is written in the same transaction."""
        ...

    async def retry_delivery(self, delivery_id: str, next_at: datetime, reason: str) -> None: ...

    async def tasks(self) -> Sequence[Task]: ...
    async def messages(self) -> Sequence[Message]: ...
    async def close(self) -> None: ...
