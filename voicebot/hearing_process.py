"""The composition root of a recognition worker: the recogniser, and beside it the ear that uses its encoder.

`python -m voicebot.hearing_process CHOICE PARENT_PID [EAR_FOLDER]`; what follows is voicebot.speech.worker's life.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from voicebot.errors import VoicebotError
from voicebot.speech.port import AcousticEar, Recogniser
from voicebot.speech.worker import main
from voicebot.speech.worker_process import PROGRAM as WITHOUT_EAR

if TYPE_CHECKING:
    import ctranslate2

    from voicebot.hearing.ear.runtime import Ear

_MODULE = "voicebot.hearing_process"


def program(folder: Path | None = None, *, ear: bool = True) -> tuple[str, ...]:
    """What the workers of a pool run. folder: of a head that this clinic trained; None: the shipped one."""
    if not ear:
        return WITHOUT_EAR
    return (_MODULE,) if folder is None else (_MODULE, str(folder))


class EarBesideWhisper:
    """AcousticEar on the encoder of a loaded Whisper."""

    def __init__(self, ear: Ear, model: ctranslate2.models.Whisper) -> None:
        self._ear, self._model = ear, model

    def hear(self, pcm: bytes, rate: int) -> Mapping[str, float]:
        """Probabilities by the names of hearing.ear.classes."""
        scores = self._ear.hear(pcm, rate, self._model).scores
        return {name.value: round(float(score), 4) for name, score in scores.items()}


def ear_beside(recogniser: Recogniser, folder: Path | None) -> AcousticEar | None:
    """The ear for this recogniser. A clinic's own head that is damaged gives way to the shipped one. None with another
    engine than Whisper base, and when the shipped head is damaged: the robot then understands by text alone. Both are
    said in the log and by `voicebot doctor`."""
    if recogniser.name != "whisper-base":
        return None
    from voicebot.hearing.ear.runtime import clinic_ear
    from voicebot.speech.whisper import WhisperRecogniser

    if not isinstance(recogniser, WhisperRecogniser):
        return None
    try:
        ear, wrong = clinic_ear(folder)
        if wrong is not None:
            print(wrong, file=sys.stderr, flush=True)
        return EarBesideWhisper(ear, recogniser.encoder)
    except VoicebotError as error:
        print(f"Слух работает без уха, по одному тексту: {error}", file=sys.stderr, flush=True)
        return None


if __name__ == "__main__":
    own = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    sys.exit(main(sys.argv[1:3], lambda recogniser: ear_beside(recogniser, own)))
