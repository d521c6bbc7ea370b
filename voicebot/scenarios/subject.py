"""What the rules of checking look at: a scenario, its texts, and how findings name their place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from voicebot.dialogue.scenario import AskValue, Listen, Scenario, Step, Transfer
from voicebot.language.speaking import spoken_text
from voicebot.scenarios.mistakes import Mistake, Place
from voicebot.scenarios.paths import State, reachable

CHARS_PER_S = 14  # RHVoice Anna at normal rate; publishing measures by synthesis

#: How long a text sounds, in seconds. Its facts are filled in already.
Seconds = Callable[[str], float]


def estimated(text: str) -> float:
    """By its length as it is spoken."""
    return len(spoken_text(text, {})) / CHARS_PER_S


@dataclass(frozen=True, slots=True)
class Text:
    """One text of a scenario. path leads to it in the file; step is '' for messages and titles."""

    text: str
    path: tuple[str, ...]
    step: str = ""


@dataclass(frozen=True)
class Subject:
    """A scenario under examination.

    place:          where a part of the file stands, by its path
    queues:         the lines of the settings; None leaves the rule about them out
    pronunciations: the clinic's dictionary: words in it can be spoken
    seconds:        how long a text sounds
    """

    scenario: Scenario
    place: Callable[..., Place]
    queues: Collection[str] | None = None
    pronunciations: Mapping[str, str] | None = None
    seconds: Seconds = estimated

    def mistake(self, rule: str, text: str, *path: str, warning: bool = False) -> Mistake:
        return Mistake(self.place(*path), rule, text, warning)

    @cached_property
    def states(self) -> frozenset[State]:
        """Every step in every state of knowledge that a call may come to."""
        return reachable(self.scenario)

    @cached_property
    def spoken(self) -> tuple[Text, ...]:
        """The texts that the patient hears."""
        return tuple(text for step in self.scenario.steps.values() for text in _texts(step))

    @cached_property
    def whispers(self) -> tuple[Text, ...]:
        """The texts that an administrator hears before a transfer."""
        return tuple(Text(s.then.whisper, ("steps", s.id, "whisper"), s.id)
                     for s in self.scenario.steps.values() if isinstance(s.then, Transfer))  # fmt: skip

    @cached_property
    def messages(self) -> tuple[Text, ...]:
        """The texts of SMS."""
        return tuple(Text(text, ("messages", name)) for name, text in self.scenario.messages.items())

    @cached_property
    def tasks(self) -> tuple[Text, ...]:
        """What administrators read: the title and the tasks."""
        steps = self.scenario.steps.values()
        return (
            Text(self.scenario.title, ("title",)),
            Text(self.scenario.unreached.task, ("unreached", "task")),
            *(Text(s.task, ("steps", s.id, "task"), s.id) for s in steps if s.task),
        )


def _texts(step: Step) -> Iterator[Text]:
    path = ("steps", step.id)
    if step.say:
        yield Text(step.say, (*path, "say"), step.id)
    if isinstance(step.then, Listen | AskValue):
        yield Text(step.then.unclear.say, (*path, "unclear", "say"), step.id)
    if isinstance(step.then, Listen):
        for intent, text in step.then.ask_back.items():
            yield Text(text, (*path, "ask_back", intent.value), step.id)
