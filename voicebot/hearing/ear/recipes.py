"""Which clips are made: a plan that depends on nothing but the seed, the phrases and what this machine can say."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.line import JUDGED, Condition
from voicebot.hearing.ear.phrases import Phrase, syllables
from voicebot.hearing.ear.sounds import Noise, Sound
from voicebot.hearing.ear.voices import Voice

SYNTHETIC = "synthetic"  # the "voice" of sounds


class Source(StrEnum):
    PHRASE = "phrase"  # text is what is said
    PREFIX = "prefix"  # the beginning of it
    RECORDING = "recording"  # text is a WAV file
    FLOW = "flow"  # a stretch of a television's speech
    SOUND = "sound"  # text is a Sound or a Noise


@dataclass(frozen=True, slots=True)
class Recipe:
    """One clip. index seeds everything random in it. fold: of its phrase, −1 where there is none."""

    index: int
    label: EarClass
    source: Source
    text: str
    voice: str
    speaker: str
    condition: Condition
    fold: int


@dataclass(frozen=True, slots=True)
class Material:
    """What clips can be made of. recordings: speaker -> WAV files to learn from; kept: the same, for judging only."""

    phrases: tuple[Phrase, ...]
    unrelated: Mapping[str, tuple[str, ...]]
    voices: tuple[Voice, ...]
    recordings: Mapping[str, tuple[str, ...]]
    kept: Mapping[str, tuple[str, ...]]


# shares of the clips; what is left over goes evenly to the other intents
_SHARES = {
    EarClass.YES: 0.075, EarClass.NO: 0.075, EarClass.STOP: 0.05, EarClass.CANCEL: 0.025, EarClass.OTHER: 0.26,
    EarClass.NON_SPEECH: 0.07, EarClass.INCOMPLETE: 0.13,
}  # fmt: skip
_NUMBER_SHARE = 0.0085
_FEW = {EarClass.THANKS: 0.01, EarClass.BYE: 0.01, EarClass.LATE: 0.014, EarClass.HELLO: 0.025}
# of `other`: human recordings stay a minority, or the head learns that only machines answer
_OTHER = {
    "phrases": 0.2,
    "syllables": 0.17,
    "near": 0.14,
    "short": 0.1,
    "names": 0.08,
    "sentences": 0.1,
    "human": 0.15,
    "flow": 0.06,
}
# of the learnt clips: as people speak, long and odd sentences too; the rest drills the short answers
_BROAD = 0.6
_DRILLED_NOTHING = {EarClass.OTHER: 0.17, EarClass.INCOMPLETE: 0.08, EarClass.NON_SPEECH: 0.02}
_DRILLED_BY_WORDS = {1: 4.0, 2: 4.0, 3: 2.0}  # phrases of so many words, against 0.2 for longer ones
_FIRST = 130  # of a class: the sentences written for the ear; behind them come those of the text's tests
_USUAL = 30.0
_MIN_PREFIX_LETTERS = 9
_MAX_PREFIX_LETTERS = 48


def plan(material: Material, clips: int, judged_per_class: int, seed: int) -> tuple[Recipe, ...]:
    """About `clips` to learn from and, for every voice, judged_per_class phrases of each class in each condition."""
    rng = np.random.default_rng(seed)
    learnt = [*_answers(material, clips, rng), *_others(material, clips, rng), *_prefixes(material, clips, rng)]
    learnt += _sounds(int(clips * _SHARES[EarClass.NON_SPEECH]), rng)
    order = rng.permutation(len(learnt))
    broad = [learnt[i] for i in order[: int(clips * _BROAD)]]
    drill = _drill(material, len(learnt) - len(broad), np.random.default_rng([seed, 1]))
    drafts = [*broad, *drill, *_to_judge(material, judged_per_class, rng)]
    return tuple(Recipe(i, *draft) for i, draft in enumerate(drafts))


Draft = tuple[EarClass, Source, str, str, str, Condition, int]


def _share(label: EarClass) -> float:
    if label in _SHARES or label in _FEW:
        return {**_SHARES, **_FEW}[label]
    if label.number is not None:
        return _NUMBER_SHARE
    plain = [c for c in EarClass if c not in _SHARES and c not in _FEW and c.number is None]
    return (1 - sum(_SHARES.values()) - sum(_FEW.values()) - 11 * _NUMBER_SHARE) / len(plain)


def _spoken(
    label: EarClass, source: Source, text: str, fold: int, voices: Sequence[Voice], rng: np.random.Generator
) -> Draft:
    shares = np.array([v.share for v in voices])
    voice = voices[int(rng.choice(len(voices), p=shares / shares.sum()))]
    return label, source, text, voice.name, voice.speaker, Condition.TRAIN, fold


def _picked(phrases: Sequence[Phrase], count: int, rng: np.random.Generator) -> Iterator[Phrase]:
    """The first of a class are its usual words and come by far most often: «да», «нет», «алло»."""
    usual = 1 + _USUAL * np.exp(-np.arange(len(phrases)) / 4)
    weights = np.array([p.weight for p in phrases]) * usual
    for i in rng.choice(len(phrases), size=count, p=weights / weights.sum()):
        yield phrases[int(i)]


def _answers(material: Material, clips: int, rng: np.random.Generator) -> Iterator[Draft]:
    for label in EarClass:
        mine = [p for p in material.phrases if p.label is label]
        if label.intent is None or not mine:
            continue
        for phrase in _picked(mine, max(1, int(clips * _share(label))), rng):
            yield _spoken(label, Source.PHRASE, phrase.text, phrase.fold, material.voices, rng)


def _others(material: Material, clips: int, rng: np.random.Generator) -> Iterator[Draft]:
    total = int(clips * _SHARES[EarClass.OTHER])
    said = {**material.unrelated, "syllables": syllables()}
    said["phrases"] = tuple(p.text for p in material.phrases if p.label is EarClass.OTHER)
    for kind, share in _OTHER.items():
        count = int(total * share)
        if kind == "human":
            yield from _human(material.recordings, count, Condition.TRAIN, rng)
        elif kind == "flow":
            yield from [(EarClass.OTHER, Source.FLOW, "", SYNTHETIC, SYNTHETIC, Condition.TRAIN, -1)] * count
        elif texts := said.get(kind):
            for i in rng.integers(0, len(texts), count):
                phrase = Phrase(texts[int(i)], EarClass.OTHER)
                yield _spoken(EarClass.OTHER, Source.PHRASE, phrase.text, phrase.fold, material.voices, rng)


def _human(
    recordings: Mapping[str, tuple[str, ...]], count: int, condition: Condition, rng: np.random.Generator
) -> Iterator[Draft]:
    speakers = [s for s in sorted(recordings) if recordings[s]]
    for i in range(count if speakers else 0):
        speaker = speakers[i % len(speakers)]
        file = recordings[speaker][int(rng.integers(len(recordings[speaker])))]
        yield EarClass.OTHER, Source.RECORDING, file, f"human-{speaker}", f"human-{speaker}", condition, -1


def _drill(material: Material, count: int, rng: np.random.Generator) -> list[Draft]:
    """Short answers again and again, in all voices and noises: they are most of what patients say."""
    shares = {label: _share(label) for label in EarClass if label.intent is not None}
    answered = 1 - sum(_DRILLED_NOTHING.values())
    out: list[Draft] = []
    for label, share in shares.items():
        mine = [p for p in material.phrases if p.label is label]
        if not mine:
            continue
        weights = np.array([_DRILLED_BY_WORDS.get(len(p.text.split()), 0.2) for p in mine])
        weights[_FIRST:] *= 0.15
        drawn = rng.choice(len(mine), int(count * answered * share / sum(shares.values())), p=weights / weights.sum())
        out += [_spoken(label, Source.PHRASE, mine[i].text, mine[i].fold, material.voices, rng) for i in drawn]
    for label, made in ((EarClass.OTHER, _others), (EarClass.INCOMPLETE, _prefixes)):
        out += made(material, int(count * _DRILLED_NOTHING[label] / _SHARES[label]), rng)
    out += _sounds(max(0, count - len(out)), rng)
    return [out[i] for i in rng.permutation(len(out))[:count]]


def _prefixes(material: Material, clips: int, rng: np.random.Generator) -> Iterator[Draft]:
    long = [p for p in material.phrases if _MIN_PREFIX_LETTERS <= len(p.text) <= _MAX_PREFIX_LETTERS and p.label.intent]
    for i in rng.integers(0, len(long), int(clips * _SHARES[EarClass.INCOMPLETE]) if long else 0):
        phrase = long[int(i)]
        yield _spoken(EarClass.INCOMPLETE, Source.PREFIX, phrase.text, phrase.fold, material.voices, rng)


def _sounds(count: int, rng: np.random.Generator, condition: Condition = Condition.TRAIN) -> list[Draft]:
    kinds = [k.value for k in (*Sound, *Noise) if k is not Noise.TELEVISION]
    # silence and the noises of a line are what a call has most of
    weights = np.array([3.0 if k in ("silence", "pink", "white", "babble", "music") else 1.0 for k in kinds])
    drawn = rng.choice(len(kinds), size=count, p=weights / weights.sum())
    return [(EarClass.NON_SPEECH, Source.SOUND, kinds[int(i)], SYNTHETIC, SYNTHETIC, condition, -1) for i in drawn]


def _to_judge(material: Material, per_class: int, rng: np.random.Generator) -> Iterator[Draft]:
    """Every voice says the same number of phrases of each class, half of them of the fold that can be left out."""
    if not per_class:
        return
    said = {label: [p for p in material.phrases if p.label is label and len(p.text) <= 40] for label in EarClass}
    said[EarClass.OTHER] = [Phrase(t, EarClass.OTHER) for texts in material.unrelated.values() for t in texts]
    for voice in material.voices:
        for label, phrases in said.items():
            unseen, seen = [p for p in phrases if p.fold == 0], [p for p in phrases if p.fold]
            for i in range(per_class * (6 if label is EarClass.OTHER else 1)):
                pool = (unseen if i % 2 else seen) or phrases
                if not pool:
                    continue
                phrase = next(_picked(pool, 1, rng))
                for condition in JUDGED:
                    yield label, Source.PHRASE, phrase.text, voice.name, voice.speaker, condition, phrase.fold
    for condition in JUDGED:
        yield from _human(material.kept, per_class * 30, condition, rng)
    yield from _sounds(per_class * 100, rng, Condition.CLEAN)


def as_csv(recipes: Sequence[Recipe]) -> str:
    """The manifest: one line a clip, in the order of the features."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([f.name for f in fields(Recipe)])
    writer.writerows(astuple(r) for r in recipes)
    return out.getvalue()


def from_csv(text: str) -> tuple[Recipe, ...]:
    """The opposite of as_csv. Raises ValueError for what it did not write."""

    def recipe(row: Mapping[str, Any]) -> Recipe:
        return Recipe(
            int(row["index"]), EarClass(row["label"]), Source(row["source"]), row["text"], row["voice"],
            row["speaker"], Condition(row["condition"]), int(row["fold"]),
        )  # fmt: skip

    return tuple(recipe(row) for row in csv.DictReader(io.StringIO(text)))


def fingerprint(recipes: Sequence[Recipe], seed: int) -> str:
    """Tells whether clips that are there belong to this plan."""
    return hashlib.sha256(f"{seed}\n{as_csv(recipes)}".encode()).hexdigest()[:16]
