"""What the engine needs of those who talk: somebody who makes a call, and somebody who words an SMS."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from voicebot.contacts.model import Appointment, Patient
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.scenario import Scenario
from voicebot.errors import OurFault
from voicebot.store.port import CallRow


class CalledOff(OurFault):
    """A call that was decided on is not made after all: what spoke for it changed before the INVITE went out."""

    code = "called-off"


async def no_objection() -> str:
    """Nothing speaks against the call: for calls that no rule governs (a trial call)."""
    return ""


@dataclass(frozen=True, slots=True)
class CallOrder:
    """One call to be made now. appointments: as the MIS says right now, in the order of the call's subjects.

    patients: whom each appointment is about, in a call about several; () means `patient`, who is the first of them.
    number: the how-manieth attempt this is for its contact, from 1.
    caller_id: the number to show, '' for the one of the line.
    objection: to be asked right before the INVITE: why the call must not be made after all, in Russian, or ''.
    """

    attempt_id: str
    phone: str
    patient: Patient
    appointments: tuple[Appointment, ...]
    scenario: Scenario
    number: int = 1
    patients: tuple[Patient, ...] = ()
    objection: Callable[[], Awaitable[str]] = no_objection
    caller_id: str = ""

    def patient_of(self, subject: int) -> Patient:
        return self.patients[subject] if self.patients else self.patient


@dataclass(frozen=True, slots=True)
class CallResult:
    """How a call ended. call is the row as it is now that it is over."""

    finish: Finish
    call: CallRow


class Caller(Protocol):
    """Makes calls. The attempt is in status dialling, and its call's row exists, before either method is called."""

    async def call(self, order: CallOrder) -> CallResult:
        """Render, dial, converse; returns when the channel is gone. Stores the call's events as they happen, the
        last one of kind "Finish" (dialogue.codec).

        Raises CalledOff when order.objection() gave a reason: nothing was dialled.
        Raises InputFault when this call can never be made (a fact is empty, a voice is missing): a human takes
        over. Any other exception is a failure of ours: tried again later.
        """
        ...

    async def recover(self, attempt_id: str) -> CallResult | None:
        """This process died while the attempt was dialling. Take the call up again if it still lives, or end what
        is left of it; never dial. None when nothing more can be said of it than that it was interrupted."""
        ...


class Texts(Protocol):
    """Words the SMS of a scenario."""

    def message(self, template: str, patient: Patient, appointment: Appointment | None, now: datetime) -> str:
        """The final text of a template of Scenario.messages. Raises VoicebotError when a fact is missing."""
        ...
