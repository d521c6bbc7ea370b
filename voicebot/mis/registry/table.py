"""What a file of visits is once it is read: cells by line, whatever the format was."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from voicebot.errors import InputFault

#: What a cell of a spreadsheet can be; CSV has only text.
Cell = str | int | float | datetime | date | time | timedelta | bool | None

#: Called with a stage in Russian, how much is done, and of how much (0: not known yet). Reading calls it from a
#: worker thread.
Progress = Callable[[str, int, int], None]


class BadSpreadsheet(InputFault):
    """The file as a whole cannot be imported."""

    code = "import-file"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the file. number counts from 1, as the clinic's program shows it."""

    number: int
    cells: Sequence[Cell]


@dataclass(frozen=True, slots=True)
class RawTable:
    """All lines of a CSV file, or of one sheet. origin says how it was read, in Russian, for the preview."""

    lines: tuple[Line, ...]
    origin: str
