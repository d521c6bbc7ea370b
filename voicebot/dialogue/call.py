"""The state of one call: immutable, made of plain values, a function of the events so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from voicebot.dialogue.actions import Prompt
from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Scenario, Step


class Phase(StrEnum):
    """What the robot is doing."""

    DIALLING = "dialling"
    GREETING = "greeting"  # answered; waiting for the end of "алло"
    SPEAKING = "speaking"
    PAUSED = "paused"  # somebody spoke into a prompt; what they say decides
    LISTENING = "listening"
    HOLDING = "holding"  # "минутку": waiting for the patient
    TRANSFERRING = "transferring"  # an administrator is being rung
    TALKING = "talking"  # patient and administrator talk
    CLOSING = "closing"  # all is said; the patient is still speaking, and it may be "stop"
    ENDING = "ending"  # we have hung up; the channel is not gone yet
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Visit:
    """What is known of one visit of the call so far."""

    outcome: Outcome | None = None
    answer: Answer | None = None
    question_asked: bool = False
    callback: str = ""
    task: str = ""
    sms: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """An answer that was acted upon, and how things stood before: people correct themselves («да… ой, нет»)."""

    at_ms: int
    step_id: str
    intent: Intent
    subject: int
    loop_step: str
    visits: tuple[Visit, ...]
    identity_known: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One conversation. facts holds, for each visit, the facts by which a scenario may choose.

    asked counts how often a question was put to the patient, per (step, visit); misunderstood counts, for the
    question now open, answers that were not understood and silences.
    """

    scenario: Scenario
    facts: tuple[Mapping[str, str], ...]
    phase: Phase = Phase.DIALLING
    step_id: str = ""
    subject: int = 0
    visits: tuple[Visit, ...] = ()
    loop_step: str = ""  # the for_each step whose part is being repeated, or ''
    disposition: Disposition | None = None  # as far as the conversation tells (voicemail)
    answered: bool = False
    identity_known: bool = False
    transferred: bool = False
    prompt: Prompt | None = None  # the prompt in play or paused
    prompt_id: int = 0
    prompt_began_ms: int = 0
    resume_ms: int = 0  # where a paused prompt goes on
    question_heard: bool = False  # enough of the open question was played for an answer to count
    patient_speaks: bool = False  # speech began and has not been understood yet
    silence_due: bool = False  # the no-input timer ran out while somebody was speaking
    decided: Decided | None = None  # the last answer, until the next question is open
    asking_back: Intent | None = None  # the meaning that the patient is asked to confirm
    recording: str = ""  # the comment that is being recorded
    inbound: bool = False  # the patient rang us
    leaving: bool = False  # told to end: the apology is being spoken
    resumed: int = 0  # how often the robot had to come back into this call
    repeating: Prompt | None = None  # what is said again once the apology for that was spoken
    misunderstood: int = 0
    asked: Mapping[tuple[str, int], int] = field(default_factory=dict)
    given_up: frozenset[tuple[str, int]] = frozenset()  # questions that found no answer, per (step, visit)
    entered: int = 0
    timers: Mapping[str, int] = field(default_factory=dict)
    timer_serial: int = 0
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def step(self) -> Step:
        return self.scenario.steps[self.step_id]

    @property
    def visit(self) -> Visit:
        return self.visits[self.subject]

    @property
    def first_step(self) -> str:
        """Where the conversation begins."""
        return self.scenario.inbound if self.inbound else self.scenario.start

    @property
    def over(self) -> bool:
        return self.phase is Phase.OVER


def new_call(scenario: Scenario, facts: tuple[Mapping[str, str], ...], inbound: bool = False) -> Call:
    """A call that is about to be dialled, for one visit or several (one mapping of facts each); or, inbound, one
    that came in."""
    if not facts:
        raise ValueError("a call is about at least one visit")
    if inbound and not scenario.inbound:
        raise ValueError(f"scenario {scenario.id} has no inbound variant")
    return Call(scenario=scenario, facts=facts, visits=tuple(Visit() for _ in facts), inbound=inbound)
