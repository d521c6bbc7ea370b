"""Words -> meaning: what a patient's short answer says, with scores and what they rest on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from voicebot.dialogue.intents import Intent, Meaning, Scored, ValueKind
from voicebot.dialogue.scenario import AskValue, Scenario
from voicebot.language.heard_values import values_in
from voicebot.language.likeness import Likeness
from voicebot.language.matching import NUMBER, Matcher
from voicebot.language.moments import agree, minutes_after, moments, resolve
from voicebot.language.polarity import DOUBTFUL, PROPOSALS, against_yes, doubted
from voicebot.language.promises import asked_besides, promised, promised_in_one
from voicebot.language.second_opinion import Finding, with_opinion
from voicebot.language.sounding_alike import shipped_sentences
from voicebot.language.table import GAP, NAME, PhraseTable, Question, Strength
from voicebot.language.unfinished import agrees_plainly
from voicebot.language.utterance import Utterance
from voicebot.language.weighing import weigh
from voicebot.language.words import MAX_CHARS, Cleaner, split

#: What an intent may stand for where a question has no use for it.
_STANDS_FOR = {Intent.CANCEL: Intent.NO, Intent.WRONG_PERSON: Intent.NO, Intent.BUSY_NOW: Intent.CALLBACK_LATER,
               Intent.CALLBACK_LATER: Intent.BUSY_NOW}  # fmt: skip
#: What «Правильно ли я поняла, вы не придёте?» asks about.
_NEGATIVE = frozenset({Intent.NO, Intent.CANCEL})
_AGAINST_YES = frozenset({Intent.NO, Intent.CANCEL, Intent.CHANGE, Intent.WRONG_PERSON, Intent.STOP})
SURE = 0.5
_FULL_STOP = re.compile(r"(?<=[.!?…])\s+")
MAX_SENTENCES = 6
PATRONYMIC = re.compile(r"[а-я]{2,}(?:ович|евич|ьич|овн[аыуе]|евн[аыуе]|иничн[аыуе])")


class Understanding:
    """Understands utterances by one phrase table. Stateless after it is made; takes under 1 ms an utterance.

    likeness: what is asked about sentences beside the table; None for the table alone.
    """

    def __init__(self, table: PhraseTable, likeness: Likeness | None) -> None:
        self.table = table
        self._likeness = likeness
        self._matcher, self._cleaner = _prepared(table)
        self._noise = frozenset(tuple(split(n)) for n in table.noise)

    def understand(
        self,
        text: str,
        expects: frozenset[Intent] | None = None,
        alternatives: Sequence[str] = (),
        *,
        question: Question = Question.ANY,
        names: frozenset[str] = frozenset(),
        now: datetime | None = None,
        visit: datetime | None = None,
        wants: ValueKind | None = None,
        asking_back: Intent | None = None,
    ) -> Meaning:
        """What an utterance means. Never raises, whatever the text.

        expects:      the intents that the open question has a use for; None for all
        alternatives: other texts that the recogniser thought of, best first
        question:     IDENTITY when «Это …?» was asked
        names:        lower-case words of the patient's name, ё as е (language.facts.name_words); without them any
                      usual name may be the one that was asked for
        now:          aware, in the patient's zone: times heard then become ISO times in place of "in 60m"
        visit:        aware, when the visit in question begins (needs now): «приду в пятницу» is then a yes only
                      when the visit is on that Friday; without it the samples tell (theirs: Saturday at three)
        wants:        the value that was asked for, so that «пять» is a mark or five o'clock
        asking_back:  the meaning that «Правильно ли я поняла, …?» asks about: to «вы не придёте?» a «да нет, приду» is
                      no yes
        values are numbers, times, and, when now is given, dates.
        speech is False for what recognisers write when nobody spoke.
        """
        heard = _Context(question, names, now, visit, wants is not None)
        candidates = self._candidates(text, heard)
        if candidates is None:
            return Meaning((), text.strip(), speech=False)
        others = [self._candidates(a, heard) or () for a in alternatives[:5]]
        candidates = _with_alternatives(candidates, others)
        if expects is not None:
            candidates = _stand_in(candidates, expects)
        if not may_agree(asking_back, text):
            candidates = tuple(doubted(c) if c.intent is Intent.YES else c for c in candidates)
        if now is not None:
            candidates = tuple(_timed(c, now) for c in candidates)
        values = values_in(self._cleaner.clean(split(text))[0], now, wants)
        return Meaning(candidates, text.strip(), speech=True, values=values)

    def sounds_like(self, text: str) -> Mapping[str, float]:
        """What a garbled text may have been: intent -> likeness of the nearest usual answer, 0.5…1. Empty without
        likeness: the samples belong to it."""
        return shipped_sentences().near(text) if self._likeness is not None else {}

    def _candidates(self, text: str, context: _Context) -> tuple[Scored, ...] | None:
        raw = split(text)
        if not raw or tuple(raw) in self._noise:
            return None
        said = self._utterance(text, raw, context)
        promise, sentences = promised(said), self._sentences(text, context)
        candidates = weigh(said, promise)
        if asked_besides(sentences, said):
            candidates = _sorted([doubted(c) for c in candidates], Scored(Intent.QUESTION, 0.6))
        if self._likeness is None or context.for_value:
            return candidates
        found = Finding(
            candidates,
            settled=_settled(said),
            complete=not said.unknown and not said.uncovered(),
            against=against_yes(said),
            promise=not said.asking and (promise is not None or promised_in_one(sentences)),
            other_day=said.wishes_other_day,
        )
        opinion = self._likeness.opinion(self._cleaner.torn.mended(raw), said.asking, context.question, candidates)
        return with_opinion(found, opinion)

    def _utterance(self, text: str, raw: list[str], context: _Context) -> Utterance:
        words, guessed = self._cleaner.clean(raw)
        heard = moments(words)
        names = context.names or frozenset(w for w in words if w in self.table.names or PATRONYMIC.fullmatch(w))
        segments = self._matcher.segments(words, names, context.question)
        return Utterance(
            words=words,
            segments=segments,
            question=context.question,
            light=self.table.light | names,
            doubtful=self.table.doubtful,
            asking=text.rstrip().endswith("?"),
            guessed=guessed,
            moments=heard,
            agreed=frozenset(m.value for m in heard if context.agrees(m.value)),
            any_names=frozenset() if context.names else names,
            later={m.value: after for m in heard if (after := context.minutes_after(m.value))},
            visit_known=context.now is not None and context.visit is not None,
        )

    def _sentences(self, text: str, context: _Context) -> list[Utterance]:
        """Its sentences, where it was written with full stops."""
        parts = _FULL_STOP.split(text[:MAX_CHARS], MAX_SENTENCES)
        said = [(part, split(part)) for part in parts] if len(parts) > 1 else []
        return [self._utterance(part, words, context) for part, words in said if words]


def _settled(said: Utterance) -> bool:
    """Whether the table knows better than any sample: a day or a number in full, or the sentence of an admin. «Можно
    в среду», «давайте в среду» only propose one."""
    if said.unknown:
        return False
    proposed = [s.said in PROPOSALS for s in said.of(Intent.YES)]
    whole = len(said.segments) == 1 and said.segments[0].strength is Strength.FULL and not said.uncovered()
    return whole or (bool(said.moments or said.of(NUMBER)) and not (proposed and all(proposed)))


@lru_cache(maxsize=2)
def _prepared(table: PhraseTable) -> tuple[Matcher, Cleaner]:
    """Half a second's work, done once for each table."""
    vocabulary = {w for p in table.phrases for w in p.words if w not in (GAP, NAME) and not w.endswith("*")}
    return Matcher(table.phrases, table.light), Cleaner(table, vocabulary | table.fillers | table.light)


@dataclass(frozen=True, slots=True)
class _Context:
    """What was asked, of whom, and about which visit."""

    question: Question
    names: frozenset[str]
    now: datetime | None
    visit: datetime | None
    for_value: bool  # a number, a day … was asked for: the samples answer other questions

    def agrees(self, moment: str) -> bool:
        """Whether a moment as heard is the visit's day, its time, or both."""
        return self.now is not None and self.visit is not None and agree(moment, self.now, self.visit)

    def minutes_after(self, moment: str) -> int:
        """How much later than the visit, 0 when not or unknown."""
        return minutes_after(moment, self.now, self.visit) if self.now and self.visit else 0


def may_agree(asking_back: Intent | None, text: str) -> bool:
    """Whether a yes may be one: to «Правильно ли я поняла, вы не придёте?» only what was written as a plain yes is."""
    return asking_back not in _NEGATIVE or agrees_plainly(text)


def wanted_at(scenario: Scenario, step_id: str) -> ValueKind | None:
    """The value that a step asks for, if it asks for one."""
    step = scenario.steps.get(step_id)
    return step.then.kind if step is not None and isinstance(step.then, AskValue) else None


def question_at(scenario: Scenario, step_id: str) -> Question:
    """Which question a step asks, as far as it matters for understanding."""
    step = scenario.steps.get(step_id)
    return Question.IDENTITY if step is not None and step.identifies else Question.ANY


def _with_alternatives(first: tuple[Scored, ...], others: Iterable[tuple[Scored, ...]]) -> tuple[Scored, ...]:
    """A yes that an alternative speaks against is asked again; nothing understood takes an alternative's meaning."""
    for other in others:
        if not other or other[0].score < 0.6:
            continue
        best = first[0] if first else None
        if best is not None and best.intent is Intent.YES and best.score >= SURE and other[0].intent in _AGAINST_YES:
            rival = replace(other[0], score=0.4 if other[0].intent is Intent.STOP else 0.55)
            first = _sorted([replace(best, score=0.54), *first[1:]], rival)  # yes is never the first of two
        elif best is None or best.score < SURE:
            weight = DOUBTFUL / other[0].score if other[0].intent is Intent.YES else 0.8
            first = _sorted(list(first), replace(other[0], score=round(other[0].score * weight, 2)))
    return first


def _stand_in(candidates: tuple[Scored, ...], expects: frozenset[Intent]) -> tuple[Scored, ...]:
    for c in candidates:
        stands_for = _STANDS_FOR.get(c.intent)
        if c.intent not in expects and stands_for in expects and stands_for is not None:
            candidates = _sorted(list(candidates), replace(c, intent=stands_for))
    return candidates


def _sorted(candidates: list[Scored], extra: Scored) -> tuple[Scored, ...]:
    known = {c.intent: c for c in candidates}
    if extra.intent not in known or known[extra.intent].score < extra.score:
        known[extra.intent] = extra
    return tuple(sorted(known.values(), key=lambda c: -c.score))


def _timed(candidate: Scored, now: datetime) -> Scored:
    if candidate.intent not in (Intent.CALLBACK_LATER, Intent.BUSY_NOW, Intent.CHANGE) or not candidate.value:
        return candidate
    moment = resolve(candidate.value, now)
    return replace(candidate, value=moment.isoformat()) if moment is not None else candidate
