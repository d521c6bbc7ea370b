"""What an utterance leads to: stop first, then the question that is open, then what holds everywhere."""

from __future__ import annotations

from voicebot.dialogue.call import Phase
from voicebot.dialogue.corrections import corrected
from voicebot.dialogue.events import Heard
from voicebot.dialogue.intents import Intent, Meaning
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.reactions import SURE, best_of, has_use, misunderstood, react
from voicebot.dialogue.scenario import AskValue, Listen
from voicebot.dialogue.turn import Turn
from voicebot.dialogue.values import take_comment, take_value, value_in

STOP_SURE = 0.3  # a "stop" missed is worse than a "stop" asked after

#: Said while the robot speaks, these mean "go on". Not «алло»: somebody is not sure that they are heard.
_GO_ON = frozenset({Intent.BACKCHANNEL, Intent.THANKS})
#: These are answers to a question and mean nothing before it was heard.
_ANSWERS = frozenset({Intent.YES, Intent.NO})
_HEARS_STOP = frozenset({Phase.GREETING, Phase.SPEAKING, Phase.PAUSED, Phase.LISTENING, Phase.HOLDING, Phase.CLOSING})


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
    if call.recording:
        return take_comment(turn, meaning)
    if call.phase is Phase.PAUSED:
        return _interruption(turn, meaning)
    if call.phase is Phase.LISTENING:
        return _answer(turn, meaning)
    if call.phase is Phase.HOLDING and meaning.speech and meaning.candidates:
        best = best_of(turn, meaning)
        if best is not None and best.intent is not Intent.HOLD_ON:
            return react(turn, best.intent, best.value)
        return None
    return None  # spoken before the prompt that now plays: it answers nothing but "stop"


def _stop(meaning: Meaning) -> bool:
    return any(c.intent is Intent.STOP and c.score >= STOP_SURE for c in meaning.candidates)


def _interruption(turn: Turn, meaning: Meaning) -> None:
    """Somebody spoke into a prompt, which is paused now. Go on with it unless it was for us to act upon."""
    then = turn.call.step.then
    if isinstance(then, AskValue) and turn.call.question_heard and (value := value_in(turn, then, meaning)):
        turn.cancel_timer("resume")
        return take_value(turn, then, value)
    best = best_of(turn, meaning)
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
    if turn.call.asking_back is not None:
        return _confirmed(turn, turn.call.asking_back, meaning)
    then = turn.call.step.then
    if isinstance(then, AskValue) and (value := value_in(turn, then, meaning)):
        return take_value(turn, then, value)
    best = best_of(turn, meaning)
    if best is None:
        return misunderstood(turn, _likelier(turn, meaning))
    return react(turn, best.intent, best.value)


def _likelier(turn: Turn, meaning: Meaning) -> Intent | None:
    """The meaning to ask back about, when an answer fits two."""
    then = turn.call.step.then
    usable = [c for c in meaning.candidates if c.score >= SURE and has_use(turn, c.intent)]
    best = max(usable, key=lambda c: c.score, default=None)
    return best.intent if best is not None and isinstance(then, Listen) and best.intent in then.ask_back else None


def _confirmed(turn: Turn, intent: Intent, meaning: Meaning) -> None:
    """The answer to «Правильно ли я поняла, …?»: a clear yes confirms, the same answer again does too."""
    turn.change(asking_back=None)
    best = best_of(turn, meaning)
    if best is None or (best.intent is Intent.NO and intent not in (Intent.NO, Intent.CANCEL)):
        return misunderstood(turn)
    return react(turn, intent if best.intent is Intent.YES else best.intent, best.value)
