"""What an utterance leads to: stop first, then the question that is open, then what holds everywhere."""

from __future__ import annotations

from voicebot.dialogue.actions import Prompt
from voicebot.dialogue.call import Call, Decided, Phase
from voicebot.dialogue.events import Heard
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import AskValue, Listen, Reaction
from voicebot.dialogue.turn import AGAIN, NO_INPUT_MS, Turn

SURE = 0.5  # below this a meaning is a guess, and a guess is asked again
STOP_SURE = 0.3  # a "stop" missed is worse than a "stop" asked after
APART = 0.15  # two meanings nearer than this are two meanings: ask again
CORRECTION_MS = 5_000  # later than this it is no correction of the answer but something new
MAX_MISUNDERSTOOD = 2  # DOMAIN rule 11: then a human, never a third try

#: What may be said at any time and is answered by saying the question again, where the scenario knows no better.
_SAY_AGAIN = frozenset({Intent.REPEAT, Intent.QUESTION, Intent.WHO_IS_THIS, Intent.HELLO})
#: Said while the robot speaks, these mean "go on".
_GO_ON = frozenset({Intent.BACKCHANNEL, Intent.HELLO, Intent.THANKS})
#: These are answers to a question and mean nothing before it was heard.
_ANSWERS = frozenset({Intent.YES, Intent.NO, Intent.NUMBER})


def understood(turn: Turn, event: Heard) -> None:
    """Decide on one utterance."""
    call, meaning = turn.call, event.meaning
    if _stop(meaning) and call.phase in _HEARS_STOP:
        turn.hush()
        return react(turn, Intent.STOP, "")
    if _stop(meaning) and call.phase is Phase.ENDING:
        return turn.note(Outcome.OPTED_OUT)
    if call.leaving:
        return None
    if call.phase in (Phase.SPEAKING, Phase.PAUSED, Phase.CLOSING) and corrected(turn, event):
        return None
    if call.phase is Phase.CLOSING:
        return turn.end()
    if call.phase is Phase.PAUSED:
        return _interruption(turn, meaning)
    if call.phase is Phase.LISTENING:
        return _answer(turn, meaning)
    if call.phase is Phase.HOLDING and meaning.speech and meaning.candidates:
        best = _best(turn, meaning)
        if best is not None and best.intent is not Intent.HOLD_ON:
            return react(turn, best.intent, best.value)
        return None
    return None  # spoken before the prompt that now plays: it answers nothing but "stop"


_HEARS_STOP = frozenset({Phase.GREETING, Phase.SPEAKING, Phase.PAUSED, Phase.LISTENING, Phase.HOLDING, Phase.CLOSING})


def corrected(turn: Turn, event: Heard) -> bool:
    """Whether the patient takes back the answer that we have just acted upon: then it is undone.

    What follows hard upon it is understood as one sentence with it and counts; anything else is asked again.
    """
    was = turn.call.decided
    if was is None or event.started_ms - was.at_ms > CORRECTION_MS:
        return False
    then = turn.call.scenario.steps[was.step_id].then
    if not isinstance(then, Listen):
        return False
    whole = _reacting(then, event.joined) if event.joined is not None else None
    if whole is not None:
        if then.reactions[whole.intent] == then.reactions[was.intent]:
            return False
        _undo(turn, was)
        react(turn, whole.intent, whole.value)
        return True
    now = _reacting(then, event.meaning)
    if now is None or then.reactions[now.intent] == then.reactions[was.intent]:
        return False
    _undo(turn, was)
    misunderstood(turn)
    return True


def _reacting(then: Listen, meaning: Meaning) -> Scored | None:
    """The best meaning that the question has a reaction to; None when two of them contradict each other."""
    usable = [c for c in meaning.candidates if c.score >= SURE and c.intent in then.reactions]
    usable.sort(key=lambda c: -c.score)
    for other in usable[1:]:
        if usable[0].score - other.score < APART and then.reactions[other.intent] != then.reactions[usable[0].intent]:
            return None
    return usable[0] if usable else None


def _remember(call: Call, at_ms: int, intent: Intent) -> Decided:
    return Decided(at_ms, call.step_id, intent, call.subject, call.loop_step, call.visits, call.identity_known)


def _undo(turn: Turn, was: Decided) -> None:
    turn.hush()
    turn.cancel_timers("resume", "closing")
    turn.change(
        step_id=was.step_id, subject=was.subject, loop_step=was.loop_step, visits=was.visits,
        identity_known=was.identity_known, phase=Phase.LISTENING, prompt=None, question_heard=True, decided=None,
    )  # fmt: skip


def _stop(meaning: Meaning) -> bool:
    return any(c.intent is Intent.STOP and c.score >= STOP_SURE for c in meaning.candidates)


def _interruption(turn: Turn, meaning: Meaning) -> None:
    """Somebody spoke into a prompt, which is paused now. Go on with it unless it was for us to act upon."""
    best = _best(turn, meaning)
    if best is None or best.intent in _GO_ON:
        return turn.resume()
    if best.intent in _ANSWERS and not turn.call.question_heard:
        return turn.resume()
    turn.cancel_timer("resume")
    turn.change(prompt=None)
    return react(turn, best.intent, best.value)


def _answer(turn: Turn, meaning: Meaning) -> None:
    """An answer to the question that is open."""
    if not meaning.speech or (not meaning.candidates and not meaning.text):
        if turn.call.silence_due:
            return misunderstood(turn)
        return None  # a noise: the no-input timer runs on
    best = _best(turn, meaning)
    if best is None:
        return misunderstood(turn)
    return react(turn, best.intent, best.value)


def _best(turn: Turn, meaning: Meaning) -> Scored | None:
    """The meaning that this question can use; None when there is none or two that contradict each other."""
    usable = [c for c in meaning.candidates if c.score >= SURE and _has_use(turn, c.intent)]
    if not usable:
        return None
    usable.sort(key=lambda c: -c.score)
    best = usable[0]
    for other in usable[1:]:
        if best.score - other.score < APART and _target(turn, other.intent) != _target(turn, best.intent):
            return None
    return best


def _reaction(turn: Turn, intent: Intent) -> Reaction | None:
    then = turn.call.step.then if turn.call.step_id else None
    if isinstance(then, Listen) and intent in then.reactions:
        return then.reactions[intent]
    if intent in turn.call.scenario.everywhere:
        return Reaction(turn.call.scenario.everywhere[intent])
    return None


def _has_use(turn: Turn, intent: Intent) -> bool:
    if intent is Intent.NUMBER:
        return isinstance(turn.call.step.then, AskValue)
    return intent in _SAY_AGAIN or intent is Intent.HOLD_ON or _reaction(turn, intent) is not None


def _target(turn: Turn, intent: Intent) -> object:
    reaction = _reaction(turn, intent)
    return reaction if reaction is not None else (AGAIN if intent in _SAY_AGAIN else intent)


def react(turn: Turn, intent: Intent, value: str) -> None:
    """Act upon a meaning that is certain."""
    call = turn.call
    reaction = _reaction(turn, intent)
    if intent is Intent.NUMBER and isinstance(call.step.then, AskValue):
        return _take_value(turn, call.step.then, value)
    if reaction is None and intent is Intent.STOP:
        return turn.end()  # a scenario without `stop` is refused by check; we obey all the same
    if reaction is None and intent is Intent.HOLD_ON:
        return turn.hold()
    if reaction is None or reaction.go == AGAIN:
        return _say_again(turn)
    then = call.step.then if call.step_id else None
    own = isinstance(then, Listen) and intent in then.reactions
    turn.change(decided=_remember(call, turn.at_ms, intent) if own else None)
    if own and call.step.identifies and intent is Intent.YES:
        turn.change(identity_known=True)
    if reaction.answer is not None:
        turn.change_visit(answer=reaction.answer)
    if intent in (Intent.CALLBACK_LATER, Intent.BUSY_NOW) and value:
        turn.change_visit(callback=value)
    return turn.enter(reaction.go)


def _take_value(turn: Turn, ask: AskValue, value: str) -> None:
    number = int(value) if value.isdecimal() else None
    if number is None or not ask.low <= number <= ask.high:
        return misunderstood(turn)
    turn.change(values={**turn.call.values, ask.name: value})
    return turn.enter(ask.then)


def _say_again(turn: Turn) -> None:
    turn.cancel_timers("no_input", "hold", "resume")
    if not turn.call.step_id:
        return turn.enter(turn.call.scenario.start)
    if not turn.call.step.say:
        turn.listen()
        return turn.set_timer("no_input", NO_INPUT_MS)
    return turn.say_step()


def misunderstood(turn: Turn) -> None:
    """An answer that was not understood, or silence: ask once more in other words, then leave it to a human."""
    turn.cancel_timers("no_input", "resume")
    count = turn.call.misunderstood + 1
    turn.change(misunderstood=count, silence_due=False)
    then = turn.call.step.then
    if count >= MAX_MISUNDERSTOOD or not isinstance(then, Listen | AskValue):
        return turn.give_up()
    return turn.play(Prompt(then.unclear.say, turn.call.subject))
