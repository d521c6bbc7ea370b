"""A call in virtual time: the machine with an imagined patient. For the simulator, scenario tests and unit tests.

Prompts last by their length; timers fire when time passes them; nothing sleeps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voicebot.dialogue.actions import (
    Action,
    CancelTimer,
    Finish,
    HangUp,
    Play,
    Prompt,
    SetTimer,
    StartTransfer,
    StopPlaying,
)
from voicebot.dialogue.call import Call, Phase, new_call
from voicebot.dialogue.events import (
    Answered,
    Event,
    Heard,
    HungUp,
    KeyPressed,
    PromptFinished,
    PromptStopped,
    SpeechEnded,
    SpeechStarted,
    TimerFired,
    TransferAnswered,
    TransferFailed,
)
from voicebot.dialogue.intents import Meaning
from voicebot.dialogue.outcome import Disposition
from voicebot.dialogue.scenario import Scenario
from voicebot.dialogue.step import step

MS_PER_LETTER = 70  # a Russian voice at its ordinary rate
SPEECH_MS = 900  # an answer of a word or two
THINKING_MS = 600  # end of speech until it is understood
MAX_EVENTS = 2_000


@dataclass
class Rehearsal:
    """One call with its script played from outside. said holds the prompts in the order in which they began."""

    scenario: Scenario
    facts: tuple[Mapping[str, str], ...]
    administrator: bool = True  # somebody picks up transfers
    inbound: bool = False
    call: Call = field(init=False)
    now_ms: int = 0
    said: list[Prompt] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    finish: Finish | None = None
    _timers: dict[str, tuple[int, int]] = field(default_factory=dict)  # name -> (due_ms, serial)
    _playing: tuple[int, int, int, int] | None = None  # (prompt id, began_ms, from_ms, duration_ms)

    def __post_init__(self) -> None:
        self.call = new_call(self.scenario, self.facts, self.inbound)

    # What the patient does ------------------------------------------------------------------

    def answer(self, greeting: bool = True) -> None:
        """Pick up, with an "алло" or without."""
        self.feed(Answered(self.now_ms))
        if greeting:
            self.pass_ms(300)
            self.utter(Meaning(text="алло"))
        else:
            self.pass_ms(1_300)

    def utter(self, meaning: Meaning) -> None:
        """Say something now: into a prompt, or after it."""
        started = self.now_ms
        self.feed(SpeechStarted(self.now_ms))
        self.pass_ms(SPEECH_MS)
        self.feed(SpeechEnded(self.now_ms))
        self.pass_ms(THINKING_MS)
        self.feed(Heard(self.now_ms, meaning, started))

    def reply(self, meaning: Meaning) -> None:
        """Let the robot finish, then say something."""
        self.listen_out()
        self.utter(meaning)

    def press(self, key: str) -> None:
        self.feed(KeyPressed(self.now_ms, key))

    def listen_out(self) -> None:
        """Pass time until the robot is silent and waits, or the call is over."""
        for _ in range(MAX_EVENTS):
            if self._playing is None or self.call.over:
                return
            self._to_next()

    def keep_silent(self) -> None:
        """Let the robot finish and then its patience run out once."""
        self.listen_out()
        asked = len(self.said)
        for _ in range(MAX_EVENTS):
            if len(self.said) > asked or self.call.phase not in (Phase.LISTENING, Phase.HOLDING):
                return
            self._to_next()

    def hang_up(self) -> None:
        self.feed(HungUp(self.now_ms, Disposition.ANSWERED))

    def not_answered(self, disposition: Disposition) -> None:
        self.feed(HungUp(self.now_ms, disposition))

    def to_the_end(self) -> Finish:
        """Let everything run its course without another word of the patient; returns what the call led to."""
        for _ in range(MAX_EVENTS):
            if self.finish is not None:
                return self.finish
            if self.call.phase is Phase.TALKING or not self._to_next():
                self.hang_up()
        raise AssertionError("the call does not end")

    # Time -----------------------------------------------------------------------------------

    def pass_ms(self, ms: int) -> None:
        until = self.now_ms + ms
        while (due := self._next_due()) is not None and due <= until:
            self._to_next()
        self.now_ms = max(self.now_ms, until)

    def _next_due(self) -> int | None:
        dues = [due for due, _ in self._timers.values()]
        if self._playing is not None:
            _, began, from_ms, duration = self._playing
            dues.append(began + duration - from_ms)
        return min(dues, default=None)

    def _to_next(self) -> bool:
        due = self._next_due()
        if due is None:
            return False
        self.now_ms = max(self.now_ms, due)
        if self._playing is not None:
            prompt_id, began, from_ms, duration = self._playing
            if began + duration - from_ms <= due:
                self._playing = None
                self.feed(PromptFinished(self.now_ms, prompt_id))
                return True
        name, (_, serial) = min(self._timers.items(), key=lambda item: item[1])
        del self._timers[name]
        self.feed(TimerFired(self.now_ms, name, serial))
        return True

    # The machine ----------------------------------------------------------------------------

    def feed(self, event: Event) -> None:
        self.events.append(event)
        self.call, actions = step(self.call, event)
        for action in actions:
            self.actions.append(action)
            self._obey(action)

    def _obey(self, action: Action) -> None:
        if isinstance(action, Play):
            self.said.append(action.prompt)
            duration = max(500, len(action.prompt.template) * MS_PER_LETTER)
            self._playing = (action.prompt_id, self.now_ms, action.from_ms, duration)
        elif isinstance(action, StopPlaying):
            self._stop(action.prompt_id)
        elif isinstance(action, SetTimer):
            self._timers[action.name] = (self.now_ms + action.after_ms, action.serial)
        elif isinstance(action, CancelTimer):
            self._timers.pop(action.name, None)
        elif isinstance(action, StartTransfer):
            self.feed(TransferAnswered(self.now_ms) if self.administrator else TransferFailed(self.now_ms, "timeout"))
        elif isinstance(action, HangUp):
            self.feed(HungUp(self.now_ms, Disposition.ANSWERED))
        elif isinstance(action, Finish):
            self.finish = action
            self._timers.clear()
            self._playing = None

    def _stop(self, prompt_id: int) -> None:
        if self._playing is None or self._playing[0] != prompt_id:
            return
        _, began, from_ms, duration = self._playing
        self._playing = None
        self.feed(PromptStopped(self.now_ms, prompt_id, from_ms + self.now_ms - began, duration))
