"""What must hold whatever happens in whatever order (SCENARIOS.md, invariants of the machine)."""

from __future__ import annotations

import dataclasses

from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.dialogue import codec, events
from voicebot.dialogue.actions import Finish, Play
from voicebot.dialogue.call import new_call
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.prompts import prompts
from voicebot.dialogue.step import step
from voicebot.dialogue.turn import MAX_ASKED

AT = 1_000
meanings = st.builds(
    Meaning,
    st.lists(st.builds(Scored, st.sampled_from(Intent), st.floats(0, 1)), max_size=3).map(tuple),
    st.text(max_size=5),
    st.booleans(),
)
prompt_ids = st.integers(0, 6)
random_events = st.one_of(
    st.just(events.Answered(AT)),
    st.just(events.SpeechStarted(AT)),
    st.just(events.SpeechEnded(AT)),
    st.builds(events.Heard, st.just(AT), meanings, st.just(AT), st.none() | meanings),
    st.builds(events.KeyPressed, st.just(AT), st.sampled_from("0123456789*#")),
    st.builds(events.PromptFinished, st.just(AT), prompt_ids),
    st.builds(events.PromptStopped, st.just(AT), prompt_ids, st.integers(0, 9_000), st.integers(0, 9_000)),
    st.builds(
        events.TimerFired, st.just(AT), st.sampled_from(["greeting", "no_input", "resume", "hold", "closing", "call"]),
        st.integers(0, 9),
    ),
    st.just(events.MachineDetected(AT)),
    st.just(events.TransferAnswered(AT)),
    st.just(events.TransferFailed(AT)),
    st.just(events.TransferEnded(AT)),
    st.just(events.RecognitionLost(AT)),
    st.just(events.MustEnd(AT)),
    st.just(events.Resumed(AT)),
)  # fmt: skip
#: Orders that go somewhere: each random event is followed by what a live call would bring of itself.
NATURAL = "natural"
scripts = st.lists(st.one_of(random_events, st.just(NATURAL)), max_size=40)


def natural(call, actions):
    """The event that the last actions would bring about by themselves."""
    if call.prompt is not None:
        return events.PromptFinished(AT, call.prompt_id)
    if call.timers:
        name, serial = next(iter(call.timers.items()))
        return events.TimerFired(AT, name, serial)
    return events.SpeechStarted(AT)


def run(scenario, visits, script):
    call, done, log = new_call(scenario, ({},) * visits), [], []
    for item in [events.Answered(AT), *script, events.HungUp(AT, Disposition.ANSWERED), *script]:
        event = natural(call, done) if item == NATURAL else item
        log.append(event)
        call, actions = step(call, event)
        done.extend(actions)
    return call, done, log


@given(visits=st.integers(1, 3), script=scripts)
@settings(max_examples=300, deadline=None)
def test_every_call_ends_in_exactly_one_finish_with_one_outcome_each(reminder, visits, script):
    call, done, _ = run(reminder, visits, script)
    finishes = [a for a in done if isinstance(a, Finish)]
    assert len(finishes) == 1
    assert isinstance(done[-1], Finish)  # nothing after it
    assert [c.subject for c in finishes[0].conclusions] == list(range(visits))
    assert call.over


@given(visits=st.integers(1, 3), script=scripts)
@settings(max_examples=300, deadline=None)
def test_questions_are_bounded_and_prompts_known_beforehand(reminder, visits, script):
    call, done, _ = run(reminder, visits, script)
    rendered = set(prompts(reminder, visits))
    played = [a for a in done if isinstance(a, Play)]
    assert all(a.prompt in rendered for a in played)
    assert all(times <= MAX_ASKED for times in call.asked.values())


@given(script=scripts)
@settings(max_examples=300, deadline=None)
def test_no_visit_changes_without_an_explicit_answer(reminder, script):
    _, done, log = run(reminder, 1, script)
    (conclusion,) = next(a for a in done if isinstance(a, Finish)).conclusions
    heard = [m for e in log if isinstance(e, events.Heard) for m in (e.meaning, e.joined) if m is not None]
    spoken = {c.intent for m in heard for c in m.candidates}
    keys = {e.key for e in log if isinstance(e, events.KeyPressed)}
    if conclusion.answer is Answer.CONFIRMED:
        assert Intent.YES in spoken or "1" in keys
    if conclusion.answer is Answer.DECLINED:
        assert Intent.NO in spoken or "2" in keys
    if conclusion.answer is Answer.WANTS_CHANGE:
        assert Intent.CHANGE in spoken


@given(before=scripts, phase_stop=st.sampled_from(["voice", "key"]))
@settings(max_examples=200, deadline=None)
def test_stop_always_wins(reminder, before, phase_stop):
    call = new_call(reminder, ({},))
    for event in [events.Answered(AT), *(e for e in before if e != NATURAL)]:
        call, _ = step(call, event)
    if call.phase.value not in ("speaking", "paused", "listening", "holding"):
        return
    stop = (
        events.KeyPressed(AT, "9") if phase_stop == "key"
        else events.Heard(AT, Meaning((Scored(Intent.YES, 1.0), Scored(Intent.STOP, 0.6)), "да, не звоните"), AT)
    )  # fmt: skip
    call, _ = step(call, stop)
    _, actions = step(call, events.HungUp(AT, Disposition.ANSWERED))
    assert actions[-1].conclusions[0].outcome is Outcome.OPTED_OUT


@given(visits=st.integers(1, 2), script=scripts)
@settings(max_examples=150, deadline=None)
def test_the_same_events_give_the_same_call_also_from_storage(reminder, visits, script):
    call, done, log = run(reminder, visits, script)
    again, redone = new_call(reminder, ({},) * visits), []
    for event in log:
        again, actions = step(again, codec.decode(codec.encode(event)))
        redone.extend(actions)
    assert (again, redone) == (call, done)
    assert [codec.decode(codec.encode(a)) for a in done] == done


def test_every_event_survives_storage():
    for cls in events.Event.__args__:
        values = {
            f.name: {
                "meaning": Meaning((Scored(Intent.YES, 0.9),), "да"),
                "joined": Meaning(),
                "grounds": events.Grounds("да", 0.9, 0.1, "whisper-base", ("нет",), (("yes", 0.8), ("no", 0.1)), 300),
                "disposition": Disposition.BUSY,
            }.get(f.name, "x" if f.type == "str" else 7)
            for f in dataclasses.fields(cls)
        }
        event = cls(**values)
        assert codec.decode(codec.encode(event)) == event
