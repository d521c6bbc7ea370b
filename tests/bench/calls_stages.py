"""Where the time goes between the patient's sound and the robot's: the city's journals against the robot's probes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from calls_probes import CallTrace

from voicebot.city.journal import CallLog
from voicebot.city.measuring import Measure, Timing, timings

#: The stages in their order, with what each of them is.
STAGES = {
    "way in": "patient's last (or first) sound leaves the city -> reaches the robot's listener: two Asterisks, RTP",
    "endpointing": "last loud frame in the robot -> the listener decides that speech has ended (350 ms of silence)",
    "detection": "first loud frame of an interruption in the robot -> the listener is sure that somebody speaks",
    "recognition": "end of speech decided -> words understood; most of it ran already during the silence",
    "dialogue": "understood -> prompt handed to Asterisk (after a greeting: end of speech -> prompt)",
    "flush": "somebody speaks -> Asterisk was told to be silent",
    "lead-in": "silence with which the prompt itself begins",
    "way out": "prompt (or flush) handed to Asterisk -> first sound (or silence) at the patient's ear",
}
SLACK_S = 0.3  # what is farther before the patient's end than this belongs to something earlier


@dataclass(frozen=True)
class Split:
    """One measured time and its stages, ms. Their sum is took_ms.

    text_lay_ms: how long the words lay there, recognised during the silence, before speech was taken to have ended
    """

    measure: Measure
    text: str
    took_ms: int
    stages: dict[str, float]
    text_lay_ms: float | None = None


def splits(log: CallLog, trace: CallTrace) -> list[Split]:
    """The stages of every timing of a call that they can be told of."""
    began = log.header.started_at.timestamp()
    found = [_split(timing, began, trace) for timing in timings(log)]
    return [split for split in found if split is not None]


def _split(timing: Timing, began: float, trace: CallTrace) -> Split | None:
    at = began + timing.at_ms / 1000
    tell = _stop if timing.measure is Measure.INTERRUPTION else _answer
    marks = tell(timing, at, at + timing.took_ms / 1000, trace)
    if marks is None:
        return None
    ends = [at, *(moment for _, moment in marks)]
    stages = {name: (moment - before) * 1000 for (name, moment), before in zip(marks, ends[:-1], strict=True)}
    moments = dict(marks)
    lay = _lay(trace, moments["way in"], moments["endpointing"]) if "recognition" in moments else None
    return Split(timing.measure, timing.text, timing.took_ms, stages, lay)


def _lay(trace: CallTrace, arrived: float, ended: float) -> float | None:
    written = _last((a.ended for a in trace.asked if a.own_s and a.began >= arrived), ended)
    return None if written is None else (ended - written) * 1000


def _answer(timing: Timing, at: float, sound: float, trace: CallTrace) -> list[tuple[str, float]] | None:
    """Backwards from the robot's first sound: the prompt, the words, the end of speech, the last loud frame."""
    played = next((p for p in reversed(trace.played) if p.began < sound), None)
    if played is None or played.began < at - SLACK_S:
        return None
    greeting = timing.measure is Measure.GREETING
    heard = None if greeting else _last(_of(trace, "Heard"), played.began)
    ended = _last(_of(trace, "SpeechEnded"), heard or played.began)
    arrived = _last(trace.loud, ended or 0)
    if ended is None or arrived is None or arrived < at - SLACK_S or (heard is None and not greeting):
        return None
    words = [] if heard is None else [("recognition", heard)]
    audible = played.began + played.lead_s
    return [("way in", arrived), ("endpointing", ended), *words, ("dialogue", played.began), ("lead-in", audible),
            ("way out", sound)]  # fmt: skip


def _stop(timing: Timing, at: float, silent: float, trace: CallTrace) -> list[tuple[str, float]] | None:
    """Forwards from the first sound of the interruption."""
    arrived = _first(trace.loud, at - 0.05)
    began = _first(_of(trace, "SpeechStarted"), arrived or silent)
    flushed = _first(trace.flushed, began or silent)
    if arrived is None or began is None or flushed is None or flushed > silent + 0.1:
        return None
    return [("way in", arrived), ("detection", began), ("flush", flushed), ("way out", silent)]


def _of(trace: CallTrace, kind: str) -> Sequence[float]:
    return [at for at, what in trace.events if what == kind]


def _last(moments: Iterable[float], until: float) -> float | None:
    return max((m for m in moments if m <= until + 0.002), default=None)


def _first(moments: Iterable[float], since: float) -> float | None:
    return min((m for m in moments if m >= since), default=None)
