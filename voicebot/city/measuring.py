"""Journals -> response times at the patient's ear. Pure.

What is not the robot's doing is left out: sound that had begun before the patient stopped, everything after an
administrator was heard, music on hold (it follows the robot's words, not the patient's), administrators' own calls.
A figure is never flattered: own speech is taken to end when its last sample was handed over plus its length.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from voicebot.city.acting import Kind
from voicebot.city.journal import CallLog, Entry, What
from voicebot.city.people import Role

#: A sound that begins so shortly after the patient's last word was on its way already: it answers nothing.
TOO_SOON_MS = 50

#: The longest silence inside what a robot says in one go.
SENTENCE_PAUSE_MS = 500


class Measure(StrEnum):
    RESPONSE = "response"  # end of the patient's speech -> the robot's first sound
    KEY = "key"  # key pressed -> the robot's first new sound
    INTERRUPTION = "interruption"  # first word of an interruption -> the robot is silent
    GREETING = "greeting"  # end of the patient's greeting -> the robot's first word


@dataclass(frozen=True, slots=True)
class Timing:
    """One measured figure and where it comes from."""

    measure: Measure
    took_ms: int
    at_ms: int  # when the patient's part was over (or, for an interruption, had begun)
    number: str
    call: int
    text: str


@dataclass(frozen=True, slots=True)
class Summary:
    """Of all timings of a measure, ms; percentiles are of the nearest rank."""

    measure: Measure
    count: int
    p50: int
    p95: int
    longest: int


def timings(log: CallLog) -> list[Timing]:
    """The figures of one call; none for an administrator's or an unanswered one."""
    if log.header.role is Role.ADMINISTRATOR or log.first(What.ANSWERED) is None:
        return []
    end_ms = min(e.at_ms for e in (*log.all(What.GONE), *log.all(What.ADMINISTRATOR), _never()))
    spoken = sorted((*log.all(What.SAID), *log.all(What.PRESSED)), key=lambda e: e.at_ms)
    found: list[Timing] = []
    for i, entry in enumerate(spoken):
        until = min(end_ms, spoken[i + 1].at_ms if i + 1 < len(spoken) else end_ms)
        heard = [e for e in log.all(What.HEARD) if e.at_ms < end_ms]
        for measure, took in _of(entry, heard, until):
            at = entry.at_ms if measure is Measure.INTERRUPTION else entry.end_ms()
            found.append(Timing(measure, took, at, log.header.number, log.header.call, entry.text))
    return found


def all_timings(logs: Iterable[CallLog]) -> list[Timing]:
    return [timing for log in logs for timing in timings(log)]


def summarise(measured: Sequence[Timing]) -> list[Summary]:
    """A summary for each measure of which there is at least one figure."""
    found = []
    for measure in Measure:
        took = sorted(t.took_ms for t in measured if t.measure is measure)
        if took:
            found.append(Summary(measure, len(took), percentile(took, 50), percentile(took, 95), took[-1]))
    return found


def percentile(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile of at least one value."""
    ordered = sorted(values)
    rank = max(1, -(-len(ordered) * percent // 100))
    return ordered[rank - 1]


def _of(entry: Entry, heard: Sequence[Entry], until_ms: int) -> list[tuple[Measure, int]]:
    """What one utterance or key measures; until_ms is where the next one begins or the robot's part ends."""
    if entry.what is What.PRESSED:
        after = _first_after(heard, entry.end_ms(), until_ms)
        return [] if after is None else [(Measure.KEY, after)]
    if entry.kind in (Kind.TO_ADMINISTRATOR, Kind.VOICEMAIL):
        return []
    found: list[tuple[Measure, int]] = []
    if entry.kind == Kind.INTERRUPTION:
        silent = _silent_after(heard, entry)
        if silent is not None:
            found.append((Measure.INTERRUPTION, silent))
    measure = Measure.GREETING if entry.kind == Kind.GREETING else Measure.RESPONSE
    if not any(e.at_ms < entry.end_ms() + TOO_SOON_MS and e.end_ms() > entry.end_ms() for e in heard):
        after = _first_after(heard, entry.end_ms(), until_ms)
        if after is not None:
            found.append((measure, after))
    return found


def _first_after(heard: Sequence[Entry], at_ms: int, until_ms: int) -> int | None:
    later = [e.at_ms - at_ms for e in heard if at_ms <= e.at_ms < until_ms]
    return min(later, default=None)


def _silent_after(heard: Sequence[Entry], entry: Entry) -> int | None:
    """How long the robot went on speaking over an interruption; None when it was not speaking.

    A pause between two sentences is no silence: what begins soon after one spell, and before the patient has ended,
    still belongs to what was interrupted.
    """
    silent = next((e.end_ms() for e in heard if e.at_ms < entry.at_ms < e.end_ms()), None)
    if silent is None:
        return None
    for spell in sorted(heard, key=lambda e: e.at_ms):
        if silent <= spell.at_ms < min(silent + SENTENCE_PAUSE_MS, entry.end_ms()):
            silent = spell.end_ms()
    return silent - entry.at_ms


def _never() -> Entry:
    return Entry(What.GONE, 2**62)
