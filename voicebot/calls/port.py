"""What one live call needs besides its line: ears that write down, a mind that understands, eyes that watch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from voicebot.dialogue.actions import Action, Prompt
from voicebot.dialogue.events import Event
from voicebot.dialogue.intents import Intent, Meaning
from voicebot.speech.port import Recognised


class Ears(Protocol):
    """Recognition off the event loop."""

    async def recognise(self, pcm: bytes, rate: int) -> Recognised:
        """Raises SpeechError when the recogniser died or took too long."""
        ...


class Mind(Protocol):
    """Words to meaning; quick (a millisecond), on the loop."""

    def understand(
        self, text: str, expects: frozenset[Intent] | None = None, alternatives: Sequence[str] = ()
    ) -> Meaning: ...


@dataclass(frozen=True, slots=True)
class Spoken:
    """A prompt ready to be played: its words as they are spoken, and PCM at the line's rate."""

    text: str
    pcm: bytes


Prompts = Mapping[Prompt, Spoken]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that happened in a call, for those who watch: an event of the machine, or what it wanted done.

    text is what was said or heard, '' where there are no words.
    """

    call_id: str
    at_ms: int
    what: Event | Action
    text: str = ""


Watcher = Callable[[Sighting], None]


def blind(sighting: Sighting) -> None:
    """The watcher that looks away."""
