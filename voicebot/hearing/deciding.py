"""What the machine would act upon: the same rules as dialogue.answers, for commands, benches and tuning. Pure."""

from __future__ import annotations

from voicebot.dialogue.answers import STOP_SURE
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.reactions import APART, SURE

#: Answered by saying the question again wherever a question has no reaction of its own; one meaning as far as
#: contradictions go.
SAY_AGAIN = frozenset({Intent.REPEAT, Intent.QUESTION, Intent.WHO_IS_THIS, Intent.HELLO})


def decided(meaning: Meaning, expects: frozenset[Intent] | None) -> Scored | None:
    """The one meaning to act upon; None when there is none, or two that contradict each other: ask again.

    expects: the intents that the open question has a use for, None for all. A NUMBER counts when it is expected.
    """
    stop = next((c for c in meaning.candidates if c.intent is Intent.STOP and c.score >= STOP_SURE), None)
    if stop is not None:
        return stop
    usable = sorted((c for c in meaning.candidates if c.score >= SURE and _has_use(c.intent, expects)),
                    key=lambda c: -c.score)  # fmt: skip
    if expects is not None and Intent.NUMBER in expects:
        number = next((c for c in usable if c.intent is Intent.NUMBER), None)
        if number is not None:
            return number  # a value that was asked for goes before everything but "stop"
    if not usable:
        return None
    best = usable[0]
    rivals = [c for c in usable[1:] if best.score - c.score < APART and not _same(best.intent, c.intent, expects)]
    return None if rivals else best


def _has_use(intent: Intent, expects: frozenset[Intent] | None) -> bool:
    if expects is None or intent in expects:
        return True
    return intent in SAY_AGAIN or intent is Intent.HOLD_ON


def _same(one: Intent, other: Intent, expects: frozenset[Intent] | None) -> bool:
    again = SAY_AGAIN - (expects or frozenset())
    return one in again and other in again
