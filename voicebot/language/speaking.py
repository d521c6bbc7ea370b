"""Facts -> words: a template becomes the text that the voice reads, with no digit or abbreviation left to chance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from voicebot.language.numerals import LARGEST, cardinal, digits, ordinal
from voicebot.language.templates import MissingFact, clean, fill

__all__ = ["MissingFact", "day_words", "spoken", "spoken_text", "time_words"]

_MONTHS = ("января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября",
           "декабря")  # fmt: skip
_WEEKDAYS = ("в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье")
_RELATIVE = {0: "сегодня", 1: "завтра", 2: "послезавтра"}

#: Abbreviations of addresses and names. Those of _NUMBERED mean this only before a number («д. 5»).
_ABBREVIATIONS = {
    "ул.": "улица", "пер.": "переулок", "пр-т": "проспект", "просп.": "проспект", "пр.": "проспект",
    "пр-кт": "проспект", "пл.": "площадь", "ш.": "шоссе", "б-р": "бульвар", "бул.": "бульвар",
    "наб.": "набережная", "пр-д": "проезд", "мкр.": "микрорайон", "мкр-н": "микрорайон", "р-н": "район",
    "обл.": "область", "г.": "город", "пос.": "посёлок", "им.": "имени", "ст.": "станция", "м.": "метро",
    "д-р": "доктор", "тел.": "телефон", "корп.": "корпус", "стр.": "строение", "кв.": "квартира", "оф.": "офис",
    "каб.": "кабинет", "эт.": "этаж", "подъезд": "подъезд", "т.е.": "то есть", "т.к.": "так как", "мин.": "минут",
}  # fmt: skip
_NUMBERED = {"д.": "дом", "к.": "корпус", "с.": "строение", "дом": "дом", "№": "номер"}
_SIGNS = {"%": " процентов ", "№": " номер ", "&": " и ", "+": " плюс ", "=": " равно ", "@": " собака ",
          "/": " ", "\\": " ", "_": " ", "|": " ", "<": " ", ">": " ", "*": " ", "#": " ", "~": " ", "^": " ",
          "`": "", "$": " ", "[": " ", "]": " "}  # fmt: skip

_PHONE = r"(?<![\d\w])(?P<phone>(?:\+7|8)[ (-]{0,2}\d{3}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2})(?!\d)"
_TIME = r"(?<![\d:.])(?P<time>(?:[01]?\d|2[0-3]):[0-5]\d)(?![\d:])"
_DATE = r"(?<![\d.])(?P<date>\d{1,2}\.(?:0\d|1[0-2])(?:\.20\d\d)?)(?![\d]|\.\d)"
_ORDINAL = r"(?<![\d\w])(?P<ordinal>\d{1,2}-(?:ый|ой|ий|й|ая|я|ое|е|ого|го|ому|му))(?!\w)"
_HOUSE = r"(?<![\d\w])(?P<house>\d{1,4}(?:/\d{1,4})?[а-я]?)(?![\d\w])"
_NUMBER = r"(?P<number>\d+)"
_NUMBERED_RE = "|".join(re.escape(a) for a in _NUMBERED)
_ABBREVIATED = "|".join(re.escape(a) for a in sorted(_ABBREVIATIONS, key=len, reverse=True))
_PLAIN = re.compile(
    rf"{_PHONE}|{_TIME}|{_DATE}|{_ORDINAL}"
    rf"|(?<!\w)(?P<numbered>{_NUMBERED_RE})\s*(?=\d)"
    rf"|(?<!\w)(?P<short>{_ABBREVIATED})(?!\w)"
    rf"|{_HOUSE}|{_NUMBER}",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"[«»„“”\"]")
_SPACE_BEFORE = re.compile(r"\s+([,.!?;:…])")


def spoken(template: str, facts: Mapping[str, object], now: datetime, pronunciations: Mapping[str, str]) -> str:
    """The words to be spoken. «Завтра» is worked out here, from now.

    now:            aware; put into the zone of each day that is spoken
    pronunciations: word or phrase as written -> as spoken (U+0301 after a stressed vowel)
    Raises MissingFact when the template names a fact that is unknown or empty.
    """
    if now.tzinfo is None:
        raise ValueError("spoken() needs an aware datetime")
    return spoken_text(fill(template, facts, lambda value: _words(value, now)), pronunciations)


def spoken_text(text: str, pronunciations: Mapping[str, str]) -> str:
    """Any text as it is spoken: numbers, times, phones, addresses and the clinic's own words. Never raises."""
    parts = _dictionary(pronunciations).split(text) if pronunciations else [text]
    lower = {word.lower(): said for word, said in pronunciations.items()}
    done = [lower[part.lower()] if i % 2 else _plain(part) for i, part in enumerate(parts)]
    return _SPACE_BEFORE.sub(r"\1", clean("".join(done)))


def day_words(day: date, today: date | None = None) -> str:
    """«завтра, во вторник, двадцать четвёртого ноября»; without today, or far from it, no relative word."""
    words = f"{_WEEKDAYS[day.weekday()]}, {ordinal(day.day, 'го')} {_MONTHS[day.month - 1]}"
    relative = _RELATIVE.get((day - today) // timedelta(days=1)) if today is not None else None
    return f"{relative}, {words}" if relative else words


def time_words(moment: time) -> str:
    """«пятнадцать ноль ноль», «девять ноль пять», «пятнадцать тридцать»."""
    return f"{cardinal(moment.hour)} {digits(f'{moment.minute:02d}')}"


def _words(value: object, now: datetime) -> str:
    if isinstance(value, datetime):
        return day_words(value.date(), now.astimezone(value.tzinfo).date() if value.tzinfo else now.date())
    if isinstance(value, date):
        return day_words(value)
    if isinstance(value, time):
        return time_words(value)
    if isinstance(value, bool):
        return "да" if value else "нет"
    if isinstance(value, int) and 0 <= value <= LARGEST:
        return cardinal(value)
    return str(value)


def _dictionary(pronunciations: Mapping[str, str]) -> re.Pattern[str]:
    longest_first = sorted((re.escape(w) for w in pronunciations if w), key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(longest_first)})(?!\w)" if longest_first else r"(\Z.)", re.IGNORECASE)


def _plain(text: str) -> str:
    written = _PLAIN.sub(_said, _QUOTES.sub("", text))
    return "".join(_SIGNS.get(sign, sign) for sign in written)


def _said(match: re.Match[str]) -> str:
    kind, text = str(match.lastgroup), match[0]
    if kind == "phone":
        return _phone(text)
    if kind == "time":
        hour, minute = text.split(":")
        return time_words(time(int(hour), int(minute)))
    if kind == "date":
        return _date(text)
    if kind == "ordinal":
        number, ending = text.lower().split("-")
        return ordinal(int(number), {"ой": "й", "ый": "й", "ий": "й", "ая": "я", "ое": "е", "ого": "го",
                                     "ому": "му"}.get(ending, ending))  # fmt: skip
    if kind == "numbered":
        return _NUMBERED[text.strip().lower()] + " "
    if kind == "short":
        return _ABBREVIATIONS[text.lower()]
    if kind == "house":
        return _house(text)
    return cardinal(int(text)) if len(text) <= 12 and int(text) <= LARGEST else digits(text)


def _phone(text: str) -> str:
    bare = re.sub(r"\D", "", text)
    lead = "плюс семь" if text.startswith("+") else "восемь"
    return ", ".join([lead, *(digits(g) for g in (bare[1:4], bare[4:7], bare[7:9], bare[9:11]))])


def _date(text: str) -> str:
    parts = [int(p) for p in text.split(".")]
    if not (1 <= parts[0] <= 31 and 1 <= parts[1] <= 12):
        return " ".join(digits(p) for p in text.split("."))
    year = f" {ordinal(parts[2], 'го')} года" if len(parts) == 3 else ""
    return f"{ordinal(parts[0], 'го')} {_MONTHS[parts[1] - 1]}{year}"


def _house(text: str) -> str:
    letter = text[-1] if text[-1].isalpha() else ""
    numbers = (text[:-1] if letter else text).split("/")
    return " ".join(filter(None, [" дробь ".join(digits(n) if n[0] == "0" else cardinal(int(n)) for n in numbers),
                                  letter]))  # fmt: skip
