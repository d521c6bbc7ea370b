"""`voicebot ear evaluate`: heads that did not hear a voice, or a fifth of the phrases, judged by just those."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from voicebot.hearing.ear.classes import CLASSES, EarClass
from voicebot.hearing.ear.features import Floats
from voicebot.hearing.ear.line import JUDGED, Condition
from voicebot.hearing.ear.making import places
from voicebot.hearing.ear.recipes import Recipe, Source
from voicebot.hearing.ear.training import Features, Tell, logits_of, shares, train

SURE = 0.9  # from which the ear may decide alone (EAR.md)
SURE_YES = 0.97  # a yes alone
_PHRASES = "phrases"  # the name of the part of unseen phrases


@dataclass(frozen=True, slots=True)
class Judged:
    """Clips judged by one head. left_out: the speaker, or "phrases". scores: [n, classes], calibrated."""

    left_out: str
    recipes: tuple[Recipe, ...]
    scores: Floats

    def __len__(self) -> int:
        return len(self.recipes)

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """The best class is the true one, or one that means the same to a call."""
        best = self.scores.argmax(axis=1)
        return np.array([_same(CLASSES[b], r.label) for b, r in zip(best, self.recipes, strict=True)], bool)

    @property
    def answered(self) -> list[EarClass | None]:
        """What the ear alone would answer: the best class when it is sure, None where it would ask."""
        return [_answer(row) for row in self.scores]

    def only(self, keep: Callable[[Recipe], bool]) -> Judged:
        wanted = [i for i, r in enumerate(self.recipes) if keep(r)]
        return Judged(self.left_out, tuple(self.recipes[i] for i in wanted), self.scores[wanted])


def judge_all(recipes: Sequence[Recipe], features: Features, seed: int, epochs: int, tell: Tell,
              left_out: Sequence[str] | None = None) -> Iterator[Judged]:  # fmt: skip
    """One head for every speaker, then one for the phrases. left_out: only these parts."""
    learnt, judged = places(recipes, features, True), places(recipes, features, False)
    speakers = sorted({recipes[i].speaker for i in judged if recipes[i].source is Source.PHRASE})
    for part in left_out if left_out is not None else (*speakers, _PHRASES):
        tell(f"без {part}", 0, 1)
        without = [i for i in learnt if not _belongs(recipes[i], part)]
        mine = [i for i in judged if _belongs(recipes[i], part) or (part == _PHRASES and recipes[i].fold < 0)]
        yield _judge(part, recipes, features, np.array(without), np.array(mine, np.int64), seed, epochs, tell)


def _judge(
    part: str, recipes: Sequence[Recipe], features: Features, without: npt.NDArray[np.int64],
    mine: npt.NDArray[np.int64], seed: int, epochs: int, tell: Tell,
) -> Judged:  # fmt: skip
    trained = train(
        [recipes[i] for i in without],
        features[without],
        seed,
        epochs,
        lambda _, done, of: tell(f"без {part}", done, of),
    )
    scores = shares(logits_of(trained.head, features, mine), trained.temperature)
    return Judged(part, tuple(recipes[i] for i in mine), scores)


def _belongs(recipe: Recipe, part: str) -> bool:
    return recipe.fold == 0 if part == _PHRASES else recipe.speaker == part


def _same(found: EarClass, true: EarClass) -> bool:
    if true.intent is None and found.intent is None:
        return True  # no answer is no answer
    return found is true


def _answer(row: Floats) -> EarClass | None:
    best = CLASSES[int(row.argmax())]
    sure = SURE_YES if best is EarClass.YES else SURE
    return best if best.intent is not None and row.max() >= sure else None


def rate(judged: Judged) -> float:
    """Share of right classes, 0…1; nan of nothing."""
    return float(judged.right.mean()) if len(judged) else float("nan")


def false_yes(judged: Judged) -> float:
    """Share of the clips that mean something else and that the ear alone would take for a yes."""
    others = judged.only(lambda r: r.label is not EarClass.YES)
    return float(np.mean([a is EarClass.YES for a in others.answered])) if len(others) else float("nan")


def false_answers(judged: Judged) -> float:
    """Share of the clips that answer nothing and that the ear alone would take for an answer."""
    nothing = judged.only(lambda r: r.label.intent is None)
    return float(np.mean([a is not None for a in nothing.answered])) if len(nothing) else float("nan")


def confusions(judged: Sequence[Judged], most: int = 12) -> list[tuple[str, str, int]]:
    """(true, heard, how often), the most usual first, all conditions but babble at 5 dB."""
    found: dict[tuple[str, str], int] = {}
    for part in judged:
        for recipe, row in zip(part.recipes, part.scores, strict=True):
            best = CLASSES[int(row.argmax())]
            if not _same(best, recipe.label) and recipe.condition is not Condition.BABBLE_5:
                pair = (recipe.label.value, best.value)
                found[pair] = found.get(pair, 0) + 1
    return [(true, heard, n) for (true, heard), n in sorted(found.items(), key=lambda item: -item[1])[:most]]


def is_answer(recipe: Recipe) -> bool:
    return recipe.label.intent is not None


def is_human(recipe: Recipe) -> bool:
    return recipe.source is Source.RECORDING


def is_sound(recipe: Recipe) -> bool:
    return recipe.source is Source.SOUND


def in_condition(condition: Condition) -> Callable[[Recipe], bool]:
    return lambda r: r.condition is condition


CONDITIONS = JUDGED
