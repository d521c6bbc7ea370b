"""Headers of a file of visits: Russian synonyms -> the columns that we know."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from voicebot.mis.registry.table import BadSpreadsheet, Cell, Line


class Column(StrEnum):
    """Columns by the name that we show."""

    FULL_NAME = "ФИО"
    SURNAME = "Фамилия"
    GIVEN_NAME = "Имя"
    PATRONYMIC = "Отчество"
    PHONE = "Телефон"
    PHONE_2 = "Телефон 2"
    REPRESENTATIVE = "Представитель"
    REPRESENTATIVE_PHONE = "Телефон представителя"
    DATE = "Дата"
    TIME = "Время"
    DATE_TIME = "Дата и время"
    DOCTOR = "Врач"
    SPECIALITY = "Специальность"
    BRANCH = "Филиал"
    ADDRESS = "Адрес"
    ZONE = "Часовой пояс"
    SEX = "Пол"
    BIRTH_DATE = "Дата рождения"
    STATUS = "Статус"
    ANSWER = "Ответ"
    NUMBER = "Номер визита"
    SERVICE = "Услуга"
    RECALL = "Дата профосмотра"
    CONSENT = "Согласие на рекламу"
    CONSENT_DATE = "Дата согласия"
    CONSENT_TEXT = "Текст согласия"
    CONSENT_CHANNEL = "Способ согласия"


#: As written by plain(): small letters, е for ё, single spaces for everything else.
SYNONYMS: dict[Column, tuple[str, ...]] = {
    Column.FULL_NAME: ("фио", "ф и о", "фио пациента", "ф и о пациента", "пациент", "клиент", "фио клиента"),
    Column.SURNAME: ("фамилия", "фамилия пациента"),
    Column.GIVEN_NAME: ("имя", "имя пациента"),
    Column.PATRONYMIC: ("отчество", "отчество пациента"),
    Column.PHONE: (
        "телефон", "телефон 1", "номер телефона", "мобильный", "мобильный телефон", "моб телефон", "тел",
        "сотовый", "сотовый телефон", "телефон пациента", "контактный телефон", "основной телефон",
    ),
    Column.PHONE_2: (
        "телефон 2", "телефон2", "второй телефон", "доп телефон", "дополнительный телефон", "домашний телефон",
        "запасной телефон",
    ),
    Column.REPRESENTATIVE: (
        "представитель", "фио представителя", "законный представитель", "представитель пациента", "родитель",
        "фио родителя", "мать", "мама", "опекун",
    ),
    Column.REPRESENTATIVE_PHONE: (
        "телефон представителя", "телефон законного представителя", "телефон родителя", "тел представителя",
        "телефон опекуна", "телефон матери", "телефон мамы",
    ),
    Column.DATE: ("дата", "дата визита", "дата приема", "дата посещения", "день"),
    Column.TIME: ("время", "время визита", "время приема", "время начала", "начало приема"),
    Column.DATE_TIME: (
        "дата и время", "дата время", "дата и время визита", "дата и время приема", "начало", "начало визита",
        "прием",
    ),
    Column.DOCTOR: ("врач", "доктор", "фио врача", "специалист", "лечащий врач"),
    Column.SPECIALITY: ("специальность", "специализация", "специальность врача", "специализация врача"),
    Column.BRANCH: ("филиал", "клиника", "подразделение", "отделение"),
    Column.ADDRESS: ("адрес", "адрес филиала", "адрес клиники"),
    Column.ZONE: ("часовой пояс", "пояс", "зона", "часовая зона", "таймзона"),
    Column.SEX: ("пол", "пол пациента"),
    Column.BIRTH_DATE: ("дата рождения", "д р", "др", "день рождения", "дата рожд", "родился"),
    Column.STATUS: ("статус", "статус визита", "статус приема", "статус записи", "состояние"),
    Column.ANSWER: ("ответ", "ответ пациента", "подтверждение", "подтвержден"),
    Column.NUMBER: ("номер визита", "номер талона", "талон", "визит", "номер записи", "id визита", "id", "ид"),
    Column.SERVICE: ("услуга", "услуги", "наименование услуги", "процедура"),
    Column.RECALL: (
        "дата профосмотра", "дата осмотра", "профосмотр", "следующий осмотр", "дата следующего осмотра",
        "следующий визит", "дата следующего визита", "пригласить", "дата приглашения", "контрольный осмотр",
    ),
    Column.CONSENT: (
        # not «согласие» alone: most clinics mean by it that to the processing of personal data
        "согласие на рекламу", "рекламное согласие", "согласие на рекламные звонки", "согласие на получение рекламы",
    ),
    Column.CONSENT_DATE: ("дата согласия", "дата согласия на рекламу", "согласие от"),
    Column.CONSENT_TEXT: ("текст согласия", "текст согласия на рекламу"),
    Column.CONSENT_CHANNEL: (
        "способ согласия", "канал согласия", "как получено согласие", "источник согласия", "согласие получено",
    ),
}  # fmt: skip

_BY_SYNONYM = {synonym: column for column, synonyms in SYNONYMS.items() for synonym in synonyms}

#: A title and a few empty lines may stand above the headers.
HEADER_WITHIN = 15


def plain(text: Cell) -> str:
    """Small letters, е for ё, and one space for whatever is neither letter nor digit."""
    return re.sub(r"[\W_]+", " ", str(text or "").lower().replace("ё", "е")).strip()


@dataclass(frozen=True, slots=True)
class Header:
    """Where each column stands. line is the header's own; ignored are headers that mean nothing to us."""

    line: int
    places: dict[Column, int]
    recognised: tuple[tuple[str, Column], ...]
    ignored: tuple[str, ...]


def read_header(line: Line) -> Header:
    places: dict[Column, int] = {}
    recognised: list[tuple[str, Column]] = []
    ignored: list[str] = []
    for place, cell in enumerate(line.cells):
        title = " ".join(str(cell or "").split())
        column = _BY_SYNONYM.get(plain(cell))
        if column is Column.PHONE and column in places:
            column = Column.PHONE_2  # two columns called «Телефон»
        if column is not None and column not in places:
            places[column] = place
            recognised.append((title, column))
        elif title:
            ignored.append(title)
    return Header(line.number, places, tuple(recognised), tuple(ignored))


def missing(header: Header) -> tuple[str, ...]:
    """The columns without which nothing can be imported, in words."""
    have = header.places
    lacking = []
    if Column.FULL_NAME not in have and not (Column.SURNAME in have and Column.GIVEN_NAME in have):
        lacking.append("«ФИО» (или «Фамилия» и «Имя»)")
    if Column.PHONE not in have and Column.REPRESENTATIVE_PHONE not in have:
        lacking.append("«Телефон»")
    if Column.DATE not in have and Column.DATE_TIME not in have:
        lacking.append("«Дата» (или «Дата и время»)")
    return tuple(lacking)


def find_header(lines: Sequence[Line], name: str) -> Header:
    """The line among the first ones that names most columns. Raises BadSpreadsheet with what is missing."""
    headers = [read_header(line) for line in lines[:HEADER_WITHIN]]
    best = max(headers, key=lambda header: len(header.places), default=None)
    if best is None:
        raise BadSpreadsheet(f"Файл «{name}» пуст.", "Нужны строка заголовков и строки визитов.")
    lacking = missing(best)
    if lacking:
        seen = ", ".join(f"«{title}»" for title in (*(t for t, _ in best.recognised), *best.ignored)[:20])
        found = f"в строке {best.line} есть {seen}" if best.places else "строка заголовков не найдена"
        raise BadSpreadsheet(
            f"В файле «{name}» не хватает столбцов: {', '.join(lacking)}; {found}.",
            "Добавьте эти столбцы или назовите их так.",
        )
    return best
