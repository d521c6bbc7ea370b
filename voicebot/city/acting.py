"""What a person does next in a call that was answered: pure, time is an argument (ms on the call's time base).

The person knows nothing of the scenario. It hears phrases, answers them in order, interrupts, repeats itself when
it is evidently being waited for, and hangs up.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from voicebot.city.ear import SHORTEST_PHRASE_MS, PhraseEnded, PhraseStarted
from voicebot.city.people import HangUp, Interruption, Talk, Utterance, Voicemail

#: Silence of the far side, after its phrase and our last line, that means: it waits for an answer.
WAITED_FOR_MS = 2000
#: How often a person repeats itself before it gives up and only listens.
MOST_AGAIN = 3


class Kind(StrEnum):
    """Why something is said: measured apart."""

    GREETING = "greeting"
    LINE = "line"
    AGAIN = "again"
    INTERRUPTION = "interruption"
    TO_ADMINISTRATOR = "to_administrator"
    VOICEMAIL = "voicemail"


@dataclass(frozen=True, slots=True)
class Say:
    text: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Press:
    keys: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Hang up."""

    reason: str


Act = Say | Press | Leave


class Acting:
    """One answered call of one person. Tell it what was heard, ask `due` every 20 ms what to do now."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk
        self._answered_ms = 0
        self._greeted = not talk.greeting
        self._machine_spoke = False
        self._lines = list(talk.lines)
        self._for_administrator = list(talk.to_administrator)
        self._interruptions: list[Interruption] = list(talk.interruptions)
        self._administrator = False
        self._greets = False  # the phrase being heard ends in an administrator's greeting
        self._phrase: PhraseStarted | None = None  # the one being heard now
        self._heard: PhraseEnded | None = None  # the last one that ended
        self._owed = False  # a phrase has ended that was not answered
        self._speaking = False
        self._own_ms = 0  # begin or end of our last word or key
        self._last: Utterance | None = None
        self._repeats = 0
        self._lines_done_ms: int | None = None

    def answered(self, at_ms: int) -> None:
        self._answered_ms = self._own_ms = at_ms
        if not self._lines:
            self._lines_done_ms = at_ms

    def phrase_started(self, phrase: PhraseStarted) -> None:
        self._phrase = phrase

    def phrase_ended(self, phrase: PhraseEnded) -> None:
        """What was said over a phrase answers it already; the greeting does not. What was broken off is no phrase."""
        if phrase.end_ms - phrase.start_ms < SHORTEST_PHRASE_MS:
            self._phrase = None
            return
        self._phrase, self._heard = None, phrase
        self._owed = self._greets or not (self._last is not None and self._own_ms > phrase.start_ms)
        self._greets = False

    def administrator_heard(self) -> None:
        """The phrase being heard is an administrator's, whatever music and words of ours were before in it."""
        self._administrator = self._greets = True

    def said(self, at_ms: int) -> None:
        """Our own words have left the line to their end."""
        self._speaking, self._own_ms = False, at_ms
        if not self._remaining():
            self._lines_done_ms = at_ms

    def due(self, now_ms: int) -> Act | None:
        """What to do now, None: nothing yet. After Say, `said` must follow."""
        if now_ms - self._answered_ms >= self._talk.longest_ms:
            return Leave("longest")
        if self._leaves(now_ms):
            return Leave("own")
        if self._speaking:
            return None
        if self._talk.voicemail is not None:
            return self._answering_machine(self._talk.voicemail, now_ms)
        if not self._greeted and now_ms - self._answered_ms >= self._talk.greeting_after_ms:
            self._greeted, self._speaking = True, True
            return Say(self._talk.greeting, Kind.GREETING)
        return self._interruption(now_ms) or self._answer(now_ms) or self._again(now_ms)

    def _answering_machine(self, voicemail: Voicemail, now_ms: int) -> Act | None:
        if not self._machine_spoke and now_ms - self._answered_ms >= self._talk.greeting_after_ms:
            self._machine_spoke = self._speaking = True
            return Say(voicemail.greeting, Kind.VOICEMAIL)
        if self._machine_spoke and now_ms - self._own_ms >= voicemail.record_ms:
            return Leave("recorded")
        return None

    def _remaining(self) -> list[Utterance]:
        return self._for_administrator if self._administrator else self._lines

    def _leaves(self, now_ms: int) -> bool:
        rule = self._talk.hang_up
        if rule is None:
            return False
        if rule.after_lines_ms is not None:
            done = self._lines_done_ms
            return done is not None and not self._speaking and now_ms - done >= rule.after_lines_ms
        if rule.phrase is not None:
            return self._leaves_phrase(rule, now_ms)
        return now_ms - self._answered_ms >= (rule.at_ms or 0)

    def _leaves_phrase(self, rule: HangUp, now_ms: int) -> bool:
        if rule.at_ms is None:
            return self._heard is not None and self._heard.number >= (rule.phrase or 0)
        started = self._phrase
        return started is not None and started.number == rule.phrase and now_ms - started.at_ms >= rule.at_ms

    def _interruption(self, now_ms: int) -> Act | None:
        phrase = self._phrase
        if phrase is None:
            return None
        for interruption in self._interruptions:
            if interruption.phrase == phrase.number and now_ms - phrase.at_ms >= interruption.at_ms:
                self._interruptions.remove(interruption)
                return self._do(Utterance(interruption.say, interruption.keys), Kind.INTERRUPTION, now_ms)
        return None

    def _answer(self, now_ms: int) -> Act | None:
        heard, remaining = self._heard, self._remaining()
        if not self._owed or heard is None or self._phrase is not None or not remaining:
            return None
        if now_ms - heard.end_ms < self._talk.patience_ms + remaining[0].after_ms:
            return None
        kind = Kind.TO_ADMINISTRATOR if self._administrator else Kind.LINE
        return self._do(remaining.pop(0), kind, now_ms)

    def _again(self, now_ms: int) -> Act | None:
        """The robot has spoken after our last line and waits: repeat it."""
        heard, last = self._heard, self._last
        if not self._talk.again or self._administrator or self._phrase is not None:
            return None
        if heard is None or last is None or self._repeats >= MOST_AGAIN:
            return None
        if heard.end_ms < self._own_ms or now_ms - heard.end_ms < WAITED_FOR_MS:
            return None
        self._repeats += 1
        return self._do(last, Kind.AGAIN, now_ms)

    def _do(self, utterance: Utterance, kind: Kind, now_ms: int) -> Act | None:
        self._owed, self._own_ms = False, now_ms
        if utterance.say:
            self._last, self._speaking = utterance, True
            return Say(utterance.say, kind)
        if not self._remaining():
            self._lines_done_ms = now_ms
        if utterance.keys:
            self._last = utterance
            return Press(utterance.keys)
        return None
