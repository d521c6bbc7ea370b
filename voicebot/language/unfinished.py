"""Whether a sentence may go on: how it ends, and whether it is more than a bare word. Pure; works on words as heard."""

from __future__ import annotations

from voicebot.language.words import split


def _words(line: str) -> frozenset[str]:
    return frozenset(line.split())


#: Nobody ends an answer with these: conjunctions, prepositions, particles, and fillers that hold the turn.
_HANGING = _words(
    "а и но или либо что чтобы если потому поэтому хотя только просто ведь же не ни бы ну "
    "в во на с со к ко у о об от до из за по под над при про без для через около между "
    "э эм мм ээ эээ ммм хм типа короче значит мой моя мое наш наша давайте"
)
#: Words that say yes or no, or nothing: however many of them, another may follow that turns them («да нет, приду»).
_BARE = _words("да нет неа ага угу так ну не конечно ладно хорошо")
#: What agrees with «вы не придёте?», and says nothing of coming.
_AGREES = (_BARE - _words("нет неа не")) | _words(
    "верно правильно точно именно совершенно абсолютно всё все понял поняла поняли вы меня увы сожалению к жалко "
    "естественно разумеется что ж уж вот"
)
_GOES_ON = ("...", "…", ",", "-", "–", "—")


def unfinished(text: str) -> bool:
    """Whether a sentence breaks off where no sentence ends."""
    words = split(text)
    if not words:
        return False
    return text.rstrip().endswith(_GOES_ON) or (words[-1] in _HANGING and not text.rstrip().endswith("?"))


def bare(text: str) -> bool:
    """Whether there is one word, or nothing but yes, no and the like: what it means may still be turned."""
    words = split(text)
    return len(words) == 1 or (bool(words) and all(word in _BARE for word in words))


def agrees_plainly(text: str) -> bool:
    """«да», «да, всё верно», «к сожалению, да»: a yes that says nothing else. Not «да нет», not «приду»."""
    words = split(text)
    return bool(words) and all(word in _AGREES for word in words)
