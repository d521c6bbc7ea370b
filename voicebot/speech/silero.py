"""Synthesis by Silero (extra `silero`): a torch package file that the clinic has a licence for.

Weights of v5_ru are CC BY-NC, those of v5_cis_base MIT. The model takes `+` before a stressed vowel; our texts carry
U+0301 after it.
"""

from __future__ import annotations

import importlib
import re
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np

from voicebot.speech.audio import SILENCE_DBFS, band_limit, normalise, resample_samples, speech_level, to_pcm
from voicebot.speech.port import ModelMissing, SpeechError
from voicebot.speech.rhvoice import BANDS, LEVEL_DBFS

_REMEDY = "Положите файл модели в .local/models/silero/v5_ru.pt или выберите speech.tts: rhvoice."
_NATIVE_HZ = {8000: 8000, 16000: 24000}  # the model speaks at 8, 24 and 48 kHz
_STRESSED = re.compile("([а-яёА-ЯЁ])\u0301")
# the SSML words that the model knows, at steps of the port's −1…+1
_RATES = ("x-slow", "slow", "medium", "fast", "x-fast")


class Silero:
    """Synthesiser by Silero. path: a .pt package. Raises ModelMissing without torch or a readable model."""

    name = "silero"

    def __init__(self, path: Path, threads: int = 1) -> None:
        if not path.is_file():
            raise ModelMissing(f"Модели синтеза Silero нет: {path}.", _REMEDY)
        try:
            torch: Any = importlib.import_module("torch")  # an extra: not there for mypy
        except ImportError as error:
            raise ModelMissing(
                "Для Silero нужен модуль torch.", "Выполните `pip install 'voicebot[silero]'`."
            ) from error
        torch.set_num_threads(threads)
        try:
            self._model: Any = torch.package.PackageImporter(str(path)).load_pickle("tts_models", "model")
            self._model.to(torch.device("cpu"))
            self._voices = tuple(str(voice).lower() for voice in self._model.speakers if voice != "random")
        except Exception as error:  # torch raises what it likes on a damaged package
            raise ModelMissing(f"Модель синтеза {path} не загружается: {error}.", _REMEDY) from error
        stat = path.stat()
        self.version = f"{path.stem}-{stat.st_size}"
        self._lock = threading.Lock()

    def voices(self) -> Sequence[str]:
        return self._voices

    def speak(self, text: str, voice: str, rate: float = 0.0, hz: int = 8000) -> bytes:
        if hz not in BANDS:
            raise SpeechError(f"Синтез на частоте {hz} Гц не поддерживается.", "Используйте 8000 или 16000 Гц.")
        if voice.lower() not in self._voices:
            raise ModelMissing(f"Голоса «{voice}» нет. Есть: {', '.join(self._voices)}.", _REMEDY)
        if not any(character.isalnum() for character in text):
            raise SpeechError("Пустую фразу нельзя произнести.", "Проверьте текст фразы и подставленные факты.")
        try:
            with self._lock:
                sound = self._model.apply_tts(
                    ssml_text=ssml(text, rate), speaker=voice.lower(), sample_rate=_NATIVE_HZ[hz]
                )
        except Exception as error:  # the model raises bare Exception and ValueError for texts that it cannot speak
            raise SpeechError(f"Silero не произнёс фразу «{text[:40]}».", "Исправьте текст фразы.") from error
        samples = resample_samples(np.asarray(sound, np.float32), _NATIVE_HZ[hz], hz)
        if speech_level(samples, hz) <= SILENCE_DBFS + 40:
            raise SpeechError(f"Фразу «{text[:40]}» нельзя произнести: в ней нет слов.", "Исправьте текст фразы.")
        return to_pcm(normalise(band_limit(samples, hz, *BANDS[hz]), hz, LEVEL_DBFS))

    def close(self) -> None:
        self._model = None


def ssml(text: str, rate: float) -> str:
    """The text as Silero takes it: stress as +, speed as one of its five words, everything else as characters."""
    spoken = escape(_STRESSED.sub(r"+\1", text.replace("+", " плюс ")))
    step = _RATES[round((min(1.0, max(-1.0, rate)) + 1) * 2)]
    return f'<speak><prosody rate="{step}">{spoken}</prosody></speak>'
