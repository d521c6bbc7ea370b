"""Synthesis by RHVoice, through ctypes to libRHVoice (C API 1.2 and later). One engine, one lock, no own threads.

Speech comes out at telephone level and band: 8 kHz 200–3400 Hz, or 16 kHz 100–7000 Hz, about −20 dBFS.
"""

from __future__ import annotations

import ctypes as c
import threading
from collections.abc import Sequence
from pathlib import Path

from voicebot.speech.audio import (
    SILENCE_DBFS,
    band_limit,
    normalise,
    resample_samples,
    speech_level,
    to_pcm,
    to_samples,
)
from voicebot.speech.port import ModelMissing, SpeechError
from voicebot.speech.rhvoice_library import InitParams, SynthParams, library, make_callbacks

# voices under free licences; the others of the package are NC-ND: never offered unless asked for by name in settings
FREE_VOICES = ("anna", "irina", "elena", "aleksandr", "aleksandr-hq")
# a usual level of speech on the network: loud enough for a mobile in a street, with room to full scale
LEVEL_DBFS = -20.0
# what a telephone carries anyway; the rest would only eat level
BANDS: dict[int, tuple[float, float]] = {8000: (200.0, 3400.0), 16000: (100.0, 7000.0)}
# longer texts are a defect of the caller: prompts are at most 20 s, about 400 characters
MAX_CHARACTERS = 4000

_SETUP = "Выполните `make setup`: оно скачает RHVoice в .local/rhvoice."


class RHVoice:
    """Synthesiser by RHVoice. folder: an unpacked prefix (.local/rhvoice); None: what the system has installed.

    Raises ModelMissing when the library or its data are not there. May be used from several threads: they take turns.
    """

    name = "rhvoice"

    def __init__(self, folder: Path | None, allowed: Sequence[str] = FREE_VOICES) -> None:
        self._lock = threading.Lock()
        self._chunks: list[bytes] = []
        self._hz = 0
        self._lib = library(folder)
        data, config = _data_and_config(folder)
        self._callbacks = make_callbacks(self._set_rate, self._take)
        engine = self._lib.RHVoice_new_tts_engine(
            c.byref(InitParams(str(data).encode(), str(config).encode(), None, self._callbacks, 0))
        )
        if not engine:
            raise ModelMissing(f"RHVoice не запустился с голосами из {data}.", _SETUP)
        self._engine: int | None = engine
        self.version: str = self._lib.RHVoice_get_version().decode()
        self._voices = self._installed(allowed)

    def voices(self) -> Sequence[str]:
        """Names of the usable voices, lower case."""
        return self._voices

    def speak(self, text: str, voice: str, rate: float = 0.0, hz: int = 8000, *, pitch: float = 0.0) -> bytes:
        """PCM at hz (8000 or 16000), about −20 dBFS. rate: −1…+1, slower…faster; pitch: −1…+1, lower…higher;
        pronunciation as in the text, stress by U+0301. Raises SpeechError for a text without anything
        to speak, ModelMissing for a voice."""
        if hz not in BANDS:
            raise SpeechError(f"Синтез на частоте {hz} Гц не поддерживается.", "Используйте 8000 или 16000 Гц.")
        profile = voice.lower()
        if profile not in self._voices:
            raise ModelMissing(f"Голоса «{voice}» нет. Есть: {', '.join(self._voices) or 'ни одного'}.", _SETUP)
        raw, source_hz = self._synthesise(_spoken_bytes(text), profile, _unit(rate), _unit(pitch))
        samples = resample_samples(to_samples(raw), source_hz, hz)
        if speech_level(samples, hz) <= SILENCE_DBFS + 40:
            raise SpeechError(f"Фразу «{_short(text)}» нельзя произнести: в ней нет слов.", "Исправьте текст фразы.")
        return to_pcm(normalise(band_limit(samples, hz, *BANDS[hz]), hz, LEVEL_DBFS))

    def close(self) -> None:
        with self._lock:
            if self._engine is not None:
                self._lib.RHVoice_delete_tts_engine(self._engine)
                self._engine = None

    def _synthesise(self, spoken: bytes, profile: str, rate: float, pitch: float) -> tuple[bytes, int]:
        with self._lock:
            if self._engine is None:
                raise SpeechError("Синтез речи уже остановлен.")
            self._chunks, self._hz = [], 0
            params = SynthParams(profile.encode(), rate, pitch, 0.0, 1.0, 1.0, 1.0, 0, b"", 0, 0)
            plain_text = 0  # not SSML: <, & and quotes are only characters
            message = self._lib.RHVoice_new_message(
                self._engine, spoken, len(spoken), plain_text, c.byref(params), None
            )
            if not message:
                raise SpeechError(f"RHVoice не принял фразу «{_short(spoken.decode())}».", "Исправьте текст фразы.")
            try:
                spoke = self._lib.RHVoice_speak(message)
            finally:
                self._lib.RHVoice_delete_message(message)
            chunks, self._chunks = self._chunks, []
            if not spoke or not chunks or not self._hz:
                raise SpeechError(f"Фразу «{_short(spoken.decode())}» нельзя произнести.", "Исправьте текст фразы.")
            return b"".join(chunks), self._hz

    def _set_rate(self, hz: int) -> None:
        self._hz = hz

    def _take(self, pcm: bytes) -> None:
        self._chunks.append(pcm)

    def _installed(self, allowed: Sequence[str]) -> tuple[str, ...]:
        count = self._lib.RHVoice_get_number_of_voices(self._engine)
        infos = self._lib.RHVoice_get_voices(self._engine)
        present = {infos[i].name.decode().lower() for i in range(count)}
        return tuple(name for name in allowed if name.lower() in present)


def _data_and_config(folder: Path | None) -> tuple[Path, Path]:
    root = folder if folder is not None else Path("/")
    data, config = root / "usr/share/RHVoice", root / "etc/RHVoice"
    if not (data / "voices").is_dir() or not (data / "languages").is_dir():
        raise ModelMissing(f"Голосов RHVoice нет в {data}.", _SETUP)
    return data, config


def _spoken_bytes(text: str) -> bytes:
    """The text as RHVoice takes it: no control characters, valid UTF-8, not empty."""
    clean = "".join(character if character.isprintable() else " " for character in text).strip()
    if not clean:
        raise SpeechError(
            "Пустую фразу нельзя произнести.", "Проверьте текст фразы и факты, которые в него подставлены."
        )
    if len(clean) > MAX_CHARACTERS:
        raise SpeechError(f"Фраза в {len(clean)} знаков слишком длинна.", f"Сократите до {MAX_CHARACTERS} знаков.")
    return clean.encode("utf-8", errors="replace")


def _unit(value: float) -> float:
    return min(1.0, max(-1.0, value))


def _short(text: str) -> str:
    return text if len(text) <= 40 else text[:39] + "…"
