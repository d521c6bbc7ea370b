"""The machine in whole conversations, in virtual time."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voicebot.dialogue.actions import HangUp, Play, StopPlaying
from voicebot.dialogue.call import Phase
from voicebot.dialogue.events import (
    Answered,
    Heard,
    HungUp,
    MachineDetected,
    MustEnd,
    PromptFinished,
    SpeechStarted,
    TransferEnded,
)
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.rehearsal import Rehearsal
from voicebot.dialogue.scenario import Scenario
from voicebot.dialogue.step import step


def means(*intents: Intent, score: float = 0.95, text: str = "…", value: str = "") -> Meaning:
    return Meaning(tuple(Scored(i, score, value) for i in intents), text)


NOTHING = Meaning(text="вчера шёл дождь")
NOISE = Meaning(speech=False)


@pytest.fixture
def rehearse(reminder: Scenario):
    def make(visits: int = 1, administrator: bool = True) -> Rehearsal:
        return Rehearsal(reminder, tuple({"patient.name": "Иван"} for _ in range(visits)), administrator)

    return make


def told(r: Rehearsal) -> list[str]:
    return [p.recording.split("/")[-1] if p.recording else "unclear" for p in r.said]


def test_yes_confirms(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.YES))
    finish = r.to_the_end()
    assert told(r) == ["who", "ask", "thanks", "bye"]
    assert finish.identity_known and finish.disposition is Disposition.ANSWERED
    (conclusion,) = finish.conclusions
    assert (conclusion.outcome, conclusion.answer, conclusion.question_asked) == (
        Outcome.CONFIRMED, Answer.CONFIRMED, True)  # fmt: skip


def test_no_is_declined_whether_or_not_an_administrator_picks_up(rehearse):
    for administrator, task in ((True, ""), (False, "Перезвонить")):
        r = rehearse(administrator=administrator)
        r.answer()
        r.reply(means(Intent.YES))
        r.reply(means(Intent.NO))
        finish = r.to_the_end()
        (c,) = finish.conclusions
        assert (c.outcome, c.answer, c.task) == (Outcome.DECLINED, Answer.DECLINED, task)
        assert finish.transferred is administrator


def test_a_transfer_alone_changes_no_visit(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.OPERATOR))
    (c,) = r.to_the_end().conclusions
    assert (c.outcome, c.answer) == (Outcome.TRANSFERRED, None)


def test_who_hangs_up_while_the_administrator_is_rung_is_called_back_by_hand(reminder):
    r = Rehearsal(reminder, ({},))
    r.answer()
    r.reply(means(Intent.YES))
    r.listen_out()
    r.call, _ = step(r.call, Heard(r.now_ms, means(Intent.OPERATOR), r.now_ms))
    r.call, _ = step(r.call, PromptFinished(r.now_ms, r.call.prompt_id))
    assert r.call.phase is Phase.TRANSFERRING
    r.hang_up()
    (c,) = r.to_the_end().conclusions
    assert (c.outcome, c.answer, c.task) == (Outcome.TRANSFERRED, None, "Перезвонить")


def test_stop_wins_at_every_moment(rehearse):
    for moves in range(3):
        r = rehearse()
        r.answer(greeting=False)
        for _ in range(moves):
            r.reply(means(Intent.YES))
        r.pass_ms(1500)  # in mid prompt
        r.utter(means(Intent.YES, Intent.STOP))
        (c,) = r.to_the_end().conclusions
        assert c.outcome is Outcome.OPTED_OUT
        assert told(r)[-1] == "opted_out"
        assert c.answer is (Answer.CONFIRMED if moves == 2 else None)


def test_stop_in_the_greeting_and_by_key_9(rehearse):
    r = rehearse()
    r.feed(Answered(0))
    r.feed(Heard(800, means(Intent.STOP), 100))
    assert r.to_the_end().conclusions[0].outcome is Outcome.OPTED_OUT
    r = rehearse()
    r.answer()
    r.pass_ms(500)
    r.press("9")
    assert r.to_the_end().conclusions[0].outcome is Outcome.OPTED_OUT


def test_stop_understood_after_we_hung_up_still_counts(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.WRONG_PERSON))
    call = r.call
    while call.phase is not Phase.ENDING:
        call, actions = step(call, PromptFinished(9_000, call.prompt_id))
    assert HangUp() in actions
    call, actions = step(call, Heard(9_100, means(Intent.STOP), 8_000))
    assert actions == ()
    _, (finish,) = step(call, HungUp(9_200, Disposition.ANSWERED))
    assert finish.conclusions[0].outcome is Outcome.OPTED_OUT


def test_two_silences_lead_to_a_human(rehearse):
    r = rehearse(administrator=False)
    r.answer()
    r.reply(means(Intent.YES))
    r.keep_silent()
    r.keep_silent()
    finish = r.to_the_end()
    assert told(r) == ["who", "ask", "unclear", "to_admin", "sorry"]
    assert (finish.conclusions[0].outcome, finish.conclusions[0].answer) == (Outcome.TRANSFERRED, None)


def test_misunderstood_twice_never_a_third_time(rehearse):
    r = rehearse()
    r.answer()
    r.reply(NOTHING)
    r.reply(NOTHING)
    finish = r.to_the_end()
    assert told(r) == ["who", "unclear", "bye_unclear"]
    assert finish.conclusions[0].outcome is Outcome.UNCLEAR
    assert not finish.conclusions[0].question_asked


def test_a_noise_is_no_answer_and_no_misunderstanding(rehearse):
    r = rehearse()
    r.answer()
    r.reply(NOISE)
    assert r.call.misunderstood == 0
    r.reply(means(Intent.YES))
    r.reply(means(Intent.YES))
    assert r.to_the_end().conclusions[0].outcome is Outcome.CONFIRMED


def test_two_contradicting_meanings_are_asked_again(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(Meaning((Scored(Intent.YES, 0.8), Scored(Intent.NO, 0.75)), "да… нет"))
    r.listen_out()
    assert told(r) == ["who", "ask", "unclear"]


def test_repeat_says_the_question_again_and_is_bounded(rehearse):
    r = rehearse(administrator=False)
    r.answer()
    r.reply(means(Intent.YES))
    for _ in range(20):
        if r.call.over:
            break
        r.reply(means(Intent.REPEAT))
    assert told(r).count("ask") == 5
    r.to_the_end()


def test_hold_on_waits_twenty_seconds_then_asks_again(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.HOLD_ON))
    began = r.now_ms
    assert r.call.phase is Phase.HOLDING
    r.keep_silent()
    assert r.now_ms - began == 20_000 and told(r)[-1] == "ask" and r.call.misunderstood == 0


def test_an_interruption_stops_the_prompt_and_a_yes_before_the_question_does_not_count(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.pass_ms(300)
    r.utter(means(Intent.YES))
    assert any(isinstance(a, StopPlaying) for a in r.actions)
    resumed = [a for a in r.actions if isinstance(a, Play)][-1]
    assert resumed.prompt.recording == "reminder/ask"
    assert r.call.visits[0].outcome is None
    r.reply(means(Intent.YES))
    assert r.to_the_end().conclusions[0].outcome is Outcome.CONFIRMED


def test_an_interruption_after_the_question_was_heard_counts(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    duration = r._playing[3]
    r.pass_ms(int(duration * 0.8))
    r.utter(means(Intent.YES))
    assert told(r)[-1] == "thanks"


def test_a_backchannel_lets_the_robot_go_on_from_where_it_was(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.pass_ms(2_000)
    r.utter(means(Intent.BACKCHANNEL))
    resumed = [a for a in r.actions if isinstance(a, Play)][-1]
    assert resumed.from_ms == 1_600


def test_who_says_hello_into_a_prompt_hears_it_again(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.pass_ms(2_000)
    r.utter(means(Intent.HELLO))
    again = [a for a in r.actions if isinstance(a, Play)][-1]
    assert (told(r)[-1], again.from_ms) == ("ask", 0)


def test_several_visits_have_their_own_answers(rehearse):
    r = rehearse(visits=2)
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.YES))
    r.reply(means(Intent.NO))
    finish = r.to_the_end()
    assert told(r) == ["who", "ask", "thanks", "ask", "to_admin"]
    assert [p.subject for p in r.said] == [0, 0, 0, 1, 1]
    assert [c.answer for c in finish.conclusions] == [Answer.CONFIRMED, Answer.DECLINED]


def test_an_answering_machine_is_left_alone(rehearse):
    r = rehearse()
    r.feed(Answered(0))
    r.feed(SpeechStarted(200))
    r.feed(MachineDetected(4_000))
    finish = r.to_the_end()
    assert finish.disposition is Disposition.VOICEMAIL
    assert finish.conclusions[0].outcome is Outcome.UNREACHED


@pytest.mark.parametrize("disposition", [d for d in Disposition if d is not Disposition.ANSWERED])
def test_a_call_that_was_not_answered(rehearse, disposition):
    r = rehearse()
    r.not_answered(disposition)
    finish = r.to_the_end()
    assert finish.disposition is disposition
    assert finish.conclusions[0].answer is None
    assert finish.conclusions[0].outcome in (Outcome.UNREACHED, Outcome.UNCLEAR)


def test_late_events_of_a_finished_prompt_change_nothing(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    before = r.call
    after, actions = step(before, PromptFinished(r.now_ms, 1))
    assert (after, actions) == (before, ())


def test_the_administrator_hangs_up_first(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.NO))
    r.listen_out()
    assert r.call.phase is Phase.TALKING
    r.feed(TransferEnded(r.now_ms))
    assert r.finish is not None and r.finish.conclusions[0].outcome is Outcome.DECLINED


def test_the_robot_is_stopped_in_mid_call(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.pass_ms(500)
    r.feed(MustEnd(r.now_ms))
    finish = r.to_the_end()
    assert r.said[-1].template.startswith("Извините")
    assert finish.disposition is Disposition.INTERRUPTED
    assert (finish.conclusions[0].outcome, finish.conclusions[0].answer) == (Outcome.UNCLEAR, None)


def correct(r: Rehearsal, meaning: Meaning, joined: Meaning | None = None) -> None:
    """Say something on top of an answer that was understood already."""
    r.pass_ms(300)
    started = r.now_ms
    r.feed(SpeechStarted(started))
    r.pass_ms(600)
    r.feed(Heard(r.now_ms, meaning, started, joined))


def test_yes_and_then_oh_no_is_never_a_confirmation(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.YES))
    assert told(r)[-1] == "thanks"
    correct(r, means(Intent.NO))
    assert told(r)[-1] == "unclear" and r.call.visits[0] == type(r.call.visits[0])(question_asked=True)
    r.reply(means(Intent.NO))
    (c,) = r.to_the_end().conclusions
    assert (c.outcome, c.answer) == (Outcome.DECLINED, Answer.DECLINED)


def test_a_sentence_in_two_parts_counts_as_a_whole(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.NO, text="да нет"))
    assert told(r)[-1] == "to_admin"
    correct(r, means(Intent.YES, text="приду"), joined=means(Intent.YES, text="да нет приду"))
    assert told(r)[-1] == "thanks"
    (c,) = r.to_the_end().conclusions
    assert (c.outcome, c.answer) == (Outcome.CONFIRMED, Answer.CONFIRMED)


def test_saying_the_same_again_corrects_nothing(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.YES))
    correct(r, means(Intent.YES), joined=means(Intent.YES))
    assert told(r)[-1] == "thanks"
    assert r.to_the_end().conclusions[0].outcome is Outcome.CONFIRMED


def test_not_the_patient_after_all(rehearse):
    """ "Да… ой, нет, это его жена": what the robot was about to tell is not told."""
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    assert told(r)[-1] == "ask" and r.call.identity_known
    correct(r, means(Intent.WRONG_PERSON), joined=means(Intent.WRONG_PERSON))
    assert told(r)[-1] == "not_patient" and not r.call.identity_known
    assert r.to_the_end().conclusions[0].outcome is Outcome.WRONG_PERSON


def test_a_change_of_mind_late_in_the_goodbye_still_counts(rehearse):
    r = rehearse()
    r.answer()
    r.reply(means(Intent.YES))
    r.reply(means(Intent.YES))
    r.call = replace(r.call, decided=replace(r.call.decided, at_ms=r.now_ms - 6_000))  # a long "thank you"
    correct(r, means(Intent.CHANGE))
    r.reply(means(Intent.CHANGE))
    assert r.to_the_end().conclusions[0].answer is Answer.WANTS_CHANGE


def test_a_patient_who_speaks_into_the_goodbye_and_presses_a_key_is_not_hung_up_on(reminder):
    """The wait for the last words ends when something else begins."""
    scenario = replace(reminder, everywhere_keys={"0": Intent.OPERATOR, "9": Intent.STOP})
    r = Rehearsal(scenario, ({},))
    r.answer()
    r.reply(means(Intent.WRONG_PERSON))
    r.feed(SpeechStarted(r.now_ms))
    r.listen_out()
    assert r.call.phase is Phase.CLOSING
    r.press("0")
    r.listen_out()
    assert r.call.phase is Phase.TALKING
    r.pass_ms(60_000)
    assert r.call.phase is Phase.TALKING
