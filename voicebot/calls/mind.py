"""The understanding of one call: knows who is asked, and what the open question is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from voicebot.clock import Clock
from voicebot.dialogue.call import Call
from voicebot.dialogue.intents import Meaning
from voicebot.dialogue.turn import expected
from voicebot.language.table import Question
from voicebot.language.understanding import Understanding, question_at, wanted_at
from voicebot.speech.port import Recognised


class CallMind:
    """names: lower-case words of the patient's name. visits: when each visit of the call begins, in the zone in
    which "завтра в девять" is meant."""

    def __init__(
        self, understanding: Understanding, names: frozenset[str], visits: Sequence[datetime], clock: Clock
    ) -> None:
        self._understanding, self._names, self._visits, self._clock = understanding, names, visits, clock

    def understand(self, written: Recognised, call: Call) -> Meaning:
        visit = self._visits[call.subject]
        question = question_at(call.scenario, call.step_id) if call.step_id else Question.ANY
        return self._understanding.understand(
            written.text,
            expected(call),
            written.alternatives,
            question=question,
            names=self._names,
            now=self._clock.now().astimezone(visit.tzinfo),
            visit=visit,
            wants=wanted_at(call.scenario, call.step_id) if call.step_id else None,
        )
