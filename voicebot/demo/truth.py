"""What the persons of the city really meant: the measure of what the robot understood."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from voicebot.contacts.model import Patient
from voicebot.dialogue.outcome import Outcome
from voicebot.reports.books import VisitLine

#: All of these say that no answer was got, for this reason or that: none is a misunderstanding of another.
_NO_ANSWER = frozenset({Outcome.UNREACHED, Outcome.UNCLEAR, Outcome.HUNG_UP})


@dataclass(frozen=True, slots=True)
class Judged:
    """One visit: what was understood, and what was meant (None: nobody was called)."""

    line: VisitLine
    phone: str
    meant: Outcome | None

    @property
    def right(self) -> bool:
        said = self.line.said
        return said is self.meant or (said in _NO_ANSWER and self.meant in _NO_ANSWER)

    @property
    def false_confirmation(self) -> bool:
        return self.line.said is Outcome.CONFIRMED and not self.right


@dataclass(frozen=True, slots=True)
class Truth:
    """Outcomes by phone, one for each visit in the order of time."""

    outcomes: Mapping[str, tuple[Outcome, ...]]

    def judge(self, lines: Sequence[VisitLine], patients: Mapping[str, Patient]) -> list[Judged]:
        """lines are in the order of time."""
        seen: dict[str, int] = {}
        judged = []
        for line in lines:
            patient = patients[line.visit.patient_id]
            phone = patient.phones[0] if patient.phones else ""
            meant = self.outcomes.get(phone, ())
            nth = seen.get(phone, 0)
            seen[phone] = nth + 1
            judged.append(Judged(line, phone, meant[nth] if nth < len(meant) else None))
        return judged


def load_truth(path: Path) -> Truth:
    """phone -> list of outcomes."""
    data = YAML(typ="safe").load(path.read_text("utf-8"))
    return Truth({phone: tuple(Outcome(o) for o in outcomes) for phone, outcomes in data.items()})
