"""How right the hearing was: verdicts of single recordings, and the tables of many. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from voicebot.dialogue.intents import Intent, Scored
from voicebot.judging.truth import Kind, Truth

#: Reactions that change nothing: the robot says its question again, or goes on.
HARMLESS = frozenset({Intent.HELLO, Intent.BACKCHANNEL, Intent.THANKS, Intent.BYE})
MISTAKES_SHOWN = 400


class Result(Enum):
    RIGHT = "right"
    ASKED_AGAIN = "asked_again"  # although clear
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One recording judged. latency_ms: from the end of speech to knowing; None where either is not known.

    words_say_so: the very words of a recording that is no answer mean what was understood.
    """

    truth: Truth
    decided: Scored | None
    result: Result
    text: str
    heard_speech: bool
    latency_ms: int | None
    evidence: str = ""
    words_say_so: bool = False

    @property
    def answered(self) -> bool:
        """Whether the robot takes it for an answer."""
        return self.decided is not None and self.decided.intent not in HARMLESS

    @property
    def false_yes(self) -> bool:
        yes = self.decided is not None and self.decided.intent is Intent.YES
        return yes and Intent.YES not in self.truth.right


def judge(truth: Truth, decided: Scored | None) -> Result:
    if decided is None:
        return Result.ASKED_AGAIN if truth.kind is Kind.ANSWER else Result.RIGHT
    if decided.intent is Intent.NUMBER and truth.number:
        return Result.RIGHT if decided.value == truth.number else Result.WRONG
    if decided.intent in truth.right:
        return Result.RIGHT
    if truth.kind is not Kind.ANSWER and decided.intent in HARMLESS:
        return Result.RIGHT
    return Result.WRONG


def summary(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """The tables: shares are per cent of `n`."""
    answers = [v for v in verdicts if v.truth.kind is Kind.ANSWER]
    clean = [v for v in answers if v.truth.condition == "clean"]
    numbers = [v for v in answers if v.truth.asks_number]
    unrelated = [v for v in verdicts if v.truth.kind is Kind.UNRELATED]
    nothing = [v for v in verdicts if v.truth.kind is Kind.NON_SPEECH]
    not_yes = [v for v in verdicts if Intent.YES not in v.truth.right]
    stops = [v for v in answers if Intent.STOP in v.truth.right]
    return {
        "n": len(verdicts),
        "right_or_rightly_asked_again": _share(verdicts, lambda v: v.result is Result.RIGHT),
        "answers": _row(answers),
        "answers_clean": _row(clean),
        "numbers": _row(numbers),
        "numbers_clean": _row([v for v in numbers if v.truth.condition == "clean"]),
        "false_yes": _share(not_yes, lambda v: v.false_yes),
        "false_yes_unrelated": _share(unrelated, lambda v: v.false_yes),
        "stop_found_clean": _share([v for v in stops if v.truth.condition == "clean"], _stop),
        "stop_found_noisy": _share([v for v in stops if v.truth.condition != "clean"], _stop),
        "false_stop": _share([v for v in verdicts if Intent.STOP not in v.truth.right], _stop),
        "unrelated_answered": _share(unrelated, lambda v: v.answered),
        "unrelated_answered_though_words_do_not": _share(unrelated, lambda v: v.answered and not v.words_say_so),
        "vague_answered": _share([v for v in verdicts if v.truth.kind is Kind.VAGUE], lambda v: v.answered),
        "non_speech_answered": _share(nothing, lambda v: v.answered),
        "asked_again_clean": _share(clean, lambda v: v.result is Result.ASKED_AGAIN),
        "latency_ms": _latency(verdicts),
        "by_intent": _grouped(verdicts, lambda v: v.truth.label),
        "by_condition": _grouped(verdicts, lambda v: v.truth.condition),
        "by_voice": _grouped(verdicts, lambda v: v.truth.voice),
        "answers_by_condition": _grouped(answers, lambda v: v.truth.condition),
        "mistakes": [_mistake(v) for v in verdicts if v.result is not Result.RIGHT][:MISTAKES_SHOWN],
    }


def _stop(verdict: Verdict) -> bool:
    return verdict.decided is not None and verdict.decided.intent is Intent.STOP


def _row(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    n = len(verdicts)
    counted = {result: sum(v.result is result for v in verdicts) for result in Result}
    shares = {f"{result.value}_pct": _percent(count, n) for result, count in counted.items()}
    return {"n": n, **shares, "false_yes": sum(v.false_yes for v in verdicts)}


def _grouped(verdicts: Iterable[Verdict], key: Callable[[Verdict], str]) -> dict[str, Any]:
    groups: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        groups[key(verdict)].append(verdict)
    return {name: _row(groups[name]) for name in sorted(groups)}


def _share(verdicts: Sequence[Verdict], counts: Callable[[Verdict], bool]) -> dict[str, Any]:
    found = sum(counts(v) for v in verdicts)
    return {"n": len(verdicts), "found": found, "pct": _percent(found, len(verdicts))}


def _latency(verdicts: Iterable[Verdict]) -> dict[str, Any]:
    times = sorted(v.latency_ms for v in verdicts if v.latency_ms is not None and v.truth.kind is Kind.ANSWER)
    if not times:
        return {"n": 0}
    return {"n": len(times), **{f"p{p}": times[min(len(times) - 1, len(times) * p // 100)] for p in (50, 90, 95, 99)}}


def _mistake(verdict: Verdict) -> dict[str, Any]:
    decided = verdict.decided
    return {
        "file": str(verdict.truth.file),
        "said": verdict.truth.text,
        "label": verdict.truth.label,
        "condition": verdict.truth.condition,
        "result": verdict.result.value,
        "decided": decided.intent.value if decided else None,
        "value": decided.value if decided else "",
        "text": verdict.text,
        "evidence": verdict.evidence,
    }


def _percent(found: int, n: int) -> float | None:
    return round(100 * found / n, 2) if n else None
