"""New sentences of a clinic, heard at once: their embeddings, spoken by synthetic voices, beside the data.

A sentence near enough to one of them is heard as its class; the next `voicebot ear train` learns them properly.
Only sentences of a class that the head knows: that something is no answer at all, nearness alone cannot tell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot.errors import InputFault
from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.features import Floats

FILE = "enrolled.json"
# cosine from which a sound counts as an enrolled sentence, and from which fully; measured in docs/figures/ear.md
NEAR, SAME = 0.80, 0.92
# an enrolled sentence never takes more than this from what the head itself says
MOST = 0.9


class BadEnrolment(InputFault):
    """The file of enrolled sentences, or a sentence, is wrong."""

    code = "ear-enrolment"


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One sentence. embeddings: [voices, 128], each of length 1. head: SHA-256 of the head that made them."""

    text: str
    label: EarClass
    embeddings: Floats
    head: str


def load_enrolled(folder: Path, head: str) -> tuple[Enrolled, ...]:
    """Those that this head made; after a training they are enrolled anew. None there: (). Raises BadEnrolment."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        rows = json.loads(path.read_text())
        found = tuple(
            Enrolled(r["text"], EarClass(r["label"]), np.array(r["embeddings"], np.float32), r["head"]) for r in rows
        )
        if any(e.embeddings.ndim != 2 for e in found):
            raise ValueError("embeddings")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadEnrolment(f"Файл {path} не читается: {error}.", "Удалите его и запишите фразы снова.") from error
    return tuple(e for e in found if e.head == head)


def save_enrolled(folder: Path, sentences: Sequence[Enrolled]) -> None:
    """Replaces what was there; the newest of equal sentences stays."""
    rows = {
        e.text: {"text": e.text, "label": e.label.value, "head": e.head,
                 "embeddings": [[round(float(x), 4) for x in row] for row in e.embeddings]}
        for e in sentences
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    fresh = folder / f"{FILE}.new"
    fresh.write_text(json.dumps(list(rows.values()), ensure_ascii=False))
    fresh.replace(folder / FILE)


def with_enrolled(
    scores: Mapping[EarClass, float], embedding: Floats, sentences: Sequence[Enrolled]
) -> Mapping[EarClass, float]:
    """The head's scores, shifted to the class of the nearest enrolled sentence as far as it is near."""
    if not sentences:
        return scores
    likeness = [float((e.embeddings @ embedding).max()) for e in sentences]
    nearest = int(np.argmax(likeness))
    weight = MOST * min(1.0, max(0.0, (likeness[nearest] - NEAR) / (SAME - NEAR)))
    # what sounds like no answer stays none: cosine alone does not reject off-topic speech
    weight *= 1 - max(scores[EarClass.NON_SPEECH], scores[EarClass.INCOMPLETE])
    return {c: p * (1 - weight) + (weight if c is sentences[nearest].label else 0.0) for c, p in scores.items()}
