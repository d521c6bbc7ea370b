"""A robot that comes back into its call: what the patient then hears, in every place where it may have died."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.dialogue.test_random_scenarios import FACTS, play, scenarios, scripts
from voicebot.dialogue.actions import Conclusion, Finish, HangUp, Play, StopRecording
from voicebot.dialogue.call import Phase, new_call
from voicebot.dialogue.events import (
    Answered,
    Heard,
    HungUp,
    PromptFinished,
    Resumed,
    TimerFired,
    TransferAnswered,
)
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.prompts import APOLOGY, BACK, needed
from voicebot.dialogue.resuming import MAX_RESUMED
from voicebot.dialogue.step import step

GREETING = "Здравствуйте! Это робот клиники. Это {patient.name}?"
QUESTION = "Напоминаю, {visit.day} в {visit.time} вас ждёт {visit.doctor}. Вы придёте?"


def yes(at: int = 0) -> Heard:
    return Heard(at, Meaning((Scored(Intent.YES, 0.95),), "да"), at)


def no(at: int = 0) -> Heard:
    return Heard(at, Meaning((Scored(Intent.NO, 0.95),), "нет"), at)


class Talk:
    def __init__(self, scenario) -> None:
        self.call, self.done = new_call(scenario, ({},)), []
        self.tell(Answered(0))
        self.tell(TimerFired(0, "greeting", self.call.timers["greeting"]))

    def tell(self, *events) -> list:
        actions = []
        for event in events:
            self.call, more = step(self.call, event)
            actions += more
        self.done += actions
        return actions

    def heard_out(self) -> list:
        return self.tell(PromptFinished(0, self.call.prompt_id))

    @property
    def speaking(self) -> str:
        return self.call.prompt.template if self.call.prompt else ""

    def end(self) -> Conclusion:
        finish = self.tell(HungUp(0, Disposition.ANSWERED))[-1]
        assert isinstance(finish, Finish)
        self.disposition = finish.disposition
        return finish.conclusions[0]


@pytest.fixture
def talk(reminder) -> Talk:
    return Talk(reminder)


def test_died_while_speaking(talk) -> None:
    assert talk.speaking == GREETING
    talk.tell(Resumed(0))
    assert talk.speaking == BACK.template
    talk.heard_out()
    assert talk.speaking == GREETING
    talk.heard_out()
    assert talk.call.phase is Phase.LISTENING


def test_died_while_listening_and_the_answer_then_counts(talk) -> None:
    talk.heard_out()
    talk.tell(yes())
    talk.heard_out()
    assert talk.call.phase is Phase.LISTENING
    talk.tell(Resumed(0))
    talk.heard_out()
    assert talk.speaking == QUESTION
    talk.heard_out()
    talk.tell(yes())
    assert talk.end().outcome is Outcome.CONFIRMED
    assert talk.disposition is Disposition.ANSWERED


def test_an_answer_into_the_apology_is_no_answer_yet(talk) -> None:
    talk.heard_out()
    talk.tell(Resumed(0), yes())
    talk.heard_out()
    assert talk.speaking == GREETING


def test_what_was_answered_before_is_not_asked_again(talk) -> None:
    talk.heard_out()
    talk.tell(yes())
    talk.heard_out()
    talk.tell(yes())
    assert talk.speaking == "Спасибо!"
    talk.tell(Resumed(0))
    talk.heard_out()
    assert talk.speaking == "Спасибо!"
    talk.heard_out()
    talk.heard_out()
    assert talk.done[-1] == HangUp()
    assert talk.end().answer is Answer.CONFIRMED


def test_an_administrator_who_was_being_rung_will_call_back(talk) -> None:
    talk.heard_out()
    talk.tell(yes())
    talk.heard_out()
    talk.tell(no())
    talk.heard_out()
    assert talk.call.phase is Phase.TRANSFERRING
    talk.tell(Resumed(0))
    assert talk.speaking == "Администратор перезвонит."
    talk.heard_out()
    end = talk.end()
    assert (end.answer, end.task) == (Answer.DECLINED, "Перезвонить")
    assert talk.disposition is Disposition.INTERRUPTED


def test_an_administrator_who_talks_is_left_in_peace(talk) -> None:
    talk.heard_out()
    talk.tell(yes())
    talk.heard_out()
    talk.tell(no())
    talk.heard_out()
    talk.tell(TransferAnswered(0))
    assert talk.tell(Resumed(0)) == []
    assert talk.call.phase is Phase.TALKING


def test_a_hangup_that_was_not_carried_out_is_asked_for_again(talk) -> None:
    talk.tell(Heard(0, Meaning((Scored(Intent.STOP, 0.9),)), 0))
    talk.heard_out()
    assert talk.call.phase is Phase.ENDING
    assert talk.tell(Resumed(0)) == [HangUp()]


def test_a_call_is_not_taken_up_for_ever(talk) -> None:
    for _ in range(MAX_RESUMED):
        talk.tell(Resumed(0))
        assert talk.speaking == BACK.template
    talk.tell(Resumed(0))
    assert talk.speaking == APOLOGY.template
    talk.heard_out()
    assert talk.done[-1] == HangUp()
    assert talk.end().outcome is Outcome.UNCLEAR
    assert talk.disposition is Disposition.INTERRUPTED


@given(scenarios(), st.integers(1, 2), scripts, st.integers(0, 40))
@settings(max_examples=150, deadline=None)
def test_coming_back_at_any_moment(scenario, visits, script, crash) -> None:
    """Whatever happened before: only known words are said, no comment stays open, nothing that was answered is lost,
    and the robot speaks, has hung up or leaves the talk to others."""
    _, _, _, states = play(scenario, visits, False, script)
    before = states[min(crash, len(states) - 1)]
    call, actions = step(before, Resumed(90_000))
    plays = [a.prompt for a in actions if isinstance(a, Play)]
    assert set(plays) <= set(needed(scenario, (FACTS,) * visits))
    assert (
        bool(before.recording) == any(isinstance(a, StopRecording) and a.discard for a in actions)
        or HangUp() in actions
    )
    for was, now in zip(before.visits, call.visits, strict=True):
        assert was.answer is None or now.answer is was.answer
        assert was.outcome is None or now.outcome is not None
    others = (Phase.DIALLING, Phase.TALKING, Phase.OVER)
    assert plays or HangUp() in actions or call.phase in (*others, Phase.LISTENING, Phase.TRANSFERRING)
    for name, serial in before.timers.items():  # those of the dead process
        if call.phase not in others:
            assert step(call, TimerFired(99_000, name, serial)) == (call, ())
