"""The ear at work: the last 4 s of a call -> log-mel -> Whisper encoder -> head -> probabilities.

About 30 ms of one core a verdict, nearly all of it the encoder. The Whisper model is the recogniser's own: this runs
in the worker process beside it and loads nothing but the head (1 MB).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ctranslate2
import numpy as np
import onnxruntime

from voicebot.errors import OurFault
from voicebot.hearing.ear.classes import CLASSES, EarClass
from voicebot.hearing.ear.enrolling import Enrolled, load_enrolled, with_enrolled
from voicebot.hearing.ear.features import WIDTH, Floats, encode, log_mel, to_window
from voicebot.hearing.ear.head_file import EarMissing, HeadCard, read_head

RATES = (8000, 16000)


class EarFault(OurFault):
    """The ear could not hear: a wrong rate, a model that is not Whisper base, a failure of a library."""

    code = "ear"


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

    def __init__(self, session: Any, card: HeadCard, enrolled: Sequence[Enrolled] = ()) -> None:
        self._session = session
        self._enrolled = tuple(enrolled)
        self.card = card

    @classmethod
    def load(cls, folder: Path | None = None) -> Ear:
        """folder: of this clinic: its own head, if it trained one, and its enrolled sentences, if any; None: the
        shipped head alone. Raises EarMissing: a file is missing, truncated, damaged or of another version."""
        own = folder is not None and (folder / "head.json").exists()
        model, card = read_head(folder if own else None)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # half a millisecond: threads only cost
        options.log_severity_level = 3
        try:
            session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has its own exceptions, one for each cause
            raise EarMissing(f"Слух: модель ответов не загружается: {error}.") from error
        return cls(session, card, load_enrolled(folder, card.sha256) if folder is not None else ())

    def hear(self, pcm: bytes, rate: int, model: ctranslate2.models.Whisper) -> EarVerdict:
        """pcm: 16-bit mono at rate (8000 or 16000 Hz) that ends now; of more than 4 s the end counts, less is padded
        in front. model: Whisper base, as the recogniser has it (WhisperModel.model). Raises EarFault."""
        if rate not in RATES:
            raise EarFault(f"Слух: звук на частоте {rate} Гц не поддерживается.", "Используйте 8000 или 16000 Гц.")
        try:
            features = encode(model, log_mel(to_window(pcm, rate))[None])
        except (RuntimeError, ValueError) as error:
            raise EarFault(f"Слух: модель Whisper не смогла обработать звук: {error}.") from error
        return self.judge(features[0])

    def judge(self, features: Floats) -> EarVerdict:
        """features: [50, 512] as encode() gives them. Raises EarFault for another shape."""
        if features.shape[-1] != WIDTH:
            raise EarFault(f"Слух: нужна модель Whisper base ({WIDTH} чисел), а не с {features.shape[-1]} числами.")
        logits, embedding = self._session.run(None, {"features": features[None].astype(np.float32)})
        scaled = logits[0] / self.card.temperature
        powers = np.exp(scaled - scaled.max())
        shares = powers / powers.sum()
        scores = {c: float(p) for c, p in zip(CLASSES, shares, strict=True)}
        return EarVerdict(with_enrolled(scores, embedding[0], self._enrolled), tuple(float(x) for x in embedding[0]))
