"""Who was on the line in a call about several patients, as far as what the call led to tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from voicebot.contacts.families import same_person
from voicebot.contacts.model import Patient
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Outcome

#: Outcomes that only the right person brings about, once they have said who they are.
_ANSWERED = frozenset({Outcome.CONFIRMED, Outcome.DECLINED, Outcome.WANTS_CHANGE, Outcome.REFUSED})
#: With the question put to them: the conversation broke off.
_BROKEN_OFF = frozenset({Outcome.HUNG_UP, Outcome.UNCLEAR})


def conclusion_of(finish: Finish, subject: int) -> Conclusion:
    """What the call meant for a visit; a call that failed before it began concludes nothing."""
    found = next((c for c in finish.conclusions if c.subject == subject), None)
    return found or Conclusion(subject, Outcome.UNREACHED)


@dataclass(frozen=True, slots=True)
class OnTheLine:
    """patients: of the call's subjects, in their order; there may be none."""

    finish: Finish
    patients: Sequence[Patient]

    @property
    def somebody(self) -> bool:
        """Whether anybody said who they are."""
        return self.finish.identity_known

    @property
    def callback(self) -> str:
        """When the call was asked to be repeated: said once, it holds for all of whom it says nothing else."""
        return next((c.callback for c in self.finish.conclusions if c.callback), "")

    def talked(self, patient: Patient) -> bool:
        """Whether the person who answers for this patient said who they are. The first one asked for is whom the
        call's identity means; another one was there when an answer was got from them, or the question was open."""
        if not self.somebody:
            return False
        if same_person(self.patients[0], patient):
            return True
        return any(self._answered(n) for n, other in enumerate(self.patients) if same_person(other, patient))

    def _answered(self, subject: int) -> bool:
        said = conclusion_of(self.finish, subject)
        broken_off = said.question_asked and said.outcome in _BROKEN_OFF
        return said.outcome in _ANSWERED or said.answer is not None or broken_off

    def said_stop(self, patient: Patient) -> bool:
        """Whether "do not call me" was this patient's own word, or their representative's: it is the word of the one
        who was on the line, which is the first of whom it was noted; for the others it holds for the phone."""
        stopped = (n for n, _ in enumerate(self.patients)
                   if conclusion_of(self.finish, n).outcome is Outcome.OPTED_OUT)  # fmt: skip
        first = next(stopped, None)
        speaker = self.patients[first] if first is not None else None
        return speaker is not None and same_person(speaker, patient) and self.talked(speaker)

    def said_of(self, subject: int, patient: Patient) -> Conclusion:
        """What the call meant for one patient's visit. Of those who were not asked for, because the one before was not
        known there, nothing was said: they are called again."""
        said = conclusion_of(self.finish, subject)
        if said.outcome is Outcome.WRONG_PERSON and not self._wrong_for(patient):
            return replace(said, outcome=Outcome.CALLBACK_LATER)
        return said

    def _wrong_for(self, patient: Patient) -> bool:
        """Whether "no such person" was said of this patient. The first one asked for means that the number is wrong
        for all; of the others it is said after somebody was reached here, and holds for that one person alone."""
        wrong = (n for n, _ in enumerate(self.patients)
                 if conclusion_of(self.finish, n).outcome is Outcome.WRONG_PERSON)  # fmt: skip
        first = next(wrong, None)
        return first is None or not self.somebody or same_person(self.patients[first], patient)
