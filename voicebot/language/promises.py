"""A plain promise in Russian: «приду», «буду» as a clause of its own, and nothing else that speaks against it.

What people say beside it are reasons, courtesies and stories («я за рулём, буду», «спасибо, буду, всего доброго»).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from voicebot.dialogue.intents import Intent
from voicebot.language.matching import MOMENT, NUMBER, Segment
from voicebot.language.polarity import spoken_against
from voicebot.language.table import Role, Strength
from voicebot.language.utterance import Utterance


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


_VERBS = _words(
    "приду придем приеду приедем подойду подойдем подъеду подъедем явлюсь явимся прибуду прибудем буду будем смогу "
    "сможем успею успеем подтверждаю подтверждаем схожу зайду доберусь приведу приведем привезу"
)
_PLACES = _words("в во на за у без под с со по около возле из от против")
_DOES = re.compile(r"(?:ть|ться|чь|ти|тись)$")
_AUXILIARIES = frozenset({"буду", "будем", "я буду", "мы будем"})
#: What may stand beside a promise and takes nothing from it.
_BESIDE = frozenset({
    Intent.YES, Intent.BUSY_NOW, Intent.HOLD_ON, Intent.THANKS, Intent.BYE, Intent.HELLO, Intent.BACKCHANNEL,
    Intent.REPEAT, Role.NEUTRAL, Role.CORRECTION, MOMENT, NUMBER,
})  # fmt: skip
#: What a turn («ой», «но нет», «подождите») takes back.
_TAKEN_BACK = frozenset({Intent.NO, Intent.CANCEL, Intent.CHANGE, Intent.CALLBACK_LATER, Role.CONDITION, Role.UNSURE})
#: What no later sentence makes undone.
_FINAL = frozenset({Intent.STOP, Intent.WRONG_PERSON, Intent.CHANGE, Intent.CANCEL, Intent.OPERATOR,
                    Intent.CALLBACK_LATER})  # fmt: skip
_MEANT = _words("хотел хотела хотели думал думала думали собирался собиралась собирались")
_BUT = frozenset({"но"})
#: What may stand between the end of another clause and the promise: «но я приду», «значит, буду».
_LEADS = _words("я мы так тогда уже все точно обязательно конечно")
_FOLLOWS = _words("я мы тогда там уже все все-таки и а спасибо")
#: After these a promise is none: «когда рак свистнет, приду», «чёрта с два приду», «жена думает приду».
_NO_LEADS = _words("если когда зачем куда бы ли как что чтобы может будто где кто разве два хрен фиг якобы")


@dataclass(frozen=True, slots=True)
class Promise:
    """The words [start, end) that promise. loose: its clause may have begun before it."""

    start: int
    end: int
    loose: bool = False


def promised(said: Utterance) -> Promise | None:
    """The promise, if the last yes or no is one, and nothing speaks against it."""
    answers = sorted(said.of(Intent.YES, Intent.NO), key=lambda s: s.start)
    if not answers or not _promises(answers[-1]) or said.asking or said.guessed or spoken_against(said):
        return None
    last = answers[-1]
    if last.said in _AUXILIARIES and any(s.end == last.start for s in said.of(Intent.BUSY_NOW)):
        return None  # «занят буду»
    start = _run_start(said, last)
    if last.said in _AUXILIARIES and any(s.end == start for s in said.of(Intent.NO)):
        return None  # «нет, буду» may have been «нет, не буду»
    if not _ends_a_clause(said, last.end) or _gainsaid(said, start, last.end):
        return None
    if _begins_a_clause(said, start):
        return Promise(start, last.end)
    lead = said.words[start - 1]
    if last.said in _AUXILIARIES and (_PLACES & set(said.words[max(0, start - 3) : start]) or _DOES.search(lead)):
        return None  # «на поминках буду», «спать буду»
    free = last.end == len(said.words) and lead not in _NO_LEADS and lead not in said.light
    return Promise(start, last.end, loose=True) if free else None


def promised_in_one(sentences: Sequence[Utterance]) -> bool:
    """Whether one of several sentences is a promise, and the others do not turn it: «Вроде собирался… Да, приду»."""
    for at, one in enumerate(sentences):
        promise = promised(one)
        if promise is None or promise.loose:
            continue
        before, after = sentences[:at], sentences[at + 1 :]
        turned = any(s.of(*_FINAL) or s.outright(Intent.NO) for s in before)
        return not turned and not any(s.asking or _gainsaid(s, 0, 0) for s in after)
    return False


def asked_besides(sentences: Sequence[Utterance], whole: Utterance) -> bool:
    """«Буду. А снимок нужно принести?», «да приду а доктор хороший?»"""
    if whole.asking and not whole.of(Intent.NO) and (yes := whole.of(Intent.YES)):
        first = next((s for s in whole.segments if s not in yes), None)
        begun = yes[0].start <= 1 and _promises(yes[-1]) and "а" in whole.words[yes[-1].end : yes[-1].end + 1]
        if begun and len(whole.words) - yes[-1].end > 2 and (first is None or first.label != MOMENT):
            return True
    *before, last = sentences if sentences else (None,)
    asks = last is not None and last.asking and not last.of(Intent.NO) and len(last.words) > 1
    return asks and any(one is not None and promised(one) for one in before)


def _promises(segment: Segment) -> bool:
    return segment.label == Intent.YES and any(w in _VERBS for w in segment.said.split())


def _run_start(said: Utterance, last: Segment) -> int:
    """Where the run of yes words begins that ends in the promise: «да, буду»."""
    start = last.start
    while before := next((s for s in said.of(Intent.YES) if s.end == start), None):
        start = before.start
    return start


def _gainsaid(said: Utterance, start: int, end: int) -> bool:
    """Whether anything but reasons and courtesies was said that was not taken back before the promise."""
    for segment in said.segments:
        late = segment.start >= end
        if segment.label in _BESIDE and not (late and segment.label == Intent.HOLD_ON):
            continue
        if segment.start >= start:
            return True
        short_no = segment.label == Intent.NO and segment.strength is Strength.SHORT  # «да нет, приду»
        but = segment.said in _BUT
        undone = segment.label in _TAKEN_BACK and (_turns(said, segment.end, start) or _was_meant(said, segment))
        if not short_no and not but and not undone:
            return True
    return False


def _was_meant(said: Utterance, segment: Segment) -> bool:
    """«хотела перенести», «думал отменить»: and then came to another mind."""
    if segment.label == Role.CONDITION:
        return segment.said in _MEANT
    return any(s.label == Role.CONDITION and s.said in _MEANT and s.end == segment.start for s in said.segments)


def _turns(said: Utterance, since: int, until: int) -> bool:
    """«ой, то есть», «но нет», «подождите» between what was said first and the promise."""
    between = [s for s in said.segments if since <= s.start and s.end <= until]
    return any(
        s.label in (Role.CORRECTION, Intent.HOLD_ON) or s.said in _BUT or (s.label == Intent.NO and s.said == "нет")
        for s in between
    )


def _begins_a_clause(said: Utterance, start: int) -> bool:
    at = start
    while at and said.words[at - 1] in _LEADS and said.words[at - 1] in said.uncovered():
        at -= 1
    said_all = said.words[start] == "да" or (at < start and said.words[at] == "все")  # «…, да, приду», «…, всё, приду»
    after = at == 0 or any(s.end == at for s in said.segments)
    return after or (said_all and said.words[at - 1] not in _NO_LEADS)


def _ends_a_clause(said: Utterance, end: int) -> bool:
    at = end
    while at < len(said.words) and said.words[at] in _FOLLOWS and said.words[at] in said.uncovered():
        at += 1
    return at == len(said.words) or any(s.start == at for s in said.segments)
