"""Text, ear and question make one meaning, with what each candidate rests on. Pure: a function of its arguments.

Scores are those of the machine: acted upon from 0.5, asked again when two lie within 0.15.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from voicebot.dialogue.answers import STOP_SURE
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.reactions import APART
from voicebot.hearing.deciding import SAY_AGAIN, decided
from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.numbers import with_number
from voicebot.hearing.rules import RULES, FusionRules

#: A calibrated probability for every class, together 1.
EarScores = Mapping[EarClass, float]

#: A text -> intents whose usual answers it sounds like, with the likeness 0…1 (language.sounding_alike).
Alike = Callable[[str], Mapping[str, float]]

#: What an intent may stand for where a question has no use for it (as in language.understanding).
_STANDS_FOR = {Intent.CANCEL: Intent.NO, Intent.WRONG_PERSON: Intent.NO, Intent.BUSY_NOW: Intent.CALLBACK_LATER,
               Intent.CALLBACK_LATER: Intent.BUSY_NOW}  # fmt: skip
#: Meanings so near to one another that the text's finer ear for them decides.
_ALIKE = (
    frozenset({Intent.NO, Intent.CANCEL, Intent.CHANGE}),
    frozenset({Intent.BUSY_NOW, Intent.HOLD_ON, Intent.CALLBACK_LATER}),
    frozenset({Intent.REPEAT, Intent.QUESTION, Intent.WHO_IS_THIS, Intent.HELLO}),
    frozenset({Intent.THANKS, Intent.BYE, Intent.BACKCHANNEL}),
)
#: Meanings that a mistake about costs much.
_GRAVE = frozenset({Intent.YES, Intent.NO, Intent.CANCEL, Intent.STOP})
_NEAR_SCORE = 0.6  # of the second of two meanings between which the patient is asked


class Chosen(Protocol):
    """One of the phrases that were scored against the sound (speech.port.Choice)."""

    @property
    def phrase(self) -> str: ...

    @property
    def share(self) -> float: ...

    @property
    def fit(self) -> float: ...


class Written(Protocol):
    """What fusion wants to know of a text (speech.port.Recognised)."""

    @property
    def text(self) -> str: ...

    @property
    def confidence(self) -> float: ...

    @property
    def choices(self) -> Sequence[Chosen]: ...


def ear_scores(named: Mapping[str, float] | None) -> EarScores | None:
    """Scores as they come from a worker, by the names of the classes; names that are unknown here are left out."""
    if named is None:
        return None
    return {known: named[known.value] for known in EarClass if known.value in named}


def _nothing_alike(_text: str) -> Mapping[str, float]:
    return {}


def fuse(
    text: Written | None,
    meaning: Meaning,
    ear: EarScores | None,
    expects: frozenset[Intent] | None,
    *,
    numbers: range | None = None,
    alike: Alike = _nothing_alike,
    rules: FusionRules = RULES,
) -> Meaning:
    """The meaning of an utterance.

    text:    what was written; None when nothing was
    meaning: what language understood of that text at this question; Meaning(speech=False) without a text
    ear:     None where there is no ear: the text then stands alone
    expects: the intents that the open question has a use for, None for all; others are masked in the ear's guess
    numbers: the numbers that may be answered, where a number is asked for
    alike:   tells which intents' usual answers a text sounds like; asked only where that matters
    """
    told = _told(meaning)
    if numbers is not None:
        told = with_number(told, text, ear, numbers, rules)
        if decided(told, expects) is not None:
            return told
    if ear is None:
        return told
    heard = _heard(ear, expects)
    told = _without_weak_stop(told, heard, rules)
    best = decided(told, expects)
    sure = best is not None and text is not None and text.confidence >= rules.offtopic_confidence
    stop = heard.get(Intent.STOP, 0.0)
    if stop >= (rules.ear_stop_against if sure else rules.ear_stop) and not meaning.has(Intent.STOP):
        return _with(told, Scored(Intent.STOP, round(stop, 2), "", _by_ear(stop)))
    if best is not None and best.intent is not Intent.NUMBER:
        return _weighed(told, best, text, ear, heard, rules)
    if told.candidates and told.candidates[0].score >= rules.act:
        return _between(told, heard, rules)
    return _lone(told, text, ear, heard, alike, rules)


def _told(meaning: Meaning) -> Meaning:
    """The same, saying that it rests on text."""
    said = tuple(replace(c, evidence=f"текст: «{c.evidence}»" if c.evidence else "текст") for c in meaning.candidates)
    return replace(meaning, candidates=said)


def _heard(ear: EarScores, expects: frozenset[Intent] | None) -> dict[Intent, float]:
    """The ear's guess as intents; what the question has no use for stands for something else, or is masked."""
    found: dict[Intent, float] = {}
    for name, probability in ear.items():
        intent = name.intent
        if intent is None or intent is Intent.NUMBER:
            continue
        if expects is not None and intent not in expects and intent in _STANDS_FOR:
            intent = _STANDS_FOR[intent]
        if expects is None or intent in expects or intent in SAY_AGAIN or intent in (Intent.HOLD_ON, Intent.STOP):
            found[intent] = found.get(intent, 0.0) + probability
    return found


def _without_weak_stop(told: Meaning, heard: Mapping[Intent, float], rules: FusionRules) -> Meaning:
    """A stop that hangs on a word of the text, and of which the ear hears nothing at all, is none."""
    stop = next((c for c in told.candidates if c.intent is Intent.STOP), None)
    probability = heard.get(Intent.STOP, 0.0)
    if stop is None or stop.score >= rules.stop_weak or probability >= rules.stop_unheard:
        return told
    below = min(stop.score, _idle(Intent.STOP, rules))
    return _with(told, replace(stop, score=below, evidence=_both(stop, probability)))


def _weighed(
    told: Meaning, best: Scored, text: Written | None, ear: EarScores, heard: dict[Intent, float], rules: FusionRules
) -> Meaning:
    """The text is sure of one meaning: does the ear hear it too?"""
    support = sum(heard.get(i, 0.0) for i in _alike(best.intent))
    if best.intent is Intent.STOP:
        return _with(told, replace(best, evidence=_both(best, support)))
    if support >= rules.agree:
        return _with(told, replace(best, score=max(best.score, 0.9), evidence=_both(best, support)))
    other, probability = max(heard.items(), key=lambda item: item[1], default=(Intent.SILENCE, 0.0))
    confidence = text.confidence if text is not None else 0.0
    if confidence < rules.text_confidence and probability >= _alone(other, rules) and other is not Intent.STOP:
        said = replace(best, score=_idle(best.intent, rules))  # the recogniser itself doubts what it wrote
        return _with(_with(told, said), Scored(other, round(probability, 2), "", _by_ear(probability)))
    sure = best.intent is not Intent.YES and confidence >= rules.sure_confidence
    if probability >= (rules.ear_contradicts_sure if sure else rules.ear_contradicts):
        if other is Intent.STOP:  # not likely enough to be one, too likely to overhear
            return _with(_doubted(told, best, support, rules), _hint(other, probability, rules))
        rival = Scored(other, _NEAR_SCORE, "", _by_ear(probability))
        return _with(_with(told, replace(best, score=_NEAR_SCORE, evidence=_both(best, support))), rival)
    needed = rules.text_yes_confidence if best.intent is Intent.YES else rules.text_confidence
    rejected = ear.get(EarClass.OTHER, 0.0) + ear.get(EarClass.NON_SPEECH, 0.0) >= rules.ear_rejects
    weak = best.score < rules.text_weak and support < rules.ear_unheard
    if confidence < needed or weak or (best.intent is Intent.YES and rejected):
        return _doubted(told, best, support, rules)
    return _with(told, replace(best, evidence=_both(best, support)))


def _between(told: Meaning, heard: dict[Intent, float], rules: FusionRules) -> Meaning:
    """The text fits two meanings: the ear may know which, but never makes it a yes."""
    near = [c for c in told.candidates if told.candidates[0].score - c.score < APART and c.score >= rules.act]
    for candidate in near:
        probability = heard.get(candidate.intent, 0.0)
        if candidate.intent is not Intent.YES and probability >= rules.ear_lone:
            return _with(told, replace(candidate, score=0.9, evidence=_both(candidate, probability)))
    return told


def _lone(
    told: Meaning,
    text: Written | None,
    ear: EarScores,
    heard: dict[Intent, float],
    alike: Alike,
    rules: FusionRules,
) -> Meaning:
    """The text says nothing that this question can use: the ear alone, if it is sure and the text is not."""
    intent, probability = max(heard.items(), key=lambda item: item[1], default=(Intent.SILENCE, 0.0))
    hinted = any(c.intent is intent for c in told.candidates)
    if not hinted and _off_topic(text, rules):
        return told
    if probability >= _needed(intent, text, alike, rules, hinted=hinted):
        evidence = next((_both(c, probability) for c in told.candidates if c.intent is intent), _by_ear(probability))
        return _with(replace(told, speech=True), Scored(intent, round(probability, 2), "", evidence))
    if ear.get(EarClass.NON_SPEECH, 0.0) >= rules.non_speech and not told.candidates:
        return replace(told, speech=False)
    if probability >= rules.act:
        return _with(told, _hint(intent, probability, rules))
    return told


def _alone(intent: Intent, rules: FusionRules) -> float:
    return rules.ear_lone_yes if intent is Intent.YES else rules.ear_lone


def _needed(intent: Intent, text: Written | None, alike: Alike, rules: FusionRules, *, hinted: bool) -> float:
    """How probable a meaning must be to the ear, where the text does not say it: the least that any sign asks for."""
    yes = intent is Intent.YES
    needed = [_alone(intent, rules)]
    if hinted:
        needed.append(rules.ear_hinted_yes if yes else rules.ear_hinted)
    if text is not None and alike(text.text).get(intent, 0.0) >= rules.alike:
        needed.append(rules.ear_alike_yes if yes else rules.ear_alike)
    if (text is None or text.confidence < rules.text_doubted) and intent not in _GRAVE:
        needed.append(rules.ear_lone_doubted)
    return min(needed)


def _idle(intent: Intent, rules: FusionRules) -> float:
    """A score that is just not acted upon."""
    return round((STOP_SURE if intent is Intent.STOP else rules.act) - 0.05, 2)


def _hint(intent: Intent, probability: float, rules: FusionRules) -> Scored:
    """What the ear guesses and is not acted upon: for those who read why."""
    return Scored(intent, _idle(intent, rules), "", _by_ear(probability))


def _doubted(told: Meaning, best: Scored, probability: float, rules: FusionRules) -> Meaning:
    """The best meaning asked again; what the text thought less likely does not step into its place."""
    below = _idle(best.intent, rules)
    others = (replace(c, score=min(c.score, below)) if c.intent is not Intent.STOP else c for c in told.candidates)
    weaker = replace(told, candidates=tuple(others))
    return _with(weaker, replace(best, score=below, evidence=_both(best, probability)))


def _off_topic(text: Written | None, rules: FusionRules) -> bool:
    """Whether something was surely said that is no answer."""
    if text is None:
        return False
    return text.confidence >= rules.offtopic_confidence and len(text.text.split()) >= rules.offtopic_words


def _with(meaning: Meaning, candidate: Scored) -> Meaning:
    """The meaning with this candidate in place of its own of the same intent; yes is the last of equals."""
    others = [c for c in meaning.candidates if c.intent is not candidate.intent]
    value = next((c.value for c in meaning.candidates if c.intent is candidate.intent), "")
    everything = [*others, replace(candidate, value=candidate.value or value)]
    everything.sort(key=lambda c: (-c.score, c.intent is Intent.YES))
    return replace(meaning, candidates=tuple(everything))


def _alike(intent: Intent) -> frozenset[Intent]:
    return next((group for group in _ALIKE if intent in group), frozenset({intent}))


def _by_ear(probability: float) -> str:
    return f"ухо: {probability:.2f}"


def _both(candidate: Scored, probability: float) -> str:
    return f"{candidate.evidence}; {_by_ear(probability)}"
