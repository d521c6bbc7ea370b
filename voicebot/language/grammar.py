"""What a patient may say at a question, as phrases for a recogniser that limits itself to them (Vosk). Pure."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice, zip_longest

from voicebot.dialogue.intents import Intent
from voicebot.language.table import GAP, NAME, PhraseTable, Role

#: 4,000 phrases make a recogniser in 50 ms; the table's 123,000 would take seconds. Words make up for the rest.
MAX_PHRASES = 4_000
MAX_WORDS = 3  # longer phrases are put together from words anyway


@lru_cache(maxsize=32)
def grammar(table: PhraseTable, expects: frozenset[Intent] | None) -> tuple[str, ...]:
    """Every word that may stand in an answer, and short phrases, of each expected intent as many.

    Words of names and those with any ending are left out: the table does not spell them out. What a grammar lacks
    the recogniser writes as unknown, which makes an answer doubtful, not wrong.
    """
    roles = {role.value for role in Role}
    wanted = None if expects is None else {intent.value for intent in expects | {Intent.STOP}}
    phrases = [p for p in table.phrases if wanted is None or p.label in wanted or p.label in roles]
    single = {w for p in phrases for w in p.words if _spelled(w)} | set(table.light | table.fillers)
    by_label: dict[str, list[str]] = {}
    for phrase in sorted(phrases, key=lambda p: (len(p.words), p.words)):
        if 1 < len(phrase.words) <= MAX_WORDS and all(_spelled(w) for w in phrase.words):
            by_label.setdefault(phrase.label, []).append(" ".join(phrase.words))
    in_turn = (phrase for row in zip_longest(*by_label.values()) for phrase in row if phrase is not None)
    return tuple(islice(dict.fromkeys([*sorted(single), *in_turn]), MAX_PHRASES))


def _spelled(word: str) -> bool:
    return word not in (GAP, NAME) and not word.endswith("*")
