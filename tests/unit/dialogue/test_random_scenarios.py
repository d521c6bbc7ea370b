"""What must hold in any scenario, whatever happens in whatever order (SCENARIOS.md, invariants of the machine).

300 random calls of random scenarios by default; VOICEBOT_LONG=1 makes 10,000 of each property.
"""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicebot.dialogue import codec, events
from voicebot.dialogue.actions import Finish, HangUp, Play, StartRecording, StopRecording
from voicebot.dialogue.call import Call, Phase, new_call
from voicebot.dialogue.intents import HeardValue, Intent, Meaning, Scored, ValueKind
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.prompts import needed
from voicebot.dialogue.rehearsal import Rehearsal
from voicebot.dialogue.scenario import (
    About,
    AskValue,
    Case,
    Choose,
    End,
    Goto,
    Limits,
    Listen,
    Purpose,
    Reaction,
    Scenario,
    Step,
    Transfer,
    Unclear,
)
from voicebot.dialogue.step import step
from voicebot.dialogue.turn import AGAIN, MAX_ASKED, MAX_STEPS

EXAMPLES = 10_000 if os.environ.get("VOICEBOT_LONG") else 300
many = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

#: Steps that write an answer down: only what the patient says leads to them, as `voicebot check` demands.
SAID = {Intent.YES: ("said_yes", Answer.CONFIRMED), Intent.NO: ("said_no", Answer.DECLINED),
        Intent.CANCEL: ("said_no", Answer.DECLINED), Intent.CHANGE: ("said_change", Answer.WANTS_CHANGE)}  # fmt: skip
ENDINGS = {
    "said_yes": Outcome.CONFIRMED, "said_no": Outcome.DECLINED, "said_change": Outcome.WANTS_CHANGE,
    "stopped": Outcome.OPTED_OUT, "later": Outcome.CALLBACK_LATER, "wrong": Outcome.WRONG_PERSON,
    "unclear": Outcome.UNCLEAR, "sorry": Outcome.TRANSFERRED, "refused": Outcome.REFUSED,
}  # fmt: skip
OPEN_ENDINGS = ("to_admin", "later", "wrong", "unclear", "sorry", "refused")
HEARD = (Intent.YES, Intent.NO, Intent.CANCEL, Intent.CHANGE, Intent.BUSY_NOW, Intent.CALLBACK_LATER, Intent.HELLO,
         Intent.QUESTION, Intent.WRONG_PERSON, Intent.HOLD_ON, Intent.LATE)  # fmt: skip
KEYS = {"1": Intent.YES, "2": Intent.NO}
WITH_PATIENT = {Phase.GREETING, Phase.SPEAKING, Phase.PAUSED, Phase.LISTENING, Phase.HOLDING, Phase.CLOSING}
FACTS = {"a": "да", "b": "", "slot.1": "2026-11-27T15:00:00+03:00", "slot.2": "2026-11-27T17:30:00+03:00"}


@st.composite
def scenarios(draw):
    """A valid scenario of one to five random steps, with everything that the language has."""
    ids = [f"s{n}" for n in range(draw(st.integers(1, 5)))]
    anywhere = st.sampled_from([*ids, *OPEN_ENDINGS])
    looped = draw(st.sampled_from([*ids, ""]))
    steps = [_step(draw, name, anywhere, name == looped) for name in ids]
    steps += [Step(name, draw(st.sampled_from([End(), Goto("bye")])), say=f"{name}.", outcome=outcome,
                   task="Перезвонить" if name == "sorry" else "") for name, outcome in ENDINGS.items()]  # fmt: skip
    steps += [Step("bye", End(), say="До свидания."), Step("to_admin", Transfer("reception", "sorry", "Пациент."))]
    everywhere = {Intent.STOP: "stopped", Intent.REPEAT: AGAIN, Intent.OPERATOR: "to_admin"}
    return Scenario(
        "random", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", ids[0], {s.id: s for s in steps}, everywhere,
        {"9": Intent.STOP}, limits=Limits(draw(st.integers(1, 5)), draw(st.integers(1, 2))), inbound=ids[-1],
    )  # fmt: skip


def _step(draw, name: str, anywhere, looped: bool) -> Step:
    kinds = ["listen", "listen", "listen", "ask", "choose", "goto", "transfer"]
    kind = draw(st.sampled_from(kinds[:4] if name == "s0" else kinds))
    unclear = Unclear(f"{name}: ещё раз?", draw(anywhere))
    if kind == "listen":
        intents = draw(st.lists(st.sampled_from(HEARD), min_size=1, max_size=4, unique=True))
        back = {i: f"{name}: значит, {i.value}?" for i in intents if draw(st.booleans())}
        then = Listen({i: _reaction(draw, i, anywhere) for i in intents}, unclear, KEYS, back)
    elif kind == "ask":
        then = AskValue(draw(st.sampled_from(ValueKind)), f"v{name}", draw(anywhere), unclear, 1, 5)
    elif kind == "choose":
        cases = [Case(draw(st.sampled_from(["a", "b", "vs0"])), draw(st.sampled_from(["да", None])), draw(anywhere))]
        then = Choose(tuple(cases), draw(anywhere))
    else:
        then = Goto(draw(anywhere)) if kind == "goto" else Transfer("reception", "sorry", f"{name}: пациент.")
    silent = kind in ("choose", "goto") and draw(st.booleans())
    return Step(name, then, say="" if silent else f"{name}, слушаю вас?", for_each=looped,
                identifies=kind == "listen" and draw(st.booleans()),
                interruptible=draw(st.booleans()))  # fmt: skip


def _reaction(draw, intent: Intent, anywhere) -> Reaction:
    if intent in SAID and draw(st.integers(0, 3)):
        target, answer = SAID[intent]
        return Reaction(target, answer if draw(st.booleans()) else None)
    return Reaction(draw(st.one_of(anywhere, st.just(AGAIN))))


scored = st.builds(Scored, st.sampled_from([*HEARD, Intent.OPERATOR, Intent.REPEAT, Intent.NUMBER]),
                   st.sampled_from([0.2, 0.4, 0.55, 0.6, 0.9]), st.sampled_from(["", "2026-11-24T18:00"]))  # fmt: skip
values = st.sampled_from([
    HeardValue(ValueKind.NUMBER, "3"), HeardValue(ValueKind.NUMBER, "77"), HeardValue(ValueKind.TIME, "17:30"),
    HeardValue(ValueKind.DATE, "2026-11-27"),
])  # fmt: skip
meanings = st.builds(Meaning, st.lists(scored, max_size=2).map(tuple), st.sampled_from(["", "слова"]),
                     st.sampled_from([True, True, True, False]), st.lists(values, max_size=1).map(tuple))  # fmt: skip
STOP = Meaning((Scored(Intent.YES, 1.0), Scored(Intent.STOP, 0.6)), "да, не звоните больше")

#: What comes. "natural" is what the last actions lead to by themselves. "reply": the patient listens the robot out
#: and gives an answer that the question knows (two at once, when the numbers differ). "say": anything, at any moment.
NATURAL = "natural"
replies = st.tuples(st.just("reply"), st.integers(0, 11), st.none() | st.integers(0, 11), values)
things = st.one_of(
    st.just(NATURAL), replies, replies, replies, replies, st.tuples(st.just("say"), meanings, st.none() | meanings),
    st.tuples(st.just("key"), st.sampled_from("1239#0")),
    st.tuples(st.just("late"), st.sampled_from(["PromptFinished", "PromptStopped", "TimerFired"]), st.integers(0, 9)),
    st.sampled_from([events.SpeechStarted, events.SpeechEnded, events.MachineDetected, events.TransferAnswered,
                     events.TransferFailed, events.TransferEnded, events.RecognitionLost, events.MustEnd,
                     events.Answered, events.Resumed]),
)  # fmt: skip
scripts = st.lists(things, min_size=6, max_size=20)


def happening(call: Call, thing, at: int) -> events.Event:
    """A drawn thing as an event of this moment."""
    if isinstance(thing, type):
        return thing(at)
    if thing == NATURAL:
        return _natural(call, at)
    if thing[0] == "reply":
        return _reply(call, thing, at)
    if thing[0] == "say":
        return events.Heard(at, thing[1], at - 900, thing[2])
    if thing[0] == "key":
        return events.KeyPressed(at, thing[1])
    if thing[1] == "TimerFired":
        name = ("greeting", "no_input", "resume", "hold", "closing", "comment", "call")[thing[2] % 7]
        return events.TimerFired(at, name, thing[2])
    prompt_id = max(0, call.prompt_id - thing[2] % 3)
    if thing[1] == "PromptFinished":
        return events.PromptFinished(at, prompt_id)
    return events.PromptStopped(at, prompt_id, 100 * thing[2], 900)


def _natural(call: Call, at: int) -> events.Event:
    if call.phase is Phase.DIALLING:
        return events.Answered(at)
    if call.phase is Phase.TRANSFERRING:
        return events.TransferFailed(at) if at % 2 else events.TransferAnswered(at)
    if call.phase is Phase.PAUSED:
        return events.PromptStopped(at, call.prompt_id, 700, 900)
    if call.prompt is not None:
        return events.PromptFinished(at, call.prompt_id)
    if soon := [item for item in call.timers.items() if item[0] != "call"]:  # that one ends the call after minutes
        return events.TimerFired(at, *soon[-1])
    return events.SpeechStarted(at)


def play(scenario: Scenario, visits: int, inbound: bool, script):
    """Run a script to its hangup and beyond: the last call, all actions, the events, and each call on the way."""
    call = new_call(scenario, (FACTS,) * visits, inbound)
    done, log, states = [], [], [call]
    for number, thing in enumerate([NATURAL, NATURAL, *script, None, *script[:3]]):
        at = 1_000 * (number + 1)
        while isinstance(thing, tuple) and thing[0] == "reply" and call.phase is Phase.SPEAKING:
            call = _told(call, events.PromptFinished(at, call.prompt_id), done, log, states)
        event = events.HungUp(at, Disposition.ANSWERED) if thing is None else happening(call, thing, at)
        call = _told(call, event, done, log, states)
    return call, done, log, states


def _told(call: Call, event: events.Event, done: list, log: list, states: list) -> Call:
    call, actions = step(call, event)
    log.append(event)
    done.extend(actions)
    states.append(call)
    return call


def _reply(call: Call, thing, at: int) -> events.Heard:
    _, first, second, value = thing
    then = call.step.then if call.step_id else None
    known = [*then.reactions, Intent.HOLD_ON, Intent.OPERATOR] if isinstance(then, Listen) else list(HEARD)
    candidates = [Scored(known[first % len(known)], 0.9)]
    if second is not None:
        candidates.append(Scored(known[second % len(known)], 0.85, "2026-11-24T18:00"))
    return events.Heard(at, Meaning(tuple(candidates), "слова", values=(value,)), at - 900)


def said(log) -> set[Intent]:
    """The intents that were heard loudly enough to count, by voice or by key."""
    meant = [m for e in log if isinstance(e, events.Heard) for m in (e.meaning, e.joined) if m is not None]
    keys = {KEYS[e.key] for e in log if isinstance(e, events.KeyPressed) and e.key in KEYS}
    return keys | {c.intent for m in meant for c in m.candidates if c.score >= 0.5}


@given(scenarios(), st.integers(1, 3), st.booleans(), scripts)
@many
def test_one_end_bounded_questions_explicit_answers_and_nothing_late(scenario, visits, inbound, script):
    call, done, log, states = play(scenario, visits, inbound, script)
    # Every call ends in exactly one outcome for each visit, and nothing follows.
    (finish,) = [a for a in done if isinstance(a, Finish)]
    assert done[-1] is finish and call.phase is Phase.OVER
    assert [c.subject for c in finish.conclusions] == list(range(visits))
    # Nothing but the outcome after a hangup of ours either (a comment that runs is closed).
    if HangUp() in done:
        rest = [
            a for a in done[done.index(HangUp()) + 1 :] if a != HangUp()
        ]  # a robot that came back asks for it again
        assert rest == [finish]
    # Questions are put at most as often as allowed, and all that is said was rendered before the call.
    assert all(n <= min(MAX_ASKED, scenario.limits.asked) for n in call.asked.values())
    assert {a.prompt for a in done if isinstance(a, Play)} <= set(needed(scenario, (FACTS,) * visits, inbound))
    # No input changes a visit silently.
    heard = said(log)
    for conclusion in finish.conclusions:
        for answer, intents in ((Answer.CONFIRMED, {Intent.YES}), (Answer.DECLINED, {Intent.NO, Intent.CANCEL}),
                                (Answer.WANTS_CHANGE, {Intent.CHANGE})):  # fmt: skip
            assert conclusion.answer is not answer or heard & intents
    # Recordings are opened and closed in turn, and none stays open.
    taped = [type(a) for a in done if isinstance(a, StartRecording | StopRecording)]
    assert taped == [StartRecording, StopRecording] * (len(taped) // 2)
    # Late events of finished prompts and of timers that were set anew change nothing.
    for state in states:
        for late in (events.PromptFinished(9_000, state.prompt_id - 1), events.TimerFired(9_000, "no_input", -1),
                     events.PromptStopped(9_000, state.prompt_id - 1, 900, 900)):  # fmt: skip
            assert step(state, late) == (state, ())


@given(scenarios(), st.integers(1, 3), scripts, st.booleans())
@many
def test_stop_wins_everywhere(scenario, visits, script, by_key):
    _, _, _, states = play(scenario, visits, False, script)
    for state in states[::4]:
        if state.phase not in WITH_PATIENT or (by_key and state.leaving):
            continue
        if state.entered >= MAX_STEPS:  # test_stop_wins_at_the_limit_of_steps_too
            continue
        stop = events.KeyPressed(90_000, "9") if by_key else events.Heard(90_000, STOP, 89_000)
        stopped, _ = step(state, stop)
        _, (*_, finish) = step(stopped, events.HungUp(91_000, Disposition.ANSWERED))
        assert isinstance(finish, Finish)
        assert finish.conclusions[state.subject].outcome is Outcome.OPTED_OUT
        for before, after in zip(state.visits, finish.conclusions, strict=True):
            assert after.outcome is Outcome.OPTED_OUT or before.outcome is not None or before.answer is not None


@given(scenarios(), st.integers(1, 2), scripts, st.integers(0, 30))
@many
def test_a_call_is_replayed_and_resumed_from_its_stored_events(scenario, visits, script, crash):
    call, done, log, states = play(scenario, visits, False, script)
    stored = [codec.encode(e) for e in log]
    again, redone = new_call(scenario, (FACTS,) * visits), []
    for number, text in enumerate(stored):
        if number == min(crash, len(stored) - 1):  # after a crash: only the events so far are known
            assert again == states[number]
        again, actions = step(again, codec.decode(text))
        redone.extend(actions)
    assert (again, redone) == (call, done)
    assert [codec.decode(codec.encode(a)) for a in done] == done


@given(scenarios(), st.integers(1, 3), st.booleans(), st.lists(meanings | st.none() | st.just("1"), max_size=8))
@many
def test_every_conversation_comes_to_an_end_by_itself(scenario, visits, administrator, moves):
    rehearsal = Rehearsal(scenario, (FACTS,) * visits, administrator)
    rehearsal.answer()
    for move in moves:
        if rehearsal.call.over:
            break
        if move is None:
            rehearsal.keep_silent()
        elif move == "1":
            rehearsal.press("1")
        else:
            rehearsal.reply(move)
    finish = rehearsal.to_the_end()
    assert rehearsal.call.over and len(finish.conclusions) == visits
    assert rehearsal.now_ms <= 12 * 60_000  # the cap of a call, and what was being said


#: Whoever does not answer goes round: the question, sorry, the question.
CIRCLE = Scenario(
    "circle", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", "ask", {s.id: s for s in [
        Step("ask", Listen({Intent.YES: Reaction("stopped")}, Unclear("Ещё раз?", "sorry")), say="Вы придёте?"),
        Step("sorry", Goto("ask"), say="Извините."), Step("stopped", End(), outcome=Outcome.OPTED_OUT),
    ]}, {Intent.STOP: "stopped"}, {"9": Intent.STOP},
)  # fmt: skip


def test_stop_wins_at_the_limit_of_steps_too():
    rehearsal = Rehearsal(CIRCLE, ({},))
    rehearsal.answer()
    rehearsal.listen_out()
    rehearsal.call = replace(rehearsal.call, entered=MAX_STEPS)
    rehearsal.press("9")
    assert rehearsal.to_the_end().conclusions[0].outcome is Outcome.OPTED_OUT


def test_a_silent_patient_is_not_talked_to_in_circles():
    rehearsal = Rehearsal(CIRCLE, ({},))
    rehearsal.answer()
    rehearsal.to_the_end()
    assert [p.template for p in rehearsal.said].count("Извините.") <= MAX_ASKED + 1
