"""Signs that a text should not hold: invisible ones, Latin letters inside Russian words, texts in a wrong encoding."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

#: Latin letters that look like Cyrillic ones, and the Cyrillic ones that they look like.
LOOKALIKES = dict(zip("aceopxyiABCEHKMOPTXY", "асеорхуіАВСЕНКМОРТХУ", strict=True))
_CYRILLIC_AS_LATIN = {c: latin for latin, c in LOOKALIKES.items()}

_NAMES = {
    "\u00ad": "мягкий перенос", "\u200b": "пробел нулевой ширины", "\u200c": "разделитель нулевой ширины",
    "\u200d": "соединитель нулевой ширины", "\u2060": "соединитель слов", "\ufeff": "метка порядка байтов",
    "\u0085": "перевод строки", "\u2028": "перевод строки", "\u2029": "перевод абзаца",
}  # fmt: skip
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
#: Control characters but tab and line feed, directions, zero widths, separators, halves of characters, no characters.
_INVISIBLE = re.compile(
    rf"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad{_BIDI}\u200b-\u200d\u2028\u2029\u2060-\u2064\ufeff\ud800-\udfff\ufffe\uffff]"
)
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile(r"[а-яёА-ЯЁ]")
_LATIN = re.compile(r"[a-zA-Z]")
#: UTF-8 read as Windows-1251: «РџСЂРёРІРµС‚» for «Привет».
_MOJIBAKE = re.compile(r"(?:[РС][\u0080-\u00bf\u0401-\u040f\u0451-\u045f\u2013-\u203a\u20ac\u2116\u2122Ґґ]){3,}")


def invisible(text: str) -> Iterator[tuple[int, str]]:
    """Every sign that nobody sees and that changes what is read: (offset, its name)."""
    for found in _INVISIBLE.finditer(text):
        yield found.start(), _named(found[0])


def _named(sign: str) -> str:
    code = f"U+{ord(sign):04X}"
    if sign in _NAMES:
        return f"{_NAMES[sign]}, {code}"
    if sign in _BIDI:
        return f"знак направления письма, {code}"
    if sign < "\x20" or "\x7f" <= sign <= "\x9f":
        return f"управляющий знак, {code}"
    return f"знак {code}"


def mixed_words(text: str) -> Iterator[tuple[int, str, str]]:
    """Words of both alphabets: (offset, word, the letters that are the odd ones out).

    A word whose Latin letters all look Russian is a Russian one («Cпacибo»), and the other way round; otherwise the
    alphabet with fewer letters is the odd one.
    """
    for found in _WORD.finditer(text):
        cyrillic, latin = _CYRILLIC.findall(found[0]), _LATIN.findall(found[0])
        if cyrillic and latin:
            russian = all(c in LOOKALIKES for c in latin)
            western = all(c in _CYRILLIC_AS_LATIN for c in cyrillic)
            by_number = latin if len(latin) <= len(cyrillic) else cyrillic
            odd = by_number if russian is western else latin if russian else cyrillic
            yield found.start(), found[0], "".join(dict.fromkeys(odd))


def latin_words_that_look_russian(text: str) -> Iterator[tuple[int, str]]:
    """Words wholly of Latin letters that look like Cyrillic ones («HET»): two letters at least."""
    for found in _WORD.finditer(text):
        if len(found[0]) > 1 and all(letter in LOOKALIKES for letter in found[0]):
            yield found.start(), found[0]


def as_latin(word: str) -> str:
    """The word with Cyrillic letters that look Latin made Latin: «visit.tіme» is then found among the facts."""
    return "".join(_CYRILLIC_AS_LATIN.get(letter, letter) for letter in word)


def wrongly_decoded(text: str) -> str:
    """The first piece of a text that was saved in one encoding and read in another, or ''."""
    found = _MOJIBAKE.search(text)
    return found[0] if found else ""


def plain(text: str) -> str:
    """Signs that look the same made the same: composed letters («й» of two signs), spaces that do not break."""
    return unicodedata.normalize("NFC", text).translate({0xA0: " ", 0x202F: " ", 0x2007: " ", 0x2009: " "})


def encoding_of(data: bytes) -> str:
    """The encoding that bytes which are no UTF-8 seem to be in, for a sentence; '' when there is no telling."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or data[:2000].count(0) > len(data[:2000]) // 5:
        return "UTF-16"
    sample = data[:20_000]
    counts = {name: _russian(sample, codec) for name, codec in _CODECS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] > max(4, len(sample) // 10) else ""


_CODECS = {"Windows-1251": "cp1251", "KOI8-R": "koi8-r", "DOS (866)": "cp866"}


def _russian(data: bytes, codec: str) -> int:
    """How many small Russian letters the bytes are in this encoding, less its capitals: running text has few."""
    text = data.decode(codec, errors="replace")
    return sum(("а" <= c <= "я") - ("А" <= c <= "Я") for c in text)
