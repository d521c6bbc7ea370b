"""`voicebot ear train`: a head from clips. One thread, a fixed seed: the same clips give the same head."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from voicebot.hearing.ear.classes import CLASSES
from voicebot.hearing.ear.features import Floats
from voicebot.hearing.ear.letters import targets, usual_pairs
from voicebot.hearing.ear.network import Head
from voicebot.hearing.ear.recipes import Recipe

_BATCH = 64
_RATE = 2e-3  # the peak of one cycle
_DECAY = 0.02
_SMOOTHING = 0.08
_SPELLING = 0.02  # of the second lesson, beside the classes
_CALIBRATED_BY = 0.06  # share of the clips that are only for early figures and the temperature
Features = npt.NDArray[np.float16]
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Trained:
    """temperature: by which outputs are divided. accuracy: on the clips that were kept from training, 0…1."""

    head: Head
    temperature: float
    accuracy: float
    clips: int


class Spelt(NamedTuple):
    """letters.targets of all clips."""

    said: Floats
    sure: Floats


def train(recipes: Sequence[Recipe], features: Features, seed: int, epochs: int, tell: Tell) -> Trained:
    """recipes and features: the clips to learn from, in one order."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)  # small matrices: a second thread only costs
    random.seed(seed)
    labels = np.array([CLASSES.index(r.label) for r in recipes], np.int64)
    order = np.random.default_rng(seed).permutation(len(labels))
    kept = max(1, int(len(order) * _CALIBRATED_BY))
    aside, learnt = order[:kept], order[kept:]
    mean, spread = _statistics(features, learnt)
    head = Head(mean, spread)
    spelt = Spelt(*targets(recipes, usual_pairs(recipes)))
    _learn(head, features, labels, spelt, learnt, seed, epochs, tell)
    logits = logits_of(head, features, aside)
    accuracy = float((logits.argmax(axis=1) == labels[aside]).mean())
    return Trained(head, _temperature(logits, labels[aside]), accuracy, len(learnt))


def logits_of(head: Head, features: Features, places: npt.NDArray[np.int64]) -> Floats:
    """[n, classes] for the clips at these places."""
    head.eval()
    out = []
    with torch.no_grad():
        for start in range(0, len(places), 256):
            logits, _ = head(_batch(features, places[start : start + 256]))
            out.append(logits.numpy())
    return np.concatenate(out).astype(np.float32)


def shares(logits: Floats, temperature: float) -> Floats:
    """Probabilities."""
    scaled = logits / temperature
    powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)


def _learn(
    head: Head, features: Features, labels: npt.NDArray[np.int64], spelt: Spelt, learnt: npt.NDArray[np.int64],
    seed: int, epochs: int, tell: Tell,
) -> None:  # fmt: skip
    rng = np.random.default_rng(seed + 1)
    batches = -(-len(learnt) // _BATCH)
    optimiser = torch.optim.AdamW(head.parameters(), lr=_RATE, weight_decay=_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=epochs * batches, pct_start=0.2)
    loss_of = nn.CrossEntropyLoss(label_smoothing=_SMOOTHING)
    for epoch in range(epochs):
        head.train()
        order = rng.permutation(learnt)
        for start in range(0, len(order), _BATCH):
            places = order[start : start + _BATCH]
            logits, _, heard = head.learn(_spoilt(_batch(features, places), rng))
            loss = loss_of(logits, torch.from_numpy(labels[places])) + _spelling(heard, spelt, places)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(head.parameters(), 1.0)
            optimiser.step()
            cycle.step()
        tell("эпохи", epoch + 1, epochs)


def _spelling(heard: torch.Tensor, spelt: Spelt, places: npt.NDArray[np.int64]) -> torch.Tensor:
    """How far the pairs of letters that were heard are from those that were said."""
    said, sure = torch.from_numpy(spelt.said[places]), torch.from_numpy(spelt.sure[places])
    each = nn.functional.binary_cross_entropy_with_logits(heard, said, reduction="none").sum(dim=1)
    return _SPELLING * (each * sure).mean()


def _batch(features: Features, places: npt.NDArray[np.int64]) -> torch.Tensor:
    return torch.from_numpy(features[places].astype(np.float32))


def _spoilt(batch: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Numbers and a stretch of frames missing, a little louder or softer: few voices and phrases must not be learnt by
    heart."""
    n, frames, width = batch.shape
    kept = (rng.random((n, 1, width), np.float32) > 0.15) | (rng.random((n, 1, 1)) < 0.4)
    batch *= torch.from_numpy(kept * rng.uniform(0.9, 1.1, (n, 1, 1)).astype(np.float32))
    for i in np.flatnonzero(rng.random(n) < 0.4):
        at = int(rng.integers(0, frames - 3))
        batch[i, at : at + int(rng.integers(1, 4))] = 0
    return batch


def _statistics(features: Features, places: npt.NDArray[np.int64]) -> tuple[Floats, Floats]:
    some = features[places[:3000]].astype(np.float32).reshape(-1, features.shape[-1])
    return some.mean(axis=0), some.std(axis=0)


def _temperature(logits: Floats, labels: npt.NDArray[np.int64]) -> float:
    """By which the outputs are divided so that of answers at 0.9 nine in ten are right."""

    def surprise(temperature: float) -> float:
        told = shares(logits, temperature)[np.arange(len(labels)), labels]
        return float(-np.log(np.maximum(told, 1e-9)).mean())

    return min((round(0.3 + 0.02 * i, 2) for i in range(86)), key=surprise)


def counts(recipes: Sequence[Recipe]) -> Mapping[str, int]:
    """Class -> clips, for the model card."""
    found = dict.fromkeys((c.value for c in CLASSES), 0)
    for recipe in recipes:
        found[recipe.label.value] += 1
    return found
