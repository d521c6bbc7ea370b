"""The ear's classes are the intents of the dialogue."""

import pytest

from voicebot.dialogue.intents import Intent
from voicebot.hearing.ear.classes import CLASSES, EarClass, classes_of

NO_ANSWER = {EarClass.OTHER, EarClass.NON_SPEECH, EarClass.INCOMPLETE}


def test_every_class_is_an_intent_or_no_answer() -> None:
    assert {c for c in CLASSES if c.intent is None} == NO_ANSWER
    assert all(c.intent in Intent for c in CLASSES if c not in NO_ANSWER)


def test_numbers_carry_their_digits() -> None:
    numbers = classes_of(Intent.NUMBER)
    assert [c.number for c in numbers] == list(range(11))
    assert {c.intent for c in numbers} == {Intent.NUMBER}
    assert EarClass.YES.number is None


@pytest.mark.parametrize("intent", [Intent.YES, Intent.NO, Intent.STOP, Intent.CANCEL, Intent.BUSY_NOW, Intent.HOLD_ON])
def test_an_intent_has_its_class(intent: Intent) -> None:
    assert [c.value for c in classes_of(intent)] == [intent.value]


def test_an_intent_that_the_ear_does_not_know_has_none() -> None:
    assert classes_of(Intent.BACKCHANNEL) == ()
