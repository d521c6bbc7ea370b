"""Numbers from 0 to 10 where one is asked for: the closed set scored by the recogniser and by the ear. Pure.

Free text gets 42 % of such short words right on a telephone, the closed set 86 % (SPEECH.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from voicebot.dialogue.intents import HeardValue, Intent, Meaning, Scored, ValueKind
from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.rules import FusionRules

if TYPE_CHECKING:
    from voicebot.hearing.fusion import Chosen, Written

#: How each number is said when a mark or a count is asked for.
SAID: Mapping[int, tuple[str, ...]] = {
    0: ("ноль",),
    1: ("один", "единица", "первый"),
    2: ("два", "двойка", "второй"),
    3: ("три", "тройка", "третий"),
    4: ("четыре", "четвёрка", "четвёртый"),
    5: ("пять", "пятёрка", "пятый"),
    6: ("шесть", "шестой"),
    7: ("семь", "седьмой"),
    8: ("восемь", "восьмой"),
    9: ("девять", "девятый"),
    10: ("десять", "десятка"),
}
_NUMBER_OF = {phrase: number for number, phrases in SAID.items() for phrase in (*phrases, str(number))}


def number_phrases(numbers: range) -> tuple[str, ...]:
    """What a question for one of these numbers can be answered with, as it is said and as Whisper likes to write it:
    the closed set for a recogniser."""
    return tuple(phrase for number in numbers if number in SAID for phrase in (*SAID[number], str(number)))


def with_number(
    told: Meaning,
    text: Written | None,
    ear: Mapping[EarClass, float] | None,
    numbers: range,
    rules: FusionRules,
) -> Meaning:
    """The meaning with the number that text and ear together make likely, or as it was. A number that the free text
    names outright, and that may be answered, stays."""
    named = [v for v in told.values if v.kind is ValueKind.NUMBER]
    offered = text.choices if text is not None else ()
    written = _by_text(named, offered, numbers)
    heard = _by_ear(ear, numbers)
    outright = _outright(told, text, heard, numbers, rules)
    if outright is not None:
        return _as_number(told, outright, 0.9, max(0.9, written.get(outright, 0.0)), heard.get(outright))
    alone = max(heard, key=heard.__getitem__, default=None)
    if alone is not None and not named and heard[alone] >= rules.number_ear_lone:
        return _as_number(told, alone, heard[alone], written.get(alone, 0.0), heard[alone])
    likely = {n: max(written.get(n, 0.0), rules.number_floor) * max(heard.get(n, 0.0), rules.number_floor)
              for n in numbers} if heard and written else (heard or written)  # fmt: skip
    total = sum(likely.values())
    if not total:
        return told
    best = max(likely, key=likely.__getitem__)
    share = likely[best] / total
    fits = any(c.fit >= rules.number_fit for c in offered if _NUMBER_OF.get(c.phrase) == best)
    sure = heard.get(best, 0.0) >= rules.number_ear or (written.get(best, 0.0) >= 0.5 and (fits or bool(named)))
    if share < rules.number or not sure:
        return told if not named else _without_number(told, share)
    return _as_number(told, best, min(share, 0.99), written.get(best, 0.0), heard.get(best))


def _outright(
    told: Meaning, text: Written | None, heard: Mapping[int, float], numbers: range, rules: FusionRules
) -> int | None:
    """The number that language made of the free text, where the recogniser does not doubt it and the ear hears no
    other one."""
    best = next((c for c in told.candidates if c.intent is Intent.NUMBER and c.score >= rules.act), None)
    if best is None or not best.value.isdecimal() or int(best.value) not in numbers:
        return None
    others = max((p for n, p in heard.items() if n != int(best.value)), default=0.0)
    doubted = text is None or text.confidence < rules.text_confidence or others >= rules.ear_contradicts
    return None if doubted else int(best.value)


def _by_text(named: list[HeardValue], choices: Iterable[Chosen], numbers: range) -> dict[int, float]:
    """Probabilities of the numbers by what was written and by the closed set."""
    found: dict[int, float] = {}
    for choice in choices:
        number = _NUMBER_OF.get(choice.phrase)
        if number is not None and number in numbers:
            found[number] = found.get(number, 0.0) + choice.share
    said = {int(v.value) for v in named if v.value.isdecimal() and int(v.value) in numbers}
    if len(said) == 1:
        number = said.pop()
        found = {n: share / 2 for n, share in found.items()}
        found[number] = found.get(number, 0.0) + (0.5 if found else 0.9)
    return found


def _by_ear(ear: Mapping[EarClass, float] | None, numbers: range) -> dict[int, float]:
    if ear is None:
        return {}
    return {c.number: p for c, p in ear.items() if c.number is not None and c.number in numbers}


def _as_number(told: Meaning, number: int, score: float, text: float, ear: float | None) -> Meaning:
    rests_on = f"текст: {text:.2f}" + (f"; ухо: {ear:.2f}" if ear is not None else "")
    candidate = Scored(Intent.NUMBER, round(score, 2), str(number), rests_on)
    others = tuple(
        replace(c, score=min(c.score, 0.45)) if c.intent is not Intent.STOP else c
        for c in told.candidates
        if c.intent is not Intent.NUMBER
    )
    value = HeardValue(ValueKind.NUMBER, str(number), rests_on)
    kept = tuple(v for v in told.values if v.kind is not ValueKind.NUMBER)
    return replace(told, candidates=(candidate, *others), values=(value, *kept), speech=True)


def _without_number(told: Meaning, share: float) -> Meaning:
    """The text names a number that the sound does not bear out: asked again."""
    candidates = tuple(
        replace(c, score=min(c.score, 0.45), evidence=f"{c.evidence}; всего: {share:.2f}")
        if c.intent is Intent.NUMBER
        else c
        for c in told.candidates
    )
    return replace(told, candidates=candidates, values=tuple(v for v in told.values if v.kind is not ValueKind.NUMBER))
