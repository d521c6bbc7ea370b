"""The recogniser fails in the middle of a call: the patient is told by which keys to answer, and they work."""

from __future__ import annotations

import pytest

from voicebot.dialogue.call import Phase
from voicebot.dialogue.events import RecognitionLost, SpeechEnded, SpeechStarted
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.prompts import deaf, needed, prompts
from voicebot.dialogue.rehearsal import Rehearsal
from voicebot.dialogue.scenario import Scenario

YES = Meaning((Scored(Intent.YES, 0.9),), "да")


@pytest.fixture
def asked(reminder: Scenario) -> Rehearsal:
    """The robot has asked whether the patient comes, and listens."""
    call = Rehearsal(reminder, ({},))
    call.answer()
    call.reply(YES)
    call.listen_out()
    assert (call.call.step_id, call.call.phase) == ("ask", Phase.LISTENING)
    return call


def lose(call: Rehearsal) -> None:
    call.feed(SpeechStarted(call.now_ms))
    call.pass_ms(900)
    call.feed(SpeechEnded(call.now_ms))
    call.pass_ms(4_000)
    call.feed(RecognitionLost(call.now_ms))


def test_the_patient_is_told_the_keys_and_they_work(asked: Rehearsal) -> None:
    lose(asked)
    assert asked.said[-1].template == (
        "Простите, вас не слышно. Ответьте, пожалуйста, кнопками телефона: один — да, два — нет."
    )
    asked.listen_out()
    asked.press("1")
    asked.listen_out()
    asked.hang_up()
    assert asked.finish is not None and asked.finish.conclusions[0].outcome is Outcome.CONFIRMED


def test_a_recogniser_that_came_back_is_heard_again(asked: Rehearsal) -> None:
    lose(asked)
    asked.reply(YES)
    asked.listen_out()
    assert asked.call.visit.outcome is Outcome.CONFIRMED


def test_who_keeps_silent_then_comes_to_a_human(asked: Rehearsal) -> None:
    lose(asked)
    finish = asked.to_the_end()
    assert finish.conclusions[0].outcome is not Outcome.CONFIRMED
    assert asked.call.over


def test_what_is_said_is_rendered_before_the_call(reminder: Scenario) -> None:
    said = deaf(reminder, reminder.steps["ask"])
    assert said in prompts(reminder, 1) and said in needed(reminder, ({},))


def test_a_prompt_that_was_broken_off_goes_on(reminder: Scenario) -> None:
    call = Rehearsal(reminder, ({},))
    call.answer()
    call.pass_ms(500)
    call.feed(SpeechStarted(call.now_ms))
    assert call.call.phase is Phase.PAUSED
    call.feed(RecognitionLost(call.now_ms))
    assert call.call.phase is Phase.SPEAKING and call.said[-1].recording.endswith("/who")
