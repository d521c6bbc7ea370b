"""Phrases found -> intents with scores. The rules of Russian yes and no, in one place.

Scores: the machine acts from 0.5 on, and asks again when two usable meanings lie within 0.15 of each other.
So 0.9 is certain, 0.5…0.6 twice is "one of these two", and a yes that is in doubt must stay below 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from voicebot.dialogue.intents import Intent, Scored
from voicebot.language.heard_numbers import answer_among, numbers_in
from voicebot.language.matching import MOMENT, NUMBER, Segment
from voicebot.language.moments import Moment, joined
from voicebot.language.table import Question, Role, Strength

NEAR = 0.15  # two meanings nearer than this contradict each other (dialogue.reactions.APART)
DOUBTFUL = 0.4  # a yes that must be asked again
_NEGATIONS = frozenset({"не", "ни", "нет", "нету"})

_AUXILIARIES = frozenset({"буду", "будем"})
_PROPOSALS = frozenset({"можно", "давайте", "хочу", "хотим", "надо", "нужно"})
_OFFERS = frozenset({"лучше", "запишите", "поставьте", "смогу", "могу", "сможем", "можем", "приду", "придем", "только"})
_CONCLUSIONS = ("так что", "поэтому", "все-таки", "все равно", "все же", "но все", "но нет все")
#: What robots say of a visit of tomorrow, so that patients repeat it.
_ECHOES = frozenset({"day +0", "day +1"})

#: Which of several things said counts first; yes and no are weighed against them below.
_ORDER = (
    Intent.STOP, Intent.WRONG_PERSON, Intent.CHANGE, Intent.CANCEL, Intent.OPERATOR, Intent.CALLBACK_LATER,
    Intent.LATE, Intent.BUSY_NOW, Intent.HOLD_ON, Intent.WHO_IS_THIS, Intent.REPEAT, Intent.QUESTION,
    Intent.BYE, Intent.THANKS, Intent.HELLO, Intent.BACKCHANNEL,
)  # fmt: skip
#: Courtesies: they say nothing against a yes or a no beside them.
_COURTESY = frozenset({Intent.BYE, Intent.THANKS, Intent.HELLO, Intent.BACKCHANNEL})
#: What takes the force from a plain «да» or «нет» beside it, and is the reason given for a full «не смогу».
_REASONS = frozenset({Intent.BUSY_NOW, Intent.HOLD_ON, Intent.WHO_IS_THIS, Intent.REPEAT, Intent.QUESTION})


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was found in the words of one utterance."""

    words: Sequence[str]
    segments: Sequence[Segment]
    question: Question
    light: frozenset[str]
    doubtful: frozenset[str]
    asking: bool = False  # it ended with a question mark
    guessed: bool = False  # a word had to be put right by likeness
    moments: Sequence[Moment] = ()  # days and times, within phrases as well
    agreed: frozenset[str] = frozenset()  # moments that are those of the visit in question
    any_names: frozenset[str] = frozenset()  # names taken for the patient's because nobody knows it
    visit_known: bool = False  # so that every other moment contradicts it

    def of(self, *labels: str) -> list[Segment]:
        return [s for s in self.segments if s.label in labels]

    def uncovered(self) -> list[str]:
        inside = {i for s in self.segments for i in range(s.start, s.end)}
        return [w for i, w in enumerate(self.words) if i not in inside]

    @property
    def unknown(self) -> float:
        """The share of words that mean something and were not understood: 0…1."""
        unknown = [w for w in self.uncovered() if w not in self.light]
        return len(unknown) / max(1, len(self.words))


@dataclass(frozen=True, slots=True)
class Polarity:
    """How much of a yes and of a no there is; full: it was said outright."""

    yes: float = 0.0
    no: float = 0.0
    full_yes: bool = False
    full_no: bool = False


def weigh(said: Utterance) -> tuple[Scored, ...]:
    """The candidates, best first."""
    polarity = _doubted(said, _polarity(said))
    others = _others(said)
    scores = _combined(said, polarity, others)
    if said.of(Intent.YES) and any(s.strength is Strength.NOD for s in said.of(Intent.YES)) and len(said.words) == 1:
        scores.setdefault(Intent.BACKCHANNEL, 0.6)
    number = _number(said)
    if number is not None:
        scores.setdefault(Intent.NUMBER, number[1])
        _beside_a_number(said, scores)
    _another_day(said, polarity, scores)
    _asking(said, scores)
    _yes_comes_last(scores)
    found = [
        Scored(intent, round(min(score, 0.99), 2), _value(said, intent), _evidence(said, intent))
        for intent, score in scores.items()
        if score >= 0.1
    ]
    return tuple(sorted(found, key=lambda c: -c.score))


def _beside_a_number(said: Utterance, scores: dict[Intent, float]) -> None:
    """«да, пять», «пять, спасибо»: the number is the answer, the rest is how it is said."""
    if scores[Intent.NUMBER] < 0.5 or _outright(said, Intent.YES, Intent.NO):
        return
    for intent in (Intent.YES, Intent.NO, *_COURTESY):
        if intent in scores:
            scores[intent] = min(scores[intent], DOUBTFUL)


def _another_day(said: Utterance, p: Polarity, scores: dict[Intent, float]) -> None:
    """«не могу завтра, давайте в пятницу», «завтра не смогу, а послезавтра смогу»: not this day, but another."""
    said_no = next((s.start for s in said.of(Intent.NO)), len(said.words))
    offers = [s.start for s in said.of(Intent.YES) if s.strength is Strength.FULL or s.said in _PROPOSALS]
    offers += [i for i, word in enumerate(said.words) if word in _OFFERS]
    other_day = any(m.start > said_no and _contradicts(said, m.value) for m in said.moments)
    wished = _wished_day(said)
    if not wished and (not p.no or not other_day or max(offers, default=-1) < said_no):
        return
    if all(score < 0.5 for intent, score in scores.items() if intent not in (Intent.YES, Intent.NO, *_COURTESY)):
        scores[Intent.CHANGE] = 0.85
        for intent in (Intent.YES, Intent.NO):
            scores[intent] = min(scores.get(intent, 0), DOUBTFUL)


def _wished_day(said: Utterance) -> bool:
    """«давайте лучше утром», «мне бы в субботу», «приду, но не в три, а в пять»."""
    before = {m.start: said.words[max(0, m.start - 2) : m.start] for m in said.moments if _contradicts(said, m.value)}
    better = any("лучше" in words or words == ["мне", "бы"] for words in before.values())
    denied = [m for m in said.moments if m.start and said.words[m.start - 1] == "не"]
    return better or any(words[-1:] == ["а"] for start, words in before.items() if denied and start > denied[0].start)


def _asking(said: Utterance, scores: dict[Intent, float]) -> None:
    """«какой …», «скажите …»: some question, when it is nothing else."""
    outright = _outright(said, Intent.YES, Intent.NO)
    understood = any(score >= 0.5 for intent, score in scores.items() if intent not in _COURTESY)
    if said.of(Role.ASKING) and not outright and not understood:
        scores[Intent.QUESTION] = 0.6
        scores[Intent.YES] = min(scores.get(Intent.YES, 0), DOUBTFUL)


def _yes_comes_last(scores: dict[Intent, float]) -> None:
    """Of two meanings that lie near each other, yes is never the first: whoever takes the first must not confirm."""
    yes = scores.get(Intent.YES, 0)
    rivals = [score for intent, score in scores.items() if intent not in (Intent.YES, *_COURTESY) and score >= 0.5]
    if rivals and yes >= max(rivals) and yes - max(rivals) < NEAR:
        scores[Intent.YES] = max(rivals) - 0.01


def _polarity(said: Utterance) -> Polarity:
    yes, no = said.of(Intent.YES), said.of(Intent.NO)
    full_yes = [s for s in yes if s.strength is Strength.FULL]
    full_no = [s for s in no if s.strength is Strength.FULL]
    if full_yes and full_no:
        return _contradiction(said, full_yes[-1], full_no[-1])
    if full_yes:
        return _full_yes_beside(said, full_yes, no)
    if full_no:
        later = any(s.start > full_no[-1].start for s in yes)
        return Polarity(no=0.8 if later else 0.93, full_no=True)
    if yes and no:
        if no[-1].start > yes[-1].start:  # «да… ой, нет»
            return Polarity(yes=0.45, no=0.75)
        return Polarity(yes=0.55, no=0.55)
    if yes:
        return Polarity(yes=0.9)
    return Polarity(no=0.9) if no else Polarity()


def _contradiction(said: Utterance, yes: Segment, no: Segment) -> Polarity:
    """«приду… ой, нет, не смогу» is a no; «не смогу… хотя смогу» is asked again."""
    between = [s for s in said.segments if min(yes.start, no.start) < s.start < max(yes.start, no.start)]
    corrected = any(s.label in (Role.CORRECTION, Intent.NO) for s in between)
    if no.start > yes.start and corrected:
        return Polarity(yes=0.3, no=0.85, full_no=True)
    return Polarity(yes=0.55, no=0.6, full_yes=True, full_no=True)


def _full_yes_beside(said: Utterance, yes: list[Segment], no: list[Segment]) -> Polarity:
    if not no:
        return Polarity(yes=0.95, full_yes=True)
    named = any(w in said.any_names for s in yes for w in s.said.split())
    if named and no[0].start < yes[-1].start:  # «нет, я Мария», and nobody knows who was asked for
        return Polarity(yes=DOUBTFUL, no=0.6)
    if no[-1].start < yes[0].start and said.unknown == 0:  # «нет, приду», «да нет, приду»
        return Polarity(yes=0.85, no=0.3, full_yes=True)
    return Polarity(yes=0.55, no=0.55, full_yes=True)


def _doubted(said: Utterance, p: Polarity) -> Polarity:
    """What stands beside the answer and was not understood takes from it, most of all from a yes."""
    yes, no, unknown = p.yes, p.no, said.unknown
    yes *= max(0.0, 1 - (1.0 if p.full_yes else 1.4) * unknown)
    no *= 1 - (0.35 if p.full_no else 0.7) * unknown
    if said.of(Role.UNSURE):
        yes, no = min(yes, DOUBTFUL), min(no, DOUBTFUL)
    if _yes_in_doubt(said, p):
        yes = min(yes, DOUBTFUL)
    if said.guessed:
        yes = min(yes, DOUBTFUL)
    return Polarity(max(yes, 0), no, p.full_yes, p.full_no)


def _yes_in_doubt(said: Utterance, p: Polarity) -> bool:
    if any(w in _NEGATIONS for w in said.uncovered()):
        return True
    yes = said.of(Intent.YES)
    first = min((s.start for s in yes), default=0)
    if first and said.words[first - 1] in said.doubtful and said.words[first - 1] in said.uncovered():
        return True  # «и приду» is what a clipped «не приду» is heard as
    at_home = said.question is Question.IDENTITY and said.words[0] == "да"  # «да, а что случилось?»
    if said.asking and not at_home and (p.full_yes or said.question is not Question.IDENTITY):
        return True
    if said.words[0] == "а" and first > 0 and not p.full_yes:
        return True  # «а точно завтра» asks
    if not p.full_yes and any(s.said != "а" for s in said.of(Intent.REPEAT)):
        return True  # «да что я там забыла»
    if _conditions(said, yes) or _says_more(said, yes):
        return True
    amounts = [s.value for s in said.of(MOMENT) if s.value.startswith("amount")]
    return bool(amounts) or any(_contradicts(said, m.value) for m in said.moments)


def _conditions(said: Utterance, yes: list[Segment]) -> bool:
    """«если», «хотела бы»: but not before a conclusion («думала не идти, но всё-таки приду»)."""
    concluded = max((s.start for s in yes if s.said.startswith(_CONCLUSIONS)), default=-1)
    return any(s.start > concluded for s in said.of(Role.CONDITION, Role.ASKING))


def _says_more(said: Utterance, yes: list[Segment]) -> bool:
    """«буду в Москве», «хочу спать», «можно завтра»: the word alone is a yes, with more it is something else."""
    unknown = {i for i, w in enumerate(said.words) if w in said.uncovered() and w not in said.light}
    for segment in yes:
        last = segment.said.split()[-1]
        after = {i for i in unknown if i >= segment.end}
        if last in _AUXILIARIES and after:
            return True
        if segment.said in _PROPOSALS and (unknown or said.of(MOMENT)):
            return True
    return False


def _contradicts(said: Utterance, moment: str) -> bool:
    """«приду в пятницу»: is that the Friday of the visit?"""
    if moment in said.agreed:
        return False
    return said.visit_known or moment not in _ECHOES


def _others(said: Utterance) -> dict[Intent, float]:
    """Everything but yes, no and numbers, in the order that counts; the second of them is but a hint."""
    scores: dict[Intent, float] = {}
    for intent in _ORDER:
        found = said.of(intent)
        if not found:
            continue
        full = any(s.strength is Strength.FULL for s in found)
        if intent is Intent.REPEAT and not full and (_outright(said, Intent.YES, Intent.NO) or not _bare(said, intent)):
            continue  # «что» and «а» ask again only when nothing else was said
        if intent is Intent.WRONG_PERSON and all(s.own for s in found) and _outright(said, Intent.CALLBACK_LATER):
            continue  # «его нет, позвоните вечером»
        score = 0.93 - 0.35 * said.unknown if full else 0.9 * (1 - 0.9 * said.unknown)
        if intent is Intent.STOP:
            score = max(score, 0.5)  # whatever stands around it
        scores[intent] = score if not scores else min(score, min(scores.values()) - 0.3)
    if said.of(Role.UNSURE):
        scores = {i: s if i not in (Intent.WRONG_PERSON, Intent.CANCEL) else min(s, 0.6) for i, s in scores.items()}
    return scores


def _outright(said: Utterance, *intents: Intent) -> bool:
    return any(s.strength is Strength.FULL for s in said.of(*intents))


def _bare(said: Utterance, intent: Intent) -> bool:
    beside = {intent, Intent.YES, Intent.HELLO}
    return all(s.label in beside for s in said.segments) and all(w in said.light for w in said.uncovered())


def _combined(said: Utterance, p: Polarity, others: dict[Intent, float]) -> dict[Intent, float]:
    scores = dict(others)
    yes, no = p.yes, p.no
    first = next((i for i in others if i not in _COURTESY), None)
    if first is None:
        for intent in scores:
            if yes >= DOUBTFUL or no >= DOUBTFUL:
                scores[intent] = min(scores[intent], 0.3)
    else:
        yes = min(yes, _yes_beside(first, p))
        no, scores[first] = _no_beside(first, p, scores[first])
    if p.full_yes and first is Intent.CANCEL:  # «хотел отменить, но приду»
        scores[first] = min(scores[first], DOUBTFUL)
    if yes:
        scores[Intent.YES] = yes
    if no:
        scores[Intent.NO] = no
    if p.full_yes and first is Intent.BUSY_NOW:  # «приду, я за рулём»: the answer was given
        scores[Intent.YES], scores[first] = p.yes, 0.3
    return scores


def _yes_beside(first: Intent, p: Polarity) -> float:
    return 0.3 if first not in _REASONS else DOUBTFUL


def _no_beside(first: Intent, p: Polarity, score: float) -> tuple[float, float]:
    """(no, first): what a no and the other thing are worth together."""
    if first is Intent.STOP:
        return min(p.no, 0.3), score
    if p.full_no and first in _REASONS:  # «не смогу, я на работе»
        return p.no, min(score, 0.4)
    if p.full_no and first is Intent.OPERATOR:
        return p.no, min(score, 0.5)
    if p.full_no and first is Intent.CALLBACK_LATER:  # «не смогу, перезвоните»: which of the two?
        return min(p.no, 0.6), min(score, 0.65)
    if p.no and first is Intent.BUSY_NOW:  # «нет, я занят»: does he not come, or not talk?
        return min(p.no, 0.6), min(score, 0.65)
    return min(p.no, 0.4), score


def _number(said: Utterance) -> tuple[str, float] | None:
    spans = {(n.start, n.end) for n in said.of(NUMBER)}
    numbers = [n for n in answer_among(said.words, numbers_in(said.words)) if (n.start, n.end) in spans]
    if len({n.value for n in numbers}) != 1:
        return None  # two numbers: which of them?
    contradicted = any(s.label == Intent.NO and s.strength is Strength.FULL for s in said.segments)
    return str(numbers[0].value), (0.9 - 0.5 * said.unknown) * (0.5 if contradicted else 1)


def _value(said: Utterance, intent: Intent) -> str:
    if intent is Intent.NUMBER:
        found = _number(said)
        return found[0] if found else ""
    if intent in (Intent.CALLBACK_LATER, Intent.BUSY_NOW, Intent.CHANGE):
        own = next((s.value for s in said.of(intent) if s.value), "")
        return joined(said.moments) or own
    return next((s.value for s in said.of(intent) if s.value), "")


def _evidence(said: Utterance, intent: Intent) -> str:
    label = NUMBER if intent is Intent.NUMBER else intent
    return ", ".join(s.said for s in said.of(label))
