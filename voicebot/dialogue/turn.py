"""The moves of the machine: enter a step, speak, listen, note an outcome, end. step.py decides which of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from voicebot.dialogue.actions import (
    Action,
    CancelTimer,
    HangUp,
    Listen,
    Play,
    Prompt,
    SetTimer,
    StartRecording,
    StartTransfer,
    StopPlaying,
    StopRecording,
)
from voicebot.dialogue.call import Call, Phase
from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.outcome import WHOLE_CALL, Answer, Outcome
from voicebot.dialogue.scenario import AskValue, Case, Choose, Goto, Step, Transfer
from voicebot.dialogue.scenario import Listen as ListenThen

NO_INPUT_MS = 5_000  # SPEECH.md: after this much silence the question counts as unanswered
HOLD_MS = 20_000  # DOMAIN rule 11: "минутку" is granted this long
RESUME_MS = 8_000  # an utterance is capped at 6 s and understood in 2: then nothing will come any more
REWIND_MS = 400  # a prompt goes on a little before where it was stopped, so that no word is lost
MAX_ASKED = 5  # a question is never put more often, whatever is asked in between
COMMENT_SILENCE_MS = 4_000  # a comment is over after this pause: people think in between
COMMENT_MS = 60_000  # and never longer than this
CALL_CAP_MS = 600_000  # no conversation with the robot lasts ten minutes
MAX_STEPS = 200  # a scenario that runs in circles ends here

#: The word in `everywhere` and `listen` that stands for "say that again" in place of a step.
AGAIN = "again"

#: Spoken when the robot comes back into a call that it had lost; then it says again what it had been saying.
BACK = Prompt("Простите, связь прервалась.")

_ANSWER_OF = {
    Outcome.CONFIRMED: Answer.CONFIRMED,
    Outcome.DECLINED: Answer.DECLINED,
    Outcome.WANTS_CHANGE: Answer.WANTS_CHANGE,
}


def expected(call: Call) -> frozenset[Intent]:
    """The intents that the present step has a use for, whether it listens already or still speaks."""
    everywhere = frozenset(call.scenario.everywhere)
    then = call.step.then if call.step_id else None
    if isinstance(then, ListenThen):
        return everywhere | frozenset(then.reactions)
    return everywhere | {Intent.NUMBER} if isinstance(then, AskValue) else everywhere


def case_holds(case: Case, facts: Mapping[str, str]) -> bool:
    """Whether the facts are as the case wants them."""
    value = facts.get(case.fact, "")
    return value != "" if case.value is None else value == case.value


class Turn:
    """One run of `step`: the call as it becomes, and the actions collected on the way."""

    def __init__(self, call: Call, at_ms: int) -> None:
        self.call = call
        self.at_ms = at_ms
        self.actions: list[Action] = []

    def put(self, *actions: Action) -> None:
        self.actions.extend(actions)

    def change(self, **values: Any) -> None:
        self.call = replace(self.call, **values)

    def change_visit(self, **values: Any) -> None:
        visits = list(self.call.visits)
        visits[self.call.subject] = replace(visits[self.call.subject], **values)
        self.change(visits=tuple(visits))

    # Timers ---------------------------------------------------------------------------------

    def set_timer(self, name: str, after_ms: int) -> None:
        serial = self.call.timer_serial + 1
        self.change(timer_serial=serial, timers={**self.call.timers, name: serial})
        self.put(SetTimer(name, serial, after_ms))

    def cancel_timer(self, name: str) -> None:
        if name in self.call.timers:
            self.change(timers={n: s for n, s in self.call.timers.items() if n != name})
            self.put(CancelTimer(name))

    def cancel_timers(self, *names: str) -> None:
        for name in names:
            self.cancel_timer(name)

    # Speaking -------------------------------------------------------------------------------

    def play(self, prompt: Prompt, from_ms: int = 0) -> None:
        self.hush()
        prompt_id = self.call.prompt_id + 1
        self.change(phase=Phase.SPEAKING, prompt=prompt, prompt_id=prompt_id, resume_ms=from_ms,
                    prompt_began_ms=self.at_ms, repeating=self.call.repeating if prompt == BACK else None)  # fmt: skip
        self.put(Play(prompt_id, prompt, from_ms))

    def hush(self) -> None:
        """Stop the prompt in play, if one is; its PromptStopped is then of no interest any more."""
        if self.call.phase is Phase.SPEAKING and self.call.prompt is not None:
            self.put(StopPlaying(self.call.prompt_id))
            self.change(prompt=None)

    def resume(self) -> None:
        """Go on with a paused prompt, from shortly before where it was."""
        prompt = self.call.prompt
        self.cancel_timer("resume")
        if prompt is None:
            self.listen()
        else:
            self.play(prompt, max(0, self.call.resume_ms - REWIND_MS))

    # Steps ----------------------------------------------------------------------------------

    def enter(self, step_id: str) -> None:
        """Go to a step; steps that say nothing lead on at once. Bounded, so that no scenario can spin."""
        self.cancel_timers("no_input", "hold", "resume", "greeting", "closing")
        self.stop_recording()
        while True:
            step = self.call.scenario.steps[step_id]
            self._arrive(step)  # also at the bound: what this step notes counts
            if self.call.entered > MAX_STEPS:
                return self.end()
            if step.say:
                return self.say_step()
            following = self.after_say()
            if following is None:
                return None
            step_id = following

    def _arrive(self, step: Step) -> None:
        call = self.call
        fresh = step.id != call.step_id
        self.change(
            step_id=step.id,
            entered=call.entered + 1,
            misunderstood=0 if fresh else call.misunderstood,
            question_heard=False,
            silence_due=False,
            asking_back=None,
            loop_step=step.id if step.for_each else call.loop_step,
        )
        if step.task:
            self.change_visit(task=step.task)
        if step.sms:
            self.change_visit(sms=step.sms)
        if step.outcome is not None:
            self.note(step.outcome)

    def say_step(self) -> None:
        """Speak the step's text; a question that was put too often is not put again."""
        step = self.call.step
        if isinstance(step.then, ListenThen | AskValue) and not self._may_ask(step):
            return self.give_up()
        self.change(question_heard=False)
        self.play(Prompt(step.say, self.call.subject, f"{self.call.scenario.id}/{step.id}"))
        return None

    def _may_ask(self, step: Step) -> bool:
        key = (step.id, self.call.subject)
        asked = self.call.asked.get(key, 0)
        if asked >= min(MAX_ASKED, self.call.scenario.limits.asked):
            return False
        self.change(asked={**self.call.asked, key: asked + 1})
        return True

    def give_up(self) -> None:
        """The question found no answer: go where the scenario says, once; a way that leads back here ends the call."""
        then = self.call.step.then
        question = (self.call.step_id, self.call.subject)
        if not isinstance(then, ListenThen | AskValue) or question in self.call.given_up:
            return self.end()
        self.change(given_up=self.call.given_up | {question})
        return self.enter(then.unclear.then) if then.unclear.then != self.call.step_id else self.end()

    def after_say(self) -> str | None:
        """Do what the current step does once its text was heard; returns the step to go to, if one follows."""
        step = self.call.step
        then = step.then
        if isinstance(then, ListenThen | AskValue):
            self.listen()
            return None
        if isinstance(then, Transfer):
            self._transfer(then)
            return None
        if step.outcome is not None and step.outcome not in WHOLE_CALL and self._next_visit():
            return self.call.loop_step
        if isinstance(then, Goto):
            return then.step
        if isinstance(then, Choose):
            return self._choose(then)
        self.close()
        return None

    def prompt_over(self) -> None:
        """The prompt in play was heard to its end."""
        self.change(prompt=None)
        if self.call.leaving:
            return self.end()
        if self.call.repeating is not None:
            return self.play(self.call.repeating)
        following = self.after_say()
        if following is not None:
            self.enter(following)
        return None

    def _next_visit(self) -> bool:
        if not self.call.loop_step:
            return False
        for subject in range(self.call.subject + 1, len(self.call.visits)):
            if self.call.visits[subject].outcome is None:
                self.change(subject=subject, misunderstood=0, step_id="")
                return True
        return False

    def _choose(self, choose: Choose) -> str:
        facts = {**self.call.facts[self.call.subject], **self.call.values}
        for case in choose.cases:
            if case_holds(case, facts):
                return case.go
        return choose.otherwise

    def _transfer(self, transfer: Transfer) -> None:
        self.change(phase=Phase.TRANSFERRING, prompt=None)
        whisper = Prompt(transfer.whisper, self.call.subject)
        self.put(StartTransfer(transfer.queue, whisper, transfer.timeout_s * 1000))

    # Listening ------------------------------------------------------------------------------

    def listen(self) -> None:
        step = self.call.step
        if isinstance(step.then, ListenThen) and not step.identifies:
            self.change_visit(question_asked=True)
        self.change(phase=Phase.LISTENING, prompt=None, question_heard=True, silence_due=False, decided=None)
        self.put(Listen(step.id, expected(self.call)))
        if isinstance(step.then, AskValue) and step.then.kind is ValueKind.COMMENT:
            return self._take_comment(step.then)
        return self.set_timer("no_input", NO_INPUT_MS)

    def _take_comment(self, ask: AskValue) -> None:
        self.change(recording=ask.name)
        self.put(StartRecording(ask.name))
        self.set_timer("no_input", COMMENT_SILENCE_MS)
        self.set_timer("comment", COMMENT_MS)

    def stop_recording(self, discard: bool = False) -> None:
        """End the comment that is being recorded, if one is."""
        if self.call.recording:
            self.put(StopRecording(self.call.recording, discard))
            self.change(recording="")
        self.cancel_timer("comment")

    def hold(self) -> None:
        self.hush()
        self.cancel_timers("no_input", "resume")
        self.change(phase=Phase.HOLDING, prompt=None)
        self.set_timer("hold", HOLD_MS)

    # Outcomes -------------------------------------------------------------------------------

    def note(self, outcome: Outcome) -> None:
        """Write down an outcome: for the visit in question, or for all that are still open."""
        if outcome not in WHOLE_CALL:
            answer = _ANSWER_OF.get(outcome, self.call.visit.answer)
            return self.change_visit(outcome=outcome, answer=answer)
        visits = tuple(
            replace(v, outcome=outcome) if v.outcome is None and v.answer is None else v for v in self.call.visits
        )
        self.change(visits=visits)
        if outcome is Outcome.OPTED_OUT:
            self.change_visit(outcome=outcome)  # stop wins over everything said before
        return None

    def close(self) -> None:
        """Hang up, but never into somebody's words."""
        if not self.call.patient_speaks:
            return self.end()
        self.change(phase=Phase.CLOSING, prompt=None)
        self.set_timer("closing", RESUME_MS)
        return None

    def end(self) -> None:
        """Hang up. What is open is concluded when the channel is gone."""
        self.hush()
        self.stop_recording()
        for name in tuple(self.call.timers):
            self.cancel_timer(name)
        self.change(phase=Phase.ENDING, prompt=None)
        self.put(HangUp())
