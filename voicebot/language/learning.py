"""Learns likeness.npz from the sample sentences: `python -m voicebot.language.learning` (`make learn`), a minute.

Nothing is random but the order, which is seeded: the same samples give the same model.

First model: multinomial logistic regression by AdaGrad. Second (the weighing): the same over what the phrase table
found and what the first model guesses of sentences that it has not seen (five-fold), because a guess about a seen
sentence looks surer than it is. It learns only from files that the phrase table was not written by (Sample.fresh).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from voicebot.dialogue.intents import Scored
from voicebot.language.likeness import COLUMN, LABELS, MODEL, SLOTS, Array, Likeness, softmax, weighing_features
from voicebot.language.sample_sentences import Sample, fingerprint, read_samples
from voicebot.language.table import PhraseTable
from voicebot.language.understanding import Understanding

FOLDS = 5
SMOOTHING = 0.05
SEED = 20261121


def target(labels: Sequence[str]) -> Array:
    """What the model should say: the right labels alike, a little for all others."""
    wanted = np.zeros(len(LABELS), np.float32)
    wanted[[COLUMN[x] for x in labels]] = 1 / len(labels)
    return np.asarray(wanted * (1 - SMOOTHING) + SMOOTHING / len(LABELS), np.float32)


@dataclass(frozen=True, eq=False)
class _Guesser:
    rows: Array
    bias: Array

    def guess(self, rows: NDArray[np.int64]) -> Array:
        return softmax(self.rows[rows].sum(axis=0) / np.float32(np.sqrt(len(rows))) + self.bias)


def _learn_words(inputs: Sequence[NDArray[np.int64]], targets: Sequence[Array], epochs: int = 10) -> _Guesser:
    """AdaGrad, one step a row: rare words move as far as frequent ones. The mean of the later rounds is taken, so that
    the order of the samples matters little."""
    order = np.random.default_rng(SEED)
    rows = np.zeros((SLOTS, len(LABELS)), np.float32)
    seen = np.full((SLOTS, 1), 1e-2, np.float32)
    bias = np.zeros(len(LABELS), np.float32)
    mean_rows, mean_bias = np.zeros_like(rows), np.zeros_like(bias)
    later = epochs // 2
    for epoch in range(epochs):
        for i in order.permutation(len(inputs)):
            touched = inputs[i]
            scale = np.float32(1 / np.sqrt(len(touched)))
            wrong = softmax(rows[touched].sum(axis=0) * scale + bias) - targets[i]
            seen[touched] += float(wrong @ wrong) * scale * scale
            rows[touched] -= (wrong * scale)[None, :] / np.sqrt(seen[touched])
            bias -= np.float32(0.01) * wrong
        if epoch >= later:
            mean_rows += rows / np.float32(epochs - later)
            mean_bias += bias / np.float32(epochs - later)
    return _Guesser(mean_rows, mean_bias)


def _learn_weighing(inputs: Array, targets: Array, steps: int = 1500, decay: float = 1e-3) -> tuple[Array, Array]:
    """Plain gradient descent with momentum on the whole: ninety inputs, a convex problem."""
    weights = np.zeros((inputs.shape[1], targets.shape[1]), np.float32)
    bias = np.zeros(targets.shape[1], np.float32)
    pace, pace_bias = np.zeros_like(weights), np.zeros_like(bias)
    for _ in range(steps):
        wrong = (softmax(inputs @ weights + bias) - targets) / len(inputs)
        pace = np.asarray(0.9 * pace - 0.1 * (inputs.T @ wrong + decay * weights), np.float32)
        pace_bias = np.asarray(0.9 * pace_bias - 0.1 * wrong.sum(axis=0), np.float32)
        weights, bias = weights + pace, bias + pace_bias
    return weights, bias


def guesses_unseen(samples: Sequence[Sample], inputs: Sequence[NDArray[np.int64]]) -> Array:
    """For every sample the guess of a model that has not seen it."""
    targets = [target(s.labels) for s in samples]
    fold = np.random.default_rng(SEED + 1).integers(0, FOLDS, len(samples))
    guesses = np.zeros((len(samples), len(LABELS)), np.float32)
    for k in range(FOLDS):
        known = [i for i in range(len(samples)) if fold[i] != k]
        model = _learn_words([inputs[i] for i in known], [targets[i] for i in known])
        for i in map(int, np.flatnonzero(fold == k)):
            guesses[i] = model.guess(inputs[i])
    return guesses


def learn(samples: Sequence[Sample], table: PhraseTable) -> Likeness:
    """The model of these samples beside this phrase table."""
    inputs = [s.features() for s in samples]
    targets = [target(s.labels) for s in samples]
    guesses = guesses_unseen(samples, inputs)
    fresh = [i for i, s in enumerate(samples) if s.fresh]
    by_table = Understanding(table, likeness=None)
    found = np.array([weighing_features(guesses[i], _found(by_table, samples[i])) for i in fresh])
    weigh, weigh_bias = _learn_weighing(found, np.array([targets[i] for i in fresh]))
    words = _learn_words(inputs, targets)
    step = float(np.abs(words.rows).max()) / 127
    rows = np.rint(words.rows / step).astype(np.int8)
    return Likeness(rows, step, words.bias, weigh, weigh_bias, fingerprint(samples))


def _found(by_table: Understanding, sample: Sample) -> tuple[Scored, ...]:
    return by_table.understand(sample.say, question=sample.question).candidates


def save(model: Likeness, path: Path = MODEL) -> None:
    """Writes the model, compressed."""
    np.savez_compressed(
        path, rows=model.rows, step=model.step, bias=model.bias, weigh=model.weigh, weigh_bias=model.weigh_bias,
        samples=np.array(model.samples),
    )  # fmt: skip


def main() -> None:
    """Learn from the package's samples and the shipped phrase table, and save."""
    from voicebot.scenarios.phrases import load_phrases

    samples = read_samples()
    print(f"{len(samples)} sentences")
    model = learn(samples, load_phrases(Path("scenarios/phrases.ru.yaml")))
    save(model)
    print(f"{MODEL}: {MODEL.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
