"""The machine: step(call, event) -> (call, actions). Pure; the only place that decides what a call does next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from voicebot.dialogue.actions import Action, Conclusion, Finish, StopPlaying, StopRecording
from voicebot.dialogue.answers import understood
from voicebot.dialogue.call import Call, Phase, Visit
from voicebot.dialogue.events import (
    Answered,
    Event,
    Heard,
    HungUp,
    KeyPressed,
    MachineDetected,
    MustEnd,
    PromptFinished,
    PromptStopped,
    RecognitionLost,
    Resumed,
    SpeechEnded,
    SpeechStarted,
    TimerFired,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
)
from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.prompts import deaf
from voicebot.dialogue.reactions import misunderstood, react
from voicebot.dialogue.resuming import leave, resumed
from voicebot.dialogue.scenario import AskValue, Choose, Goto, Listen, Transfer
from voicebot.dialogue.turn import CALL_CAP_MS, RESUME_MS, Turn
from voicebot.dialogue.values import comment_over, take_digit

GREETING_MS = 1_200  # SPEECH.md: without a greeting the robot begins after this
INBOUND_MS = 300  # who rings us waits for a word of ours; this much lets the line open
GREETING_CAP_MS = 5_600  # a greeting that does not end is spoken into; after 5 s it is known for a machine's
QUESTION_HEARD = 0.6  # an answer counts once this part of the prompt was played

_OUTCOME_OF = {
    Answer.CONFIRMED: Outcome.CONFIRMED,
    Answer.DECLINED: Outcome.DECLINED,
    Answer.WANTS_CHANGE: Outcome.WANTS_CHANGE,
}
_WITH_PATIENT = frozenset({Phase.GREETING, Phase.SPEAKING, Phase.PAUSED, Phase.LISTENING, Phase.HOLDING, Phase.CLOSING})


def step(call: Call, event: Event) -> tuple[Call, tuple[Action, ...]]:
    """What the call becomes by this event, and what is to be done. Nothing follows HungUp but Finish."""
    if call.phase is Phase.OVER:
        return call, ()
    if isinstance(event, HungUp):
        return _finish(call, event)
    if call.phase is Phase.ENDING and not isinstance(event, Heard | Resumed):
        return call, ()
    turn = Turn(call, event.at_ms)
    _ON[type(event)](turn, event)
    return turn.call, tuple(turn.actions)


def _answered(turn: Turn, event: Answered) -> None:
    if turn.call.phase is not Phase.DIALLING:
        return
    turn.change(phase=Phase.GREETING, answered=True)
    turn.set_timer("call", CALL_CAP_MS)
    turn.set_timer("greeting", INBOUND_MS if turn.call.inbound else GREETING_MS)


def _speech_started(turn: Turn, event: SpeechStarted) -> None:
    call = turn.call
    if call.phase not in _WITH_PATIENT:
        return
    turn.change(patient_speaks=True)
    if call.leaving:
        return
    if call.phase is Phase.GREETING:
        turn.set_timer("greeting", GREETING_CAP_MS)
    elif call.phase is Phase.SPEAKING and _may_interrupt(call):
        turn.put(StopPlaying(call.prompt_id))
        turn.change(phase=Phase.PAUSED, resume_ms=call.resume_ms)
        turn.set_timer("resume", RESUME_MS)


def _may_interrupt(call: Call) -> bool:
    return call.step.interruptible and isinstance(call.step.then, Listen | AskValue | Goto | Choose)


def _speech_ended(turn: Turn, event: SpeechEnded) -> None:
    if turn.call.phase is Phase.GREETING:
        turn.enter(turn.call.first_step)


def _heard(turn: Turn, event: Heard) -> None:
    turn.change(patient_speaks=False)
    understood(turn, event)


def _key(turn: Turn, event: KeyPressed) -> None:
    call = turn.call
    if call.phase not in _WITH_PATIENT:
        return
    if call.phase is not Phase.GREETING and take_digit(turn, event.key):
        return
    keys: Mapping[str, Intent] = call.scenario.everywhere_keys
    if call.step_id and isinstance(call.step.then, Listen | AskValue):
        keys = {**keys, **call.step.then.keys}
    intent = keys.get(event.key)
    if intent is Intent.STOP or (intent is not None and call.step_id and not call.leaving):
        turn.hush()  # a key leaves no doubt, also in mid prompt
        react(turn, intent, "")


def _prompt_finished(turn: Turn, event: PromptFinished) -> None:
    call = turn.call
    if event.prompt_id != call.prompt_id or call.prompt is None:
        return
    if call.phase is Phase.SPEAKING:
        turn.prompt_over()
    elif call.phase is Phase.PAUSED:  # it had ended just before it was stopped
        turn.cancel_timer("resume")
        turn.prompt_over()


def _prompt_stopped(turn: Turn, event: PromptStopped) -> None:
    call = turn.call
    if event.prompt_id != call.prompt_id or call.phase is not Phase.PAUSED:
        return
    heard = event.duration_ms <= 0 or event.played_ms >= QUESTION_HEARD * event.duration_ms
    turn.change(resume_ms=event.played_ms, question_heard=call.question_heard or heard)


def _timer(turn: Turn, event: TimerFired) -> None:
    if turn.call.timers.get(event.name) != event.serial:
        return
    turn.change(timers={n: s for n, s in turn.call.timers.items() if n != event.name})
    _TIMERS[event.name](turn)


def _greeting_over(turn: Turn) -> None:
    if turn.call.phase is Phase.GREETING:
        turn.enter(turn.call.first_step)


def _no_input(turn: Turn) -> None:
    if turn.call.phase is not Phase.LISTENING:
        return
    if turn.call.recording and not turn.call.patient_speaks:
        return comment_over(turn)
    if turn.call.patient_speaks:
        turn.change(silence_due=True)
        turn.set_timer("resume", RESUME_MS)
    else:
        misunderstood(turn)


def _resume(turn: Turn) -> None:
    """The utterance that we waited for never came."""
    turn.change(patient_speaks=False)
    if turn.call.phase is Phase.PAUSED:
        turn.resume()
    elif turn.call.phase is Phase.LISTENING:
        _no_input(turn)


def _hold_over(turn: Turn) -> None:
    if turn.call.phase is Phase.HOLDING:
        turn.say_step()


def _machine(turn: Turn, event: MachineDetected) -> None:
    if turn.call.phase in _WITH_PATIENT and not turn.call.identity_known:
        turn.change(disposition=Disposition.VOICEMAIL)
        turn.end()


def _transfer_answered(turn: Turn, event: TransferAnswered) -> None:
    if turn.call.phase is Phase.TRANSFERRING:
        turn.cancel_timer("call")
        turn.change(phase=Phase.TALKING, transferred=True)
        turn.note(Outcome.TRANSFERRED)


def _transfer_failed(turn: Turn, event: TransferFailed) -> None:
    then = turn.call.step.then if turn.call.step_id else None
    if turn.call.phase is Phase.TRANSFERRING and isinstance(then, Transfer):
        turn.enter(then.failed)


def _transfer_ended(turn: Turn, event: TransferEnded) -> None:
    if turn.call.phase is Phase.TALKING:
        turn.end()


def _recognition_lost(turn: Turn, event: RecognitionLost) -> None:
    """An answer was lost: a prompt goes on, a question is left to the keys, and the patient is told."""
    turn.change(patient_speaks=False)
    call = turn.call
    if call.phase is Phase.PAUSED:
        turn.resume()
    elif call.phase is Phase.LISTENING and not call.recording and not call.leaving:
        turn.cancel_timers("no_input", "resume")
        turn.change(silence_due=False)
        turn.play(deaf(call.scenario, call.step))


def _must_end(turn: Turn, event: MustEnd) -> None:
    if turn.call.phase not in _WITH_PATIENT or turn.call.phase is Phase.CLOSING:
        return turn.end()
    return leave(turn)


def _finish(call: Call, event: HungUp) -> tuple[Call, tuple[Action, ...]]:
    ours = call.phase is Phase.ENDING
    if call.phase is Phase.TRANSFERRING:
        call = _left_while_ringing(call)
    if not call.answered:
        disposition = event.disposition
    elif event.disposition in (Disposition.FAILED, Disposition.INTERRUPTED) and not ours:
        disposition = Disposition.INTERRUPTED
    else:
        disposition = call.disposition or Disposition.ANSWERED
    conclusions = tuple(_conclude(call, i, v, disposition) for i, v in enumerate(call.visits))
    values = tuple(sorted(call.values.items()))
    done = Finish(disposition, call.identity_known, conclusions, call.transferred, values)
    ending: tuple[Action, ...] = (StopRecording(call.recording),) if call.recording else ()
    return replace(call, phase=Phase.OVER, timers={}, recording=""), (*ending, done)


def _left_while_ringing(call: Call) -> Call:
    """The patient waited for a human and hung up: the human calls back, as if nobody had picked up."""
    turn = Turn(call, 0)
    turn.note(Outcome.TRANSFERRED)
    then = call.step.then
    failed = call.scenario.steps[then.failed] if isinstance(then, Transfer) else None
    if failed is not None and failed.task and not call.visit.task:
        turn.change_visit(task=failed.task)
    return turn.call


def _conclude(call: Call, subject: int, visit: Visit, disposition: Disposition) -> Conclusion:
    outcome = visit.outcome
    if outcome is None and visit.answer is not None:
        outcome = _OUTCOME_OF.get(visit.answer)
    if outcome is None and disposition is not Disposition.ANSWERED:  # nobody's decision
        outcome = Outcome.UNCLEAR if disposition is Disposition.INTERRUPTED else Outcome.UNREACHED
    if outcome is None:
        outcome = Outcome.UNCLEAR if call.phase is Phase.ENDING else Outcome.HUNG_UP
    return Conclusion(subject, outcome, visit.answer, visit.callback, visit.task, visit.sms, visit.question_asked)


_ON: Mapping[type, Callable[[Turn, Any], None]] = {
    Answered: _answered,
    SpeechStarted: _speech_started,
    SpeechEnded: _speech_ended,
    Heard: _heard,
    KeyPressed: _key,
    PromptFinished: _prompt_finished,
    PromptStopped: _prompt_stopped,
    TimerFired: _timer,
    MachineDetected: _machine,
    TransferAnswered: _transfer_answered,
    TransferFailed: _transfer_failed,
    TransferEnded: _transfer_ended,
    RecognitionLost: _recognition_lost,
    MustEnd: _must_end,
    Resumed: resumed,
}
_TIMERS: Mapping[str, Callable[[Turn], None]] = {
    "greeting": _greeting_over,
    "no_input": _no_input,
    "resume": _resume,
    "hold": _hold_over,
    "closing": Turn.end,
    "comment": comment_over,
    "call": Turn.end,
}
