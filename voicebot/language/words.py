"""An utterance as recognised -> the words that count: case, ё, punctuation, fillers, known errors of recognition."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from itertools import pairwise

from voicebot.language.heard_numbers import NUMBERS, ORDINALS
from voicebot.language.morphology import is_word
from voicebot.language.sounds import by_sound, nearest_by_sound
from voicebot.language.table import END, PhraseTable
from voicebot.language.torn_words import TornWords

MAX_CHARS = 1_000  # an utterance is capped at 6 s of speech: more is not an answer
MAX_WORDS = 60
FUZZY_MIN = 7  # shorter words have too many neighbours

_WORD = re.compile(r"[0-9]{1,2}[.:][0-9]{2}(?:\.[0-9]{2,4})?(?![0-9])|[a-zа-я0-9]+(?:-[a-zа-я]+)*")
_PREFIXES = frozenset({"при", "пере", "по", "под", "подо", "до", "за", "от", "об", "вы", "раз", "с", "у"})
_PARTICLE = re.compile(r"(?<!где)(?<!кто)(?<!что)(?<!как)(?<!кой)(?<!да)(?<!го)(?<!му)-(?:то|ка|таки|де|с)$")
_DRAWN_OUT = re.compile(r"([а-я])\1{2,}|([аеиоуыэюя])(?:-\2)+")  # «даааа», «да-а-а»: but «не-а» is a word
_LATIN = str.maketrans("aceopxyktmhb", "асеорхуктмнв")


def split(text: str) -> list[str]:
    """Lower-case words, ё as е, without punctuation; «да-да» is two words, «не-а» and «кое-как» one."""
    plain = unicodedata.normalize("NFC", text[:MAX_CHARS]).lower().replace("ё", "е")
    plain = "".join(c for c in unicodedata.normalize("NFD", plain) if c != "\u0301")
    plain = _DRAWN_OUT.sub(lambda m: m[1] or m[2], plain)
    words: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", plain).replace("ё", "е")):
        if any("а" <= c <= "я" for c in word):
            word = word.translate(_LATIN)  # look-alikes within a Russian word
        words += _unstuttered(word)
    return words[:MAX_WORDS]


def _unstuttered(word: str) -> list[str]:
    """«да-да» is two words, «п-приду» and «при-приду» one."""
    parts = word.split("-")
    if len(parts) > 1 and all(p == parts[0] for p in parts):
        return parts if parts[0] != "не" else ["нет"]  # «не-не-не, отменять не надо»
    begun = len(parts) > 1 and all(len(parts[-1]) > len(p) and parts[-1].startswith(p) for p in parts[:-1])
    return parts[-1:] if begun else [word]


class Cleaner:
    """Puts right what recognition is known to get wrong. vocabulary: every word of the table."""

    def __init__(self, table: PhraseTable, vocabulary: Collection[str]) -> None:
        self.table = table
        self.vocabulary = frozenset(vocabulary)
        self.near = _near(self.vocabulary)
        known = self.vocabulary | NUMBERS.keys() | ORDINALS.keys()
        self.sounds = by_sound(known)
        self.torn = TornWords(known | table.names, self.sounds)
        bigrams = {pair for p in table.phrases for pair in pairwise(p.words)}
        self.pairs = bigrams
        self.denied = frozenset(b for a, b in bigrams if a == "не") - {b for a, b in bigrams if a == "ни"}
        self.longest_fix = max((len(k) for k in table.fixes), default=0)

    def clean(self, words: list[str]) -> tuple[list[str], bool]:
        """The words that count, and whether one of them had to be guessed."""
        fixed = self.torn.mended(self._joined_up(self._fixed(words)))
        guessed = False
        out: list[str] = []
        for word in fixed:
            if self._known(word):
                out.append(word)
            elif split_ := self._bare(word) or self._joined_not(word) or self._joined_yes(word) or self._sounded(word):
                out += split_
            elif is_word(word):
                out.append(word)  # «не подведёт» is no «не подъедет»
            else:
                near = self._nearest(word)
                guessed = guessed or near != word
                out.append(near)
        out = ["не" if w == "ни" and out[i + 1 : i + 2] and out[i + 1] in self.denied else w for i, w in enumerate(out)]
        kept = [w for w in out if w not in self.table.fillers]
        return _once(kept or out), guessed

    def _fixed(self, words: list[str]) -> list[str]:
        out: list[str] = []
        at = 0
        while at < len(words):
            for length in range(min(self.longest_fix, len(words) - at), 0, -1):
                key = tuple(words[at : at + length])
                said = self.table.fixes.get((*key, END)) if at + length == len(words) else None
                said = said or self.table.fixes.get(key)
                if said is not None:
                    out += said
                    at += length
                    break
            else:
                out.append(words[at])
                at += 1
        return out

    def _joined_up(self, words: list[str]) -> list[str]:
        """«при ду», «пере звоните», «по позже» -> one word, where that is one and the two are nothing."""
        out: list[str] = []
        for word in words:
            whole = out[-1] + word if out and out[-1] in _PREFIXES else ""
            if whole in self.vocabulary and (out[-1], word) not in self.pairs:
                out[-1] = whole
            else:
                out.append(word)
        return out

    def _known(self, word: str) -> bool:
        return word in self.vocabulary or word in NUMBERS or word in ORDINALS or word in self.table.names

    def _joined_not(self, word: str) -> list[str]:
        """«несмогу», «несмагу», «ниприду» -> «не смогу»."""
        rest = word[2:]
        if not word.startswith(("не", "ни")) or len(rest) < 4:
            return []
        heard = rest if rest in self.vocabulary else nearest_by_sound(rest, self.sounds)
        return ["не", heard] if heard in self.denied else []

    def _bare(self, word: str) -> list[str]:
        """«парковка-то» -> «парковка», «подскажите-ка» -> «подскажите»."""
        bare = _PARTICLE.sub("", word)
        return [bare] if bare != word and self._known(bare) else []

    def _joined_yes(self, word: str) -> list[str]:
        """«дабуду» -> «да буду»."""
        rest = word[2:]
        return ["да", rest] if word.startswith("да") and len(rest) >= 4 and rest in self.vocabulary else []

    def _sounded(self, word: str) -> list[str]:
        """«канечно» -> «конечно»."""
        heard = nearest_by_sound(word, self.sounds)
        return [heard] if heard else []

    def _nearest(self, word: str) -> str:
        if len(word) < FUZZY_MIN or not word.isalpha():
            return word
        found: set[str] = set()
        for variant in (word, *_without_one(word)):
            found |= self.near.get(variant, set())
        found = {w for w in found if w[:2] == word[:2] and w[-2:] == word[-2:]}  # endings mean something
        return found.pop() if len(found) == 1 else word


def _near(vocabulary: Collection[str]) -> Mapping[str, set[str]]:
    near: dict[str, set[str]] = {}
    for word in vocabulary:
        if len(word) >= FUZZY_MIN and word.isalpha():
            for variant in (word, *_without_one(word)):
                near.setdefault(variant, set()).add(word)
    return near


def _without_one(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _once(words: list[str]) -> list[str]:
    """«да да да» -> «да»: saying it three times adds nothing. But «не, не» is a «нет»."""
    out: list[str] = []
    for i, word in enumerate(words):
        if word == "не" and words[i + 1 : i + 2] == ["не"]:
            word = "нет"
        if not out or word != out[-1] or word in NUMBERS:
            out.append(word)
    if len(words) > 1 and words[-2:] == ["не", "не"]:
        out.pop()  # nothing follows the last of them: it negates nothing
    return out
