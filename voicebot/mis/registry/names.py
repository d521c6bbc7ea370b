"""Russian names in a cell: surname, given name, patronymic, and what they say of the sex."""

from __future__ import annotations

import re
from dataclasses import dataclass

from voicebot.contacts.model import Sex
from voicebot.mis.registry.cells import BadCell
from voicebot.mis.registry.columns import plain

_MALE_PATRONYMIC = re.compile(r"(?:вич|ьич|мич|кич|тич)$|\b(?:оглы|оглу|улы|уулу)$", re.IGNORECASE)
_FEMALE_PATRONYMIC = re.compile(r"(?:вна|ична|инична)$|\b(?:кызы|гызы|кзы)$", re.IGNORECASE)
_TURKIC = frozenset({"оглы", "оглу", "улы", "уулу", "кызы", "гызы", "кзы"})
_FEMALE_SURNAME = re.compile(r"(?:[оеё]ва|[иы]на|[сц]кая|ная)$", re.IGNORECASE)
_MALE_SURNAME = re.compile(r"(?:[оеё]в|[иы]н|[сц]кий|ный)$", re.IGNORECASE)
_NAME = re.compile(r"[^\W\d_]+(?:[-' ’.][^\W\d_]+)*\.?")


@dataclass(frozen=True, slots=True)
class PersonName:
    surname: str
    given_name: str = ""
    patronymic: str = ""

    @property
    def key(self) -> str:
        """The same for «Соколова  АННА» and «Соколова Анна»; ё and е are alike."""
        return plain(f"{self.surname} {self.given_name} {self.patronymic}")


def _cased(part: str) -> str:
    """«ИВАНОВА-ПЕТРОВА» and «иванова-петрова» as they are spoken of; mixed case is left alone."""
    if not (part.isupper() or part.islower()):
        return part
    words = re.split(r"([- ])", part.lower())
    return "".join(word if word in _TURKIC else word.capitalize() for word in words)


def is_patronymic(word: str) -> bool:
    return bool(_MALE_PATRONYMIC.search(word) or _FEMALE_PATRONYMIC.search(word))


def split_name(text: str) -> PersonName:
    """«Соколова Анна Петровна», «Анна Петровна Соколова», «Алиев Расим Гасан оглы», «Улюкаева М. И.»."""
    words = re.sub(r"\.(?=\S)", ". ", text).split()
    if len(words) > 2 and words[-1].lower() in _TURKIC:
        words[-2:] = [f"{words[-2]} {words[-1]}"]
    if len(words) == 3 and is_patronymic(words[1]) and not is_patronymic(words[2]):
        words = [words[2], words[0], words[1]]
    if len(words) > 3 and is_patronymic(words[-1]):
        words = [" ".join(words[:-2]), words[-2], words[-1]]
    if len(words) > 3:
        raise BadCell(f"в имени «{text}» не понять, где фамилия")
    return person_name(*words)


#: «мать: Соколова Анна Петровна», «Соколова А. П. (бабушка)»: who the representative is to the patient.
_KIN = r"(?:мать|мама|отец|папа|бабушка|дедушка|опекун|тётя|тетя|дядя|сестра|брат|муж|жена|сын|дочь|попечитель)"
_KINSHIP = re.compile(rf"^\s*{_KIN}\b\s*[:,—–-]?\s*|\s*[(,]\s*{_KIN}\s*\)?\s*$", re.IGNORECASE)


def representative_name(text: str) -> PersonName:
    """The name of somebody's representative, without what they are to each other. Raises BadCell without a name."""
    name = split_name(_KINSHIP.sub("", text))
    if not name.given_name:
        raise BadCell(f"у представителя «{text}» нет имени или фамилии")
    return name


def person_name(surname: str = "", given_name: str = "", patronymic: str = "") -> PersonName:
    """Raises BadCell for digits and signs that no name has."""
    for part in (surname, given_name, patronymic):
        if part and not _NAME.fullmatch(part):
            raise BadCell(f"имя «{part}» не похоже на имя")
    return PersonName(_cased(surname), _cased(given_name), _cased(patronymic))


def sex_of(name: PersonName) -> Sex:
    """By the patronymic, else by a surname of the common kinds; unknown otherwise."""
    if name.patronymic:
        if _FEMALE_PATRONYMIC.search(name.patronymic):
            return Sex.FEMALE
        if _MALE_PATRONYMIC.search(name.patronymic):
            return Sex.MALE
    if _FEMALE_SURNAME.search(name.surname):
        return Sex.FEMALE
    if _MALE_SURNAME.search(name.surname):
        return Sex.MALE
    return Sex.UNKNOWN
