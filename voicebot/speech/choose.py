"""Which engine hears and which one speaks: the one asked for, or with `auto` the best whose model is in place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from voicebot.speech.port import ModelMissing, Recogniser, Synthesiser

VOSK_MODEL = "vosk-model-small-ru-0.22"
WHISPER_MODEL = "whisper-base"
SILERO_MODEL = "silero/v5_ru.pt"


class AsrEngine(Enum):
    AUTO = "auto"
    VOSK = "vosk"
    WHISPER = "whisper"


class TtsEngine(Enum):
    AUTO = "auto"
    RHVOICE = "rhvoice"
    SILERO = "silero"


@dataclass(frozen=True, slots=True)
class RecogniserChoice:
    """engine is never AUTO; why is a Russian sentence for the operator."""

    engine: AsrEngine
    model: Path
    why: str

    def load(self) -> Recogniser:
        """The engine with its model, 0.5–2 s. Raises ModelMissing."""
        if self.engine is AsrEngine.VOSK:
            from voicebot.speech.vosk import VoskRecogniser

            return VoskRecogniser(self.model)
        from voicebot.speech.whisper import WhisperRecogniser

        return WhisperRecogniser(self.model)


@dataclass(frozen=True, slots=True)
class SynthesiserChoice:
    """engine is never AUTO; source is a folder for RHVoice (None: the system's) and a file for Silero."""

    engine: TtsEngine
    source: Path | None
    why: str

    def load(self) -> Synthesiser:
        """The engine with its voices. Raises ModelMissing."""
        if self.engine is TtsEngine.SILERO and self.source is not None:
            from voicebot.speech.silero import Silero

            return Silero(self.source)
        from voicebot.speech.rhvoice import RHVoice

        return RHVoice(self.source)


def choose_recogniser(wanted: AsrEngine, models: Path, model: Path | None = None) -> RecogniserChoice:
    """models: the models folder (.local/models); model: another place for the wanted engine's model.

    Raises ModelMissing when nothing that may be used is in place.
    """
    vosk, whisper = _vosk_model(models), models / WHISPER_MODEL
    if wanted is AsrEngine.VOSK:
        return RecogniserChoice(AsrEngine.VOSK, model or vosk or models / VOSK_MODEL, "Vosk выбран в настройках.")
    if wanted is AsrEngine.WHISPER:
        return RecogniserChoice(AsrEngine.WHISPER, model or whisper, "Whisper выбран в настройках.")
    if vosk is not None:
        return RecogniserChoice(AsrEngine.VOSK, vosk, f"Распознаёт Vosk: его модель лежит в {vosk}.")
    if (whisper / "model.bin").is_file():
        why = f"Распознаёт Whisper: модели Vosk нет в {models / VOSK_MODEL}."
        return RecogniserChoice(AsrEngine.WHISPER, whisper, why)
    raise ModelMissing(
        f"Нет ни одной модели распознавания: ни {models / VOSK_MODEL}, ни {whisper}.", "Выполните `make setup`."
    )


def choose_synthesiser(wanted: TtsEngine, models: Path, rhvoice: Path | None) -> SynthesiserChoice:
    """rhvoice: the prefix (.local/rhvoice) or None for the system's. `auto` takes RHVoice: its voices are free,
    Silero's weights need a licence that only the clinic can say it has."""
    if wanted is TtsEngine.SILERO:
        return SynthesiserChoice(TtsEngine.SILERO, models / SILERO_MODEL, "Silero выбран в настройках.")
    folder = rhvoice if rhvoice is not None and rhvoice.is_dir() else None
    where = f"из {folder}" if folder else "из системы"
    why = (
        "RHVoice выбран в настройках." if wanted is TtsEngine.RHVOICE else f"Говорит RHVoice {where}: голоса свободны."
    )
    return SynthesiserChoice(TtsEngine.RHVOICE, folder, why)


def _vosk_model(models: Path) -> Path | None:
    """The Russian Vosk model that is in place, the known one first. Models of other languages are not taken."""
    found = [models / VOSK_MODEL, *sorted(models.glob("vosk-model*-ru-*"))]
    return next((folder for folder in found if (folder / "am/final.mdl").is_file()), None)
