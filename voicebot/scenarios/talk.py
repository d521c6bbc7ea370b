"""A conversation by words: the machine, our understanding and our way of speaking, without a telephone.

The tests of scenarios, `voicebot simulate` and the console's chat are all this.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.dialogue.actions import Finish, Play, Prompt
from voicebot.dialogue.call import Phase
from voicebot.dialogue.intents import Meaning
from voicebot.dialogue.rehearsal import Rehearsal
from voicebot.dialogue.scenario import Scenario
from voicebot.dialogue.turn import expected
from voicebot.language.facts import Fact, choices_of
from voicebot.language.speaking import spoken
from voicebot.language.table import Question
from voicebot.language.understanding import Understanding, question_at, wanted_at
from voicebot.language.words import split

Facts = Mapping[str, Fact]
INTO_MS = 1_500  # an interruption begins so long after the prompt

_NAMES = ("patient.full_name", "person.name")


@dataclass(frozen=True, slots=True)
class Language:
    """What words mean and how they sound: the phrase table and the clinic's dictionary."""

    understanding: Understanding
    pronunciations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Line:
    """What the robot said: the words as they are spoken, and the prompt that they were made of."""

    text: str
    prompt: Prompt


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A moment of a talk that one can go back to."""

    rehearsal: Rehearsal
    told: int


class Talk:
    """One call. now: aware, when it is answered; facts: one mapping for each visit.

    Raises MissingFact when the robot would have to speak a fact that is not there.
    """

    def __init__(self, scenario: Scenario, facts: Sequence[Facts], language: Language, now: datetime, *,
                 inbound: bool = False, administrator: bool = True) -> None:  # fmt: skip
        self.rehearsal = Rehearsal(scenario, tuple(choices_of(f) for f in facts), administrator, inbound)
        self.understood: Meaning | None = None  # the last utterance
        self._facts, self._language, self._now = facts, language, now
        self._told = 0

    @property
    def over(self) -> bool:
        return self.rehearsal.call.over

    @property
    def waits(self) -> bool:
        """Whether the patient can still do something."""
        return self.rehearsal.call.phase not in (Phase.ENDING, Phase.OVER, Phase.TALKING)

    @property
    def step(self) -> str:
        """The step that the call is at, '' before the first."""
        return self.rehearsal.call.step_id

    def begin(self, greeting: bool = True) -> None:
        """The call is answered, with an «алло» or without."""
        self.rehearsal.answer(greeting)

    def say(self, text: str) -> None:
        """The patient lets the robot finish, then speaks."""
        self.rehearsal.listen_out()
        self.speak(text)

    def interrupt(self, text: str) -> None:
        """The patient speaks into what the robot says."""
        self.rehearsal.pass_ms(INTO_MS)
        self.speak(text)

    def press(self, keys: str) -> None:
        self.rehearsal.listen_out()
        for key in keys:
            self.rehearsal.press(key)

    def silence(self) -> None:
        """The robot finishes, and nothing is said until its patience runs out."""
        self.rehearsal.keep_silent()

    def hang_up(self) -> None:
        if not self.over:
            self.rehearsal.hang_up()

    def listen_out(self) -> None:
        """Let the robot finish what it says."""
        self.rehearsal.listen_out()

    def end(self) -> Finish:
        """Not another word of the patient: what the call leads to."""
        return self.rehearsal.to_the_end()

    def news(self) -> tuple[Line, ...]:
        """What the robot has begun to say since this was asked last, without what it goes on with after a noise."""
        plays = [a for a in self.rehearsal.actions if isinstance(a, Play)]
        fresh, self._told = plays[self._told :], len(plays)
        return tuple(Line(self.words(p.prompt), p.prompt) for p in fresh if p.from_ms == 0)

    def bookmark(self) -> Bookmark:
        """This moment."""
        return Bookmark(_copied(self.rehearsal), self._told)

    def go_back(self, to: Bookmark) -> None:
        """As if what came after that moment had not been."""
        self.rehearsal, self._told = _copied(to.rehearsal), to.told

    def words(self, prompt: Prompt) -> str:
        """A prompt as it is spoken in this call."""
        values = self.rehearsal.call.values
        facts = {**self._facts[prompt.subject], **values}
        return spoken(prompt.template, facts, self._moment(), self._language.pronunciations)

    def speak(self, text: str) -> None:
        """The patient speaks at this very moment."""
        call = self.rehearsal.call
        if call.over:
            return
        facts = self._facts[call.subject]
        visit = facts.get("visit.day")
        meaning = self._language.understanding.understand(
            text,
            expected(call),
            question=question_at(call.scenario, call.step_id) if call.step_id else Question.ANY,
            names=frozenset(w for name in _NAMES for w in split(str(facts.get(name, "")))),
            now=self._moment(),
            visit=visit if isinstance(visit, datetime) else None,
            wants=wanted_at(call.scenario, call.step_id) if call.step_id else None,
            asking_back=call.asking_back,
        )
        self.understood = replace(meaning, text=text.strip())
        self.rehearsal.utter(self.understood)

    def _moment(self) -> datetime:
        return self._now + timedelta(milliseconds=self.rehearsal.now_ms)


def _copied(rehearsal: Rehearsal) -> Rehearsal:
    """The same moment once more: what it is made of is immutable, only its collections grow."""
    twin = copy(rehearsal)
    for name, value in vars(rehearsal).items():
        if isinstance(value, list | dict):
            setattr(twin, name, copy(value))
    return twin
