"""One recipe made into the 4 s that the ear hears. The same seed and recipe, the same sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soxr

from voicebot.hearing.ear.features import Floats
from voicebot.hearing.ear.line import (
    SPEECH_RMS,
    Condition,
    draw,
    fit,
    heard,
    judged,
    through,
    to_level,
    trimmed,
)
from voicebot.hearing.ear.recipes import Recipe, Source
from voicebot.hearing.ear.sounds import RATE, Noise, Sound, flow, noise, sound
from voicebot.hearing.ear.voices import PLAIN, Manner, Speakers, Voice, draw_manner, read_wav

_PREFIX = (0.15, 0.8)  # what counts as less than a phrase
_SAID_S = (0.4, 3.4)  # of a human sentence
# what babble and televisions say
_BANK = (
    "сегодня в столице ожидается дождь, температура плюс пять градусов", "а он мне говорит, что никуда не поедет",
    "и вот тогда они решили построить дом у реки", "следующая станция площадь революции, осторожно, двери закрываются",
    "да ты что, не может быть, когда это случилось", "положи на стол и иди мыть руки, сейчас будем ужинать",
    "депутаты приняли закон в третьем чтении, он вступит в силу в январе", "нет, ну ты представляешь, опять опоздал",
    "мы летом были на море, погода стояла прекрасная", "мяч у нашей команды, удар по воротам, гол",
)  # fmt: skip


class Maker:
    """Speaks and spoils. bank: 8 kHz sentences for babble and television, spoken once by every voice."""

    def __init__(self, rhvoice: Path | None, seed: int) -> None:
        self._speakers = Speakers(rhvoice)
        self._seed = seed
        self._voices = {v.name: v for v in self._speakers.voices()}
        said = [(text, voice, PLAIN) for voice in self._voices.values() for text in _BANK]
        self._bank: Sequence[Floats] = [s for s in self._speakers.speak(said) if s is not None]

    def close(self) -> None:
        self._speakers.close()

    def make(self, recipes: Sequence[Recipe]) -> list[Floats | None]:
        """32,000 samples at 8 kHz each, in the order of the recipes; None for what its voice cannot say."""
        generators = [np.random.default_rng([self._seed, r.index]) for r in recipes]
        wanted: dict[int, tuple[str, Voice, Manner]] = {}
        for i, (recipe, rng) in enumerate(zip(recipes, generators, strict=True)):
            if recipe.source in (Source.PHRASE, Source.PREFIX):
                manner = draw_manner(rng) if recipe.condition is Condition.TRAIN else PLAIN
                wanted[i] = (recipe.text, self._voices[recipe.voice], manner)
        spoken = dict(zip(wanted, self._speakers.speak(list(wanted.values())), strict=True))
        return [self._clip(r, spoken.get(i), generators[i]) for i, r in enumerate(recipes)]

    def _clip(self, recipe: Recipe, speech: Floats | None, rng: np.random.Generator) -> Floats | None:
        if recipe.source is Source.SOUND:
            return self._noise(recipe.text, rng)
        if recipe.source is Source.FLOW:
            return self._flow(rng)
        if recipe.source is Source.RECORDING:
            speech = _recorded(Path(recipe.text), rng)
        if speech is None:
            return None
        if recipe.source is Source.PREFIX:
            speech = speech[: max(RATE // 20, int(len(speech) * rng.uniform(*_PREFIX)))]
        if recipe.condition is not Condition.TRAIN:
            return heard(speech, judged(recipe.condition), rng, self._bank)
        line = draw(rng, len(speech) * 1000 // RATE, incomplete=recipe.source is Source.PREFIX)
        return heard(speech, line, rng, self._bank)

    def _noise(self, kind: str, rng: np.random.Generator) -> Floats:
        count = int(RATE * rng.uniform(0.6, 4.0))
        line = draw(rng, 0)
        made = noise(Noise(kind), count, rng, self._bank) if kind in set(Noise) else sound(Sound(kind), count, rng)
        scene = made * np.float32(SPEECH_RMS * 10 ** (rng.uniform(-30, 3) / 20))
        if kind == Sound.SILENCE and rng.random() < 0.3:
            return fit(scene)  # digital zeros, as from a muted telephone
        hiss = rng.standard_normal(count).astype(np.float32) * np.float32(10 ** (rng.uniform(-80, -45) / 20))
        return fit(through(scene + hiss, line, rng))

    def _flow(self, rng: np.random.Generator) -> Floats:
        """A television or people in the room: it neither begins nor ends in the clip."""
        count = int(RATE * rng.uniform(1.0, 4.0))
        kind = Noise.TELEVISION if rng.random() < 0.6 else None
        made = noise(kind, count, rng, self._bank) if kind else flow(self._bank, count, rng)
        line = draw(rng, 0)
        scene = to_level(made, SPEECH_RMS) * np.float32(10 ** (rng.uniform(-22, 0) / 20))
        return fit(through(scene, line, rng))


def _recorded(path: Path, rng: np.random.Generator) -> Floats | None:
    """A piece of a person's recording, from pause to pause where there are pauses."""
    sound_and_rate = read_wav(path)
    if sound_and_rate is None:
        return None
    samples, rate = sound_and_rate
    factor = float(rng.uniform(0.92, 1.08))
    speech = trimmed(np.asarray(soxr.resample(samples, rate * factor, RATE, "HQ"), np.float32))
    most = int(RATE * rng.uniform(*_SAID_S))
    if len(speech) <= most:
        return speech if len(speech) > RATE // 10 else None
    start = _quiet_near(speech, int(rng.integers(0, len(speech) - most)))
    piece = trimmed(speech[start : _quiet_near(speech, min(len(speech), start + most))])
    return piece if len(piece) > RATE // 10 else None


def _quiet_near(speech: Floats, at: int) -> int:
    """The quietest 20 ms within 300 ms of a place."""
    frame = RATE // 50
    low, high = max(0, at - int(0.3 * RATE)), min(len(speech) - frame, at + int(0.3 * RATE))
    if high <= low:
        return at
    starts = range(low, high, frame)
    return min(starts, key=lambda s: float(np.square(speech[s : s + frame]).sum()))


def as_pcm(clip: Floats) -> bytes:
    """16-bit PCM at 8 kHz, as a call would bring it."""
    return bytes(np.clip(np.rint(clip * 32767.0), -32768, 32767).astype("<i2").tobytes())
