"""What the machine wants done. The driver of a live call, the simulator and the tests all obey the same actions."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer, Disposition, Outcome


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text with facts still open: rendered for one visit of the call before the call is dialled."""

    template: str
    subject: int = 0  # index of the visit whose facts fill it
    recording: str = ""  # "{scenario}/{step}": a recorded file of that name replaces synthesis


@dataclass(frozen=True, slots=True)
class Play:
    """Speak a prompt, from from_ms on. prompt_id comes back with PromptFinished or PromptStopped."""

    prompt_id: int
    prompt: Prompt
    from_ms: int = 0


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """Silence now (barge-in); PromptStopped must follow."""

    prompt_id: int


@dataclass(frozen=True, slots=True)
class Listen:
    """From now on what is heard answers this step; expects are the intents that it has a use for."""

    step: str
    expects: frozenset[Intent]


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Ask for TimerFired(name, serial) after_ms from now. A timer of the same name is replaced."""

    name: str
    serial: int
    after_ms: int


@dataclass(frozen=True, slots=True)
class CancelTimer:
    name: str


@dataclass(frozen=True, slots=True)
class StartTransfer:
    """Ring an administrator of the queue; tell them the whisper before they are joined with the patient."""

    queue: str
    whisper: Prompt
    timeout_ms: int


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Keep what the patient says from now on as the comment of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class StopRecording:
    """The comment is over. discard: the patient did not want it, no file may remain."""

    name: str
    discard: bool = False


@dataclass(frozen=True, slots=True)
class HangUp:
    """End the call; HungUp must follow."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What the call meant for one visit (one contact)."""

    subject: int
    outcome: Outcome
    answer: Answer | None = None  # what was explicitly said of the visit; None leaves the MIS as it is
    callback: str = ""  # when the patient asked to be called, as heard (ISO time), or ''
    task: str = ""  # what a human must do, or ''
    sms: str = ""  # id of a message template, or ''
    question_asked: bool = False  # the patient heard the question about this visit to its end


@dataclass(frozen=True, slots=True)
class Finish:
    """The last action of every call, exactly once: everything that must be written down, in one transaction."""

    disposition: Disposition
    identity_known: bool
    conclusions: tuple[Conclusion, ...]
    transferred: bool = False  # an administrator really talked with the patient
    values: tuple[tuple[str, str], ...] = ()  # what `ask` steps heard, by the name of the fact


Action = (
    Play
    | StopPlaying
    | Listen
    | SetTimer
    | CancelTimer
    | StartTransfer
    | StartRecording
    | StopRecording
    | HangUp
    | Finish
)
