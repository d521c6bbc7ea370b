"""Cells of a clinic's table -> values: phones, dates, times, names, zones, statuses."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import phonenumbers

from voicebot.contacts.model import Lifecycle, Sex
from voicebot.dialogue.outcome import Answer
from voicebot.mis.registry.columns import plain
from voicebot.mis.registry.table import Cell


class BadCell(ValueError):
    """A cell that cannot be read; the text is a part of a sentence in Russian."""


def text_of(cell: Cell) -> str:
    """The cell as a person sees it: 17.0 of Excel is «17», spaces are single."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return " ".join(str(cell).split())


# Phones -------------------------------------------------------------------------------------


def phones_in(cell: Cell) -> tuple[str, ...]:
    """Every phone of the cell as E.164. Raises BadCell when there is text that is no phone."""
    text = text_of(cell)
    if not text:
        return ()
    if re.fullmatch(r"\d[.,]?\d*[eEеЕ]\+?\d+", text):
        raise BadCell(f"телефон «{text}» сокращён Excel: сделайте ячейку текстовой и впишите номер целиком")
    return tuple(dict.fromkeys(_phone(part.strip()) for part in re.split(r"[,;/\n]", text) if part.strip()))


def _phone(text: str) -> str:
    digits = re.sub(r"[\s()\-–—.]", "", text)
    if re.fullmatch(r"[78]\d{10}", digits):
        text = "+7" + digits[1:]
    elif re.fullmatch(r"\d{10}", digits):
        text = "+7" + digits
    try:
        number = phonenumbers.parse(text, "RU")
    except phonenumbers.NumberParseException as error:
        raise BadCell(f"телефон «{text}» не похож на номер") from error
    # Possible, not valid: validity asks for a range that an operator has been given, and those change.
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason == phonenumbers.ValidationResult.TOO_SHORT:
        raise BadCell(f"телефон «{text}» короче номера, нужен код города или оператора")
    # phonenumbers knows Russian service numbers of 14 digits; no patient has one.
    in_russia = number.country_code == 7
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE or (
        in_russia and len(phonenumbers.national_significant_number(number)) != 10
    ):
        raise BadCell(f"телефон «{text}» не той длины")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


# Dates and times ----------------------------------------------------------------------------

#: Days of Excel begin here (its 1900 system, with its false 29 February 1900 taken into account).
_EXCEL_BEGIN = datetime(1899, 12, 30)
_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_DATE = re.compile(r"(\d{1,2})[.\-/](\d{1,2})[.\-/](\d{4}|\d{2})(?:\s*г\.?)?")
_ISO = re.compile(r"(\d{4})[.\-/](\d{1,2})[.\-/](\d{1,2})")
_TIME = re.compile(r"(\d{1,2})[:.\-](\d{2})(?:[:.](\d{2})(?:\.\d+)?)?")


def date_in(cell: Cell, far_past: bool = False) -> date | None:
    """far_past: a birthday, so that 85 of two digits is 1985."""
    moment = _moment(cell, far_past)
    return None if moment is None else moment[0]


def date_time_in(cell: Cell) -> tuple[date, time | None] | None:
    """A date with its time of day, if the cell has one."""
    return _moment(cell, far_past=False)


def _moment(cell: Cell, far_past: bool) -> tuple[date, time | None] | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        found = cell
    elif isinstance(cell, date):
        return cell, None
    elif isinstance(cell, (int, float)) and not isinstance(cell, bool):
        if not 1 <= cell < 80_000:
            raise BadCell(f"дата «{text_of(cell)}» не разобрана")
        # Excel keeps a moment as a fraction of a day: 10:30 comes as 10:29:59.999997.
        found = _to_second(_EXCEL_BEGIN + timedelta(days=float(cell)))
    else:
        return _written(text_of(cell), far_past)
    found = _to_second(found)
    return found.date(), found.time() if found.time() != time() else None


def _to_second(moment: datetime) -> datetime:
    return (moment + timedelta(milliseconds=500)).replace(microsecond=0)


def _written(text: str, far_past: bool) -> tuple[date, time | None] | None:
    if not text:
        return None
    problem = BadCell(f"дата «{text}» не разобрана, нужна вида 24.11.2026")
    if match := _ISO.match(text):
        year, month, day = (int(part) for part in match.groups())
    elif match := _DATE.match(text):
        day, month, year = (int(part) for part in match.groups())
        if len(match[3]) == 2:
            year += 1900 if far_past and year > 30 else 2000
    else:
        raise problem
    rest = text[match.end() :].lstrip(" T,").removeprefix("в ").strip()
    try:
        found = date(year, month, day)
    except ValueError as error:
        raise BadCell(f"даты «{text}» не бывает") from error
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise BadCell(f"дата «{text}» невозможна")
    if not rest:
        return found, None
    if not _TIME.fullmatch(rest):
        raise problem
    return found, time_in(rest)


def time_in(cell: Cell) -> time | None:
    """10:30, 10.30, 9:00:00, Excel's time, fraction of a day or duration. 24:00 is no time of a visit."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, datetime):
        return _to_second(cell).time()
    if isinstance(cell, time):
        return cell.replace(microsecond=0, tzinfo=None)
    if isinstance(cell, timedelta):
        return _of_day(cell.total_seconds() / 86_400, cell)
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _of_day(float(cell), cell)
    text = text_of(cell)
    if not text:
        return None
    match = _TIME.fullmatch(text)
    if match is None:
        raise BadCell(f"время «{text}» не разобрано, нужно вида 10:30")
    try:
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError as error:
        raise BadCell(f"времени «{text}» не бывает") from error


def _of_day(fraction: float, cell: Cell) -> time:
    seconds = round(fraction * 86_400)
    if not 0 <= seconds < 86_400:
        raise BadCell(f"время «{text_of(cell)}» не разобрано, нужно вида 10:30")
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


# Zones --------------------------------------------------------------------------------------

#: The eleven zones of Russia by their distance from Moscow, in hours.
MSK = {
    -1: "Europe/Kaliningrad",
    0: "Europe/Moscow",
    1: "Europe/Samara",
    2: "Asia/Yekaterinburg",
    3: "Asia/Omsk",
    4: "Asia/Krasnoyarsk",
    5: "Asia/Irkutsk",
    6: "Asia/Yakutsk",
    7: "Asia/Vladivostok",
    8: "Asia/Magadan",
    9: "Asia/Kamchatka",
}


def zone_in(cell: Cell) -> str:
    """An IANA name, «МСК+2», «UTC+5» or «Москва»; '' when empty."""
    text = text_of(cell)
    if not text:
        return ""
    if match := re.fullmatch(r"(мск|msk|utc|gmt)\s*(?:([+\-−])\s*(\d{1,2})(?::?00)?)?", text.lower()):
        hours = int(match[3] or 0) * (-1 if match[2] in ("-", "−") else 1)
        if match[1] in ("utc", "gmt"):
            hours -= 3
        if hours in MSK:
            return MSK[hours]
        raise BadCell(f"часовой пояс «{text}» — не российский")
    if plain(text) in ("москва", "московское", "московское время"):
        return MSK[0]
    try:
        return ZoneInfo(text).key
    except (KeyError, OSError, ValueError) as error:  # KeyError: ZoneInfoNotFoundError
        raise BadCell(f"часовой пояс «{text}» неизвестен, нужен вида Europe/Moscow или МСК+2") from error


# Statuses -----------------------------------------------------------------------------------

_LIFECYCLES = {
    Lifecycle.BOOKED: "записан забронирован ожидается запланирован новый назначен booked",
    Lifecycle.ARRIVED: "пришел явился прибыл принимается arrived",
    Lifecycle.DONE: "завершен состоялся выполнен оказан принят закрыт done",
    Lifecycle.CANCELLED: "отменен отмена отменена аннулирован cancelled",
    Lifecycle.NO_SHOW: "неявка no_show",
}
_ANSWERS = {
    Answer.UNKNOWN: "неизвестно unknown",
    Answer.CONFIRMED: "подтвержден подтвердил подтвердила да придет confirmed",
    Answer.DECLINED: "отказ отказался отказалась нет declined",
    Answer.WANTS_CHANGE: "перенос перенести wants_change",
    Answer.UNCONFIRMED: "недозвон unconfirmed",
}
_PHRASES: dict[str, Lifecycle | Answer] = {
    "не пришел": Lifecycle.NO_SHOW,
    "не пришла": Lifecycle.NO_SHOW,
    "не явился": Lifecycle.NO_SHOW,
    "не явилась": Lifecycle.NO_SHOW,
    "записана": Lifecycle.BOOKED,
    "пришла": Lifecycle.ARRIVED,
    "на приеме": Lifecycle.ARRIVED,
    "отменен пациентом": Lifecycle.CANCELLED,
    "отменен клиникой": Lifecycle.CANCELLED,
    "визит подтвержден": Answer.CONFIRMED,
    "не придет": Answer.DECLINED,
    "просит перенести": Answer.WANTS_CHANGE,
    "хочет перенести": Answer.WANTS_CHANGE,
    "не подтвержден": Answer.UNCONFIRMED,
    "визит не подтвержден": Answer.UNCONFIRMED,
    "не дозвонились": Answer.UNCONFIRMED,
}
_STATUSES: dict[str, Lifecycle | Answer] = {
    **{plain(word): status for status, words in _LIFECYCLES.items() for word in words.split()},
    **{plain(word): answer for answer, words in _ANSWERS.items() for word in words.split()},
    **_PHRASES,
}


def status_in(cell: Cell) -> Lifecycle | Answer | None:
    """A visit's status. Many a MIS writes «подтверждён» there, which to us is the patient's answer."""
    text = text_of(cell)
    found = _STATUSES.get(plain(text))
    # «да», «нет», «отказ» alone do not say whose and about what in a column of statuses.
    if text and (found is None or (isinstance(found, Answer) and plain(text) in ("да", "нет", "отказ"))):
        raise BadCell(f"статус «{text}» неизвестен")
    return found


def answer_in(cell: Cell) -> Answer | None:
    text = text_of(cell)
    found = _STATUSES.get(plain(text))
    if text and not isinstance(found, Answer):
        raise BadCell(f"ответ «{text}» неизвестен")
    return found if isinstance(found, Answer) else None


def sex_in(cell: Cell) -> Sex:
    text = plain(text_of(cell))
    if not text:
        return Sex.UNKNOWN
    if text in ("м", "муж", "мужской", "мужчина", "m", "male"):
        return Sex.MALE
    if text in ("ж", "жен", "женский", "женщина", "f", "female"):
        return Sex.FEMALE
    raise BadCell(f"пол «{text_of(cell)}» неизвестен, нужно «м» или «ж»")


_YES = ("да", "есть", "согласен", "согласна", "получено", "дано", "yes", "1", "+")
_NO = ("нет", "отказ", "отозвано", "отозван", "не согласен", "не согласна", "no", "0", "-")


def consent_in(cell: Cell) -> bool | date | None:
    """Whether somebody agrees: True, False, the day on which they did, or None where nothing is said."""
    text = text_of(cell)
    if not text:
        return None
    word = plain(text) or text
    if word in _YES:
        return True
    if word in _NO:
        return False
    try:
        return date_in(cell)
    except BadCell:
        raise BadCell(f"согласие «{text}» не разобрано, нужно «да», «нет» или дата") from None
