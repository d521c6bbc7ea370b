"""The facts that a scenario may name in its texts and choices, with what they mean and how they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from voicebot.dialogue.scenario import About


class Secrecy(StrEnum):
    """Who may hear a fact (DOMAIN rule 5)."""

    OPEN = "open"  # anybody who picks up
    MEDICAL = "medical"  # after identity: that there is a visit, when and where is medical secrecy
    DOCTOR = "doctor"  # after identity, and only where settings and consent allow the doctor to be named


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. example is how it is spoken; it serves estimates and documentation.

    optional: a clinic's books may lack it, so a contact without it cannot be rung by a scenario that speaks it.
    """

    name: str
    meaning: str
    example: str
    secrecy: Secrecy = Secrecy.OPEN
    about: frozenset[About] = frozenset(About)
    optional: bool = False
    spoken: bool = True  # False: for choices only

    @property
    def medical(self) -> bool:
        return self.secrecy is not Secrecy.OPEN


_VISIT = frozenset({About.APPOINTMENT})


def _visit(name: str, meaning: str, example: str, *, doctor: bool = False, optional: bool = False,
           spoken: bool = True) -> Fact:  # fmt: skip
    secrecy = Secrecy.DOCTOR if doctor else Secrecy.MEDICAL
    return Fact(name, meaning, example, secrecy, _VISIT, optional, spoken)


_FACTS = (
    Fact("clinic.name", "нейтральное название клиники", "Здоровье"),
    Fact("patient.name", "имя и отчество пациента", "Иван Аркадьевич"),
    Fact("patient.given_name", "имя пациента", "Иван"),
    Fact("patient.full_name", "фамилия, имя и отчество пациента", "Погосян Иван Аркадьевич"),
    _visit("visit.day", "день визита: «завтра, во вторник, двадцать четвёртого ноября»",
           "завтра, во вторник, двадцать четвёртого ноября"),
    _visit("visit.date", "день визита без слова «завтра»: «во вторник, двадцать четвёртого ноября»",
           "во вторник, двадцать четвёртого ноября"),
    _visit("visit.time", "время визита: «пятнадцать ноль ноль»", "пятнадцать ноль ноль"),
    _visit("visit.when", "когда визит: today, tomorrow, later или past", "tomorrow", spoken=False),
    _visit("visit.doctor", "врач: «доктор Улюкаева»", "доктор Улюкаева", doctor=True, optional=True),
    _visit("visit.speciality", "специальность врача: «стоматолог»", "стоматолог", doctor=True, optional=True),
    _visit("visit.service", "услуга, на которую записан пациент", "профессиональная гигиена",
           doctor=True, optional=True),
    _visit("visit.nth", "который это визит в звонке: «первый визит»", "первый визит"),
    _visit("visit.number", "номер визита в звонке, с единицы", "один", spoken=False),
    _visit("visit.is_first", "«да» у первого визита в звонке, иначе «нет»", "да", spoken=False),
    _visit("visit.is_last", "«да» у последнего визита в звонке, иначе «нет»", "да", spoken=False),
    _visit("visits.total", "сколько визитов в звонке", "два"),
    _visit("branch.name", "название филиала", "Центральный", optional=True),
    _visit("branch.address", "адрес филиала", "улица Ленина, дом пять", optional=True),
    _visit("branch.phone", "телефон филиала", "восемь, восемьсот восемьдесят восемь, сто, двадцать, тридцать",
           optional=True),
)  # fmt: skip

#: Every known fact by name.
FACTS: Mapping[str, Fact] = {f.name: f for f in _FACTS}


def fact_names(template: str) -> Iterator[tuple[str, int]]:
    """The names between braces in a template with their offsets; an unbalanced brace yields ('', offset)."""
    at = 0
    while at < len(template):
        if template[at] == "}":
            yield "", at
        elif template[at] == "{":
            end = template.find("}", at)
            inner = template[at + 1 : end] if end > 0 else ""
            if end < 0 or "{" in inner:
                yield "", at
            else:
                yield inner.strip(), at
                at = end
        at += 1
