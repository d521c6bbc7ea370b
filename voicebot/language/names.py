"""Names of people: in cases, and what they tell about the person's sex.

pytrovich knows the rules of surnames; pymorphy3 knows the words that surnames are made of («Заяц», «Ткач»), and where
the word is a known one, its declension is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from voicebot.contacts.model import Sex
from voicebot.language.cases import Case
from voicebot.language.morphology import like, noun_phrase, nouns, parses


class Part(Enum):
    """title is a common noun («доктор», «детский хирург»)."""

    TITLE = "title"
    SURNAME = "surname"
    GIVEN = "given"
    PATRONYMIC = "patronymic"


@dataclass(frozen=True, slots=True)
class Name:
    """A person as they are named, in the order of speech, in the nominative. Empty parts are left out."""

    words: tuple[tuple[Part, str], ...]
    sex: Sex = Sex.UNKNOWN

    def __str__(self) -> str:
        return self.in_case(Case.NOMINATIVE)

    @property
    def known_sex(self) -> Sex:
        """The sex of the books, else that of the names, else UNKNOWN."""
        return self.sex if self.sex is not Sex.UNKNOWN else sex_of(dict(self.words))

    def in_case(self, case: Case) -> str:
        sex = self.known_sex
        return " ".join(_in_case(part, word.strip(), sex, case) for part, word in self.words if word.strip())


def named(surname: str = "", given_name: str = "", patronymic: str = "", sex: Sex = Sex.UNKNOWN,
          title: str = "") -> Name:  # fmt: skip
    """«доктор Улюкаева», «Иван Аркадьевич»: title, then surname, given name and patronymic."""
    words = ((Part.TITLE, title), (Part.SURNAME, surname), (Part.GIVEN, given_name), (Part.PATRONYMIC, patronymic))
    return Name(tuple((part, word.strip()) for part, word in words if word.strip()), sex)


def name_in(text: str) -> Name | None:
    """The person whom a text names («доктор Улюкаева», «Иван Аркадьевич»), or None when it names something else."""
    words = text.split()
    at = next((i for i, w in enumerate(words) if w[:1].isupper() and not (len(w) > 1 and w.isupper())), len(words))
    names = words[at:]
    if not 0 < len(names) <= 4 or not all(w[:1].isupper() and w.replace("-", "").isalpha() for w in names):
        return None
    parts = tuple((_part(w), w) for w in names)
    title = " ".join(words[:at])
    personal = any(p in (Part.GIVEN, Part.PATRONYMIC) for p, _ in parts)
    if title and not any("anim" in p.tag for p in nouns(title.split()[-1].rpartition("-")[2])):
        return None
    if not title and not (personal or any("Surn" in p.tag for p in parses(names[0])[:1])):
        return None
    return Name((((Part.TITLE, title),) if title else ()) + parts)


def sex_of(words: Mapping[Part, str]) -> Sex:
    """What the names tell: the patronymic most surely, then the given name, then the surname."""
    patronymic = words.get(Part.PATRONYMIC, "").lower()
    if patronymic.endswith(("вич", "ьич", "мич", "кич", "лич", "оглы", "улы")):
        return Sex.MALE
    if patronymic.endswith(("вна", "чна", "шна", "кызы", "гызы")):
        return Sex.FEMALE
    given = {p.tag.gender for p in parses(words.get(Part.GIVEN, "")) if "Name" in p.tag and p.tag.case == "nomn"
             and p.tag.number == "sing"}  # fmt: skip
    if len(given) == 1 and (gender := given.pop()) in _SEXES:
        return _SEXES[gender]
    surname = words.get(Part.SURNAME, "").lower().replace("ё", "е")
    if surname.endswith(("ова", "ева", "ина", "ына", "ская", "цкая", "ая")):
        return Sex.FEMALE
    return Sex.MALE if surname.endswith(("ов", "ев", "ин", "ын", "ский", "цкий", "ой", "ый")) else Sex.UNKNOWN


_VOWELS = "аеёиоуыэюя"
_SEXES = {"masc": Sex.MALE, "femn": Sex.FEMALE}
_CASES = {Case.GENITIVE: "GENITIVE", Case.DATIVE: "DATIVE", Case.ACCUSATIVE: "ACCUSATIVE",
          Case.INSTRUMENTAL: "INSTRUMENTAL", Case.PREPOSITIONAL: "PREPOSITIONAL"}  # fmt: skip
_PARTS = {Part.SURNAME: "LASTNAME", Part.GIVEN: "FIRSTNAME", Part.PATRONYMIC: "MIDDLENAME"}


def _part(word: str) -> Part:
    tags = [p.tag for p in parses(word) if p.tag.case == "nomn" and p.tag.number == "sing"]
    if any("Patr" in t for t in tags) or word.lower() in ("оглы", "кызы"):
        return Part.PATRONYMIC
    known = [p.tag for p in parses(word) if p.is_known and p.tag.case == "nomn" and p.tag.number == "sing"]
    return Part.GIVEN if any("Name" in t for t in known) and "Surn" not in known[0] else Part.SURNAME


@lru_cache(maxsize=4096)
def _in_case(part: Part, word: str, sex: Sex, case: Case) -> str:
    if case is Case.NOMINATIVE:
        return word
    if part is Part.TITLE:
        return noun_phrase(word, case)
    if part is Part.SURNAME and sex is Sex.UNKNOWN and word[-1:].lower() not in _VOWELS:
        return word  # «к стоматологу Кох» is right for a woman and bearable for a man; «Коху» would be wrong for her
    if part is Part.SURNAME and sex is Sex.MALE and "-" not in word and (form := _as_a_word(word, case)):
        return form
    if part is Part.GIVEN and (form := _as_a_given_name(word, sex, case)):
        return form
    from pytrovich.enums import Case as NameCase
    from pytrovich.enums import Gender, NamePart

    genders = {Sex.MALE: Gender.MALE, Sex.FEMALE: Gender.FEMALE, Sex.UNKNOWN: Gender.ANDROGYNOUS}
    made = _maker().make(NamePart[_PARTS[part]], genders[sex], NameCase[_CASES[case]], word)
    return str(made) if made else word


def _as_a_word(surname: str, case: Case) -> str:
    """The surname of a man that is a known masculine word: «Заяц» -> «Зайцу», «Ткач» -> «Ткачом»."""
    for reading in parses(surname):
        tag = reading.tag
        fits = tag.POS == "NOUN" and tag.case == "nomn" and tag.number == "sing" and tag.gender == "masc"
        if not fits or not reading.is_known or "Fixd" in tag:
            continue
        if {"Surn", "Patr", "Geox", "Abbr"} & set(tag.grammemes):
            return ""
        wanted = Case.GENITIVE if case is Case.ACCUSATIVE else case  # a person is animate, whatever the word meant
        form = reading.inflect({wanted.value})
        return like(surname, form.word) if form is not None else ""
    return ""


def _as_a_given_name(name: str, sex: Sex, case: Case) -> str:
    for reading in parses(name):
        tag = reading.tag
        if reading.is_known and "Name" in tag and tag.case == "nomn" and tag.number == "sing":
            if sex is not Sex.UNKNOWN and _SEXES.get(tag.gender, sex) is not sex:
                continue
            form = reading.inflect({case.value})
            return like(name, form.word) if form is not None else ""
    return ""


@lru_cache(maxsize=1)
def _maker() -> Any:
    from pytrovich.maker import PetrovichDeclinationMaker

    return PetrovichDeclinationMaker()
