"""What the phrase table found and what the sentence is like, made one: candidates with scores.

The likeness, which has weighed what the table found, decides; docs/figures/understanding.md tells why. The table stands
where no sample can know better: the day and hour of this visit, a sentence that an admin wrote, a number, a nod. A yes
needs more than to be the likeliest, a "stop" less.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from voicebot.dialogue.intents import Intent, Scored
from voicebot.language.likeness import NONE, SURE
from voicebot.language.polarity import Against, doubted

EVIDENCE = "по образцам фраз"
#: What stands beside a promise, or a yes: reasons and courtesies, however much of the sentence they are.
_BESIDE_A_PROMISE = frozenset(map(str, (Intent.BUSY_NOW, Intent.HOLD_ON, Intent.REPEAT, Intent.HELLO)))
#: «снимайте, мне не надо», «какой доктор, я не записан»: what was found says more than what it is like.
_NOT_BY = frozenset({(Intent.CANCEL, str(Intent.NO)), (Intent.WRONG_PERSON, str(Intent.QUESTION)),
                     (Intent.HOLD_ON, str(Intent.WRONG_PERSON))})  # fmt: skip
#: What a doubtful yes may be taken for, if it is not far from one: the answer to it asks again.
_BESIDE_A_YES = tuple(map(str, (Intent.QUESTION, Intent.LATE, Intent.BUSY_NOW, Intent.CHANGE, Intent.REPEAT)))
_COURTESIES = frozenset(map(str, (Intent.THANKS, Intent.BYE)))
_SAY_NOTHING = _COURTESIES | {str(Intent.HELLO)}
_REFUSALS = frozenset({str(Intent.NO), str(Intent.CANCEL), str(Intent.WRONG_PERSON)})


@dataclass(frozen=True, slots=True)
class OpinionRules:
    """The thresholds, chosen on 25,000 sentences, each judged by a model that had not read it
    (docs/figures/understanding.md)."""

    yes: float = 0.6  # a wrong yes is the worst mistake: it needs more than to be the likeliest
    yes_promised: float = 0.5  # … but for a plain promise
    yes_against: float = 0.7  # … and more so where words in it speak against a yes
    yes_slipped: float = 0.85  # … and much more where a «не» may have been lost
    stop: float = 0.25  # a missed stop is the second worst
    refusal: float = 0.35  # a wrong no, cancellation or wrong person ends the conversation
    other: float = 0.3  # a wrong one of these is noticed in the next sentence
    stop_overruled: float = 0.5  # «перестаньте, конечно, приду»: a table's stop must be so unlikely …
    stop_unlikely: float = 0.05  # … that not even a shadow of it is left
    stop_off_topic: float = 0.02  # … less still where the rest means nothing: «… и кот спит перестаньте»
    shadow: float = 0.1  # … and a finding that says more than the likeness stands, if there is so much of it
    number_overruled: float = 0.88  # a number in a sentence is seldom what it is about, but the samples know none
    number_yes: float = 0.7
    nod_overruled: float = 0.5  # «так что в три я у вас»: a nod and more is no nod
    doubt_yes: float = 0.5  # a table's yes less likely than this is asked again
    nod_is_nothing: float = 0.6  # «допустим», «так сказать»
    outright: float = 0.8  # a settled finding from here on stands


@dataclass(frozen=True, slots=True)
class Finding:
    """What the table found: candidates, best first.

    settled: no word of meaning was left over, and a day, a time or a number is among them, or it is one sentence of
    the table as it stands. What a day says of the visit only the table can tell, and if it doubts, it doubts on
    purpose («приду в среду» of a Tuesday); and what an admin has written down counts more than what it is like.
    complete: every word of the sentence is in what the table found.
    against: what in the sentence speaks against a yes: the graver, the liker one it must be; against facts no likeness
    makes it one.
    promise: «приду», «буду» stands there as a clause of its own (promises.py).
    other_day: a day or time that is not the visit's was named: no yes, but perhaps the wish for a change.
    """

    candidates: tuple[Scored, ...]
    settled: bool = False
    complete: bool = False
    against: Against = Against.NOTHING
    promise: bool = False
    other_day: bool = False

    @property
    def first(self) -> Scored | None:
        """What the machine would act on."""
        return self.candidates[0] if self.candidates and self.candidates[0].score >= SURE else None

    def wishes(self, label: str) -> bool:
        """Whether a likely label is the change that a day named beside it asks for: «завтра никак, а послезавтра»."""
        return self.other_day and label == Intent.CHANGE


def with_opinion(
    found: Finding, opinion: Mapping[str, float], rules: OpinionRules = OpinionRules()
) -> tuple[Scored, ...]:
    """The candidates, best first. opinion: probability of every label (likeness.Likeness.opinion)."""
    first = found.first
    label = str(Intent.STOP) if opinion[Intent.STOP] >= rules.stop else max(opinion, key=lambda name: opinion[name])
    if _stands(found, opinion, label, rules):
        return found.candidates
    if label == Intent.YES and not _enough(label, found, opinion, rules):
        beside = max(_BESIDE_A_YES, key=lambda name: opinion[name])
        label = beside if _enough(beside, found, opinion, rules) else label
    if _enough(label, found, opinion, rules):
        return _led_by(label, opinion[label], found)
    if label != NONE and first is not None and first.intent is not Intent.YES:
        return found.candidates  # «ну я, а что такое?»: what it is like is doubtful, but a question was found
    return tuple(doubted(c) for c in found.candidates)


def _stands(found: Finding, opinion: Mapping[str, float], label: str, rules: OpinionRules) -> bool:
    """Whether what the table found needs no opinion, whatever it is."""
    first = found.first
    if first is None:
        promised = label == Intent.YES and (found.promise or found.against is Against.ECHO)
        return (
            found.settled and bool(found.candidates) and label != Intent.STOP and not (found.wishes(label) or promised)
        )
    if label == NONE and len([c for c in found.candidates if c.score >= SURE]) > 1:
        return True  # «нет, да»: which of the two will be asked
    if first.intent == label:
        sure = found.settled or found.complete or found.promise or opinion[label] >= rules.doubt_yes
        return sure or label != Intent.YES
    if first.intent is Intent.STOP:  # only what is nothing like a stop is argued away, never a whole sentence
        shadow = rules.stop_off_topic if label == NONE else rules.stop_unlikely
        return found.settled or opinion[label] < rules.stop_overruled or opinion[Intent.STOP] > shadow
    if label == Intent.STOP:
        return False
    if found.settled and first.score >= rules.outright and not found.wishes(label):
        return label != Intent.YES or first.intent not in _SAY_NOTHING  # «до завтра», «да, на связи»
    if (first.intent, label) in _NOT_BY and opinion[first.intent] >= rules.shadow:
        return True
    if first.intent is Intent.BACKCHANNEL:  # «понятно» is one
        return found.complete or opinion[label] < (rules.nod_is_nothing if label == NONE else rules.nod_overruled)
    if first.intent is Intent.NUMBER:
        needed = rules.number_yes if label == Intent.YES else rules.number_overruled
        return label == NONE or opinion[label] < needed
    beside = label in _COURTESIES or (found.promise and label in _BESIDE_A_PROMISE)
    if first.intent is Intent.YES and beside:  # «да, благодарю за напоминание», «я за рулём, но буду»
        return found.against is Against.NOTHING
    return False


def _enough(label: str, found: Finding, opinion: Mapping[str, float], rules: OpinionRules) -> bool:
    if label == NONE:
        return False
    if label == Intent.STOP:
        return opinion[label] >= rules.stop
    if label == Intent.YES:
        needed = {Against.WORDS: rules.yes_against, Against.SLIPS: rules.yes_slipped}.get(found.against, rules.yes)
        if found.promise and found.against is not Against.SLIPS:
            needed = rules.yes_promised
        return found.against is not Against.FACTS and opinion[label] >= needed
    return opinion[label] >= (rules.refusal if label in _REFUSALS else rules.other)


def _led_by(label: str, probability: float, found: Finding) -> tuple[Scored, ...]:
    """That intent first; the others below the threshold."""
    intent = Intent(label)
    score = round(min(0.95, SURE + 0.4 * probability), 2)
    own = next((c for c in found.candidates if c.intent is intent), Scored(intent, 0))
    evidence = f"{own.evidence}; {EVIDENCE}" if own.evidence else EVIDENCE
    rest = [doubted(c) for c in found.candidates if c.intent is not intent]
    return (replace(own, score=max(score, own.score), evidence=evidence), *rest)
