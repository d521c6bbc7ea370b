"""Templates: text with facts in braces, and what an admin may ask of a fact.

{visit.doctor}                        the fact
{visit.doctor:кому}                   in a case (cases.CASE_WORDS)
{patient:записан|записана}            by the sex of a person
{visits.total:визит|визита|визитов}   a number with its noun; the first form tells the case
{visit.time:часы}, {visit.time:цифры} «три часа дня», «пятнадцать ноль ноль»
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

from voicebot.errors import InputFault
from voicebot.language.cases import CASE_WORDS, Case
from voicebot.language.russian_names import meant

_BLANK = re.compile(r"\{([^{}]*)\}")
_UNSPEAKABLE = re.compile(
    r"[{}\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\uf8ff\ufeff\ufff0-\uffff]"
)
_FORM = re.compile(r"[а-яё\u0301 -]+", re.IGNORECASE)
#: People whom a text may agree with: by their sex, not by their words.
PEOPLE = ("patient", "person")
#: What software writes where it knows nothing. It is never spoken.
NOTHING = frozenset({"none", "null", "nan", "undefined", "nil", "n/a"})


class TimeStyle(StrEnum):
    """The values are what an admin writes after a colon."""

    DIGITS = "цифры"  # «пятнадцать ноль ноль»
    CLOCK = "часы"  # «три часа дня»


@dataclass(frozen=True, slots=True)
class Blank:
    """One {…} of a template. forms: words to choose from; problem: what is wrong with it, in Russian, or ''."""

    name: str
    offset: int
    length: int
    case: Case | None = None
    forms: tuple[str, ...] = ()
    style: TimeStyle | None = None
    problem: str = ""


class MissingFact(InputFault):
    """A text names a fact that this contact does not have: the call must not be launched."""

    code = "fact-missing"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Для этого звонка неизвестно «{name}», а текст сценария его называет.",
            "Заполните данные в МИС или уберите это из текста.",
        )
        self.name = name


def blanks(text: str) -> Iterator[Blank]:
    """Every {…} of a template with its place and what is asked of the fact, in order."""
    for match in _BLANK.finditer(text):
        yield _blank(match[1], match.start(), len(match[0]))


def template_problems(text: str, fact_names: Collection[str]) -> list[tuple[int, int, str]]:
    """What is wrong with a template: (offset, length, sentence in Russian), in the order of the text.

    fact_names: the facts that may be spoken here. Every problem is told, not only the first.
    """
    found = [(b.offset, b.length, p) for b in blanks(text) if (p := _problem(b, fact_names))]
    rest = _BLANK.sub(lambda m: " " * len(m[0]), text)
    found += [
        (at, 1, "Фигурная скобка без пары. Факты пишут так: {visit.time}.") for at, c in enumerate(rest) if c in "{}"
    ]
    return sorted(found)


def fill(template: str, facts: Mapping[str, object], write: Callable[[object, Blank], str]) -> str:
    """The template with every {…} written out. Raises MissingFact for an unknown or empty fact.

    write gets the fact's value and what the template asks of it.
    """

    def one(match: re.Match[str]) -> str:
        blank = _blank(match[1], match.start(), len(match[0]))
        value = _value(blank, facts)
        text = "" if value is None else clean(write(value, blank))
        if not text or text.lower() in NOTHING:
            raise MissingFact(blank.name)
        return text

    return clean(_BLANK.sub(one, template))


def clean(text: str) -> str:
    """One line without braces, control characters and direction marks."""
    return " ".join(_UNSPEAKABLE.sub(" ", text).split())


def _value(blank: Blank, facts: Mapping[str, object]) -> object:
    if blank.name in facts or blank.name not in PEOPLE:
        return facts.get(blank.name)
    return facts.get(f"{blank.name}.full_name") or facts.get(f"{blank.name}.name")


def _blank(inner: str, offset: int, length: int) -> Blank:
    name, *asked = (" ".join(part.split()) for part in inner.split(":"))
    case: Case | None = None
    forms: tuple[str, ...] = ()
    style: TimeStyle | None = None
    problem = ""
    for word in asked:
        if "|" in word and not forms:
            forms = tuple(form.strip() for form in word.split("|"))
            problem = problem or _wrong_forms(name, forms)
        elif word.lower() in CASE_WORDS and case is None:
            case = CASE_WORDS[word.lower()]
        elif word.lower() in set(TimeStyle) and style is None:
            style = TimeStyle(word.lower())
        else:
            problem = problem or _unknown_request(name, word)
    return Blank(name, offset, length, case, forms, style, problem)


def _wrong_forms(name: str, forms: tuple[str, ...]) -> str:
    if len(forms) > 3:
        return "Форм может быть две (он|она) или три (один|два|пять)."
    wrong = next((form for form in forms if not _FORM.fullmatch(form)), None)
    if wrong is not None:
        return f"Форма «{wrong[:40]}» должна состоять из русских слов: {{{name}:записан|записана}}."
    return ""


def _unknown_request(name: str, word: str) -> str:
    known = [*CASE_WORDS, *TimeStyle]
    near = get_close_matches(word.lower(), known, 1)
    hint = f" Может быть, «{near[0]}»?" if near else f" Падеж называют вопросом: {{{name[:40]}:кому}}."
    return f"Непонятно «{word[:40]}» после двоеточия.{hint}"


def _problem(blank: Blank, names: Collection[str]) -> str:
    if not blank.name:
        return "В фигурных скобках нет имени факта. Факты пишут так: {visit.time}."
    if blank.name in PEOPLE and blank.name not in names:
        if len(blank.forms) < 2:
            return f"После «{blank.name}» пишут слова для мужчины и женщины: {{{blank.name}:записан|записана}}."
        return blank.problem
    if blank.name not in names:
        near = meant(blank.name, names) or next(iter(get_close_matches(blank.name, [*names, *PEOPLE], 1)), "")
        hint = f" Может быть, «{near}»?" if near else ""
        return f"Неизвестный факт «{blank.name[:60]}».{hint}"
    return blank.problem
