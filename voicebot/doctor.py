"""What is missing or wrong on this machine: each part is looked at for itself, nothing is changed."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from voicebot.app import check_voices, library
from voicebot.errors import VoicebotError
from voicebot.settings import AsteriskKind, Settings
from voicebot.speech.choose import AsrEngine, TtsEngine, choose_recogniser, choose_synthesiser
from voicebot.speech.vad import shared_model
from voicebot.telephony.install import find_asterisk
from voicebot.telephony.ports import PortLease

FREE_GB = 2.0  # logs, prompts and a year of one clinic's calls
OLDEST_YEAR = 2025  # a machine whose clock says less has lost its battery
MODULES = ("chan_pjsip.so", "chan_websocket.so", "res_ari.so", "res_musiconhold.so", "chan_bridge_media.so")


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: what it is, whether it is well, what was found, and the remedy if it is not."""

    part: str
    ok: bool
    found: str
    remedy: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """The findings, one after another as they are made."""
    for part, look in _LOOKS.items():
        try:
            yield Finding(part, True, look(settings))
        except VoicebotError as error:
            yield Finding(part, False, error.message, error.remedy)
        except OSError as error:
            yield Finding(part, False, str(error), "Проверьте права и место на диске.")


class Unwell(VoicebotError):
    """A part of this machine is not as it must be."""

    code = "doctor"


def _python(settings: Settings) -> str:
    return platform.python_version()


def _asterisk(settings: Settings) -> str:
    if settings.telephony.asterisk.kind is AsteriskKind.EXTERNAL:
        return f"внешний, {settings.telephony.asterisk.url}"
    found = find_asterisk(settings.paths.local / "asterisk")
    missing = [m for m in MODULES if not (found.modules / m).exists()]
    if missing:
        raise Unwell(f"У Asterisk {found.version} нет модулей {', '.join(missing)}.", "Выполните `make setup`.")
    return f"{found.version}, модулей достаточно"


def _ports(settings: Settings) -> str:
    with PortLease() as ports:
        return f"свободны: HTTP {ports.http}, SIP {ports.sip}, RTP {ports.rtp[0]}–{ports.rtp[1]}"


def _voices(settings: Settings) -> str:
    local = settings.paths.local
    chosen = choose_synthesiser(TtsEngine(settings.speech.tts), local / "models", local / "rhvoice")
    synthesiser = chosen.load()
    try:
        check_voices(library(settings), synthesiser.voices())
        return f"{chosen.why} Голоса: {', '.join(synthesiser.voices())}"
    finally:
        synthesiser.close()


def _recognition(settings: Settings) -> str:
    chosen = choose_recogniser(AsrEngine(settings.speech.asr), settings.paths.local / "models")
    began = time.monotonic()
    chosen.load().close()
    return f"{chosen.why} Загрузка {time.monotonic() - began:.1f} с"


def _detector(settings: Settings) -> str:
    shared_model()
    return "Silero VAD загружается"


def _scenarios(settings: Settings) -> str:
    return ", ".join(sorted(library(settings).scenarios))


def _disk(settings: Settings) -> str:
    folder = next(p for p in (settings.paths.data, *settings.paths.data.absolute().parents) if p.exists())
    free = shutil.disk_usage(folder).free / 1e9
    if free < FREE_GB:
        raise Unwell(f"На диске {folder} свободно {free:.1f} ГБ.", f"Освободите хотя бы {FREE_GB:g} ГБ.")
    if not os.access(folder, os.W_OK):
        raise Unwell(f"В {folder} нельзя писать.", "Дайте права или задайте другую папку: paths.data.")
    return f"свободно {free:.0f} ГБ"


def _clock(settings: Settings) -> str:
    now = datetime.now().astimezone()
    if now.year < OLDEST_YEAR:
        raise Unwell(f"Часы показывают {now:%d.%m.%Y}.", "Включите синхронизацию времени: timedatectl set-ntp true.")
    return f"{now:%d.%m.%Y %H:%M %Z}"


def _database(settings: Settings) -> str:
    url = settings.database_url
    if not url.startswith("sqlite:"):
        return url.split("@")[-1]
    path = Path(url.removeprefix("sqlite:///"))
    if not path.exists():
        return f"{path}: будет создана при первом запуске"
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as connection:
            answer = connection.execute("pragma quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise Unwell(f"База {path} не читается: {error}.", "Восстановите её из копии.") from None
    if answer != "ok":
        raise Unwell(f"База {path} повреждена: {answer}.", "Восстановите её из копии.")
    return f"{path}: цела"


_LOOKS: dict[str, Callable[[Settings], str]] = {
    "Python": _python,
    "Asterisk": _asterisk,
    "порты": _ports,
    "сценарии": _scenarios,
    "голоса": _voices,
    "распознавание": _recognition,
    "детектор речи": _detector,
    "диск": _disk,
    "часы": _clock,
    "база данных": _database,
}
