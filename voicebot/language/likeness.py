"""What a sentence is like: the meaning guessed from thousands of sample sentences, beside the phrase table.

The phrase table knows what it was told, and says nothing of the rest. Living speech is mostly the rest. So a linear
model over words, pairs of words and parts of words, learnt from labelled samples (learning.py), gives an opinion on
every sentence, and a second, tiny one weighs that opinion against what the table found. numpy alone; about 0.1 ms.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.dialogue.intents import Intent, Scored
from voicebot.errors import OurFault
from voicebot.language.table import Question

MODEL = Path(__file__).parent / "samples" / "likeness.npz"
NONE = "none"  # no answer, or an ambiguous one: ask again
#: The order of the model's columns. Numbers and nods are the phrase table's business alone.
LABELS = (
    Intent.YES, Intent.NO, Intent.STOP, Intent.OPERATOR, Intent.REPEAT, Intent.WHO_IS_THIS, Intent.WRONG_PERSON,
    Intent.BUSY_NOW, Intent.CALLBACK_LATER, Intent.CHANGE, Intent.CANCEL, Intent.LATE, Intent.HOLD_ON, Intent.THANKS,
    Intent.BYE, Intent.HELLO, Intent.QUESTION, NONE,
)  # fmt: skip
COLUMN = {str(label): i for i, label in enumerate(LABELS)}
SLOTS = 1 << 16  # features are hashed into so many rows; two thousand sentences fill a tenth of them
SURE = 0.5
STEM = 4  # letters: «приду», «приед…» differ, «запись», «записан» do not

Array = NDArray[np.float32]


class LikenessBroken(OurFault):
    """The file of the model is missing or damaged."""

    code = "likeness-broken"


def features(words: Sequence[str], asking: bool, question: Question) -> NDArray[np.int64]:
    """The rows of the model that a sentence touches, each once. words: from words.split, fillers and all."""
    said = [*words, "?"] if asking else list(words)
    stems = [w[:STEM] for w in said]
    names = [f"q{question}", f"n{min(len(said), 9)}"]
    for word in said:
        bounded = f"<{word}>"
        names.append("w" + word)
        names += ["c" + bounded[i : i + n] for n in (3, 4, 5) for i in range(len(bounded) - n + 1)]
    names += ["s" + a for a in stems]
    names += [f"q{question}{a}" for a in stems]
    names += [f"b{a} {b}" for a, b in pairwise(said)]
    names += [f"t{a} {b}" for a, b in pairwise(["^", *stems, "$"])]
    names += [f"g{a} {b}" for a, b in zip(stems, stems[2:], strict=False)]
    return np.unique(np.array([zlib.crc32(name.encode()) % SLOTS for name in names], dtype=np.int64))


def table_features(candidates: Sequence[Scored]) -> Array:
    """What the phrase table found, for the weighing: score, first of all, and certain, for each label."""
    n = len(LABELS)
    found = np.zeros(3 * n, np.float32)
    for i, candidate in enumerate(candidates):
        column = COLUMN.get(candidate.intent)
        if column is None:
            continue
        found[column] = candidate.score
        found[n + column] = i == 0 and candidate.score >= SURE
        found[2 * n + column] = candidate.score >= 0.8
    found[n + COLUMN[NONE]] = not candidates or candidates[0].score < SURE
    return found


def weighing_features(guess: Array, candidates: Sequence[Scored]) -> Array:
    """The input of the second model: the table's findings and the first model's guess."""
    return np.concatenate([table_features(candidates), np.log(guess + 1e-4), guess]).astype(np.float32)


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), np.float32)


@dataclass(frozen=True, eq=False)
class Likeness:
    """The learnt model. rows: SLOTS × labels, int8 in steps of `step`; weigh: weighing features × labels."""

    rows: NDArray[np.int8]
    step: float
    bias: Array
    weigh: Array
    weigh_bias: Array
    samples: str  # SHA-256 of what it was learnt from

    @classmethod
    def load(cls, path: Path = MODEL) -> Likeness:
        """Raises LikenessBroken."""
        try:
            with np.load(path, allow_pickle=False) as data:
                found = cls(
                    data["rows"], float(data["step"]), data["bias"], data["weigh"], data["weigh_bias"],
                    str(data["samples"]),
                )  # fmt: skip
        except (OSError, KeyError, ValueError, EOFError, zlib.error, zipfile.BadZipFile) as error:
            raise LikenessBroken(
                f"Модель фраз {path} не читается: {error}.", "Восстановите файл из поставки или выполните `make learn`."
            ) from error
        if found.rows.shape != (SLOTS, len(LABELS)) or found.weigh.shape != (5 * len(LABELS), len(LABELS)):
            raise LikenessBroken(f"Модель фраз {path} — другой версии.", "Выполните `make learn`.")
        return found

    def guess(self, rows: NDArray[np.int64]) -> Array:
        """Probabilities of LABELS by the samples alone."""
        z = self.rows[rows].sum(axis=0, dtype=np.int32) * np.float32(self.step / np.sqrt(len(rows))) + self.bias
        return softmax(np.asarray(z, np.float32))

    def opinion(
        self, words: Sequence[str], asking: bool, question: Question, candidates: Sequence[Scored]
    ) -> Mapping[str, float]:
        """Probabilities of every label, the table's findings considered."""
        guess = self.guess(features(words, asking, question))
        weighed = softmax(weighing_features(guess, candidates) @ self.weigh + self.weigh_bias)
        return {str(label): float(p) for label, p in zip(LABELS, weighed, strict=True)}


@lru_cache(maxsize=1)
def shipped() -> Likeness:
    """The model of the package, loaded once a process (about 20 ms, 1.2 MB)."""
    return Likeness.load()
