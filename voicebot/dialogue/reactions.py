"""What a meaning does at the question that is open: the reactions of the scenario, and asking once more."""

from __future__ import annotations

from voicebot.dialogue.actions import Prompt
from voicebot.dialogue.call import Call, Decided
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import AskValue, Listen, Reaction
from voicebot.dialogue.turn import AGAIN, Turn

SURE = 0.5  # below this a meaning is a guess, and a guess is asked again
APART = 0.15  # two meanings nearer than this are two meanings: ask again
MAX_MISUNDERSTOOD = 2  # DOMAIN rule 11: then a human, never a third try

#: What may be said at any time and is answered by saying the question again, where the scenario knows no better.
_SAY_AGAIN = frozenset({Intent.REPEAT, Intent.QUESTION, Intent.WHO_IS_THIS, Intent.HELLO})


def best_of(turn: Turn, meaning: Meaning) -> Scored | None:
    """The meaning that this question can use; None when there is none or two that contradict each other."""
    usable = [c for c in meaning.candidates if c.score >= SURE and has_use(turn, c.intent)]
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


def has_use(turn: Turn, intent: Intent) -> bool:
    if intent is Intent.NUMBER:
        return False  # numbers are values: see values.py
    return intent in _SAY_AGAIN or intent is Intent.HOLD_ON or _reaction(turn, intent) is not None


def _target(turn: Turn, intent: Intent) -> object:
    reaction = _reaction(turn, intent)
    return reaction if reaction is not None else (AGAIN if intent in _SAY_AGAIN else intent)


def react(turn: Turn, intent: Intent, value: str) -> None:
    """Act upon a meaning that is certain."""
    call = turn.call
    reaction = _reaction(turn, intent)
    if intent is Intent.STOP:
        turn.note(Outcome.OPTED_OUT)  # whatever the scenario does next, and even if it has no `stop`
        if reaction is None:
            return turn.end()
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


def _remember(call: Call, at_ms: int, intent: Intent) -> Decided:
    return Decided(at_ms, call.step_id, intent, call.subject, call.loop_step, call.visits, call.identity_known)


def _say_again(turn: Turn) -> None:
    turn.cancel_timers("no_input", "hold", "resume")
    if not turn.call.step_id:
        return turn.enter(turn.call.first_step)
    if not turn.call.step.say:
        return turn.listen()
    return turn.say_step()


def misunderstood(turn: Turn, likelier: Intent | None = None) -> None:
    """An answer that was not understood, or silence: ask once more in other words, then leave it to a human.

    likelier: when the answer fitted two meanings, the one to ask back about.
    """
    turn.cancel_timers("no_input", "resume")
    count = turn.call.misunderstood + 1
    turn.change(misunderstood=count, silence_due=False)
    then = turn.call.step.then
    bound = min(MAX_MISUNDERSTOOD, turn.call.scenario.limits.misunderstood)
    if count >= bound or not isinstance(then, Listen | AskValue):
        return turn.give_up()
    if likelier is not None and isinstance(then, Listen):
        turn.change(asking_back=likelier)
        return turn.play(Prompt(then.ask_back[likelier], turn.call.subject))
    return turn.play(Prompt(then.unclear.say, turn.call.subject))
