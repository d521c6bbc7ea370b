"""Recognition by Vosk (extra `vosk`): streaming, with partials, grammar, words and alternatives.

Endpointing is ours, so what Kaldi takes for an end only closes a segment of the same utterance.
"""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from voicebot.speech.models import require_files, require_whole_fst
from voicebot.speech.port import Capability, ModelMissing, Recognised, SpeechError, Word

ALTERNATIVES = 3
UNKNOWN = "[unk]"  # Vosk's word for what the grammar does not hold
# 41 MB each: one for each kind of question that is asked often
MAX_SPARE = 4
PIECE_BYTES = 1600  # 100 ms at 8 kHz: partial texts are never older than this

_REMEDY = "Положите распакованную модель в .local/models/vosk-model-small-ru-0.22 или выберите speech.asr: whisper."
_AGAIN = "Распакуйте модель в эту папку заново; voicebot doctor проверит её."
_WHAT = "Модель распознавания Vosk"
# a folder with some of these only makes a model that loads and fails at the first sound
_IVECTOR = ("final.dubm", "final.ie", "final.mat", "global_cmvn.stats", "splice.conf")
#: A Russian model has nearly all of these words; models of other languages have none.
_RUSSIAN = ("да", "нет", "не", "и", "в", "приду", "хорошо", "доктор")
_RUSSIAN_AT_LEAST = 3


class VoskRecogniser:
    """Recogniser by Vosk. Raises ModelMissing without the package, the model, or with a damaged one."""

    def __init__(self, folder: Path, alternatives: int = ALTERNATIVES) -> None:
        _require_whole(folder)
        try:
            import vosk
        except (ImportError, OSError) as error:
            raise ModelMissing(
                f"Модуль vosk не загружается: {error}.", "Выполните `pip install 'voicebot[vosk]'`."
            ) from error
        vosk.SetLogLevel(-1)  # Kaldi writes a page to stderr otherwise
        self._vosk: Any = vosk
        try:
            self._model: Any = vosk.Model(model_path=str(folder))
        except Exception as error:  # vosk raises bare Exception
            raise ModelMissing(f"Модель Vosk в {folder} не загружается.", _REMEDY) from error
        if "-ru" in folder.name and not self._knows_russian():
            raise ModelMissing(
                f"Модель Vosk в {folder} не знает русских слов: под русским именем лежит модель другого языка.",
                "Положите на её место русскую модель, например vosk-model-small-ru-0.22.",
            )
        self._folder = folder
        self.name = folder.name
        self.capabilities = Capability.PARTIALS | Capability.WORDS | Capability.ALTERNATIVES
        if (folder / "graph/HCLr.fst").exists() and (folder / "graph/Gr.fst").exists():
            self.capabilities |= Capability.GRAMMAR  # a graph composed at run time; a static HCLG.fst has none
        self._alternatives = alternatives
        self._spare: list[tuple[tuple[int, str], Any]] = []
        self._lock = threading.Lock()

    def _knows_russian(self) -> bool:
        """Asked of the loaded model: small ones keep their words inside their graph and not in words.txt."""
        known = [word for word in _RUSSIAN if self._model.vosk_model_find_word(word) >= 0]
        return len(known) >= _RUSSIAN_AT_LEAST

    def open(self, rate: int, phrases: Sequence[str] | None = None) -> VoskSession:
        """phrases: all that can be said, in the model's words; those with unknown words are left out."""
        key = (rate, self._grammar(phrases))
        with self._lock:
            for position, (spare_key, engine) in enumerate(self._spare):
                if spare_key == key:
                    del self._spare[position]
                    return VoskSession(self._folder, engine)
        return VoskSession(self._folder, self._make(*key))

    def prepare(self, rate: int, phrases: Sequence[str] | None = None) -> None:
        """Have an engine ready for the next open() of this kind: making one takes 60–110 ms.

        Used ones are never taken again: Reset() keeps their adaptation to the voice of the patient before.
        """
        key = (rate, self._grammar(phrases))
        with self._lock:
            if any(spare_key == key for spare_key, _ in self._spare):
                return
        engine = self._make(*key)
        with self._lock:
            self._spare.append((key, engine))
            del self._spare[:-MAX_SPARE]

    def close(self) -> None:
        with self._lock:
            self._spare.clear()

    def _make(self, rate: int, grammar: str) -> Any:
        arguments = (self._model, float(rate), grammar) if grammar else (self._model, float(rate))
        try:
            engine = self._vosk.KaldiRecognizer(*arguments)
        except Exception as error:  # vosk raises bare Exception
            raise SpeechError(
                f"Vosk не начал распознавание на частоте {rate} Гц: модель в {self._folder} повреждена или неполна.",
                _AGAIN,
            ) from error
        engine.SetWords(True)
        engine.SetMaxAlternatives(self._alternatives)
        return engine

    def _grammar(self, phrases: Sequence[str] | None) -> str:
        if not phrases or Capability.GRAMMAR not in self.capabilities:
            return ""
        known = [p for p in phrases if all(self._model.vosk_model_find_word(w) >= 0 for w in p.split())]
        rest = [UNKNOWN] if self._model.vosk_model_find_word(UNKNOWN) >= 0 else []  # else the set is closed
        return json.dumps([*known, *rest], ensure_ascii=False) if known else ""


class VoskSession:
    """One utterance."""

    def __init__(self, folder: Path, engine: Any) -> None:
        self._folder, self._engine = folder, engine
        self._rest = bytearray()
        self._segments: list[dict[str, Any]] = []
        self._busy_s = 0.0

    def feed(self, pcm: bytes) -> None:
        """Audio of any length; it is taken in equal pieces, because what Kaldi writes depends on them."""
        self._rest += pcm
        while len(self._rest) >= PIECE_BYTES:
            self._accept(bytes(self._rest[:PIECE_BYTES]))
            del self._rest[:PIECE_BYTES]

    def _accept(self, pcm: bytes) -> None:
        began = time.perf_counter()
        try:
            if self._engine.AcceptWaveform(pcm):
                self._segments.append(json.loads(self._engine.Result()))
        except Exception as error:  # vosk raises bare Exception
            raise SpeechError(
                f"Vosk не смог обработать звук: модель в {self._folder} повреждена или неполна.", _AGAIN
            ) from error
        self._busy_s += time.perf_counter() - began

    def partial(self) -> str:
        now = json.loads(self._engine.PartialResult()).get("partial", "")
        return " ".join(filter(None, [*(_best(segment)[0] for segment in self._segments), now]))

    def final(self) -> Recognised:
        """The whole utterance. The session cannot be used after it."""
        if len(self._rest) > 1:
            self._accept(bytes(self._rest[: len(self._rest) & ~1]))
        began = time.perf_counter()
        self._segments.append(json.loads(self._engine.FinalResult()))
        self._engine = None
        took_ms = round((self._busy_s + time.perf_counter() - began) * 1000)
        return combine(self._segments, self._folder.name, took_ms)


def _require_whole(folder: Path) -> None:
    """Raises ModelMissing for what can be seen from outside; the rest shows at the first sound."""
    require_files(folder, ("am/final.mdl", "conf/mfcc.conf", "conf/model.conf", "graph"), _WHAT, _REMEDY)
    if not (folder / "graph/HCLG.fst").exists():
        require_files(folder, ("graph/HCLr.fst", "graph/Gr.fst"), _WHAT, _AGAIN)
    if (folder / "ivector").is_dir():
        require_files(folder, tuple(f"ivector/{name}" for name in _IVECTOR), _WHAT, _AGAIN)
    if (folder / "graph/HCLr.fst").exists():
        require_files(folder, ("graph/disambig_tid.int",), _WHAT, _AGAIN)
    for graph in ("graph/HCLr.fst", "graph/HCLG.fst"):
        require_whole_fst(folder / graph, _WHAT, _REMEDY)


def combine(segments: Sequence[dict[str, Any]], engine: str, took_ms: int = 0) -> Recognised:
    """Vosk's results of the segments of one utterance as one Recognised."""
    spoken = [segment for segment in segments if _best(segment)[0]]
    if not spoken:
        return Recognised("", 0.0, 1.0, engine=engine, took_ms=took_ms)
    best = [_best(segment) for segment in spoken]
    text = " ".join(part for part, _, _ in best)
    words = tuple(word for _, _, found in best for word in found)
    alternatives: list[str] = []
    if len(spoken) == 1:  # combinations over segments would multiply
        texts = [_known(str(a["text"])) for a in spoken[0].get("alternatives", ())]
        alternatives = [other for other in dict.fromkeys(texts) if other and other != text]
    confidence = min(part for _, part, _ in best)
    return Recognised(text, confidence, 0.0, words, tuple(alternatives), engine, took_ms)


def _best(segment: dict[str, Any]) -> tuple[str, float, tuple[Word, ...]]:
    """Text, confidence and words of one result, which has alternatives or not.

    The scores of alternatives are log likelihoods: their softmax is the share of the best among them.
    """
    alternatives = segment.get("alternatives")
    if alternatives is None:
        words = tuple(_word(item, float(item.get("conf", 1.0))) for item in segment.get("result", ()))
        mean = sum(word.confidence for word in words) / len(words) if words else 0.0
        return _known(str(segment.get("text", ""))), mean, words
    if not alternatives:
        return "", 0.0, ()
    top = max(float(a["confidence"]) for a in alternatives)
    share = 1.0 / sum(math.exp(float(a["confidence"]) - top) for a in alternatives)
    first = alternatives[0]
    return _known(str(first["text"])), share, tuple(_word(item, share) for item in first.get("result", ()))


def _known(text: str) -> str:
    return " ".join(word for word in text.split() if word != UNKNOWN)


def _word(item: dict[str, Any], confidence: float) -> Word:
    return Word(str(item["word"]), round(item["start"] * 1000), round(item["end"] * 1000), confidence)
