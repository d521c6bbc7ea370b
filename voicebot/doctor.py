"""What is missing or wrong on this machine: each part is looked at for itself, nothing is changed."""

from __future__ import annotations

import asyncio
import json
import os
import platform
import shutil
import socket
import sqlite3
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, Request, build_opener

from voicebot.app import check_voices, drafts, lock_of
from voicebot.complaints import russian
from voicebot.data_folder import DataInUse, only_robot_in
from voicebot.errors import VoicebotError
from voicebot.hearing.ear.runtime import clinic_ear, has_own
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.settings import AsteriskKind, Settings
from voicebot.speech.choose import AsrEngine, RecogniserChoice, TtsEngine, choose_recogniser, choose_synthesiser
from voicebot.speech.pool import RecogniserPool
from voicebot.speech.port import ModelMissing, SpeechError
from voicebot.speech.vad import shared_model
from voicebot.sql.engine import Database, database_url
from voicebot.store.port import StoreDown
from voicebot.telephony.install import find_asterisk
from voicebot.telephony.ports import PortLease

NETWORK_S = 5.0
TRIAL_S = 20.0  # for one second of sound: much more than a call waits
TRIAL_SOUND = bytes(4000) + bytes(range(256)) * 32 + bytes(4000)  # silence, a buzz, silence
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
            place = f"{error.filename}: " if error.filename else ""
            yield Finding(part, False, f"{place}{russian(error)}.", "Проверьте права и место на диске.")


class Unwell(VoicebotError):
    """A part of this machine is not as it must be."""

    code = "doctor"


def _python(settings: Settings) -> str:
    return platform.python_version()


def _asterisk(settings: Settings) -> str:
    wanted = settings.telephony.asterisk
    if wanted.kind is AsteriskKind.EXTERNAL:
        return _external(wanted.url, wanted.user, wanted.password)
    found = find_asterisk(settings.paths.local / "asterisk")
    missing = [m for m in MODULES if not (found.modules / m).exists()]
    if missing:
        raise Unwell(f"У Asterisk {found.version} нет модулей {', '.join(missing)}.", "Выполните `make setup`.")
    return f"{found.version}, модулей достаточно"


def _external(url: str, user: str, password: str) -> str:
    basic = b64encode(f"{user}:{password}".encode()).decode()
    request = Request(f"{url}/ari/asterisk/info?only=system", headers={"Authorization": f"Basic {basic}"})
    remedy = "Проверьте telephony.asterisk: url, user и password, и что Asterisk запущен."
    try:
        with build_opener(ProxyHandler({})).open(request, timeout=NETWORK_S) as answer:  # no proxy of the environment
            version = str(json.load(answer)["system"]["version"])
    except HTTPError as error:
        raise Unwell(f"Asterisk по адресу {url} отказал: {error.code} {error.reason}.", remedy) from None
    except (OSError, ValueError, KeyError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        why = russian(reason) if isinstance(reason, OSError) else str(reason)
        raise Unwell(f"Asterisk по адресу {url} не отвечает: {why}.", remedy) from None
    return f"внешний, {version}, {url}"


def _ports(settings: Settings) -> str:
    with PortLease() as ports:
        return f"свободны: HTTP {ports.http}, SIP {ports.sip}, RTP {ports.rtp[0]}–{ports.rtp[1]}"


def _web(settings: Settings) -> str:
    host, port = settings.web.host, settings.web.port
    if port == 0:
        return f"{host}, порт любой свободный"
    try:
        with socket.create_server((host, port)):
            return f"{host}:{port} свободен"
    except OSError as error:
        if _works_here(settings.paths.data):
            return f"{host}:{port}, на нём работает наш робот"
        raise Unwell(
            f"Веб-сервер не откроет {host}:{port}: {russian(error)}.", "Освободите порт или задайте другой: web.port."
        ) from None


def _works_here(data: Path) -> bool:
    """Whether a robot runs in this data folder now."""
    if not (data / "lock").exists():
        return False
    try:
        with only_robot_in(data):
            return False
    except DataInUse:
        return True


def _lock(settings: Settings) -> str:
    if not settings.telephony.live:
        return "заперт: звонки только в учебный город"
    lock = lock_of(settings)
    if not lock.caller_id or not lock.allowed_prefixes:
        raise Unwell(
            "Стоит live: true, но звонить нельзя: не заданы telephony.caller_id или telephony.allowed_prefixes.",
            "Задайте номер из договора с оператором и разрешённые направления.",
        )
    return f"открыт: звоним с {lock.caller_id} на {', '.join(lock.allowed_prefixes)}"


def _voices(settings: Settings) -> str:
    local = settings.paths.local
    chosen = choose_synthesiser(TtsEngine(settings.speech.tts), local / "models", local / "rhvoice")
    synthesiser = chosen.load()
    try:
        names = f"{chosen.why} Голоса: {', '.join(synthesiser.voices())}"
        try:
            books = drafts(settings)
        except ScenarioFault:  # told in its own line
            return names
        check_voices(books.values(), synthesiser.voices())
        return names
    finally:
        synthesiser.close()


def _recognition(settings: Settings) -> str:
    chosen = choose_recogniser(AsrEngine(settings.speech.asr), settings.paths.local / "models")
    return f"{chosen.why} Загрузка {asyncio.run(tried(chosen)):.1f} с, проба распознана"


async def tried(chosen: RecogniserChoice) -> float:
    """Seconds until the model was ready. It is tried for real, in a process of its own: a damaged one may load and die
    or hang at the first sound."""
    began = time.monotonic()
    try:
        async with RecogniserPool(chosen, workers=1, timeout_s=TRIAL_S) as pool:
            ready_s = time.monotonic() - began
            await pool.recognise(TRIAL_SOUND, 8000, ("да", "нет"))
    except SpeechError as error:
        vosk = chosen.engine is AsrEngine.VOSK
        remedy = "Распакуйте модель в эту папку заново." if vosk else "Удалите эту папку и выполните `make setup`."
        raise Unwell(f"Модель {chosen.model} не прошла пробу. {error.message}", remedy) from error
    return ready_s


def _ear(settings: Settings) -> str:
    try:
        chosen = choose_recogniser(AsrEngine(settings.speech.asr), settings.paths.local / "models")
    except ModelMissing:
        return "слышит вместе с распознаванием, а его нет"  # said, with its remedy, by the line before
    if chosen.engine is not AsrEngine.WHISPER:
        return "не работает с Vosk: ответы понимаются по одному тексту"
    ear, wrong = clinic_ear(settings.ear_folder)
    if wrong is not None:
        raise wrong
    whose = "своё" if has_own(settings.ear_folder) else "из поставки"
    return f"{whose}, обучено {ear.card.trained}, классов {len(ear.card.classes)}"


def _detector(settings: Settings) -> str:
    shared_model()
    return "Silero VAD загружается"


def _scenarios(settings: Settings) -> str:
    return ", ".join(sorted(drafts(settings)))


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
    urls = dict.fromkeys((settings.database_url, settings.registry_url, settings.engine_url))
    return "; ".join(_one_database(url) for url in urls)


def _one_database(url: str) -> str:
    address = database_url(url)
    if address.get_backend_name() != "sqlite":
        return asyncio.run(_answers(url))
    path = Path(str(address.database))
    if not path.exists():
        return f"{path}: будет создана при первом запуске"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=5)) as connection:
            answer = connection.execute("pragma quick_check").fetchone()[0]
    except sqlite3.Error as error:
        raise Unwell(f"База {path} не читается: {error}.", "Восстановите её из копии.") from None
    if answer != "ok":
        raise Unwell(f"База {path} повреждена: {answer}.", "Восстановите её из копии.")
    return f"{path}: цела"


async def _answers(url: str) -> str:
    database = Database(url, StoreDown)
    try:
        async with database.reading(timeout_s=2 * NETWORK_S) as connection:
            await connection.exec_driver_sql("SELECT 1")
        return f"{database.place}: отвечает"
    finally:
        await database.close()


_LOOKS: dict[str, Callable[[Settings], str]] = {
    "Python": _python,
    "Asterisk": _asterisk,
    "порты": _ports,
    "веб-порт": _web,
    "замок набора": _lock,
    "сценарии": _scenarios,
    "голоса": _voices,
    "распознавание": _recognition,
    "ухо": _ear,
    "детектор речи": _detector,
    "диск": _disk,
    "часы": _clock,
    "база данных": _database,
}
