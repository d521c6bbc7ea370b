"""The understanding of one call: knows who is asked, and what the open question is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from voicebot.clock import Clock
from voicebot.dialogue.call import Call
from voicebot.dialogue.intents import Intent, Meaning, ValueKind
from voicebot.dialogue.scenario import AskValue
from voicebot.dialogue.turn import expected
from voicebot.hearing.fusion import ear_scores, fuse
from voicebot.hearing.numbers import number_phrases
from voicebot.hearing.rules import RULES, FusionRules
from voicebot.language.grammar import grammar
from voicebot.language.table import Question
from voicebot.language.understanding import Understanding, may_agree, question_at, wanted_at
from voicebot.speech.port import Capability, HeardSound, Recognised

NO_SPEECH = 0.5  # SPEECH.md: above it Whisper rejected 86 of 86 non-speech files and lost 0.4 % of speech


class CallMind:
    """names: lower-case words of the patient's name. visits: when each visit of the call begins, in the zone in
    which "завтра в девять" is meant; None where that is not known. can: what the recogniser is able to do."""

    def __init__(
        self,
        understanding: Understanding,
        names: frozenset[str],
        visits: Sequence[datetime | None],
        clock: Clock,
        can: Capability = Capability.NONE,
        rules: FusionRules = RULES,
    ) -> None:
        self._understanding, self._names, self._visits, self._clock = understanding, names, visits, clock
        self._can, self._rules = can, rules

    def phrases(self, call: Call) -> Sequence[str] | None:
        """A closed set where a number is asked for; a grammar for engines that limit themselves to one."""
        numbers = _numbers(call)
        if numbers is not None:
            return number_phrases(numbers) or None
        return grammar(self._understanding.table, expected(call)) if Capability.GRAMMAR in self._can else None

    def understand(self, sound: HeardSound, call: Call) -> Meaning:
        """Text and ear, fused for the question that is open."""
        written = speech_of(sound.recognised)
        told = self._told(written, call) if written is not None else Meaning(speech=False)
        expects = expected(call) if call.step_id else None
        if expects is not None and not may_agree(call.asking_back, written.text if written is not None else ""):
            expects -= {Intent.YES}  # nor does the ear alone make one
        text, ear = written or sound.recognised, ear_scores(sound.ear)
        alike = self._understanding.sounds_like
        return fuse(text, told, ear, expects, numbers=_numbers(call), alike=alike, rules=self._rules)

    def together(self, before: str, sound: HeardSound, call: Call) -> Meaning:
        """By the text alone: the ear heard the end only."""
        text = f"{before.rstrip('.!?… ')} {sound.recognised.text}"
        return self.understand(HeardSound(replace(sound.recognised, text=text, alternatives=())), call)

    def _told(self, written: Recognised, call: Call) -> Meaning:
        visit = self._visits[call.subject]
        question = question_at(call.scenario, call.step_id) if call.step_id else Question.ANY
        return self._understanding.understand(
            written.text,
            expected(call),
            written.alternatives,
            question=question,
            names=self._names,
            now=self._clock.now().astimezone(visit.tzinfo if visit is not None else None),
            visit=visit,
            wants=wanted_at(call.scenario, call.step_id) if call.step_id else None,
            asking_back=call.asking_back,
        )


def speech_of(written: Recognised) -> Recognised | None:
    """None when nothing was written, or what was written is no speech."""
    return written if written.text.strip() and written.no_speech <= NO_SPEECH else None


def _numbers(call: Call) -> range | None:
    """The numbers that may be answered, where one is asked for."""
    then = call.step.then if call.step_id else None
    return range(then.low, then.high + 1) if isinstance(then, AskValue) and then.kind is ValueKind.NUMBER else None
