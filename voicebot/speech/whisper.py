"""Recognition by Whisper on a short window: log-mel of 8 s in place of 30 s takes a sixth of the time, with no loss.

Not streaming: an utterance is collected and recognised at its end. One thread; use several processes (pool.py).
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer

from voicebot.speech.audio import Samples, resample_samples, speech_level, to_samples
from voicebot.speech.closed_set import BEAM as CLOSED_BEAM
from voicebot.speech.closed_set import closed_set, spelled
from voicebot.speech.models import WHISPER_BASE, require_files, verify
from voicebot.speech.port import Capability, Choice, ModelMissing, Recognised, SpeechError

MODEL_RATE = 16_000
WINDOW_S = 8  # 5 s loses words; 30 s costs six times as much
# a voice that reaches the window's very end is written several times over
TAIL_S = 0.5
# two seconds of silence in front make Whisper repeat itself, or take an answer for no speech
LEAD_S = 0.5  # more than the listener's pre-roll, so that its utterances stay as they are
LEAD_BELOW_PEAK_DB = 30.0  # weaker than the weakest consonant that begins a word
HOP = 160  # samples a mel frame
# on silence and noise Whisper always writes something; this rejected 86 of 86 such files and 0.4 % of speech
NO_SPEECH = 0.5
# both signs weak together are one strong sign: babble gives 0.4–0.5 with a text that Whisper itself doubts
NO_SPEECH_DOUBTFUL = 0.35
CONFIDENCE_DOUBTFUL = 0.25
# below this there is no voice on a telephone, only the noise of a codec
SILENT_DBFS = -60.0
# shorter sounds hold no word
MIN_S = 0.1
BEAM = 5
ALTERNATIVES = 3  # free with a beam of 5
MAX_TOKENS = 40  # 8 s of speech are about 30; more is a hallucination that repeats itself

# what the training data's subtitles say where nothing is said, in lower case: never an answer of a patient
HALLUCINATIONS = ("субтитр", "корректор ", "продолжение следует", "спасибо за просмотр", "dimatorzok")

_FILES = ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")
_WHAT = "Модель распознавания Whisper"


class WhisperRecogniser:
    """Recogniser by faster-whisper. Raises ModelMissing when the folder lacks a file or model.bin is damaged."""

    name = "whisper"
    capabilities = Capability.ALTERNATIVES | Capability.CLOSED_SET

    def __init__(self, folder: Path, threads: int = 1) -> None:
        require_files(folder, _FILES, _WHAT)
        if folder.name == "whisper-base":
            for name, known in WHISPER_BASE.items():
                verify(folder / name, known, _WHAT)
        try:
            self._model = WhisperModel(
                str(folder),
                device="cpu",
                compute_type="int8",
                cpu_threads=threads,
                num_workers=1,
                local_files_only=True,
            )
        except Exception as error:  # of three libraries, one of which raises bare Exception
            raise ModelMissing(
                f"{_WHAT} в {folder} не загружается: {error}.", "Удалите папку и выполните `make setup`."
            ) from error
        self._tokenizer = Tokenizer(self._model.hf_tokenizer, True, task="transcribe", language="ru")
        self._prompt = [*self._tokenizer.sot_sequence, self._tokenizer.no_timestamps]
        self.name = folder.name

    def open(self, rate: int, phrases: Sequence[str] | None = None) -> WhisperSession:
        """phrases are scored beside the free text: Whisper has no grammar, and a prompt makes hallucinations look
        like answers."""
        return WhisperSession(self, rate, phrases or ())

    def prepare(self, rate: int, phrases: Sequence[str] | None = None) -> None:
        """Nothing: a session costs nothing."""

    @property
    def encoder(self) -> ctranslate2.models.Whisper:
        """The loaded model, for what else hears by it."""
        return self._model.model

    def close(self) -> None:
        self._model.model.unload_model()

    def transcribe(self, samples: Samples, phrases: Sequence[str] = ()) -> Recognised:
        """16 kHz float32; of longer sound than the window the end counts. Raises SpeechError."""
        began = time.perf_counter()
        if len(samples) < MIN_S * MODEL_RATE or speech_level(samples, MODEL_RATE) < SILENT_DBFS:
            return Recognised("", 0.0, 1.0, engine=self.name)
        try:
            encoded = self._model.model.encode(self._mel(samples - samples.mean()))
            result = self._generate(encoded)
            choices = self._choices(encoded, phrases, result) if phrases else ()
        except (RuntimeError, ValueError) as error:
            raise SpeechError(f"Whisper не смог распознать фразу: {error}.") from error
        took_ms = round((time.perf_counter() - began) * 1000)
        no_speech = float(result.no_speech_prob)
        texts = _distinct([self._decode(ids) for ids in result.sequences_ids])
        confidence = min(1.0, math.exp(result.scores[0])) if texts[0] else 0.0
        if invented(texts[0], confidence, no_speech):
            return Recognised("", 0.0, max(no_speech, NO_SPEECH), (), (), self.name, took_ms, choices)
        return Recognised(texts[0], confidence, no_speech, (), tuple(texts[1:]), self.name, took_ms, choices)

    def _mel(self, samples: Samples) -> ctranslate2.StorageView:
        window = np.zeros(WINDOW_S * MODEL_RATE, np.float32)
        tail = _without_lead(samples)[-int((WINDOW_S - TAIL_S) * MODEL_RATE) :]
        window[: len(tail)] = tail
        mel = self._model.feature_extractor(window, padding=0)[:, : len(window) // HOP]
        return ctranslate2.StorageView.from_array(np.ascontiguousarray(mel[None]))

    def _generate(self, encoded: ctranslate2.StorageView) -> ctranslate2.models.WhisperGenerationResult:
        return self._model.model.generate(
            encoded,
            [self._prompt],
            beam_size=BEAM,
            num_hypotheses=ALTERNATIVES,
            no_repeat_ngram_size=3,
            max_length=len(self._prompt) + MAX_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
        )[0]

    def _choices(
        self,
        encoded: ctranslate2.StorageView,
        phrases: Sequence[str],
        free: ctranslate2.models.WhisperGenerationResult,
    ) -> tuple[Choice, ...]:
        """How well each phrase fits the sound."""
        model = self._model.model
        limits = closed_set(
            phrases, self._tokenizer.encode, self._model.hf_tokenizer.get_vocab_size(), self._tokenizer.eot
        )
        result = model.generate(
            encoded,
            [self._prompt],
            beam_size=CLOSED_BEAM,
            num_hypotheses=CLOSED_BEAM,
            max_length=len(self._prompt) + limits.length + 1,
            length_penalty=0.0,  # whole phrases are compared, long ones with short ones
            return_scores=True,
            suppress_blank=False,
            suppress_tokens=list(limits.suppressed),
        )[0]
        written = free.scores[0] * (len(free.sequences_ids[0]) + 1)  # its score is a mean over tokens, with the end
        return limits.choices((self._decode(ids) for ids in result.sequences_ids), result.scores, written)

    def _decode(self, ids: Sequence[int]) -> str:
        text = str(self._tokenizer.decode([i for i in ids if i < self._tokenizer.eot])).strip()
        return text if any(character.isalnum() for character in text) else ""  # a row of dashes is no answer


class WhisperSession:
    """One utterance, collected until final()."""

    def __init__(self, recogniser: WhisperRecogniser, rate: int, phrases: Sequence[str] = ()) -> None:
        if rate not in (8000, 16000):
            raise SpeechError(
                f"Распознавание на частоте {rate} Гц не поддерживается.", "Используйте 8000 или 16000 Гц."
            )
        self._recogniser = recogniser
        self._rate, self._phrases = rate, phrases
        self._pcm = bytearray()

    def feed(self, pcm: bytes) -> None:
        self._pcm += pcm

    def partial(self) -> str:
        return ""

    def final(self) -> Recognised:
        samples = resample_samples(to_samples(bytes(self._pcm)), self._rate, MODEL_RATE)
        return self._recogniser.transcribe(samples, self._phrases)


def _without_lead(samples: Samples) -> Samples:
    """The sound from shortly before its first frame that is not much weaker than its strongest."""
    frame = MODEL_RATE // 50
    powers = np.square(samples[: len(samples) // frame * frame].reshape(-1, frame)).mean(axis=1)
    first = int((powers >= powers.max() * 10 ** (-LEAD_BELOW_PEAK_DB / 10)).argmax()) * frame
    return samples[max(0, first - int(LEAD_S * MODEL_RATE)) :]


def invented(text: str, confidence: float, no_speech: float) -> bool:
    """Whether a text was written where nothing was said."""
    if no_speech > NO_SPEECH or (no_speech > NO_SPEECH_DOUBTFUL and confidence < CONFIDENCE_DOUBTFUL):
        return True
    return any(sign in text.lower() for sign in HALLUCINATIONS)


def _distinct(texts: list[str]) -> list[str]:
    """The texts whose words differ, in their order; letters' case and punctuation do not count."""
    seen: dict[str, str] = {}
    for text in texts:
        seen.setdefault(spelled(text), text)
    return list(seen.values())
