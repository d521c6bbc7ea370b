"""Questions for values: numbers, slots, comments; answers that fit two meanings; limits; the inbound variant."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voicebot.dialogue.actions import StartRecording, StopRecording
from voicebot.dialogue.call import Phase
from voicebot.dialogue.intents import HeardValue, Intent, Meaning, Scored, ValueKind
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.rehearsal import Rehearsal
from voicebot.dialogue.scenario import (
    About,
    AskValue,
    End,
    Goto,
    Limits,
    Listen,
    Purpose,
    Scenario,
    Step,
    Unclear,
)

AGAIN = Unclear("Назовите, пожалуйста, ещё раз.", "bye")
STEPS = [
    Step("rate", AskValue(ValueKind.NUMBER, "mark", "why", AGAIN, 1, 5), say="Оцените от одного до пяти."),
    Step("why", AskValue(ValueKind.COMMENT, "comment", "slot", AGAIN), say="Расскажите после сигнала."),
    Step("slot", AskValue(ValueKind.SLOT, "chosen", "done", AGAIN), say="Есть {slot.1} и {slot.2}."),
    Step("done", Goto("bye"), outcome=Outcome.CONFIRMED),
    Step("bye", End(), say="До свидания."),
    Step("stopped", End(), say="Больше не позвоню.", outcome=Outcome.OPTED_OUT),
    Step("hello", Goto("rate"), say="Вы нам звонили."),
]
SCENARIO = Scenario(
    "feedback", "1", "", Purpose.SERVICE, About.PATIENT, "anna", "rate", {s.id: s for s in STEPS},
    {Intent.STOP: "stopped"}, {"9": Intent.STOP}, inbound="hello",
)  # fmt: skip
FACTS = ({"slot.1": "2026-11-27T15:00:00+03:00", "slot.2": "2026-11-27T17:30:00+03:00"},)


def value(kind: ValueKind, text: str) -> Meaning:
    return Meaning(values=(HeardValue(kind, text, text),), text=text)


@pytest.fixture
def talk() -> Rehearsal:
    r = Rehearsal(SCENARIO, FACTS)
    r.answer()
    return r


def said(r: Rehearsal) -> list[str]:
    return [p.recording.split("/")[-1] or "unclear" for p in r.said]


def test_a_whole_questionnaire(talk):
    talk.reply(value(ValueKind.NUMBER, "4"))
    talk.reply(Meaning(text="всё понравилось"))
    talk.utter(Meaning(text="только долго ждал"))
    talk.keep_silent()
    assert [a for a in talk.actions if isinstance(a, StartRecording | StopRecording)] == [
        StartRecording("comment"), StopRecording("comment")]  # fmt: skip
    talk.reply(value(ValueKind.TIME, "17:30"))
    finish = talk.to_the_end()
    assert finish.values == (
        ("chosen", FACTS[0]["slot.2"]), ("comment", "всё понравилось только долго ждал"), ("mark", "4"))  # fmt: skip
    assert finish.conclusions[0].outcome is Outcome.CONFIRMED


@pytest.mark.parametrize(
    "wrong", [value(ValueKind.NUMBER, "7"), value(ValueKind.DATE, "2026-11-27"), Meaning(text="э")]
)
def test_a_value_that_does_not_fit_is_asked_for_once_more(talk, wrong):
    talk.reply(wrong)
    assert said(talk) == ["rate", "unclear"]
    talk.reply(value(ValueKind.NUMBER, "5"))
    assert said(talk)[-1] == "why" and talk.call.values == {"mark": "5"}


def test_keys_give_numbers_and_a_key_beyond_the_range_is_no_answer(talk):
    talk.listen_out()
    talk.press("8")
    assert talk.call.step_id == "rate"
    talk.press("3")
    assert talk.call.values == {"mark": "3"}


def test_the_hash_key_ends_a_comment(talk):
    talk.press("5")
    talk.listen_out()
    assert talk.call.recording == "comment"
    talk.press("#")
    assert talk.call.step_id == "slot" and StopRecording("comment") in talk.actions


def test_stop_inside_a_comment_wins(talk):
    talk.press("5")
    talk.reply(Meaning((Scored(Intent.STOP, 0.9),), "не звоните больше"))
    assert talk.to_the_end().conclusions[0].outcome is Outcome.OPTED_OUT


def test_a_hangup_inside_a_comment_closes_the_recording(talk):
    talk.press("5")
    talk.listen_out()
    talk.hang_up()
    assert StopRecording("comment") in talk.actions
    assert talk.finish is not None and talk.finish.values == (("mark", "5"),)


@pytest.mark.parametrize(
    ("heard", "chosen"),
    [
        (value(ValueKind.NUMBER, "1"), 0), (value(ValueKind.TIME, "17:30"), 1),
        (value(ValueKind.DATE, "2026-11-27"), None),  # both are on that day
        (value(ValueKind.TIME, "12:00"), None),
    ],
)  # fmt: skip
def test_a_slot_is_chosen_by_number_time_or_day_if_only_one_fits(talk, heard, chosen):
    talk.press("5")
    talk.listen_out()
    talk.press("#")
    talk.reply(heard)
    expected = None if chosen is None else FACTS[0][f"slot.{chosen + 1}"]
    assert talk.call.values.get("chosen") == expected


def test_a_call_of_the_patient_begins_elsewhere():
    r = Rehearsal(SCENARIO, FACTS, inbound=True)
    r.answer()
    r.listen_out()
    assert said(r)[0] == "hello"


def test_an_answer_that_fits_two_meanings_is_asked_back(reminder):
    ask = reminder.steps["ask"]
    assert isinstance(ask.then, Listen)
    then = replace(ask.then, ask_back={Intent.YES: "Правильно ли я поняла, вы придёте?"})
    scenario = replace(reminder, steps={**reminder.steps, "ask": replace(ask, then=then)})
    both = Meaning((Scored(Intent.YES, 0.8), Scored(Intent.NO, 0.75)), "да… нет")
    for answer, outcome in ((Intent.YES, Outcome.CONFIRMED), (Intent.NO, Outcome.TRANSFERRED)):
        r = Rehearsal(scenario, ({},))
        r.answer()
        r.reply(Meaning((Scored(Intent.YES, 0.9),), "да"))
        r.reply(both)
        assert r.said[-1].template == "Правильно ли я поняла, вы придёте?"
        r.reply(Meaning((Scored(answer, 0.9),), "…"))
        assert r.to_the_end().conclusions[0].outcome is outcome


def test_a_scenario_may_be_stricter_than_the_machine(reminder):
    r = Rehearsal(replace(reminder, limits=Limits(asked=2, misunderstood=1)), ({},), administrator=False)
    r.answer()
    for _ in range(3):
        r.reply(Meaning((Scored(Intent.REPEAT, 0.9),), "повторите"))
    assert said(r)[:2] == ["who", "who"] and said(r)[2] == "bye_unclear"
    assert r.call.phase in (Phase.SPEAKING, Phase.ENDING, Phase.OVER)
