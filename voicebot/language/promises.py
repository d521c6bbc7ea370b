"""A plain promise in Russian: «приду», «буду» as a clause of its own, and nothing else that speaks against it.

What people say beside it are reasons, courtesies and stories («я за рулём, буду», «спасибо, буду, всего доброго»).
"""

from __future__ import annotations

from collections.abc import Sequence

from voicebot.dialogue.intents import Intent
from voicebot.language.matching import MOMENT, Segment
from voicebot.language.polarity import spoken_against
from voicebot.language.table import Role
from voicebot.language.utterance import Utterance

_VERBS = frozenset(
    "приду придем приеду приедем подойду подойдем подъеду подъедем явлюсь явимся прибуду прибудем буду будем смогу "
    "сможем успею успеем подтверждаю подтверждаем схожу зайду доберусь приведу приведем привезу".split()
)
_AUXILIARIES = frozenset({"буду", "будем", "я буду", "мы будем"})
#: What may stand beside a promise and takes nothing from it.
_BESIDE = frozenset({
    Intent.YES, Intent.BUSY_NOW, Intent.HOLD_ON, Intent.THANKS, Intent.BYE, Intent.HELLO, Intent.BACKCHANNEL,
    Intent.REPEAT, Role.NEUTRAL, Role.CORRECTION,
})  # fmt: skip
#: What may stand between the end of another clause and the promise: «но я приду», «значит, буду».
_LEADS = frozenset("я мы но так тогда уже все точно обязательно конечно".split())
_FOLLOWS = frozenset("я мы тогда там уже все и а спасибо".split())


def promised(said: Utterance) -> Segment | None:
    """The promise, if the last yes or no is one, and nothing speaks against it."""
    answers = sorted(said.of(Intent.YES, Intent.NO), key=lambda s: s.start)
    if not answers or not _promises(answers[-1]) or said.asking or spoken_against(said):
        return None
    last = answers[-1]
    if last.said in _AUXILIARIES and any(s.end == last.start for s in said.of(Intent.BUSY_NOW)):
        return None  # «занят буду»
    plain = _begins_a_clause(said, last.start) and _ends_a_clause(said, last.end) and not gainsaid(said, last)
    return last if plain else None


def promised_in_one(sentences: Sequence[Utterance], whole: Utterance) -> bool:
    """Whether one of several sentences is a promise, and nothing in the others turns it: «… подождите. Да, приду»."""
    return not whole.asking and any(promised(s) for s in sentences) and not gainsaid(whole, None)


def _promises(segment: Segment) -> bool:
    return segment.label == Intent.YES and any(w in _VERBS for w in segment.said.split())


def gainsaid(said: Utterance, promise: Segment | None) -> bool:
    """Whether anything but reasons and courtesies was said."""
    for segment in said.segments:
        if segment.label in _BESIDE or segment.label == MOMENT and not segment.value.startswith("amount"):
            continue
        contrast = segment.label == Role.CONDITION and segment.said == "но"
        if contrast and promise is not None and segment.end == promise.start:
            continue  # «я на работе, но приду»
        return True
    return False


def _begins_a_clause(said: Utterance, start: int) -> bool:
    at = start
    while at and said.words[at - 1] in _LEADS and said.words[at - 1] in said.uncovered():
        at -= 1
    return at == 0 or any(s.end == at for s in said.segments)


def _ends_a_clause(said: Utterance, end: int) -> bool:
    at = end
    while at < len(said.words) and said.words[at] in _FOLLOWS and said.words[at] in said.uncovered():
        at += 1
    return at == len(said.words) or any(s.start == at for s in said.segments)

