"""Coming back into a call that the robot had lost: half a sentence of apology, then what is open is said again."""

from __future__ import annotations

from voicebot.dialogue.actions import HangUp, Prompt
from voicebot.dialogue.call import Phase
from voicebot.dialogue.events import Resumed
from voicebot.dialogue.outcome import Disposition
from voicebot.dialogue.prompts import APOLOGY
from voicebot.dialogue.scenario import Listen, Transfer
from voicebot.dialogue.turn import BACK, CALL_CAP_MS, Turn

MAX_RESUMED = 3  # a call that was lost so often is ended: the patient has had enough of it


def resumed(turn: Turn, event: Resumed) -> None:
    """The timers of before are gone with the process that had set them, and so is the sound."""
    call = turn.call
    if call.phase is Phase.ENDING:
        return turn.put(HangUp())
    if call.phase in (Phase.DIALLING, Phase.TALKING):
        return None  # nobody to talk to yet; or somebody else does
    if call.phase is Phase.CLOSING or call.leaving:
        return turn.end()
    again = _open(turn)
    turn.stop_recording(discard=True)
    if call.resumed >= MAX_RESUMED:
        return leave(turn)
    turn.cancel_timers(*turn.call.timers)
    turn.change(resumed=call.resumed + 1, patient_speaks=False, silence_due=False, decided=None, prompt=None,
                question_heard=False)  # fmt: skip
    turn.set_timer("call", CALL_CAP_MS)
    if call.phase is Phase.GREETING:
        return turn.enter(call.first_step)
    if call.phase is Phase.TRANSFERRING:
        return _nobody_came(turn)
    turn.change(repeating=again)
    return turn.play(BACK)


def leave(turn: Turn) -> None:
    """Say good-bye: the robot cannot go on."""
    turn.hush()
    turn.cancel_timers(*turn.call.timers)
    turn.change(leaving=True, disposition=Disposition.INTERRUPTED)
    turn.play(APOLOGY)


def _open(turn: Turn) -> Prompt | None:
    """What has to be said again: the prompt that was being spoken, or the question that waits for an answer."""
    call = turn.call
    if not call.step_id:
        return None  # nothing was said yet
    if call.prompt == BACK:
        return call.repeating
    if call.prompt is not None:
        return call.prompt
    then, step = call.step.then, call.step
    if call.asking_back is not None and isinstance(then, Listen):
        return Prompt(then.ask_back[call.asking_back], call.subject)
    return Prompt(step.say, call.subject, f"{call.scenario.id}/{step.id}") if step.say else None


def _nobody_came(turn: Turn) -> None:
    """The administrator was being rung when we died. The patient is told what the scenario has for this."""
    then = turn.call.step.then
    turn.change(disposition=Disposition.INTERRUPTED)
    return turn.enter(then.failed) if isinstance(then, Transfer) else turn.end()
