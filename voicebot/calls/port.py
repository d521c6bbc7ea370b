"""What one live call needs besides its line: ears that write down, a mind that understands, eyes that watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from voicebot.dialogue.actions import Action, Prompt
from voicebot.dialogue.call import Call
from voicebot.dialogue.events import Event
from voicebot.dialogue.intents import Meaning
from voicebot.speech.port import Capability, HeardSound


class Ears(Protocol):
    """Recognition off the event loop."""

    capabilities: Capability

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound:
        """Text and ear. phrases: what the open question can be answered with. Raises SpeechError when the recogniser
        died or took too long."""
        ...


class Mind(Protocol):
    """What was heard to meaning; quick (a millisecond), on the loop."""

    def phrases(self, call: Call) -> Sequence[str] | None:
        """What the open question can be answered with, where the recogniser has a use for it."""
        ...

    def understand(self, sound: HeardSound, call: Call) -> Meaning:
        """What was said means, in the place where the call is."""
        ...

    def together(self, before: str, sound: HeardSound, call: Call) -> Meaning:
        """What was said means as the end of a sentence that began with these words."""
        ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """A prompt ready to be played: its words as they are spoken, and PCM at the line's rate."""

    text: str
    pcm: bytes


Prompts = Mapping[Prompt, Spoken]


@dataclass(frozen=True, slots=True)
class Dialled:
    """A call begins: to whom, and at which phone."""

    phone: str
    patient_id: str


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that happened in a call, for those who watch: an event of the machine, or what it wanted done.

    text is what was said or heard, '' where there are no words.
    """

    call_id: str
    at_ms: int
    what: Event | Action | Dialled
    text: str = ""


Watcher = Callable[[Sighting], None]


def blind(sighting: Sighting) -> None:
    """The watcher that looks away."""
