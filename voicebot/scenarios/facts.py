"""The facts that a scenario may name in its texts and choices, with what they mean and how they look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from voicebot.dialogue.scenario import About
from voicebot.language.templates import Blank, blanks


class Secrecy(StrEnum):
    """Who may hear a fact (DOMAIN rules 5 and 6)."""

    OPEN = "open"  # anybody who picks up
    MEDICAL = "medical"  # after identity: that there is a visit, when and where is medical secrecy
    DOCTOR = "doctor"  # after identity, and only where settings and consent allow the doctor to be named
    PERSONAL = "personal"  # after identity: an offer is meant for the one who consented to it


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. example is how it is spoken; it serves estimates and documentation.

    optional: a clinic's books may lack it, so a contact without it cannot be rung by a scenario that speaks it.
    values:   all that it can be, for facts by which a scenario chooses; () when it may be anything
    spoken:   False for facts that are for choices only
    """

    name: str
    meaning: str
    example: str
    secrecy: Secrecy = Secrecy.OPEN
    about: frozenset[About] = frozenset(About)
    optional: bool = False
    spoken: bool = True
    values: tuple[str, ...] = ()

    @property
    def after_identity(self) -> bool:
        """Whether the robot may speak it only to the person whom it is meant for."""
        return self.secrecy is not Secrecy.OPEN

    @property
    def yes_or_no(self) -> bool:
        return self.values == YES_NO


YES_NO = ("да", "нет")
_VISIT = frozenset({About.APPOINTMENT})
_RECALL = frozenset({About.PATIENT})
_OFFERED = frozenset({About.APPOINTMENT, About.PATIENT})


def _visit(name: str, meaning: str, example: str, *, doctor: bool = False, optional: bool = False) -> Fact:
    return Fact(name, meaning, example, Secrecy.DOCTOR if doctor else Secrecy.MEDICAL, _VISIT, optional)


def _choice(name: str, meaning: str, *values: str, about: frozenset[About] = frozenset(About)) -> Fact:
    return Fact(name, meaning, values[0] if values else "один", Secrecy.MEDICAL, about, spoken=False, values=values)


_FACTS = (
    Fact("clinic.name", "нейтральное название клиники", "Здоровье"),
    Fact("clinic.phone", "телефон клиники", "восемь, восемьсот восемьдесят восемь, сто, двадцать, тридцать",
         optional=True),
    Fact("person.name", "имя и отчество того, с кем говорим: представителя, если он есть, иначе пациента",
         "Мария Аркадьевна"),
    _choice("person.is_representative", "«да», если говорим с представителем пациента (родителем, опекуном)", *YES_NO),
    _choice("person.is_new", "«да», если по этому визиту говорим с другим человеком, чем по предыдущему в этом звонке",
            *YES_NO),
    Fact("patient.name", "имя и отчество пациента", "Иван Аркадьевич"),
    Fact("patient.given_name", "имя пациента", "Иван"),
    Fact("patient.full_name", "фамилия, имя и отчество пациента", "Погосян Иван Аркадьевич"),
    _choice("patient.is_child", "«да», если пациенту нет восемнадцати", *YES_NO),
    _visit("visit.day", "день визита: «завтра, во вторник, двадцать четвёртого ноября»",
           "завтра, во вторник, двадцать четвёртого ноября"),
    _visit("visit.date", "день визита без слова «завтра»: «во вторник, двадцать четвёртого ноября»",
           "во вторник, двадцать четвёртого ноября"),
    _visit("visit.time", "время визита: «пятнадцать ноль ноль»", "пятнадцать ноль ноль"),
    _choice("visit.when", "когда визит: сегодня, завтра, позже или уже прошёл", "today", "tomorrow", "later", "past",
            about=_VISIT),
    _visit("visit.doctor", "врач: «доктор Улюкаева»", "доктор Улюкаева", doctor=True, optional=True),
    _visit("visit.speciality", "специальность врача: «стоматолог»", "стоматолог", doctor=True, optional=True),
    _visit("visit.service", "услуга, на которую записан пациент", "профессиональная гигиена",
           doctor=True, optional=True),
    _visit("visit.nth", "который это визит в звонке: «первый визит»", "первый визит"),
    _choice("visit.number", "номер визита в звонке, с единицы", about=_VISIT),
    _choice("visit.is_first", "«да» у первого визита в звонке, иначе «нет»", *YES_NO, about=_VISIT),
    _choice("visit.is_last", "«да» у последнего визита в звонке, иначе «нет»", *YES_NO, about=_VISIT),
    _visit("visits.total", "сколько визитов в звонке", "два"),
    _visit("branch.name", "название филиала", "Центральный", optional=True),
    _visit("branch.address", "адрес филиала", "улица Ленина, дом пять", optional=True),
    _visit("branch.phone", "телефон филиала", "восемь, восемьсот восемьдесят восемь, сто, двадцать, тридцать",
           optional=True),
    *(Fact(f"slot.{n}", f"{n}-е предложенное время: день и час", "во вторник, в пятнадцать ноль ноль",
           Secrecy.MEDICAL, _OFFERED, optional=True) for n in (1, 2, 3)),
    Fact("recall.reason", "нейтральный повод позвать пациента: «плановый осмотр»", "плановый осмотр",
         Secrecy.MEDICAL, _RECALL),
    Fact("last_visit.date", "день последнего визита", "десятого мая", Secrecy.MEDICAL, _RECALL, optional=True),
    Fact("offer.text", "предложение клиники", "скидка десять процентов на чистку зубов", Secrecy.PERSONAL, _OFFERED),
    Fact("offer.until", "до какого дня действует предложение", "до десятого декабря", Secrecy.PERSONAL, _OFFERED,
         optional=True),
    Fact("offer.warning", "предупреждение о противопоказаниях (38-ФЗ, ст. 24, ч. 7)",
         "Имеются противопоказания, необходима консультация специалиста", Secrecy.OPEN, _OFFERED),
)  # fmt: skip

#: Every known fact by name.
FACTS: Mapping[str, Fact] = {f.name: f for f in _FACTS}


def fact_names(template: str) -> Iterator[tuple[str, int]]:
    """The names of facts in a template with their offsets, without what is asked of them after a colon."""
    return ((blank.name, blank.offset) for blank in blanks(template))


def facts_in(template: str) -> list[Fact]:
    """The known facts that a template speaks, in its order."""
    return [FACTS[name] for name, _ in fact_names(template) if name in FACTS]


def with_examples(template: str) -> str:
    """The text with facts of usual length in place of their names."""
    filled, at = "", 0
    for blank in blanks(template):
        filled += template[at : blank.offset] + _example(blank)
        at = blank.offset + blank.length
    return filled + template[at:]


def _example(blank: Blank) -> str:
    said = FACTS[blank.name].example if blank.name in FACTS else ""
    if len(blank.forms) == 3:  # a number with its noun
        return f"{said} {blank.forms[1]}"
    return blank.forms[0] if blank.forms else said
