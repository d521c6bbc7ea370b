"""The live table of the demo: every phone, what happens on it, what was understood. Plain lines without a terminal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.live import Live
from rich.table import Table

from voicebot.calls.port import Dialled, Sighting
from voicebot.dialogue.actions import Finish, Play, StartTransfer
from voicebot.dialogue.events import (
    Answered,
    Heard,
    KeyPressed,
    MachineDetected,
    SpeechStarted,
    TransferAnswered,
    TransferFailed,
)
from voicebot.reports.transcript import understood_words
from voicebot.reports.words import DISPOSITIONS, OUTCOMES

WIDTH_OF_WORDS = 44
WEEKDAYS = ("пн", "вт", "ср", "чт", "пт", "сб", "вс")


@dataclass
class PhoneRow:
    """What the table shows of one phone."""

    who: str
    calls: int = 0
    state: str = ""
    words: str = ""
    understood: str = ""
    outcome: str = ""
    busy: bool = False


@dataclass
class LiveTable:
    """Watches all calls. names: phone -> whom it belongs to, in the order in which they are shown."""

    names: dict[str, str]
    now: Callable[[], datetime]
    zone: ZoneInfo
    console: Console
    rows: dict[str, PhoneRow] = field(default_factory=dict)
    _phone_of: dict[str, str] = field(default_factory=dict)
    _live: Live | None = None

    def __post_init__(self) -> None:
        self.rows = {phone: PhoneRow(name) for phone, name in self.names.items()}

    def __enter__(self) -> LiveTable:
        if self.console.is_terminal:
            self._live = Live(console=self.console, get_renderable=self._table, refresh_per_second=4)
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._live is not None:
            self._live.stop()

    def watch(self, sighting: Sighting) -> None:
        """A Watcher of calls."""
        if isinstance(sighting.what, Dialled):
            self._phone_of[sighting.call_id] = sighting.what.phone
            row = self.rows.setdefault(sighting.what.phone, PhoneRow("?"))
            row.calls += 1
            row.busy, row.state, row.words, row.understood = True, "звоним", "", ""
            return self._tell(sighting, row.state)
        phone = self._phone_of.get(sighting.call_id)
        if phone is not None:
            self._note(self.rows[phone], sighting)
        return None

    def _note(self, row: PhoneRow, sighting: Sighting) -> None:
        match sighting.what:
            case Answered():
                row.state = "сняли трубку"
            case Play():
                row.state, row.words = "говорит робот", sighting.text
                self._tell(sighting, f"робот: {sighting.text}")
            case SpeechStarted():
                row.state = "говорит пациент"
            case Heard() as heard:
                row.words, row.understood = f"«{sighting.text}»", understood_words(heard)
                self._tell(sighting, f"пациент: «{sighting.text}» → {row.understood}")
            case KeyPressed(key=key):
                row.words, row.understood = f"клавиша {key}", ""
                self._tell(sighting, row.words)
            case MachineDetected():
                row.understood = "автоответчик"
            case StartTransfer():
                row.state = "зовём администратора"
            case TransferAnswered():
                row.state = "говорит с администратором"
            case TransferFailed():
                row.state = "администратор не ответил"
            case Finish() as finish:
                row.busy, row.state = False, DISPOSITIONS[finish.disposition]
                row.outcome = ", ".join(OUTCOMES[c.outcome] for c in finish.conclusions)
                self._tell(sighting, f"{row.state}: {row.outcome}")

    def _tell(self, sighting: Sighting, text: str) -> None:
        if self._live is None:
            phone = self._phone_of.get(sighting.call_id, "")
            self.console.print(f"{self._time()} {phone[-4:]} {text}", highlight=False, markup=False, soft_wrap=True)

    def _time(self) -> str:
        local = self.now().astimezone(self.zone)
        return f"{WEEKDAYS[local.weekday()]} {local:%H:%M:%S}"

    def _table(self) -> Table:
        busy = sum(row.busy for row in self.rows.values())
        table = Table(title=f"Часы клиники: {self._time()}   линий занято: {busy}", expand=True)
        for column, ratio in (("телефон", 2), ("пациент", 3), ("раз", 1), ("что происходит", 3),
                              ("слова", 6), ("понято", 3), ("исход", 3)):  # fmt: skip
            table.add_column(column, ratio=ratio, no_wrap=True)
        for phone, row in self.rows.items():
            style = "bold" if row.busy else "dim" if not row.calls else ""
            words = row.words if len(row.words) <= WIDTH_OF_WORDS else "…" + row.words[-WIDTH_OF_WORDS:]
            number = str(row.calls) if row.calls else ""
            table.add_row(phone, row.who, number, row.state, words, row.understood, row.outcome, style=style)
        return table
