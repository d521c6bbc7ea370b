"""What the ear tells apart. One enumeration with the intents of text and scenarios: each class knows its own."""

from __future__ import annotations

from enum import StrEnum

from voicebot.dialogue.intents import Intent


class EarClass(StrEnum):
    """A class of the head. The order is that of its outputs: append only, and train anew."""

    YES = "yes"
    NO = "no"
    CANCEL = "cancel"
    STOP = "stop"
    OPERATOR = "operator"
    REPEAT = "repeat"
    QUESTION = "question"
    WHO_IS_THIS = "who_is_this"
    WRONG_PERSON = "wrong_person"
    CALLBACK_LATER = "callback_later"
    BUSY_NOW = "busy_now"
    HOLD_ON = "hold_on"
    CHANGE = "change"
    LATE = "late"
    HELLO = "hello"
    THANKS = "thanks"
    BYE = "bye"
    NUMBER_0 = "number:0"
    NUMBER_1 = "number:1"
    NUMBER_2 = "number:2"
    NUMBER_3 = "number:3"
    NUMBER_4 = "number:4"
    NUMBER_5 = "number:5"
    NUMBER_6 = "number:6"
    NUMBER_7 = "number:7"
    NUMBER_8 = "number:8"
    NUMBER_9 = "number:9"
    NUMBER_10 = "number:10"
    OTHER = "other"  # speech that answers nothing: off-topic, television, syllables, «не знаю»
    NON_SPEECH = "non_speech"  # silence, noise, tones, music, coughs
    INCOMPLETE = "incomplete"  # less than 80 % of a phrase: the patient is still speaking

    @property
    def intent(self) -> Intent | None:
        """The meaning in a dialogue; None for the three classes that are no answer."""
        if self in (EarClass.OTHER, EarClass.NON_SPEECH, EarClass.INCOMPLETE):
            return None
        return Intent(self.value.partition(":")[0])

    @property
    def number(self) -> int | None:
        """What Intent.NUMBER carries, None for other classes."""
        head, _, digits = self.value.partition(":")
        return int(digits) if head == Intent.NUMBER.value else None


CLASSES: tuple[EarClass, ...] = tuple(EarClass)


def classes_of(intent: Intent) -> tuple[EarClass, ...]:
    """The classes that mean an intent: eleven for NUMBER, none for what the ear does not know."""
    return tuple(c for c in CLASSES if c.intent is intent)
