"""A manifest of labelled recordings: what each says, and which reactions of the robot are right. Pure but for reading.

Columns: file, text, intent, voice, condition, speech_start_ms, speech_end_ms; others are ignored. intent is a label of
the table below or the name of one of our intents, `number:5` included; what is no answer has its own labels.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.errors import InputFault
from voicebot.language.heard_values import values_in
from voicebot.language.words import split

MAX_ROWS = 100_000


class BadManifest(InputFault):
    """The manifest is not one that we can read."""

    code = "manifest"


class Kind(Enum):
    """What a recording is."""

    ANSWER = "answer"
    VAGUE = "vague"  # said to the robot, and no answer: «алло», «не знаю»
    UNRELATED = "unrelated"  # human sentences that are no answer to anything
    NON_SPEECH = "non_speech"


@dataclass(frozen=True, slots=True)
class Truth:
    """One row. right: the intents that may be acted upon; empty: to be asked again, or not noticed at all.

    number: the value of a NUMBER. speech_end_ms: None where the manifest does not say.
    """

    file: Path
    text: str
    label: str
    kind: Kind
    right: frozenset[Intent]
    voice: str
    condition: str
    number: str = ""
    speech_end_ms: int | None = None

    @property
    def asks_number(self) -> bool:
        return Intent.NUMBER in self.right


_LABELS: dict[str, frozenset[Intent]] = {
    "wrong": frozenset({Intent.WRONG_PERSON}),
    "callback": frozenset({Intent.CALLBACK_LATER}),
    "busy": frozenset({Intent.BUSY_NOW, Intent.HOLD_ON}),
    "who": frozenset({Intent.WHO_IS_THIS}),
    "digits": frozenset({Intent.NUMBER}),
}
#: What may be said to the robot without being an answer; a question is answered by asking again.
_VAGUE_RIGHT = frozenset({Intent.HELLO, Intent.QUESTION, Intent.BACKCHANNEL, Intent.THANKS, Intent.BYE})
_NO_ANSWER: dict[str, Kind] = {
    "other": Kind.VAGUE,
    "none": Kind.VAGUE,
    "unsure": Kind.VAGUE,
    "asterisk": Kind.UNRELATED,
    "festvox": Kind.UNRELATED,
    "unrelated": Kind.UNRELATED,
    "silence": Kind.NON_SPEECH,
    "noise": Kind.NON_SPEECH,
    "music": Kind.NON_SPEECH,
    "tone": Kind.NON_SPEECH,
    "non_speech": Kind.NON_SPEECH,
}
#: Sentences of a label that mean something finer than it: testset/README.md.
_FINER: tuple[tuple[str, re.Pattern[str], frozenset[Intent]], ...] = (
    ("no", re.compile(r"перенес|в другой день|на другой день|на другое время"), frozenset({Intent.CHANGE})),
    ("no", re.compile(r"отмен"), frozenset({Intent.CANCEL, Intent.NO})),
    ("repeat", re.compile(r"какое время|во сколько|на какое число"), frozenset({Intent.QUESTION})),
    ("yes", re.compile(r"слушаю"), frozenset()),
)


def read_manifest(path: Path) -> list[Truth]:
    """Raises BadManifest with the place."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            missing = {"file", "intent"} - set(rows.fieldnames or ())
            if missing:
                raise BadManifest(f"{path}: нет столбца {', '.join(sorted(missing))}.", "Нужны file, text, intent.")
            return list(_rows(path, rows))
    except OSError as error:
        raise BadManifest(f"{path} не читается: {error.strerror}.") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadManifest(f"{path} — не таблица CSV в UTF-8: {error}.") from error


def _rows(path: Path, rows: csv.DictReader[str]) -> Iterator[Truth]:
    for number, row in enumerate(rows, 2):
        if number > MAX_ROWS:
            raise BadManifest(f"{path}: больше {MAX_ROWS} строк.", "Разделите таблицу.")
        try:
            yield _truth(path.parent, {key: (value or "").strip() for key, value in row.items() if key})
        except ValueError as error:
            raise BadManifest(f"{path}, строка {number}: {error}.") from None


def _truth(folder: Path, row: dict[str, str]) -> Truth:
    label, text = row["intent"].lower(), row.get("text", "")
    kind, right, number = meant(label, text)
    end = row.get("speech_end_ms", "")
    voiced = end and kind is not Kind.NON_SPEECH
    return Truth(
        folder / row["file"], text, label, kind, right, row.get("voice", ""), row.get("condition", ""), number,
        int(float(end)) if voiced else None,
    )  # fmt: skip


def meant(label: str, text: str) -> tuple[Kind, frozenset[Intent], str]:
    """What a label means for this text, and the number that was said. Raises ValueError for an unknown label."""
    if label in _NO_ANSWER:
        kind = _NO_ANSWER[label]
        return kind, _VAGUE_RIGHT if kind is Kind.VAGUE else frozenset(), ""
    name, _, digits = label.partition(":")
    right = _LABELS.get(name)
    if right is None and name in {intent.value for intent in Intent}:
        right = frozenset({Intent(name)})
    if right is None:
        raise ValueError(f"метка «{label[:40]}» неизвестна")
    said = " ".join(split(text))
    for which, pattern, finer in _FINER:
        if name == which and pattern.search(said):
            return (Kind.ANSWER, finer, "") if finer else (Kind.VAGUE, _VAGUE_RIGHT, "")
    return Kind.ANSWER, right, (digits or _number(text)) if Intent.NUMBER in right else ""


def _number(text: str) -> str:
    found = [v.value for v in values_in(split(text), None, ValueKind.NUMBER) if v.kind is ValueKind.NUMBER]
    if not found:
        raise ValueError(f"в «{text[:40]}» нет числа")
    return found[0]
