"""The labelled sample sentences of the package: what the model is learnt from, and what a garbled text may have been.

Lines QUESTION<TAB>LABEL<TAB>SENTENCE in samples/*.tsv; a LABEL may be a list [a, b] of meanings that are all right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.language.likeness import COLUMN, MODEL, features
from voicebot.language.table import Question
from voicebot.language.words import split

FOLDER = MODEL.parent
KNOWN = (
    "near_yes.tsv",
    "table.tsv",
)  # sentences that the phrase table was tuned on: they teach words, not how far to trust the table


@dataclass(frozen=True, slots=True)
class Sample:
    """A sentence and the meanings that are right for it; fresh: the phrase table was not written by it."""

    question: Question
    labels: tuple[str, ...]
    say: str
    fresh: bool = True

    def features(self) -> NDArray[np.int64]:
        return features(split(self.say), self.say.rstrip().endswith("?"), self.question)


def read_samples(folder: Path = FOLDER) -> list[Sample]:
    """Raises ValueError with file and line for what is no sample."""
    found = []
    for path in sorted(folder.glob("*.tsv")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            fields = line.split("\t")
            labels = tuple(x.strip() for x in fields[1].strip("[]").split(",")) if len(fields) == 3 else ()
            if not labels or any(x not in COLUMN for x in labels) or not split(fields[2]):
                raise ValueError(f"{path.name}:{number}: not QUESTION<TAB>LABEL<TAB>SENTENCE: {line[:60]}")
            question = Question.IDENTITY if fields[0] == "identity" else Question.ANY
            found.append(Sample(question, labels, fields[2], path.name not in KNOWN))
    return found


def fingerprint(samples: Sequence[Sample]) -> str:
    """SHA-256 over the samples: tells whether a model was learnt from these."""
    lines = "\n".join(f"{s.question}\t{','.join(s.labels)}\t{s.say}" for s in samples)
    return sha256(lines.encode()).hexdigest()
