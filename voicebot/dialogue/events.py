"""What happens in a call, as the machine is told. Each event carries its time in ms since dialling began."""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.dialogue.intents import Meaning
from voicebot.dialogue.outcome import Disposition


@dataclass(frozen=True, slots=True)
class Answered:
    """The other side picked up (the channel is Up, not early media)."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The speaker paused long enough for a turn; Heard follows once it is understood."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a meaning was made of, kept with the call: what was written, and what the ear heard.

    confidence, no_speech and the ear's probabilities are in 0…1; ear: its likeliest classes by their names, () without
    an ear; voice_ms: how long the voice lasted.
    """

    written: str
    confidence: float
    no_speech: float
    engine: str
    alternatives: tuple[str, ...] = ()
    ear: tuple[tuple[str, float], ...] = ()
    voice_ms: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """What was understood of one utterance; started_ms is when it began to be spoken.

    joined: what the utterance means together with the one before, when it followed hard upon it («да нет… приду»).
    grounds: what the meaning rests on, for those who look at the call later; nothing is decided by it.
    """

    at_ms: int
    meaning: Meaning
    started_ms: int
    joined: Meaning | None = None
    grounds: Grounds | None = None


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of the telephone: 0-9, * or #."""

    at_ms: int
    key: str


@dataclass(frozen=True, slots=True)
class PromptFinished:
    """The patient has heard the prompt to its end (the mark came back)."""

    at_ms: int
    prompt_id: int


@dataclass(frozen=True, slots=True)
class PromptStopped:
    """A prompt was stopped on our order after played_ms of duration_ms."""

    at_ms: int
    prompt_id: int
    played_ms: int
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A timer that the machine has set ran out. serial tells a timer from an earlier one of its name."""

    at_ms: int
    name: str
    serial: int


@dataclass(frozen=True, slots=True)
class MachineDetected:
    """An answering machine speaks: a long greeting without a pause, or a beep."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class TransferAnswered:
    """An administrator has picked up, was told who it is, and now talks with the patient."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class TransferFailed:
    """No administrator: nobody picked up in time, or the line failed. The patient hears the robot again."""

    at_ms: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class TransferEnded:
    """The administrator hung up; the patient is still there."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class RecognitionLost:
    """The recogniser died: until the end of the call only keys are understood."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class MustEnd:
    """The robot is being stopped: say good-bye within a few seconds."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The robot had died, or lost its line, and is back in the call. What was said meanwhile nobody heard."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class HungUp:
    """The channel is gone: the last event of every call. For a call never answered it tells why."""

    at_ms: int
    disposition: Disposition


Event = (
    Answered
    | SpeechStarted
    | SpeechEnded
    | Heard
    | KeyPressed
    | PromptFinished
    | PromptStopped
    | TimerFired
    | MachineDetected
    | TransferAnswered
    | TransferFailed
    | TransferEnded
    | RecognitionLost
    | MustEnd
    | Resumed
    | HungUp
)
