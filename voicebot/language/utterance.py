"""One utterance as found in its words: phrases, moments, names, and what remained uncovered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from voicebot.dialogue.intents import Intent
from voicebot.language.matching import Segment
from voicebot.language.moments import Moment
from voicebot.language.table import Question, Role, Strength

#: What robots say of a visit of tomorrow, so that patients repeat it.
_ECHOES = frozenset({"day +0", "day +1"})


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was found in the words of one utterance."""

    words: Sequence[str]
    segments: Sequence[Segment]
    question: Question
    light: frozenset[str]
    doubtful: frozenset[str]
    asking: bool = False  # it ended with a question mark
    guessed: bool = False  # a word had to be put right by likeness
    moments: Sequence[Moment] = ()  # days and times, within phrases as well
    agreed: frozenset[str] = frozenset()  # moments that are those of the visit in question
    any_names: frozenset[str] = frozenset()  # names taken for the patient's because nobody knows it
    later: Mapping[str, int] = field(default_factory=dict)  # times of its day after the visit's, in minutes
    visit_known: bool = False  # so that every other moment contradicts it

    def of(self, *labels: str) -> list[Segment]:
        return [s for s in self.segments if s.label in labels]

    def uncovered(self) -> list[str]:
        inside = {i for s in self.segments for i in range(s.start, s.end)}
        return [w for i, w in enumerate(self.words) if i not in inside]

    @property
    def unknown(self) -> float:
        """The share of words that mean something and were not understood: 0…1."""
        unknown = [w for w in self.uncovered() if w not in self.light]
        return len(unknown) / max(1, len(self.words))

    @property
    def other_day(self) -> bool:
        """Whether a day or time was named that is not the visit's."""
        return any(self.contradicts(m.value) for m in self.moments)

    @property
    def may_echo(self) -> bool:
        """Whether the day or hour that was named may be the visit's, which nobody knows: «да, в три», no «не в три»."""
        told = [m for m in self.moments if m.value not in _ECHOES and m.value not in self.agreed]
        plain = not any(self.words[max(0, m.start - 2) : m.start].count("не") for m in told)
        return plain and not self.visit_known and not self.asking

    @property
    def wishes_other_day(self) -> bool:
        """… and not as a promise, unless it is known that the visit is on another day: «приду в среду»."""
        agreed = self.outright(Intent.YES) or any(s.said == "да" for s in self.of(Intent.YES))
        promise = agreed and not self.of(Intent.NO, Role.CONDITION, Role.ASKING)
        if self.of(Intent.QUESTION) and self.asking:
            return False
        return self.other_day and (self.visit_known or not promise)

    def outright(self, *intents: Intent) -> bool:
        """Whether one of them was said by a full phrase."""
        return any(s.strength is Strength.FULL for s in self.of(*intents))

    def contradicts(self, moment: str) -> bool:
        """«приду в пятницу»: is that the Friday of the visit?"""
        if moment in self.agreed:
            return False
        return self.visit_known or moment not in _ECHOES
