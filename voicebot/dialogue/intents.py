"""What a patient may mean: one enumeration for text, ear, keys and scenarios."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Intent(StrEnum):
    """The meaning of an utterance, as scenarios name it."""

    YES = "yes"
    NO = "no"
    STOP = "stop"  # "не звоните мне больше"
    OPERATOR = "operator"
    REPEAT = "repeat"
    WHO_IS_THIS = "who_is_this"
    WRONG_PERSON = "wrong_person"
    BUSY_NOW = "busy_now"
    CALLBACK_LATER = "callback_later"
    CHANGE = "change"  # another day or time, please
    CANCEL = "cancel"  # explicitly: take the visit off
    LATE = "late"
    HOLD_ON = "hold_on"  # "минутку"
    THANKS = "thanks"
    BYE = "bye"
    HELLO = "hello"  # "алло", "слушаю": nothing yet
    BACKCHANNEL = "backchannel"  # "угу", "так" while the robot speaks
    QUESTION = "question"
    NUMBER = "number"
    SILENCE = "silence"  # never heard: what a no-input timer stands for in a scenario


class ValueKind(StrEnum):
    """What an `ask` step wants to hear."""

    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    SLOT = "slot"
    COMMENT = "comment"


@dataclass(frozen=True, slots=True)
class HeardValue:
    """A value in an utterance: NUMBER as digits («второй» is 2 as well), DATE as ISO date, TIME as HH:MM.

    text is what it rests on.
    """

    kind: ValueKind
    value: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Scored:
    """One candidate meaning. score is in 0…1; value is what the intent carries (ISO time, digits, topic) or ''."""

    intent: Intent
    score: float
    value: str = ""
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What was understood of one utterance: candidates, best first; empty when nothing was understood.

    speech is False when the sound was not speech at all (noise, music): it then counts as nothing heard.
    values: numbers, dates and times that were said, in their order.
    """

    candidates: tuple[Scored, ...] = ()
    text: str = ""
    speech: bool = True
    values: tuple[HeardValue, ...] = ()

    def has(self, intent: Intent) -> bool:
        return any(c.intent is intent for c in self.candidates)
