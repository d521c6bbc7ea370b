"""A call scenario as the machine sees it. Made from YAML by voicebot/scenarios, already checked.

A step says something (or nothing) and then does one thing: listens, asks for a value, chooses by facts,
transfers, ends, or simply goes on. New kinds of endings join the `Then` union; the rest stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from enum import StrEnum

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.intents import ValueKind as ValueKind
from voicebot.dialogue.outcome import Answer, Outcome


class Purpose(StrEnum):
    """38-ФЗ: a service call may be dialled by itself, an advertising one needs consent and release."""

    SERVICE = "service"
    ADVERTISING = "advertising"


class About(StrEnum):
    """What one contact of this scenario is about."""

    APPOINTMENT = "appointment"
    PATIENT = "patient"
    CALLBACK = "callback"


@dataclass(frozen=True, slots=True)
class Reaction:
    """Where an understood answer leads. answer is what it says of the visit, None when it says nothing."""

    go: str
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Unclear:
    """What to do when an answer was not understood, or none came: say this once, then go there."""

    say: str
    then: str


@dataclass(frozen=True, slots=True)
class Listen:
    """Wait for an answer. ask_back: what to ask when an answer fits two meanings («Правильно ли я поняла, вы
    придёте?»), by the likelier of them; yes to it means just that."""

    reactions: Mapping[Intent, Reaction]
    unclear: Unclear
    keys: Mapping[str, Intent] = field(default_factory=dict)
    ask_back: Mapping[Intent, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AskValue:
    """Wait for a value and keep it under the fact `name`.

    NUMBER between low and high; SLOT one of the facts slot.1, slot.2 … (ISO datetimes); COMMENT whatever is said,
    recorded. keys: besides digits, which are numbers.
    """

    kind: ValueKind
    name: str
    then: str
    unclear: Unclear
    low: int = 0
    high: int = 0
    keys: Mapping[str, Intent] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Case:
    """One alternative of a choice: the fact has this value (as text), or, with value None, is present at all."""

    fact: str
    value: str | None
    go: str


@dataclass(frozen=True, slots=True)
class Choose:
    """Go on by facts, the first case that holds."""

    cases: tuple[Case, ...]
    otherwise: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """Join an administrator; when none can be had, go to failed."""

    queue: str
    failed: str
    whisper: str
    timeout_s: int = 20


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on to another step."""

    step: str


@dataclass(frozen=True, slots=True)
class End:
    """Say good-bye: the robot hangs up."""


Then = Listen | AskValue | Choose | Transfer | Goto | End


@dataclass(frozen=True, slots=True)
class Step:
    """One step. Its outcome and task are noted when the step is entered.

    for_each:    with several visits in a call, this step opens the part that is repeated for each of them
    identifies:  "yes" to this step says that the right person is on the line
    interruptible: the patient may speak over the prompt
    """

    id: str
    then: Then
    say: str = ""
    outcome: Outcome | None = None
    task: str = ""
    sms: str = ""
    for_each: bool = False
    identifies: bool = False
    interruptible: bool = True


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often and how far apart one contact is tried."""

    max: int = 4
    every: timedelta = timedelta(hours=1)
    busy: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Unreached:
    """What follows when all attempts were in vain."""

    answer: Answer | None = None
    sms: str = ""
    task: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often a question is put again on request, and in other words; never above the machine's own bounds."""

    asked: int = 5
    misunderstood: int = 2


@dataclass(frozen=True, slots=True)
class Hours:
    """Calling hours of one scenario, inside those of the house: windows of the local day."""

    weekdays: tuple[tuple[time, time], ...] = ()
    weekends: tuple[tuple[time, time], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """When contacts of this scenario are made: before a visit by these spans, for visits in these states."""

    before: tuple[timedelta, ...] = ()
    lifecycle: str = "booked"
    answers: tuple[Answer, ...] = (Answer.UNKNOWN, Answer.UNCONFIRMED)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A call script at one version; `version` is the hash of its text while it is a draft."""

    id: str
    version: str
    title: str
    purpose: Purpose
    about: About
    voice: str
    start: str
    steps: Mapping[str, Step]
    everywhere: Mapping[Intent, str]
    everywhere_keys: Mapping[str, Intent] = field(default_factory=dict)
    attempts: Attempts = Attempts()
    unreached: Unreached = Unreached()
    plan: Plan = Plan()
    limits: Limits = Limits()
    hours: Hours | None = None
    inbound: str = ""  # the step at which a call of the patient to us begins, '' when there is no such variant
    without_identity: bool = False  # the clinic chose to speak to whoever picks up
    messages: Mapping[str, str] = field(default_factory=dict)  # message id -> template of an SMS

    def step(self, step_id: str) -> Step:
        return self.steps[step_id]
