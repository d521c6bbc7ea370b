"""The ear at work: the last 4 s of a call -> log-mel -> Whisper encoder -> head -> probabilities.

About 30 ms of one core a verdict, nearly all of it the encoder. The Whisper model is the recogniser's own: this runs
in the worker process beside it and loads nothing but the head (1 MB).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ctranslate2

from voicebot.hearing.ear.classes import EarClass


@dataclass(frozen=True, slots=True)
class EarVerdict:
    """scores: a calibrated probability for every class, together 1; embedding: 128 numbers of length 1."""

    scores: Mapping[EarClass, float]
    embedding: tuple[float, ...]

    @property
    def best(self) -> EarClass:
        return max(self.scores, key=self.scores.__getitem__)


class Ear:
    """The head, loaded. May be used from several threads at once."""

    @classmethod
    def load(cls, folder: Path | None = None) -> Ear:
        """folder: of a head that this clinic trained; None: the shipped one. Raises EarMissing: a file is missing,
        truncated, damaged or of another version."""
        raise NotImplementedError

    def hear(self, pcm: bytes, rate: int, model: ctranslate2.models.Whisper) -> EarVerdict:
        """pcm: 16-bit mono at rate (8000 or 16000 Hz) that ends now; of more than 4 s the end counts, less is padded
        in front. model: Whisper base, as the recogniser has it (WhisperModel.model). Raises EarFault."""
        raise NotImplementedError
