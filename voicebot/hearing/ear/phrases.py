"""The sentences that the ear learns from: loaded from YAML, with a part of them set aside for judging."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from voicebot.errors import InputFault
from voicebot.hearing.ear.classes import EarClass

SHIPPED_PHRASES = Path(__file__).with_name("phrases.ru.yaml")
SHIPPED_UNRELATED = Path(__file__).with_name("unrelated.ru.yaml")
FOLDS = 5  # of the phrases; those of fold 0 are left out when heads are judged by unseen phrases

_VOWELS = "аоуыэиеёюя"
_CONSONANTS = (
    "б",
    "в",
    "г",
    "д",
    "ж",
    "з",
    "к",
    "л",
    "м",
    "н",
    "п",
    "р",
    "с",
    "т",
    "ф",
    "х",
    "ц",
    "ч",
    "ш",
    "ст",
    "пр",
    "кр",
)
# syllables that are answers or could be heard as such
_NO_SYLLABLES = frozenset({"да", "дя", "не", "нэ", "но", "на", "ну", "ты", "вы", "кто", "что", "че", "чё"})


class BadPhrases(InputFault):
    """A file of phrases is not what it should be."""

    code = "ear-phrases"


@dataclass(frozen=True, slots=True)
class Phrase:
    """label: what it means to the ear."""

    text: str
    label: EarClass

    @property
    def fold(self) -> int:
        """0…4, the same everywhere and always: by the words, not by the place in a list."""
        words = "".join(c for c in self.text.lower() if c.isalnum() or c == " ")
        return zlib.crc32(words.encode()) % FOLDS

    @property
    def weight(self) -> float:
        """How often it is spoken: short answers are the usual ones, and the hard ones."""
        return {1: 5.0, 2: 2.5, 3: 1.5}.get(len(self.text.split()), 1.0)


def load_phrases(path: Path = SHIPPED_PHRASES) -> tuple[Phrase, ...]:
    """Class -> sentences. Raises BadPhrases naming the file and what is wrong."""
    found: dict[str, Phrase] = {}
    for name, sentences in _lists(path).items():
        try:
            label = EarClass(name)
        except ValueError:
            raise BadPhrases(f"{path}: нет класса «{name}».", f"Есть: {', '.join(EarClass)}.") from None
        for text in sentences:
            if (other := found.get(text)) is not None and other.label is not label:
                raise BadPhrases(f"{path}: «{text}» стоит и в «{other.label}», и в «{label}».", "Оставьте одно.")
            found[text] = Phrase(text, label)
    return tuple(found.values())


def load_unrelated(path: Path = SHIPPED_UNRELATED) -> Mapping[str, tuple[str, ...]]:
    """Kind (near, short, names, sentences) -> texts that answer nothing."""
    return {name: tuple(texts) for name, texts in _lists(path).items()}


def syllables() -> tuple[str, ...]:
    """«та», «бу», «ля»: what a person says who says nothing; some of them doubled."""
    single = [c + v for c in _CONSONANTS for v in _VOWELS if c + v not in _NO_SYLLABLES]
    closed = [a + v + b for a, b in zip("бвгдзклмнпрстф", "ткпмлнсбрхвжшк", strict=True) for v in "аоуи"]
    return (*single, *(f"{s}-{s}" for s in single[::3]), *(s for s in closed if s not in ("нет", "да")))


def _lists(path: Path) -> Mapping[str, list[str]]:
    try:
        data: Any = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BadPhrases(f"Файла фраз {path} нет.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise BadPhrases(f"{path}: {error}.") from error
    if not isinstance(data, dict):
        raise BadPhrases(f"{path}: нужен список фраз у каждого класса.")
    for name, sentences in data.items():
        if not isinstance(sentences, list) or not all(isinstance(s, str) and s.strip() for s in sentences):
            raise BadPhrases(f"{path}, «{name}»: нужен список непустых фраз.", "Слова да и нет пишите в кавычках.")
    return data
