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

from voicebot.errors import OurFault, VoicebotError
from voicebot.hearing.ear.classes import CLASSES, EarClass
from voicebot.hearing.ear.enrolling import BadEnrolment, Enrolled, load_enrolled, with_enrolled
from voicebot.hearing.ear.features import FRAMES, WIDTH, Floats, encode, log_mel, to_window
from voicebot.hearing.ear.head_file import SHIPPED, SHIPPED_REMEDY, EarMissing, HeadCard, own_remedy, read_head

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
        ear = cls.made(folder if folder is not None and has_own(folder) else None)
        if folder is not None:
            ear.learn(load_enrolled(folder, ear.card.sha256))
        return ear

    @classmethod
    def named(cls, folder: Path) -> Ear:
        """Exactly the head in this folder, never another in its place. Raises EarMissing."""
        if not folder.is_dir():
            raise EarMissing(f"Слух: папки {folder} нет.", "Укажите папку с head.json и head.onnx.")
        if not (folder / "head.json").exists():
            raise EarMissing(f"Слух: файла {folder / 'head.json'} нет.", "Укажите папку с head.json и head.onnx.")
        return cls.load(folder)

    @classmethod
    def made(cls, folder: Path | None) -> Ear:
        """The head of exactly this folder, without sentences; None: the shipped one. Raises EarMissing."""
        model, card = read_head(folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1  # half a millisecond: threads only cost
        options.log_severity_level = 3
        try:
            ear = cls(onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"]), card)
            ear.judge(np.zeros((FRAMES, WIDTH), np.float32))  # of other inputs or outputs: said now, not in a call
        except Exception as error:  # onnxruntime has its own exceptions, one for each cause
            place = folder if folder is not None else SHIPPED
            remedy = own_remedy(place) if folder is not None else SHIPPED_REMEDY
            raise EarMissing(f"Слух: модель в {place} не загружается или не для этой версии.", remedy) from error
        return ear

    def learn(self, sentences: Sequence[Enrolled]) -> None:
        """Hear by these enrolled sentences too, in place of those before."""
        self._enrolled = tuple(sentences)

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


def has_own(folder: Path) -> bool:
    """Whether a clinic has trained a head, whole or not."""
    return (folder / "head.json").exists() or (folder / "head.onnx").exists()


def clinic_ear(folder: Path | None) -> tuple[Ear, VoicebotError | None]:
    """The ear of a clinic, and what of its own is damaged: the shipped head takes the place of its own one, and
    nothing that of its sentences. Raises EarMissing: the shipped head is damaged too."""
    if folder is None:
        return Ear.load(), None
    wrong: VoicebotError | None = None
    try:
        ear = Ear.made(folder if has_own(folder) else None)
    except EarMissing as error:
        if not has_own(folder):
            raise
        told = f"Своё ухо клиники негодно, слушает ухо из поставки. {error.message}"
        ear, wrong = Ear.made(None), EarMissing(told, error.remedy)
    try:
        ear.learn(load_enrolled(folder, ear.card.sha256))
    except BadEnrolment as error:
        wrong = wrong or error
    return ear, wrong
