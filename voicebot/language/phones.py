"""Telephone numbers, web and e-mail addresses as they are dictated."""

from __future__ import annotations

import re

from voicebot.language.latin import as_sounds
from voicebot.language.numerals import digit_by_digit

_TOP = {"ru": "ру", "com": "ком", "org": "орг", "net": "нет", "info": "инфо", "su": "су", "рф": "эр-эф"}


def phone_words(written: str) -> str:
    """Digit by digit in groups: «плюс семь, восемь восемь восемь, один ноль ноль, два ноль, три ноль»."""
    bare = re.sub(r"\D", "", written)
    groups: list[str] = []
    if len(bare) == 11:
        groups, bare = ["плюс семь" if "+" in written else digit_by_digit(bare[0])], bare[1:]
    cuts = {10: (3, 6, 8, 10), 7: (3, 5, 7), 6: (2, 4, 6)}.get(len(bare), (len(bare),))
    return ", ".join([*groups, *(digit_by_digit(bare[a:b]) for a, b in zip((0, *cuts), cuts, strict=False))])


def address_words(written: str) -> str:
    """«info@klinika.ru» -> «инфо собака клиника точка ру»; of a web address, its name."""
    text = re.sub(r"^https?://", "", written.lower()).partition("?")[0].rstrip("/")
    text = re.sub(r"^www\.", "", text)
    head, dot, top = text.partition("/")[0].rpartition(".")
    path = text.partition("/")[2]
    words = [*_pieces(head), *(["точка"] if dot else []), _TOP.get(top, as_sounds(top))]
    if path:
        words += ["косая черта", *_pieces(path)]
    return " ".join(words)


def _pieces(text: str) -> list[str]:
    names = {"@": "собака", ".": "точка", "-": "дефис", "_": "подчёркивание", "/": "косая черта", "+": "плюс"}
    found: list[str] = []
    for piece in re.findall(r"[a-z]+|[а-яё]+|\d+|[@._/+-]", text):
        found.append(names.get(piece) or (digit_by_digit(piece) if piece.isdigit() else as_sounds(piece)))
    return found
