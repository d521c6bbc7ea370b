"""`voicebot ear enrol`: sentences spoken by the synthetic voices, heard by the head, remembered beside the data."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.clips import as_pcm
from voicebot.hearing.ear.enrolling import BadEnrolment, Enrolled, load_enrolled, save_enrolled
from voicebot.hearing.ear.line import Condition, heard, judged
from voicebot.hearing.ear.runtime import Ear
from voicebot.hearing.ear.sounds import RATE
from voicebot.hearing.ear.voices import PLAIN, Engine, Manner, Speakers

_MOST_LETTERS = 60  # more does not fit into the 4 s that the ear hears
# each voice twice: as it is, and quicker through a smaller throat
_MANNERS = (PLAIN, Manner(0.25, 0.1, 1.08, PLAIN.variant))


def enrol(
    meaning: str, texts: Sequence[str], folder: Path, rhvoice: Path | None, whisper: Path
) -> tuple[Enrolled, ...]:
    """Adds sentences to those in folder; returns the new ones. Raises BadEnrolment, ModelMissing, EarMissing."""
    label = _label(meaning)
    for text in texts:
        if not any(c.isalpha() for c in text) or len(text) > _MOST_LETTERS:
            raise BadEnrolment(f"Фраза «{text[:70]}» не подходит: нужны слова, не больше {_MOST_LETTERS} знаков.")
    ear = Ear.load(folder)
    model = ctranslate2.models.Whisper(str(whisper), device="cpu", compute_type="int8", intra_threads=1)
    speakers = Speakers(rhvoice)
    try:
        new = tuple(_spoken(text, label, speakers, ear, model) for text in dict.fromkeys(texts))
    finally:
        speakers.close()
    save_enrolled(folder, [*load_enrolled(folder, ear.card.sha256), *new])
    return new


def _spoken(text: str, label: EarClass, speakers: Speakers, ear: Ear, model: ctranslate2.models.Whisper) -> Enrolled:
    voices = [v for v in speakers.voices() if v.engine is Engine.RHVOICE]
    said = speakers.speak([(text, voice, manner) for voice in voices for manner in _MANNERS])
    rng = np.random.default_rng(0)
    clips = [heard(s, judged(Condition.CLEAN), rng) for s in said if s is not None]
    if not clips:
        raise BadEnrolment(f"Фразу «{text}» голоса не могут произнести.", "Напишите её русскими словами.")
    embeddings = np.array([ear.hear(as_pcm(clip), RATE, model).embedding for clip in clips], np.float32)
    return Enrolled(text, label, embeddings, ear.card.sha256)


def _label(meaning: str) -> EarClass:
    known = [c.value for c in EarClass if c.intent is not None]
    if meaning not in known:
        raise BadEnrolment(f"Смысла «{meaning}» слух не знает.", f"Есть: {', '.join(known)}.")
    return EarClass(meaning)
