"""Silero VAD run directly in onnxruntime at 8 kHz: 2.9 ms of CPU per second of audio, no torch.

The model file comes with the package silero_vad, which is never imported (it would import torch).
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

import numpy as np
import onnxruntime

from voicebot.speech.audio import Samples, to_samples
from voicebot.speech.port import ModelMissing, SpeechError

RATE = 8000
FRAME_SAMPLES = 256  # what the model was trained with at 8 kHz: 32 ms
CONTEXT_SAMPLES = 32  # the end of the previous frame, which the model wants in front of each
WARMING_FRAMES = 8
# A-law writes silence as 8 of 32768. Seconds of it dull the network: «угу» after it was noticed 200–800 ms late
DIGITAL_SILENCE = 8.5 / 32768
FRAME_MS = FRAME_SAMPLES * 1000 // RATE


def model_path() -> Path:
    """Where the package silero_vad keeps its ONNX file. Raises ModelMissing."""
    spec = importlib.util.find_spec("silero_vad")
    for folder in spec.submodule_search_locations or () if spec else ():
        path = Path(folder) / "data" / "silero_vad.onnx"
        if path.is_file():
            return path
    raise ModelMissing(
        "Модели детектора речи (silero_vad/data/silero_vad.onnx) нет среди модулей Python.",
        "Выполните `make setup` или `pip install --no-deps silero-vad`.",
    )


class SileroModel:
    """The loaded network: one for the process, shared by all streams and threads."""

    def __init__(self, path: Path | None = None) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # a frame is 0.1 ms of work: a second thread only costs
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        where = path or model_path()
        try:
            self._session = onnxruntime.InferenceSession(str(where), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's own exceptions have no common public root
            raise ModelMissing(f"Модель детектора речи {where} повреждена.", "Выполните `make setup`.") from error
        self._rate = np.array(RATE, np.int64)
        self.silence = self._after_silence()

    def run(self, samples: Samples, state: Samples) -> tuple[float, Samples]:
        """samples: float32 [1, 32 + 256]; state: float32 [2, 1, 128]. The probability of speech and the next state."""
        output, state = self._session.run(None, {"input": samples, "state": state, "sr": self._rate})
        return float(output[0, 0]), state

    def _after_silence(self) -> Samples:
        """The state in which a stream begins. From nothing at all, «угу» on a line that was silent without frames was
        noticed after 240–280 ms; from a quarter of a second of silence after 80–120."""
        state: Samples = np.zeros((2, 1, 128), np.float32)
        for _ in range(WARMING_FRAMES):
            _, state = self.run(np.zeros((1, CONTEXT_SAMPLES + FRAME_SAMPLES), np.float32), state)
        return state


@lru_cache(maxsize=1)
def shared_model() -> SileroModel:
    """The process's one model, loaded at the first use (about 80 ms)."""
    return SileroModel()


class SileroDetector:
    """SpeechDetector of one stream of 8 kHz audio."""

    frame_samples = FRAME_SAMPLES
    rate = RATE

    def __init__(self, model: SileroModel | None = None) -> None:
        self._model = model or shared_model()
        self._state = self._model.silence
        self._input: Samples = np.zeros((1, CONTEXT_SAMPLES + FRAME_SAMPLES), np.float32)
        self._silent = 0  # frames of digital silence in a row

    def probability(self, frame: bytes) -> float:
        """0…1 that the next 256 samples (512 bytes) are speech. Frames are given in order."""
        if len(frame) != FRAME_SAMPLES * 2:
            raise SpeechError(f"Детектор речи получил {len(frame)} байт вместо {FRAME_SAMPLES * 2}.")
        samples = to_samples(frame)
        self._silent = self._silent + 1 if float(np.abs(samples).max()) <= DIGITAL_SILENCE else 0
        if self._silent >= WARMING_FRAMES:
            self.reset()
            return 0.0
        self._input[0, :CONTEXT_SAMPLES] = self._input[0, -CONTEXT_SAMPLES:]
        self._input[0, CONTEXT_SAMPLES:] = samples
        probability, self._state = self._model.run(self._input, self._state)
        return probability

    def reset(self) -> None:
        """Forget what was heard: a new stream begins."""
        self._state = self._model.silence
        self._input.fill(0.0)
