"""Single letters, endings in brackets and Roman numerals within a written text -> words."""

from __future__ import annotations

import re

from voicebot.language.abbreviations import SETTLEMENTS, place_case
from voicebot.language.around import Match, text_after, text_before
from voicebot.language.cases import Case, Gender
from voicebot.language.context import last_word, preposition_cases
from voicebot.language.latin import as_sounds, letter_name, roman
from voicebot.language.morphology import is_word, noun_phrase, nouns, parses
from voicebot.language.numerals import cardinal, ordinal
from voicebot.language.templates import TimeStyle

_CASES = {"loc2": Case.PREPOSITIONAL, "gen2": Case.GENITIVE}
_SURNAME = re.compile(r"(?:[оеё]ва?|[цс]к(?:ий|ая)|енко|[иы]на)$")
_KING = re.compile(r"(?:([а-яё]+)\s+)?([А-ЯЁ][а-яё]+)\s+$")


def said_latin(m: Match, style: TimeStyle) -> str:
    """A Roman numeral where it can be one, else the word as it sounds."""
    if len(m[0]) == 1 and last_word(text_before(m)).startswith(("витамин", "гепатит", "групп")):
        return letter_name(m[0])
    return said_roman(m) if roman(m[0]) else as_sounds(m[0])


def said_roman(m: Match) -> str:
    """«XXI век», «Пётр I», «глава II»; a single letter without a word to belong to is only a letter."""
    n = roman(m[0])
    if king := _after_a_name(m, n):
        return king
    following = re.match(r"\s+([а-яё]+)", text_after(m), re.IGNORECASE)
    singular = [p for p in nouns(following[1]) if p.tag.number == "sing" and p.tag.gender] if following else []
    if not singular:
        return cardinal(n) if len(m[0]) > 1 or numbered_by(m) else as_sounds(m[0])
    wanted = preposition_cases(text_before(m))
    best = next((p for c in wanted for p in singular if _CASES.get(p.tag.case, p.tag.case) == c), singular[0])
    return ordinal(n, _CASES.get(best.tag.case) or Case(best.tag.case), Gender(best.tag.gender))


def numbered_by(m: Match) -> bool:
    """Whether a noun stands before, that the numeral can number: «этап I»."""
    word = last_word(text_before(m))
    return len(word) > 2 and bool(nouns(word)[:1])


def _after_a_name(m: Match, n: int) -> str:
    """«Пётр I» -> «Первый», «при Екатерине II» -> «Второй»."""
    found = _KING.search(text_before(m)[-60:])
    readings = [p.tag for p in parses(found[2]) if "Name" in p.tag and p.tag.number == "sing"] if found else []
    if not found or not readings:
        return ""
    wanted = preposition_cases(found[1] or "")
    best = next((t for c in wanted for t in readings if t.case == c), readings[0])
    words = ordinal(n, Case(best.case) if best.case in set(Case) else Case.NOMINATIVE,
                    Gender.FEMININE if best.gender == "femn" else Gender.MASCULINE, animate=True)  # fmt: skip
    return words[:1].upper() + words[1:]


def said_initials(m: Match, _: TimeStyle) -> str:
    """«И.И. Петров» -> «и и Петров»: letter by letter, without the full stops."""
    if not are_initials(m):
        return m[0]
    words = " ".join(letter_name(c).strip("ъь") or c for c in re.findall("[А-ЯЁ]", m[0]))
    return words + " " if re.match(r"\w", text_after(m)) else words


def are_initials(m: Match) -> bool:
    """One letter with a full stop may end a sentence («группа А. Приходите»): it needs a surname beside it."""
    if len(re.findall("[А-ЯЁ]", m[0])) > 1:
        return True
    after = re.match(r"\s?([А-ЯЁ][а-яё]+)", text_after(m))
    before = re.search(r"([А-ЯЁ][а-яё]+)\s$", text_before(m))
    return any(_surname(near[1]) for near in (after, before) if near)


def _surname(word: str) -> bool:
    known = is_word(word.lower()) and not any("Surn" in p.tag for p in parses(word))
    return not known or bool(_SURNAME.search(word))


def said_ending(m: Match, _: TimeStyle) -> str:
    """«записан(а)» -> «записан или записана»; where the whole is no word, what stands before the bracket."""
    stem, ending = m["ending_stem"], (m["ending_tail"] or m["ending_tail2"]).strip("-").lower()
    return f"{stem} или {stem}{ending}" if is_word(f"{stem}{ending}".lower()) else stem


def said_settlement(m: Match, _: TimeStyle) -> str:
    """«в с. Ивановка» -> «в селе Ивановка»."""
    word = noun_phrase(SETTLEMENTS[m["settlement"].lower()], place_case(text_before(m)))
    return word if text_after(m)[:1].isspace() else word + " "
