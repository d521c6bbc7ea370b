"""What the phrase table found and what the sentence is like, made one: candidates with scores.

The table is right where it knows the words, the likeness knows more words. So the likeness speaks where the table
is not sure, may call a yes into doubt, and finds a "stop" that nobody thought of. It confirms nothing by itself
unless it is very sure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from voicebot.dialogue.intents import Intent, Scored
from voicebot.language.likeness import NONE, SURE
from voicebot.language.polarity import DOUBTFUL

EVIDENCE = "по образцам фраз"
#: The table's own business: the samples know nothing of them.
_TABLE_ONLY = frozenset({Intent.NUMBER, Intent.BACKCHANNEL})


@dataclass(frozen=True, slots=True)
class OpinionRules:
    """The thresholds, chosen by five-fold judgement on the samples (docs/figures/understanding.md)."""

    yes: float = 0.9  # a wrong yes is the worst mistake: the sentence must be very like one
    stop: float = 0.4  # a missed stop is the second worst
    other: float = 0.4  # a wrong one of these is noticed in the next sentence
    overrule: float = 0.6  # what speaks against the table's finding must be so likely …
    unlikely: float = 0.2  # … and the finding itself no likelier than this
    stop_unlikely: float = 0.05  # the same for a stop that the table found: it is nearly never given up
    number_overruled: float = 0.8  # a number in a sentence is seldom what it is about, but the samples know none
    doubt_yes: float = 0.5  # a table's yes less likely than this is asked again


def with_opinion(
    found: tuple[Scored, ...], opinion: Mapping[str, float], rules: OpinionRules = OpinionRules()
) -> tuple[Scored, ...]:
    """The candidates, best first. opinion: probability of every label (likeness.Likeness.opinion)."""
    first = found[0] if found and found[0].score >= SURE else None
    label = max(opinion, key=lambda name: opinion[name])
    if (
        first is not None
        and first.intent in _TABLE_ONLY
        and (label in (NONE, Intent.YES) or opinion[label] < rules.number_overruled)
    ):
        return found
    if opinion[Intent.STOP] >= rules.stop:
        label = str(Intent.STOP)
    if first is None:
        return _led_by(label, opinion[label], found) if _enough(label, opinion, rules) else found
    if first.intent == label:
        return found
    if first.intent is Intent.YES and opinion[Intent.YES] < rules.doubt_yes:
        return _instead(found, label, opinion, rules)
    believed = opinion.get(first.intent, 0.0)
    unlikely = rules.stop_unlikely if first.intent is Intent.STOP else rules.unlikely
    if label == Intent.STOP or (opinion[label] >= rules.overrule and believed <= unlikely):
        return _instead(found, label, opinion, rules)
    return found


def _enough(label: str, opinion: Mapping[str, float], rules: OpinionRules) -> bool:
    if label == NONE:
        return False
    if label == Intent.STOP:
        return opinion[label] >= rules.stop
    return opinion[label] >= (rules.yes if label == Intent.YES else rules.other)


def _instead(
    found: tuple[Scored, ...], label: str, opinion: Mapping[str, float], rules: OpinionRules
) -> tuple[Scored, ...]:
    """The label in place of what the table found, if it is sure enough; else nothing: the robot asks again."""
    if _enough(label, opinion, rules):
        return _led_by(label, opinion[label], found)
    return tuple(replace(c, score=min(c.score, DOUBTFUL)) for c in found)


def _led_by(label: str, probability: float, found: tuple[Scored, ...]) -> tuple[Scored, ...]:
    """That intent first; the others below the threshold."""
    intent = Intent(label)
    score = round(min(0.95, SURE + 0.4 * probability), 2)
    own = next((c for c in found if c.intent is intent), Scored(intent, 0))
    evidence = f"{own.evidence}; {EVIDENCE}" if own.evidence else EVIDENCE
    rest = [replace(c, score=min(c.score, DOUBTFUL)) for c in found if c.intent is not intent]
    return (replace(own, score=max(score, own.score), evidence=evidence), *rest)
