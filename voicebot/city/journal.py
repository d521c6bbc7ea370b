"""What happened in a call, as its person lived it: a JSON line for each happening, written as it happens.

Times are ms since the call arrived (INVITE); `started_at` of the first line is that moment on the machine's clock.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TextIO

from voicebot.city.people import Role
from voicebot.errors import InputFault


class BadJournal(InputFault):
    """A file is not a journal of the city."""

    code = "city-journal"


class What(StrEnum):
    RINGING = "ringing"
    REFUSED = "refused"  # detail: busy, reject, unknown_number, congestion
    ANSWERED = "answered"
    PHRASE = "phrase"  # a phrase of the far side, when it is sure that it has ended: phrase, at_ms…until_ms
    SAID = "said"  # kind, text, at_ms…until_ms; written when it begins, so a hang-up may cut it
    PRESSED = "pressed"  # text: the keys
    BEEP = "beep"  # of an answering machine: at_ms…until_ms
    KEY_HEARD = "key_heard"  # text: a key that the far side sent
    ADMINISTRATOR = "administrator"  # the voice of an administrator of the city was heard
    HEARD = "heard"  # a spell of sound from the far side, exact, written after the call: at_ms…until_ms
    STREAM = "stream"  # how the far side's sound came, written after the call; detail: «frames late worst_ms»
    STANDSTILL = "standstill"  # this machine did nothing, at_ms…until_ms: no sound went or came
    RECORDED = "recorded"  # detail: the WAV file beside the journal; at_ms is where it begins
    GONE = "gone"  # the call is over; detail: self, far or lost (who ended it); text: why


@dataclass(frozen=True, slots=True)
class Entry:
    """One happening. until_ms is None for a moment, phrase is 0 where it does not apply."""

    what: What
    at_ms: int
    until_ms: int | None = None
    kind: str = ""
    text: str = ""
    phrase: int = 0
    detail: str = ""

    def end_ms(self) -> int:
        return self.at_ms if self.until_ms is None else self.until_ms


@dataclass(frozen=True, slots=True)
class Header:
    """Whose call it is. call counts the calls of this number from 1; channel is the carrier's channel id."""

    number: str
    call: int
    role: Role
    started_at: datetime
    caller: str = ""
    channel: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class CallLog:
    """A journal as read back, in the order of time."""

    header: Header
    entries: tuple[Entry, ...]

    def all(self, what: What) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.what is what)

    def first(self, what: What) -> Entry | None:
        return next(iter(self.all(what)), None)


class Journal:
    """Writes one call's journal. Each line is on disk at once: a call that is cut short keeps what happened."""

    def __init__(self, path: Path, header: Header) -> None:
        self._file: TextIO = path.open("w", encoding="utf-8", buffering=1)
        self._line(
            {
                "event": "call",
                "number": header.number,
                "call": header.call,
                "role": header.role.value,
                "started_at": header.started_at.isoformat(),
                "caller": header.caller,
                "channel": header.channel,
                "name": header.name,
            }
        )

    def write(self, entry: Entry) -> None:
        fields: dict[str, Any] = {"event": entry.what.value, "at_ms": entry.at_ms}
        if entry.until_ms is not None:
            fields["until_ms"] = entry.until_ms
        for key in ("kind", "text", "phrase", "detail"):
            if value := getattr(entry, key):
                fields[key] = value
        self._line(fields)

    def close(self) -> None:
        self._file.close()

    def _line(self, fields: dict[str, Any]) -> None:
        self._file.write(json.dumps(fields, ensure_ascii=False) + "\n")


def read_journal(path: Path) -> CallLog:
    """One journal. A last line that was cut by a kill is left out. Raises BadJournal."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    try:
        records = [json.loads(line) for line in lines if line.endswith("\n")]
        first = records[0]
        header = Header(
            number=first["number"],
            call=first["call"],
            role=Role(first["role"]),
            started_at=datetime.fromisoformat(first["started_at"]),
            caller=first["caller"],
            channel=first["channel"],
            name=first["name"],
        )
        entries = [_entry(record) for record in records[1:]]
    except (ValueError, KeyError, IndexError, TypeError) as exc:
        raise BadJournal(f"{path}: это не журнал звонка города.", "Укажите папку, в которую писал город.") from exc
    return CallLog(header, tuple(sorted(entries, key=lambda e: e.at_ms)))


def read_run(run_dir: Path) -> Sequence[CallLog]:
    """All calls of a run of the city, by the time of their begin."""
    logs = [read_journal(path) for path in sorted((run_dir / "calls").glob("*.jsonl"))]
    return sorted(logs, key=lambda log: log.header.started_at)


def _entry(record: dict[str, Any]) -> Entry:
    return Entry(
        what=What(record["event"]),
        at_ms=int(record["at_ms"]),
        until_ms=record.get("until_ms"),
        kind=record.get("kind", ""),
        text=record.get("text", ""),
        phrase=record.get("phrase", 0),
        detail=record.get("detail", ""),
    )
