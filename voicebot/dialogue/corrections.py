"""People correct themselves: an answer that was just acted upon is undone by what follows hard upon it."""

from __future__ import annotations

from voicebot.dialogue.call import Decided, Phase
from voicebot.dialogue.events import Heard
from voicebot.dialogue.intents import Meaning, Scored
from voicebot.dialogue.reactions import APART, SURE, misunderstood, react
from voicebot.dialogue.scenario import AskValue, Listen
from voicebot.dialogue.turn import Turn

CORRECTION_MS = 5_000  # into the next question: later than this it answers that one
LATE_CORRECTION_MS = 20_000  # into "thank you, good-bye": nothing else can be meant


def corrected(turn: Turn, event: Heard) -> bool:
    """Whether the patient takes back the answer that we have just acted upon: then it is undone.

    What follows hard upon it is understood as one sentence with it and counts; anything else is asked again.
    """
    was = turn.call.decided
    if was is None or event.started_ms - was.at_ms > _patience(turn):
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


def _patience(turn: Turn) -> int:
    asking = isinstance(turn.call.step.then, Listen | AskValue)
    return CORRECTION_MS if asking else LATE_CORRECTION_MS


def _reacting(then: Listen, meaning: Meaning) -> Scored | None:
    """The best meaning that the question has a reaction to; None when two of them contradict each other."""
    usable = [c for c in meaning.candidates if c.score >= SURE and c.intent in then.reactions]
    usable.sort(key=lambda c: -c.score)
    for other in usable[1:]:
        if usable[0].score - other.score < APART and then.reactions[other.intent] != then.reactions[usable[0].intent]:
            return None
    return usable[0] if usable else None


def _undo(turn: Turn, was: Decided) -> None:
    turn.hush()
    turn.cancel_timers("resume", "closing")
    turn.change(
        step_id=was.step_id, subject=was.subject, loop_step=was.loop_step, visits=was.visits,
        identity_known=was.identity_known, phase=Phase.LISTENING, prompt=None, question_heard=True, decided=None,
    )  # fmt: skip
