"""Yes and no in Russian: «да нет», «нет, приду», «да… ой, нет»; what puts a yes in doubt.

A yes that is in doubt stays below 0.5, where the machine asks again: a false yes is far worse.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum

from voicebot.dialogue.intents import Intent, Scored
from voicebot.language.matching import MOMENT, Segment
from voicebot.language.table import Question, Role, Strength
from voicebot.language.utterance import Utterance

DOUBTFUL = 0.4  # a yes that must be asked again
_NEGATIONS = frozenset({"не", "ни", "нет", "нету"})
_AUXILIARIES = frozenset({"буду", "будем"})
PROPOSALS = frozenset({"можно", "давайте", "хочу", "хотим", "надо", "нужно"})
_CONCLUSIONS = ("так что", "поэтому", "все-таки", "все равно", "все же", "но все", "но нет все")


@dataclass(frozen=True, slots=True)
class Polarity:
    """How much of a yes and of a no there is; full: it was said outright."""

    yes: float = 0.0
    no: float = 0.0
    full_yes: bool = False
    full_no: bool = False


def polarity_of(said: Utterance) -> Polarity:
    """How much of a yes and of a no there is, doubts taken off."""
    return _doubted(said, _polarity(said))


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
    """«приду… ой, нет, не смогу» is a no; «не смогу… хотя смогу», «не смогу… ой, смогу» are asked again."""
    between = [s for s in said.segments if min(yes.start, no.start) < s.start < max(yes.start, no.start)]
    corrected = any(s.label in (Role.CORRECTION, Intent.NO) for s in between)
    if no.start > yes.start and corrected:
        return Polarity(yes=0.3, no=0.85, full_no=True)
    if corrected and any(s.label == Role.CORRECTION for s in between):  # «не приду… ой, то есть приду, запуталась»
        return Polarity(yes=DOUBTFUL, no=DOUBTFUL, full_yes=True, full_no=True)
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


def doubted(candidate: Scored) -> Scored:
    """Too weak to be acted upon."""
    return replace(candidate, score=min(candidate.score, DOUBTFUL))


#: So many words, the clipped one among them, may stand before the yes that it belongs to.
CLIPPED_BEHIND = 3


class Against(IntEnum):
    """What speaks against a yes, however like one the sentence is."""

    NOTHING = 0
    ECHO = 1  # a day or an hour, when nobody knows the visit's: «да, в три»
    WORDS = 2  # an outright no, a question, a negation left over: «пломба вылетела, как не прийти»
    SLIPS = 3  # a «не» that may have been clipped, an amount, a condition
    FACTS = 4  # what no sample can know: the day or the hour is not the visit's, a no has the last word


def against_yes(said: Utterance) -> Against:
    """The gravest of it. Conditions and doubts are in the samples: of 68 sentences that these spoke against and that
    were very like a yes, all were one."""
    other_day = said.other_day and said.question is not Question.IDENTITY
    if _no_has_the_last_word(said) or (other_day and not said.may_echo):
        return Against.FACTS
    if _slips(said):
        return Against.SLIPS
    if other_day:
        return Against.ECHO
    asking = said.asking and not any(s.own for s in said.of(Intent.YES))  # «я, а что случилось?» said who it is
    return Against.WORDS if said.outright(Intent.NO) or asking or _negation_left(said) else Against.NOTHING


def spoken_against(said: Utterance) -> bool:
    """A negation left over, a clipped one, or a day or time that is not the visit's."""
    return _negation_left(said) or _slips(said) or said.other_day


def _negation_left(said: Utterance) -> bool:
    return any(w in _NEGATIONS for w in said.uncovered())


def _slips(said: Utterance) -> bool:
    """A clipped «не», an amount, a condition that is nobody's luck."""
    amounts = any(s.value.startswith("amount") and not _sooner(said, s) for s in said.of(MOMENT))
    able = any(s.said.startswith("если") for s in said.of(Role.UNSURE))  # «приду, если отпустят»
    return amounts or able or _clipped(said)


def _sooner(said: Utterance, amount: Segment) -> bool:
    """«минут на десять раньше», «за десять минут»: whoever is early comes."""
    return any(w in ("раньше", "пораньше") for w in said.words) or said.words[max(0, amount.start - 1)] == "за"


def _no_has_the_last_word(said: Utterance) -> bool:
    """«приду, приду… не приду»: the more often a yes was said before, the liker a yes it is to the samples."""
    last = max(said.of(Intent.YES, Intent.NO), key=lambda s: s.start, default=None)
    return last is not None and last.label == Intent.NO and last.strength is Strength.FULL


def _clipped(said: Utterance) -> bool:
    """«и приду», «я и приду» is what a clipped «не приду» is heard as; «отпрошусь из школы и приду» goes on."""
    first = min((s.start for s in said.of(Intent.YES)), default=0)
    return (
        0 < first <= CLIPPED_BEHIND
        and said.words[first - 1] in said.doubtful
        and said.words[first - 1] in said.uncovered()
    )


def _yes_in_doubt(said: Utterance, p: Polarity) -> bool:
    if spoken_against(said):
        return True
    yes = said.of(Intent.YES)
    first = min((s.start for s in yes), default=0)
    at_home = said.question is Question.IDENTITY and said.words[0] == "да"  # «да, а что случилось?»
    if said.asking and not at_home and (p.full_yes or said.question is not Question.IDENTITY):
        return True
    if said.words[0] == "а" and first > 0 and not p.full_yes:
        return True  # «а точно завтра» asks
    if not p.full_yes and any(s.said != "а" for s in said.of(Intent.REPEAT)):
        return True  # «да что я там забыла»
    return _conditions(said, yes) or _says_more(said, yes)


def _conditions(said: Utterance, yes: list[Segment]) -> bool:
    """«если», «хотела бы»: but not before a conclusion («думала не идти, но всё-таки приду»)."""
    concluded = max((s.start for s in yes if s.said.startswith(_CONCLUSIONS)), default=-1)
    own = max((s.start for s in yes if s.own), default=-1)
    if own >= 0 and not said.of(Intent.BUSY_NOW):  # «да, я, только побыстрее»
        return any(s.start < own for s in said.of(Role.CONDITION, Role.ASKING))
    return any(s.start > concluded for s in said.of(Role.CONDITION, Role.ASKING))


def _says_more(said: Utterance, yes: list[Segment]) -> bool:
    """«буду в Москве», «хочу спать», «можно завтра»: the word alone is a yes, with more it is something else."""
    unknown = {i for i, w in enumerate(said.words) if w in said.uncovered() and w not in said.light}
    for segment in yes:
        last = segment.said.split()[-1]
        after = {i for i in unknown if i >= segment.end}
        if last in _AUXILIARIES and after:
            return True
        if segment.said in PROPOSALS and (unknown or said.of(MOMENT)):
            return True
    return False
