"""Kinds of values of the settings: what a zone, a phone, a window of hours, a trunk must look like."""

from __future__ import annotations

import re
from datetime import time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import AfterValidator, Field

#: The trunk that leads to the simulated city.
CITY = "city"


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"неизвестный часовой пояс {name!r}; пишут так: Europe/Moscow") from None
    return name


def _phone_or_empty(number: str) -> str:
    if not number:
        return ""
    try:
        parsed = phonenumbers.parse(number, "RU")
    except phonenumbers.NumberParseException:
        raise ValueError(f"{number!r} не похоже на номер телефона; пишут так: +7 495 000-00-00") from None
    if not phonenumbers.is_possible_number(parsed):
        raise ValueError(f"{number!r}: в номере не хватает цифр или они лишние")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _phone(number: str) -> str:
    if not number:
        raise ValueError("номер не должен быть пустым")
    return _phone_or_empty(number)


def _prefix(prefix: str) -> str:
    if not re.fullmatch(r"\+[0-9]{1,14}", prefix):
        raise ValueError(f"{prefix!r} не начало номера; пишут так: +7 или +7495")
    return prefix


def _node(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,32}", name):
        raise ValueError(f"{name!r}: имя узла — латинские строчные буквы, цифры и дефис, не больше 32 знаков")
    return name


def _trunk(address: str) -> str:
    """'city', or where Asterisk's configuration sends SIP: it must not hold anything that means more there.

    A bare word needs a port: a misspelt 'city' is no provider.
    """
    host, colon, port = address.partition(":")
    is_host = bool(re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", host))
    if address != CITY and not (is_host and (_is_port(port) if colon else "." in host)):
        raise ValueError(f"{address!r} не адрес линии; пишут так: sip.example.ru:5060, или {CITY} для учебного города")
    return address


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and 0 < int(text) < 65_536


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"папки {path} нет")
    return path


def _endpoint(text: str) -> str:
    if text.count("{number}") != 1 or re.search(r"[{}\s]", text.replace("{number}", "")):
        raise ValueError(f"{text!r}: куда звонить, пишут так: PJSIP/{{number}}@trunk")
    return text


def _url(address: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/\S*)?", address):
        raise ValueError(f"{address!r} не адрес; пишут так: http://127.0.0.1:8088")
    return address.rstrip("/")


def _window(text: str) -> str:
    begin, _, end = text.partition("-")
    try:
        ok = time.fromisoformat(begin.strip()) < time.fromisoformat(end.strip())
    except ValueError:
        ok = False
    if not ok:
        raise ValueError(f"{text!r} не промежуток времени; пишут так: 09:00-20:00")
    return text


Zone = Annotated[str, AfterValidator(_zone)]
Phone = Annotated[str, AfterValidator(_phone)]
PhoneOrEmpty = Annotated[str, AfterValidator(_phone_or_empty)]
Prefix = Annotated[str, AfterValidator(_prefix)]
Node = Annotated[str, AfterValidator(_node)]
Trunk = Annotated[str, AfterValidator(_trunk)]
Folder = Annotated[Path, AfterValidator(_folder)]
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Url = Annotated[str, AfterValidator(_url)]
Headcount = Annotated[int, Field(ge=0, le=100)]
Window = Annotated[str, AfterValidator(_window)]


def times_of(window: str) -> tuple[time, time]:
    """The two ends of a window such as 09:00-20:00."""
    begin, _, end = window.partition("-")
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())
