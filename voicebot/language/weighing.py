"""Phrases found -> intents with scores.

Scores: the machine acts from 0.5 on, and asks again when two usable meanings lie within 0.15 of each other.
So 0.9 is certain, 0.5…0.6 twice is "one of these two", and a yes that is in doubt must stay below 0.5.
"""

from __future__ import annotations

from voicebot.dialogue.intents import Intent, Scored
from voicebot.language.heard_numbers import answer_among, numbers_in
from voicebot.language.matching import NUMBER
from voicebot.language.moments import joined
from voicebot.language.polarity import DOUBTFUL, PROPOSALS, Polarity, polarity_of
from voicebot.language.promises import Promise
from voicebot.language.table import Role, Strength
from voicebot.language.utterance import Utterance

NEAR = 0.15  # two meanings nearer than this contradict each other (dialogue.reactions.APART)

_OFFERS = frozenset({"лучше", "запишите", "поставьте", "смогу", "могу", "сможем", "можем", "приду", "придем", "только"})

STORY = 0.25  # share of words that mean something and were not understood
LATER, MUCH_LATER = 10, 90  # minutes after the visit's hour: from the one on late, after the other another visit
_COMING = frozenset(
    {"буду", "будем", "приду", "придем", "приеду", "приедем", "подъеду", "подойду", "прибуду", "явлюсь"}
)
_ONLY = frozenset({"только", "лишь", "раньше", "подъеду", "подойду", "доберусь", "подъехать", "подойти", "опоздаю"})

_FETCHES = frozenset({"позову", "зову", "передам", "передаю", "подойдет", "даю", "дам"})
_WHETHER = frozenset({"это", "точно", "не", "а", "на", "или", "же", "так", "значит"})

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


def weigh(said: Utterance, promise: Promise | None) -> tuple[Scored, ...]:
    """The candidates, best first. promise: of promises.promised."""
    polarity = polarity_of(said)
    others = _others(said)
    scores = _combined(said, polarity, others, promise)
    if said.of(Intent.YES) and any(s.strength is Strength.NOD for s in said.of(Intent.YES)) and len(said.words) == 1:
        scores.setdefault(Intent.BACKCHANNEL, 0.6)
    number = _number(said)
    if number is not None:
        if Intent.YES in scores and _in_a_story(said):
            scores[Intent.YES] = min(scores[Intent.YES], DOUBTFUL)
        scores.setdefault(Intent.NUMBER, number[1])
        _beside_a_number(said, scores)
    _another_day(said, polarity, scores)
    _later_hour(said, scores)
    _not_then(said, scores)
    _whether_then(said, scores)
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
    if scores[Intent.NUMBER] < 0.5 or said.outright(Intent.YES, Intent.NO):
        return
    for intent in (Intent.YES, Intent.NO, *_COURTESY):
        if intent in scores:
            scores[intent] = min(scores[intent], DOUBTFUL)


def _another_day(said: Utterance, p: Polarity, scores: dict[Intent, float]) -> None:
    """«не могу завтра, давайте в пятницу», «завтра не смогу, а послезавтра смогу»: not this day, but another."""
    said_no = next((s.start for s in said.of(Intent.NO)), len(said.words))
    offers = [s.start for s in said.of(Intent.YES) if s.strength is Strength.FULL or s.said in PROPOSALS]
    offers += [i for i, word in enumerate(said.words) if word in _OFFERS]
    other_day = any(m.start > said_no and said.contradicts(m.value) for m in said.moments)
    wished = _wished_day(said, said_no)
    if not wished and (not p.no or not other_day or max(offers, default=-1) < said_no):
        return
    if all(score < 0.5 for intent, score in scores.items() if intent not in (Intent.YES, Intent.NO, *_COURTESY)):
        scores[Intent.CHANGE] = 0.85
        for intent in (Intent.YES, Intent.NO):
            scores[intent] = min(scores.get(intent, 0), DOUBTFUL)


def _later_hour(said: Utterance, scores: dict[Intent, float]) -> None:
    """«да, но я только в пятнадцать пятнадцать подъеду», «смогу только к четырём», «не успею к трём, буду в три
    двадцать»: later on that day."""
    after = [said.later[m.value] for m in said.moments if m.value in said.later]
    days = any(m.value not in said.later and said.contradicts(m.value) for m in said.moments)
    if len(after) != 1 or after[0] < LATER or days or said.asking:
        return
    if after[0] > MUCH_LATER and not _ONLY & set(said.words):
        return  # «приду в шесть»
    delayed = after[0] <= MUCH_LATER and _comes_instead(said)
    beside = (Intent.YES, Intent.NO, *_COURTESY) if delayed else (Intent.YES, *_COURTESY)
    if any(score >= 0.5 for intent, score in scores.items() if intent not in beside):
        return
    if delayed and Intent.NO in scores:
        scores[Intent.NO] = min(scores[Intent.NO], DOUBTFUL)
    scores[Intent.LATE if after[0] <= MUCH_LATER else Intent.CHANGE] = 0.85
    scores[Intent.YES] = min(scores.get(Intent.YES, 0), DOUBTFUL)


def _comes_instead(said: Utterance) -> bool:
    """A no to the visit's hour, and behind it a later one with a word of coming."""
    no = max((s.end for s in said.of(Intent.NO)), default=-1)
    later = max((m.start for m in said.moments if m.value in said.later), default=-1)
    return -1 < no <= later and any(w in _COMING for w in said.words[no:])


def _not_then(said: Utterance, scores: dict[Intent, float]) -> None:
    """«смогу только утром», «да, но не в субботу»: another day or hour; «в три я на работе»: no."""
    if said.asking or any(s >= 0.5 for i, s in scores.items() if i not in (Intent.YES, Intent.BUSY_NOW, *_COURTESY)):
        return
    agreed = [m for m in said.moments if m.value in said.agreed or not said.contradicts(m.value)]
    denied = any(m.start and said.words[m.start - 1] == "не" for m in agreed) and said.of(Intent.YES)
    only = (
        said.other_day
        and {"только", "лишь"} & set(said.words)
        and {"смогу", "могу", "сможем", "можем"} & set(said.words)
    )
    if denied or only:
        scores[Intent.CHANGE] = 0.85
        scores[Intent.YES] = min(scores.get(Intent.YES, 0), DOUBTFUL)
    elif scores.get(Intent.BUSY_NOW, 0) >= 0.5 and agreed and "сейчас" not in said.words and Intent.YES not in scores:
        scores[Intent.NO], scores[Intent.BUSY_NOW] = 0.6, DOUBTFUL


def _whether_then(said: Utterance, scores: dict[Intent, float]) -> None:
    """«завтра? а не послезавтра?» asks, wishes nothing."""
    inside = {i for m in said.moments for i in range(m.start, m.end)}
    besides = {w for i, w in enumerate(said.words) if i not in inside}
    sure = any(m.value in said.agreed or not said.contradicts(m.value) for m in said.moments)
    if said.asking and sure and besides and besides <= _WHETHER and not said.of(Intent.NO):
        scores[Intent.QUESTION] = 0.85
        scores[Intent.YES] = min(scores.get(Intent.YES, 0), DOUBTFUL)


def _wished_day(said: Utterance, said_no: int) -> bool:
    """«давайте лучше утром», «нам бы в субботу», «приду, но не в три, а в пять»."""
    before = {m.start: said.words[max(0, m.start - 2) : m.start] for m in said.moments if said.contradicts(m.value)}
    better = any("лучше" in words or list(words[-1:]) == ["бы"] for words in before.values())
    denied = [m for m in said.moments if m.start and said.words[m.start - 1] == "не"]
    since = min([m.start for m in denied] + [said_no])  # «завтра никак, а в пятницу»
    return better or any(list(words[-1:]) == ["а"] for start, words in before.items() if start > since)


def _asking(said: Utterance, scores: dict[Intent, float]) -> None:
    """«какой …», «скажите …»: some question, when it is nothing else."""
    outright = said.outright(Intent.YES, Intent.NO)
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


def _others(said: Utterance) -> dict[Intent, float]:
    """Everything but yes, no and numbers, in the order that counts; the second of them is but a hint."""
    scores: dict[Intent, float] = {}
    for intent in _ORDER:
        found = said.of(intent)
        if not found:
            continue
        full = any(s.strength is Strength.FULL for s in found)
        if intent is Intent.REPEAT and not full and (said.outright(Intent.YES, Intent.NO) or not _bare(said, intent)):
            continue  # «что» and «а» ask again only when nothing else was said
        if intent is Intent.WRONG_PERSON and all(s.own for s in found) and _to_be_reached(said):
            continue  # «его нет, позвоните вечером», «он в ванной, сейчас позову»
        score = 0.93 - 0.35 * said.unknown if full else 0.9 * (1 - 0.9 * said.unknown)
        if intent is Intent.STOP:
            score = max(score, 0.5)  # whatever stands around it
        scores[intent] = score if not scores else min(score, min(scores.values()) - 0.3)
    if said.of(Role.UNSURE):
        scores = {i: s if i not in (Intent.WRONG_PERSON, Intent.CANCEL) else min(s, 0.6) for i, s in scores.items()}
    return scores


def _to_be_reached(said: Utterance) -> bool:
    """Whether the patient may be had later, or at once."""
    fetched = any(_FETCHES & set(s.said.split()) for s in said.of(Intent.HOLD_ON))
    return fetched or said.outright(Intent.CALLBACK_LATER)


def _bare(said: Utterance, intent: Intent) -> bool:
    beside = {intent, Intent.YES, Intent.HELLO}
    return all(s.label in beside for s in said.segments) and all(w in said.light for w in said.uncovered())


def _combined(
    said: Utterance, p: Polarity, others: dict[Intent, float], promise: Promise | None
) -> dict[Intent, float]:
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
    last_yes = max((s.start for s in said.of(Intent.YES) if not s.own), default=-1)
    if p.full_yes and first is Intent.CANCEL and last_yes > said.of(first)[-1].start:  # «хотел отменить, но приду»
        scores[first] = min(scores[first], DOUBTFUL)
    if yes:
        scores[Intent.YES] = yes
    if no:
        scores[Intent.NO] = no
    if p.full_yes and first is Intent.BUSY_NOW:  # «приду, я за рулём»: the answer was given
        scores[Intent.YES], scores[first] = p.yes, 0.3
    if promise is not None and not promise.loose:
        _by_promise(said, p.yes, scores)
    return scores


def _by_promise(said: Utterance, p_yes: float, scores: dict[Intent, float]) -> None:
    """«я на совещании, но буду», «секундочку, гляну… всё, приду»: the answer was given after all."""
    if any(s.strength is not Strength.FULL for s in said.of(Intent.HOLD_ON)):
        return  # «щас приду» is mockery
    for intent in scores:
        scores[intent] = min(scores[intent], 0.3)
    scores[Intent.YES] = max(p_yes, 0.85 - 0.3 * said.unknown)


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
    return str(numbers[0].value), (0.9 - 0.5 * said.unknown) * (0.5 if contradicted or _in_a_story(said) else 1)


def _in_a_story(said: Utterance) -> bool:
    """«приедем с мамой, ей восемьдесят два, пусть лифт работает»: no answer in figures."""
    tells = {Intent.YES, Intent.NO, Intent.QUESTION, Intent.CANCEL, Intent.CHANGE, Intent.LATE}
    told = said.of(Intent.OPERATOR) or any(s.strength is Strength.FULL and s.label in tells for s in said.segments)
    return said.unknown >= STORY and bool(told)


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
