"""Facts -> words: a template becomes the text that the voice reads, with no digit or abbreviation left to chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import lru_cache

from voicebot.contacts.model import Sex
from voicebot.language.cases import DIRECT, Case, Gender
from voicebot.language.days import date_words, day_words, time_words
from voicebot.language.doubts import doubts
from voicebot.language.measures import money_words
from voicebot.language.morphology import gender_of, noun_phrase, nouns
from voicebot.language.names import Name, name_in
from voicebot.language.numerals import LARGEST, cardinal, plural
from voicebot.language.templates import Blank, MissingFact, TimeStyle, blanks, clean, fill
from voicebot.language.values import CalendarDay, Money, Slot
from voicebot.language.wording import euphonic, worded
from voicebot.language.written import STRESS, prepared

__all__ = ["MissingFact", "TimeStyle", "day_words", "spoken", "spoken_text", "time_words", "unspeakable"]

_HOLDER = 0xE000  # private-use characters hold the places of the dictionary's words while the rest is worded
_HOLDERS = 6_400


def spoken(template: str, facts: Mapping[str, object], now: datetime, pronunciations: Mapping[str, str],
           style: TimeStyle = TimeStyle.DIGITS) -> str:  # fmt: skip
    """The words to be spoken. «Завтра» is worked out here, from now.

    now:            aware; put into the zone of each day that is spoken
    pronunciations: word or phrase as written -> as spoken (U+0301 after a stressed vowel)
    style:          how times are told where the template does not say
    Raises MissingFact when the template names a fact that is unknown or empty.
    """
    if now.tzinfo is None:
        raise ValueError("spoken() needs an aware datetime")
    lexicon = _lexicon(pronunciations)
    text = fill(template, facts, lambda value, blank: _Filler(now, style, lexicon).words(value, blank))
    return _said(text, lexicon, style)


def spoken_text(text: str, pronunciations: Mapping[str, str], style: TimeStyle = TimeStyle.DIGITS) -> str:
    """Any text as it is spoken: numbers, times, phones, addresses and the clinic's own words. Never raises."""
    return _said(text, _lexicon(pronunciations), style)


def unspeakable(text: str, pronunciations: Mapping[str, str]) -> list[str]:
    """The tokens that the robot can only guess at: Latin words outside the dictionary, odd signs, «None», times and
    days that do not exist, initials, «записан(а)», abbreviations that nobody told it.

    Facts in braces are left out of the search. In the order of the text, each once.
    """
    for blank in blanks(text):
        text = text.replace(text[blank.offset : blank.offset + blank.length], " " * blank.length, 1)
    lexicon = _lexicon(pronunciations)
    text = clean(text)
    return list(dict.fromkeys(doubts(lexicon.pattern.sub(" ", text) if lexicon.words else text)))


@dataclass(frozen=True, slots=True)
class _Lexicon:
    """The clinic's dictionary, ready for search. words: lower case -> as spoken."""

    pattern: re.Pattern[str]
    words: Mapping[str, str]


def _lexicon(pronunciations: Mapping[str, str]) -> _Lexicon:
    return _compiled(tuple(pronunciations.items()))


@lru_cache(maxsize=16)
def _compiled(entries: tuple[tuple[str, str], ...]) -> _Lexicon:
    words = {key: said for word, said in entries if (key := prepared(word).lower())}
    longest_first = sorted(map(re.escape, words), key=len, reverse=True)
    return _Lexicon(re.compile(rf"(?<!\w)(?:{'|'.join(longest_first) or '(?!)'})(?!\w)", re.IGNORECASE), words)


def _said(text: str, lexicon: _Lexicon, style: TimeStyle) -> str:
    held: list[str] = []

    def hold(match: re.Match[str]) -> str:
        said = lexicon.words.get(match[0].lower())
        if said is None or len(held) >= _HOLDERS:
            return match[0]
        held.append(said)
        return chr(_HOLDER + len(held) - 1)

    text = prepared(text)
    words = worded(lexicon.pattern.sub(hold, text) if lexicon.words else text, style)
    return euphonic(re.sub("[\ue000-\uf8ff]", lambda m: held[ord(m[0]) - _HOLDER], words))


@dataclass(frozen=True, slots=True)
class _Filler:
    """How one fact is put into words."""

    now: datetime
    style: TimeStyle
    lexicon: _Lexicon

    def words(self, value: object, blank: Blank) -> str:
        if blank.forms:
            return chosen_form(value, blank.forms)
        if isinstance(value, date | time | Slot | CalendarDay):
            return self._moment(value, blank)
        if isinstance(value, bool):
            return "да" if value else "нет"
        case = blank.case or Case.NOMINATIVE
        if isinstance(value, int) and 0 <= value <= LARGEST:
            return cardinal(value, case)
        if isinstance(value, Money):
            return money_words(value.roubles, value.kopecks, case)
        return self._declined(value, case)

    def _moment(self, value: date | time | Slot | CalendarDay, blank: Blank) -> str:
        if isinstance(value, Slot):
            return f"{self._moment(value.at, blank)}, в {time_words(value.at.time(), blank.style or self.style)}"
        if isinstance(value, CalendarDay):
            year = value.day.year != self.now.year
            return f"{value.lead} {date_words(value.day, blank.case or Case.GENITIVE, year)}".strip()
        if isinstance(value, time):
            return time_words(value, blank.style or self.style, blank.case or Case.NOMINATIVE)
        if isinstance(value, datetime):
            today = self.now.astimezone(value.tzinfo).date() if value.tzinfo else self.now.date()
            return day_words(value.date(), today, blank.case)
        return day_words(value, None, blank.case)

    def _declined(self, value: object, case: Case) -> str:
        text = str(value)
        if case is Case.NOMINATIVE:
            return text
        name = value if isinstance(value, Name) else name_in(text)
        form = name.in_case(case) if name is not None else noun_phrase(" ".join(text.split()), case)
        return self._stressed(text.split(), form.split())

    def _stressed(self, words: list[str], forms: list[str]) -> str:
        """The dictionary's stress of the nominative, where the form keeps that vowel: «Улюка́ева» -> «Улюка́евой»."""
        if len(words) != len(forms):
            return " ".join(forms)
        return " ".join(self._like(w, f) for w, f in zip(words, forms, strict=True))

    def _like(self, word: str, form: str) -> str:
        said = self.lexicon.words.get(word.lower(), "")
        at = said.find(STRESS)
        if at < 1 or form.lower() in self.lexicon.words or said.replace(STRESS, "").lower() != word.lower():
            return form
        return form[:at] + STRESS + form[at:] if form[:at].lower() == word[:at].lower() else form


def chosen_form(value: object, forms: tuple[str, ...]) -> str:
    """The words that agree with a fact: three forms follow a number, two or three the sex of a person.

    Two forms beside a number are «one» and «several», without the number.
    """
    number = _number(value)
    if number is not None and len(forms) == 3:
        case, gender = _wanted(forms)
        return f"{cardinal(number, case, gender)} {plural(number, *forms)}"
    if number is not None:
        return forms[0] if number == 1 else forms[-1]
    name = value if isinstance(value, Name) else name_in(str(value))
    sex = name.known_sex if name is not None else _SEXES.get(str(value).strip().lower(), Sex.UNKNOWN)
    if sex is Sex.UNKNOWN:
        return forms[2] if len(forms) > 2 else forms[0]
    return forms[0] if sex is Sex.MALE or len(forms) < 2 else forms[1]


_SEXES = {"male": Sex.MALE, "female": Sex.FEMALE, "мужской": Sex.MALE, "женский": Sex.FEMALE}


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) <= 12:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST else None


def _wanted(forms: tuple[str, ...]) -> tuple[Case, Gender]:
    """The case and gender that the forms are in: «визиту|визитам|визитам» is the dative."""
    words = list(zip(forms[0].split(), forms[1].split(), strict=False))
    for one, few in reversed(words):
        for reading in (p for p in nouns(one) if p.tag.number == "sing" and p.tag.case in set(Case)):
            case = Case(reading.tag.case)
            wanted = ("sing", "gent") if case in DIRECT else ("plur", case.value)
            if any((p.tag.number, p.tag.case) == wanted for p in nouns(few)):
                return case, gender_of(reading)
    return Case.NOMINATIVE, Gender.MASCULINE
