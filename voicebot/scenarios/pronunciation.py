"""The clinic's pronunciation dictionary (scenarios/spoken.ru.yaml): as written -> as spoken."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from voicebot.scenarios.loading import read_bytes
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.reading import Fields, Notes, scalar
from voicebot.scenarios.yamltree import read_tree

STRESS = "\u0301"
_VOWELS = "аеёиоуыэюя"
_SPEAKABLE = re.compile(rf"[а-яё{STRESS}+ .,!?'-]{{1,200}}", re.IGNORECASE)


def load_pronunciations(path: Path) -> Mapping[str, str]:
    """Word or phrase -> what the voice reads; «+» before a vowel of the file has become U+0301 after it.

    Raises ScenarioFault with every mistake found.
    """
    return parse_pronunciations(read_bytes(path), str(path))


def parse_pronunciations(data: bytes, file: str) -> Mapping[str, str]:
    """The same from bytes; file names them in mistakes."""
    notes = Notes()
    f = Fields(read_tree(data, file, notes.mistakes), notes, (), ("spoken",))
    found: dict[str, str] = {}
    known: set[str] = set()
    for word, place, node in f.mapping("spoken"):
        said = scalar(node, notes)
        if not word.strip() or not said:
            notes.add(place, "shape", "Нужны и слово, и его произношение.")
        elif not _SPEAKABLE.fullmatch(said):
            notes.add(node.place, "pronunciation",
                      "Произношение пишут русскими буквами, ударение — знаком + перед гласной.")  # fmt: skip
        elif word.strip().lower() in known:
            notes.add(place, "pronunciation", f"«{word.strip()}» здесь уже есть: большие и малые буквы не различаются.")
        elif (wrong := _misplaced(said)) >= 0:
            notes.add(node.place, "pronunciation", f"Знак + (знак {wrong + 1}) должен стоять перед гласной.")
        else:
            found[word.strip()] = _stressed(said)
            known.add(word.strip().lower())
    if notes.mistakes:
        raise ScenarioFault(notes.mistakes)
    return found


def _misplaced(said: str) -> int:
    for at, char in enumerate(said):
        if char == "+" and said[at + 1 : at + 2].lower() not in tuple(_VOWELS):
            return at
    return -1


def _stressed(said: str) -> str:
    """«Улюк+аева» -> «Улюка́ева»."""
    out = ""
    pending = False
    for char in said:
        if char == "+":
            pending = True
            continue
        out += char + (STRESS if pending else "")
        pending = False
    return out
