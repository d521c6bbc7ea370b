"""The second lesson: pairs of letters, known only where it is known what was said."""

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.letters import pairs, targets, usual_pairs
from voicebot.hearing.ear.line import Condition
from voicebot.hearing.ear.recipes import Recipe, Source


def recipe(source: Source, text: str) -> Recipe:
    return Recipe(0, EarClass.YES, source, text, "anna", "anna", Condition.TRAIN, 0)


def test_pairs_stay_within_words() -> None:
    assert pairs("Да, ещё!") == {"да", "ещ", "ще"}
    assert pairs("а") == frozenset()


def test_what_was_said_is_marked_and_prefixes_are_left_open() -> None:
    clips = [recipe(Source.PHRASE, "да"), recipe(Source.PREFIX, "да"), recipe(Source.SOUND, "silence")]
    known = usual_pairs(clips)
    assert known == ("да",)
    said, sure = targets(clips, known)
    assert said[0, 0] == 1 and said.sum() == 1
    assert sure.tolist() == [1, 0, 1]
