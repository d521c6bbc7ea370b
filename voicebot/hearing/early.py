"""Acting before the end of speech is certain: verdicts of the ear over time -> an intent, or None to wait. Pure.

A yes is never taken early: «да, но …» turns into anything. EAR.md has the figures behind the rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voicebot.dialogue.intents import Intent
from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.fusion import EarScores
from voicebot.hearing.rules import EARLY, EarlyRules

#: What may follow them is part of the answer: the whole of it is waited for.
_NEVER_EARLY = frozenset({Intent.YES, Intent.NUMBER, Intent.CHANGE, Intent.CALLBACK_LATER, Intent.LATE, Intent.HELLO,
                          Intent.QUESTION, Intent.BUSY_NOW, Intent.THANKS, Intent.BYE})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tick:
    """One verdict of the ear on the utterance so far; silence_ms: how long the patient has been silent by then."""

    at_ms: int
    scores: EarScores
    silence_ms: int = 0


def early(ticks: Sequence[Tick], expects: frozenset[Intent] | None, rules: EarlyRules = EARLY) -> Intent | None:
    """The meaning that is certain already. ticks: of one utterance, in their order, the present one last."""
    if not ticks:
        return None
    intent = _steady(ticks, rules)
    if intent is None or intent in _NEVER_EARLY:
        return None
    if expects is not None and intent not in expects and intent is not Intent.STOP:
        return None
    now = ticks[-1]
    if intent is Intent.STOP:
        return intent
    if now.scores.get(EarClass.INCOMPLETE, 0.0) > rules.incomplete:
        return None
    needed = rules.no_silence_ms if intent in (Intent.NO, Intent.CANCEL) else rules.silence_ms
    return intent if now.silence_ms >= needed else None


def _steady(ticks: Sequence[Tick], rules: EarlyRules) -> Intent | None:
    """The intent that the last verdicts agree upon."""
    best = max(ticks[-1].scores, key=ticks[-1].scores.__getitem__, default=None)
    if best is None or best.intent is None:
        return None
    stop = best.intent is Intent.STOP
    wanted, floor = (rules.stop_ticks, rules.stop_probability) if stop else (rules.ticks, rules.probability)
    last = ticks[-wanted:]
    return best.intent if len(last) == wanted and all(_of(t, best.intent) >= floor for t in last) else None


def _of(tick: Tick, intent: Intent) -> float:
    return sum(p for name, p in tick.scores.items() if name.intent is intent)
