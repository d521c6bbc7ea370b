"""Acting before the end of speech: never a yes, a no after silence, stop at once."""

from __future__ import annotations

import pytest

from voicebot.dialogue.intents import Intent
from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.early import Tick, early
from voicebot.hearing.rules import EARLY

ASK = frozenset({Intent.YES, Intent.NO, Intent.STOP, Intent.OPERATOR, Intent.REPEAT})


def ticks(name: EarClass, p: float, count: int, silence_ms: int, incomplete: float = 0.0) -> list[Tick]:
    scores = {name: p, EarClass.INCOMPLETE: incomplete, EarClass.OTHER: 1 - p - incomplete}
    return [Tick(160 * n, scores, silence_ms) for n in range(count)]


def test_a_yes_is_never_taken_early() -> None:
    assert early(ticks(EarClass.YES, 0.99, 9, 1000), ASK) is None


def test_a_no_waits_for_silence() -> None:
    assert early(ticks(EarClass.NO, 0.95, 3, EARLY.no_silence_ms - 20), ASK) is None
    assert early(ticks(EarClass.NO, 0.95, 3, EARLY.no_silence_ms), ASK) is Intent.NO


def test_stop_is_taken_while_it_is_spoken() -> None:
    assert early(ticks(EarClass.STOP, 0.95, EARLY.stop_ticks, 0), ASK) is Intent.STOP
    assert early(ticks(EarClass.STOP, 0.95, EARLY.stop_ticks - 1, 0), ASK) is None
    assert early(ticks(EarClass.STOP, 0.95, EARLY.stop_ticks, 0), frozenset()) is Intent.STOP


def test_one_verdict_is_not_enough_and_all_must_agree() -> None:
    steady = ticks(EarClass.OPERATOR, 0.95, 3, 200)
    assert early(steady, ASK) is Intent.OPERATOR
    assert early(steady[1:], ASK) is None
    assert early([*steady[:1], *ticks(EarClass.REPEAT, 0.95, 1, 0), *steady[:1]], ASK) is None
    assert early([*ticks(EarClass.OPERATOR, 0.8, 1, 0), *steady[:2]], ASK) is None


def test_a_phrase_that_seems_to_go_on_is_waited_for() -> None:
    assert early(ticks(EarClass.OPERATOR, 0.9, 3, 500, incomplete=EARLY.incomplete + 0.01), ASK) is None


@pytest.mark.parametrize("name", [EarClass.OTHER, EarClass.NON_SPEECH, EarClass.INCOMPLETE, EarClass.NUMBER_5])
def test_what_is_no_whole_answer_is_never_early(name: EarClass) -> None:
    assert early([Tick(0, {name: 0.99}, 900)] * 5, None) is None


def test_what_the_question_has_no_use_for_is_not_early() -> None:
    assert early(ticks(EarClass.OPERATOR, 0.95, 3, 200), ASK - {Intent.OPERATOR}) is None
    assert early([], ASK) is None
