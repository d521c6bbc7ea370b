"""A manifest of labelled recordings: what each says, and which reactions of the robot are right. Pure but for reading.

Columns: file, text, intent, voice, condition, speech_start_ms, speech_end_ms; others are ignored. intent is a label of
the table below or the name of one of our intents, `number:5` included; what is no answer has its own labels.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from voicebot.complaints import russian
from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.errors import InputFault
from voicebot.language.heard_values import values_in
from voicebot.language.words import split

MAX_ROWS = 100_000
MAX_NUMBER = 99  # what the language part knows by its words
MAX_MS = 86_400_000  # no recording lasts longer than a day
_LONGEST_LINE = 100_000  # characters of the header that are looked at
_SEPARATORS = {",": "запятая", ";": "точка с запятой", "\t": "табуляция"}
_COLUMNS = {"file", "text", "intent", "voice", "condition", "speech_start_ms", "speech_end_ms"}
_SAVE_AS = "Сохраните её как «CSV UTF-8»: в Excel — «Сохранить как», тип «CSV UTF-8 (разделитель — запятая)»."


class BadManifest(InputFault):
    """The manifest is not one that we can read."""

    code = "manifest"


class UnknownLabel(ValueError):
    """A label that stands for none of our intents."""


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
    """The rows, at least one. Columns may stand in any order and be separated by commas, semicolons or tabs.

    Raises BadManifest with the row and the column.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            separator = _separator(file.readline(_LONGEST_LINE))
            file.seek(0)
            rows = csv.DictReader(file, delimiter=separator)
            rows.fieldnames = _header(path, rows.fieldnames or (), separator)
            found = list(_rows(path, rows))
    except OSError as error:
        raise BadManifest(f"{path} не читается: {russian(error)}.", "Проверьте имя и путь таблицы.") from error
    except UnicodeDecodeError as error:
        raise BadManifest(f"{path} — не таблица в кодировке UTF-8.", _SAVE_AS) from error
    if not found:
        raise BadManifest(f"{path}: под заголовком нет ни одной строки.", "Впишите записи: file, text, intent.")
    return found


def _separator(line: str) -> str:
    """The one that makes the most columns of the first line: Excel in Russian writes semicolons."""
    return max(_SEPARATORS, key=line.count)


def _header(path: Path, titles: Sequence[str], separator: str) -> list[str]:
    columns = [title.strip().lower() for title in titles]
    if missing := {"file", "intent"} - set(columns):
        told = (
            f"разделитель — {_SEPARATORS[separator]}, столбцы: {', '.join(columns)[:200]}" if columns else "она пуста"
        )
        raise BadManifest(
            f"{path}: нет столбца {', '.join(sorted(missing))} ({told}).",
            "Нужны столбцы file, text, intent через запятую, точку с запятой или табуляцию, в кодировке UTF-8.",
        )
    if twice := sorted({c for c in columns if c in _COLUMNS and columns.count(c) > 1}):
        raise BadManifest(f"{path}: столбец {', '.join(twice)} стоит дважды.", "Оставьте один.")
    return columns


def _rows(path: Path, rows: csv.DictReader[str]) -> Iterator[Truth]:
    count = 0
    try:
        for row in rows:
            count += 1
            if count > MAX_ROWS:
                raise BadManifest(f"{path}: больше {MAX_ROWS} строк.", "Разделите таблицу.")
            yield _truth(path.parent, {key: (value or "").strip() for key, value in row.items() if key})
    except UnknownLabel as error:
        raise BadManifest(f"{path}, строка {rows.line_num}: {error}.", f"Известны: {', '.join(_known())}.") from None
    except UnicodeDecodeError:  # a ValueError, and not of one row
        raise
    except ValueError as error:
        raise BadManifest(f"{path}, строка {rows.line_num}: {error}.", "Исправьте эту строку.") from None
    except csv.Error as error:
        raise BadManifest(
            f"{path}, строка {rows.line_num}: таблица не разбирается.", "Проверьте, закрыты ли кавычки."
        ) from error


def _truth(folder: Path, row: dict[str, str]) -> Truth:
    """Raises ValueError naming the column."""
    file, label, text = row["file"], row["intent"].lower(), row.get("text", "")
    if not file:
        raise ValueError("столбец file пуст")
    if "\0" in file:
        raise ValueError(f"столбец file: в имени «{file[:40].replace(chr(0), '␀')}» нулевой байт")
    kind, right, number = meant(label, text)
    start, end = _ms(row, "speech_start_ms"), _ms(row, "speech_end_ms")
    if start is not None and end is not None and start > end:
        raise ValueError(f"столбец speech_start_ms: речь начинается в {start} мс, после своего конца в {end} мс")
    return Truth(
        folder / file, text, label, kind, right, row.get("voice", ""), row.get("condition", "").lower(), number,
        None if kind is Kind.NON_SPEECH else end,
    )  # fmt: skip


def _ms(row: dict[str, str], column: str) -> int | None:
    """Raises ValueError for what is no time in a recording."""
    text = row.get(column, "")
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 <= value <= MAX_MS:
        raise ValueError(f"столбец {column}: «{text[:40]}» — не время в мс, нужно число от 0 до {MAX_MS}")
    return int(value)


def _known() -> list[str]:
    return sorted({*_LABELS, *_NO_ANSWER, *(intent.value for intent in Intent), "number:5"})


def meant(label: str, text: str) -> tuple[Kind, frozenset[Intent], str]:
    """What a label means for this text, and the number that was said. Raises UnknownLabel; ValueError for a number
    that is none."""
    if label in _NO_ANSWER:
        kind = _NO_ANSWER[label]
        return kind, _VAGUE_RIGHT if kind is Kind.VAGUE else frozenset(), ""
    name, _, digits = label.partition(":")
    right = _LABELS.get(name)
    if right is None and name in {intent.value for intent in Intent}:
        right = frozenset({Intent(name)})
    if right is None or (":" in label and Intent.NUMBER not in right):
        raise UnknownLabel(f"метка «{label[:40]}» в столбце intent неизвестна")
    said = " ".join(split(text))
    for which, pattern, finer in _FINER:
        if name == which and pattern.search(said):
            return (Kind.ANSWER, finer, "") if finer else (Kind.VAGUE, _VAGUE_RIGHT, "")
    if Intent.NUMBER not in right:
        return Kind.ANSWER, right, ""
    return Kind.ANSWER, right, _digits(label, digits) if ":" in label else _number(text)


def _digits(label: str, digits: str) -> str:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 3) or int(digits) > MAX_NUMBER:
        raise ValueError(f"метка «{label[:40]}» в столбце intent: после двоеточия нужно число от 0 до {MAX_NUMBER}")
    return str(int(digits))


def _number(text: str) -> str:
    found = [v.value for v in values_in(split(text), None, ValueKind.NUMBER) if v.kind is ValueKind.NUMBER]
    if not found:
        raise ValueError(f"столбец text: в «{text[:40]}» нет числа")
    return found[0]
