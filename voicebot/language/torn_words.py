"""Words glued together or torn apart by the recogniser: «дая», «буд у», «кон ешно», «придука нечно».

A piece that is neither in the table nor a word of Russian gives it away. It is joined with its neighbours, and what
comes out is cut anew into words of the table, letter for letter or, for longer words, by sound.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from voicebot.language.morphology import is_word
from voicebot.language.sounds import nearest_by_sound

MAX_PIECES = 4  # joined at a time
MAX_LETTERS = 26
MAX_PLACES = 6  # mended in one utterance: with more of them it is another language
BY_SOUND = 6  # letters from which the whole is also known by its sound, and one more for a word among others
#: Pieces so short that, if the table does not know them, they may be torn off, even where Russian has such a word.
TORN_OFF = 3
#: The only short words that are cut out: others are found in anything.
_SHORT = frozenset(
    ("да", "не", "нет", "ни", "я", "мы", "вы", "ну", "но", "ага", "угу", "это", "все", "уже", "мне", "нас", "вас",
     "вам", "так", "же", "мой", "он", "она", "его", "ее", "как", "что", "кто", "где")
)  # fmt: skip


class TornWords:
    """Puts such words right. vocabulary: the words to cut into; sounds: those by their sound (sounds.by_sound)."""

    def __init__(self, vocabulary: Collection[str], sounds: Mapping[str, tuple[str, ...]]) -> None:
        self._vocabulary = frozenset(vocabulary)
        self._sounds = sounds
        self._longest = max(map(len, self._vocabulary), default=0)
        is_word("слово")  # the dictionary is loaded now (0.2 s), not in the middle of a call

    def mended(self, words: Sequence[str]) -> list[str]:
        """The words, those that were torn or glued replaced. Bounded work, whatever the words."""
        strange = [self._strange(word) for word in words]
        if not any(strange) or sum(strange) > MAX_PLACES * 2:
            return list(words)
        out: list[str] = []
        done = 0
        for at, odd in enumerate(strange):
            span = self._span(words, strange, at, done) if odd and at >= done else None
            if span is not None:
                start, end, cut = span
                out += [*words[done:start], *cut]
                done = end
        return out + list(words[done:])

    def _strange(self, word: str) -> bool:
        if not word.isalpha() or word in self._vocabulary:
            return False
        return len(word) <= TORN_OFF or not is_word(word)

    def _span(
        self, words: Sequence[str], strange: Sequence[bool], at: int, since: int
    ) -> tuple[int, int, list[str]] | None:
        """The span around a strange word that is best mended: start, end, and what was said. None of it before since.
        Best is what mends most strange words, takes in fewest others, and gives the fewest words."""
        best: tuple[tuple[int, ...], tuple[int, int, list[str]]] | None = None
        for start in range(max(since, at + 1 - MAX_PIECES), at + 1):
            for end in range(at + 1, min(start + MAX_PIECES, len(words)) + 1):
                odd = strange[start:end]
                cut = self._mended_span(words[start:end], odd)
                worth = (sum(odd), sum(odd) - len(odd), -len(cut), start)  # «не ту да» is no «нету, да»
                if cut and (best is None or worth > best[0]):
                    best = worth, (start, end, cut)
        return None if best is None else best[1]

    def _mended_span(self, pieces: Sequence[str], strange: Sequence[bool]) -> list[str]:
        letters = "".join(pieces)
        alone = len(pieces) == 1 and len(letters) <= TORN_OFF and is_word(letters)
        if alone or len(letters) > MAX_LETTERS or not letters.isalpha():
            return []
        cut = self._cut(letters)
        return cut if cut is not None and self._better(pieces, strange, cut) else []

    def _better(self, pieces: Sequence[str], strange: Sequence[bool], cut: Sequence[str]) -> bool:
        """Of a Russian word that stands alone only a longer whole is made: «ту да» is «туда», «дед мой» stays."""
        real = [p for p, odd in zip(pieces, strange, strict=True) if odd and is_word(p)]
        if real and len(cut) > 1:
            return False
        return len(cut) <= len(pieces) or len(pieces) == 1

    def _cut(self, letters: str) -> list[str] | None:
        """The fewest words that it is made of; None when it is not made of words."""
        best: list[list[str] | None] = [[], *[None] * len(letters)]
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self._longest - 1), end):
                before = best[start]
                known = best[end]
                if before is None or (known is not None and len(known) <= len(before) + 1):
                    continue
                by_sound = BY_SOUND + (end - start < len(letters))
                word = self._word(letters[start:end], by_sound)
                if word:
                    best[end] = [*before, word]
        return best[-1]

    def _word(self, letters: str, by_sound: int) -> str:
        if letters in self._vocabulary and (len(letters) > TORN_OFF or letters in _SHORT):
            return letters
        if len(letters) > TORN_OFF and letters[0] == letters[1] and letters[1:] in self._vocabulary:
            return letters[1:]  # «тту да»
        return nearest_by_sound(letters, self._sounds) if len(letters) >= by_sound else ""
