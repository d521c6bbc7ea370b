"""One validated tree of settings: voicebot.yaml, overridden by VOICEBOT_* in the environment.

VOICEBOT_TELEPHONY__LINES=8 sets telephony.lines. Unknown names are errors that name file and line.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import YAMLError

from voicebot.complaints import russian
from voicebot.setting_faults import PREFIX, SettingsFault, explain, unknown_variables, unreadable_variables
from voicebot.setting_values import (
    CITY,
    Endpoint,
    Folder,
    Headcount,
    Node,
    Phone,
    PhoneOrEmpty,
    Prefix,
    Trunk,
    Url,
    Window,
    Zone,
)

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_FILE = "voicebot.yaml"
REMEDY = "Исправьте и проверьте ещё раз: voicebot doctor."


class Part(BaseModel):
    """One branch of the tree: unknown names are refused, values do not change while the program runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def shipped(name: str) -> Path:
    """A folder that comes with the program: of the checkout, or of the installed package."""
    beside = ROOT / name
    return beside if beside.exists() else ROOT / "voicebot" / "shipped" / name


class ClinicSettings(Part):
    name: str = Field(default="Вымышленная клиника", min_length=1, max_length=120)
    phone: Phone = "+78880000000"
    zone: Zone = "Europe/Moscow"


class PathSettings(Part):
    """Folders. local: what the set-up fetched; data: databases, recordings, run-time state."""

    local: Path = ROOT / ".local"
    data: Path = ROOT / "var"
    scenarios: Path = Field(default_factory=lambda: shipped("scenarios"))
    audio: Folder = Field(default_factory=lambda: shipped("audio"))
    city: Path = Field(default_factory=lambda: shipped("examples") / "city.yaml")
    asterisk_conf: Folder = Field(default_factory=lambda: shipped("asterisk_conf"))


class DatabaseSettings(Part):
    """url '' stands for SQLite files in paths.data; engine_url '' for the same PostgreSQL, or such a file."""

    url: str = ""
    engine_url: str = ""


class NodesSettings(Part):
    """Several machines on one PostgreSQL. dead_after_s: one that is silent for so long is dead to the others."""

    dead_after_s: float = Field(default=60.0, ge=2, le=3600)


class Role(StrEnum):
    """What a process does."""

    ALL = "all"
    CALLS = "calls"  # ticks and calls, beside an Asterisk
    WEB = "web"  # shows, never calls


class MisSettings(Part):
    kind: Literal["registry"] = "registry"
    url: str = ""  # '' stands for registry.db in paths.data
    sync_every_s: float = Field(default=60.0, ge=1, le=3600)
    fresh_for_min: int = Field(default=15, ge=1, le=240)


class AsteriskKind(StrEnum):
    EMBEDDED = "embedded"  # started and stopped by voicebot
    EXTERNAL = "external"  # runs elsewhere, reached by url


class AsteriskSettings(Part):
    """trunk is host:port of the provider's SIP side; 'city' rings only the simulated city."""

    kind: AsteriskKind = AsteriskKind.EMBEDDED
    url: Url = "http://127.0.0.1:8088"
    user: str = "voicebot"
    password: str = Field(default="", repr=False)
    trunk: Trunk = CITY
    endpoint: Endpoint = "PJSIP/{number}@trunk"


class CallerIdSettings(Part):
    """numbers: all of the contract with the operator; none here leaves it at telephony.caller_id. Of these, a branch or
    a campaign (by its id) may have its own."""

    numbers: tuple[Phone, ...] = ()
    branches: Mapping[str, tuple[Phone, ...]] = {}
    campaigns: Mapping[str, tuple[Phone, ...]] = {}

    @model_validator(mode="after")
    def _all_are_in_the_contract(self) -> CallerIdSettings:
        for whose, numbers in (*self.branches.items(), *self.campaigns.items()):
            for number in numbers:
                if number not in self.numbers:
                    raise ValueError(f"номера {number} («{whose}») нет в telephony.caller_ids.numbers")
        return self


class TelephonySettings(Part):
    asterisk: AsteriskSettings = AsteriskSettings()
    lines: int = Field(default=4, ge=1, le=200)
    calls_per_second: float = Field(default=2.0, gt=0, le=50)
    ring_timeout_s: int = Field(default=30, ge=3, le=120)
    live: bool = False
    caller_id: PhoneOrEmpty = ""
    caller_ids: CallerIdSettings = CallerIdSettings()
    allowed_prefixes: tuple[Prefix, ...] = ("+7",)
    queues: Mapping[str, Phone] = {"reception": "+78880000901"}
    administrators: Mapping[str, Headcount] = {}  # how many of a queue; one where nothing is said

    @model_validator(mode="after")
    def _patients_are_not_rung_in_the_city(self) -> TelephonySettings:
        """The city answers to numbers of its own only: real ones would be marked as numbers that do not exist."""
        if self.live and self.asterisk.kind is AsteriskKind.EMBEDDED and self.asterisk.trunk == CITY:
            raise ValueError("live: true, а линия ведёт в учебный город; задайте адрес оператора в asterisk.trunk")
        return self


class HoursSettings(Part):
    """Calling hours in the patient's own time."""

    weekdays: Window = "09:00-20:00"
    weekends: Window = "10:00-18:00"


class RulesSettings(Part):
    hours: HoursSettings = HoursSettings()
    conversations_a_day: int = Field(default=1, ge=1, le=5)
    contacts_a_month: int = Field(default=3, ge=1, le=31)
    refused_months: int = Field(default=2, ge=1, le=24)
    calls_per_administrator: float = Field(default=1.0, gt=0, le=10)
    call_late_bookings: bool = True


class PriceSettings(Part):
    """For reports, in roubles. step_s: the operator counts a call in steps of so many seconds; visit: what a visit
    brings on average."""

    minute: float = Field(default=1.8, ge=0, le=1000)
    step_s: int = Field(default=60, ge=1, le=60)
    sms: float = Field(default=4.5, ge=0, le=1000)
    visit: float = Field(default=0.0, ge=0, le=1_000_000)


class SpeechSettings(Part):
    asr: Literal["auto", "whisper", "vosk"] = "auto"
    tts: Literal["auto", "rhvoice", "silero"] = "auto"
    workers: int = Field(default=2, ge=1, le=32)
    recognition_timeout_s: float = Field(default=5.0, ge=0.5, le=30)
    rate: float = Field(default=0.0, ge=-1, le=1)


class WebSettings(Part):
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)


class Settings(BaseSettings):
    """The whole tree."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    node: Node = "node1"
    clinic: ClinicSettings = ClinicSettings()
    paths: PathSettings = PathSettings()
    database: DatabaseSettings = DatabaseSettings()
    nodes: NodesSettings = NodesSettings()
    mis: MisSettings = MisSettings()
    telephony: TelephonySettings = TelephonySettings()
    rules: RulesSettings = RulesSettings()
    prices: PriceSettings = PriceSettings()
    speech: SpeechSettings = SpeechSettings()
    web: WebSettings = WebSettings()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.paths.data / 'voicebot.db'}"

    @property
    def engine_url(self) -> str:
        url = self.database.engine_url or (self.database.url if self.on_server else "")
        return url or f"sqlite:///{self.paths.data / 'engine.db'}"

    @property
    def on_server(self) -> bool:
        """Whether the robot's database is one that several machines may share."""
        return self.database.url.startswith(("postgresql:", "postgres:"))

    @property
    def ear_folder(self) -> Path:
        """Where a clinic's own ear and its enrolled sentences are."""
        return self.paths.data / "ear"

    @property
    def registry_url(self) -> str:
        return self.mis.url or f"sqlite:///{self.paths.data / 'registry.db'}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, init_settings  # the environment wins over the file, which comes as init


def load(path: Path | None = None, *, read_file: bool = True, **overrides: Any) -> Settings:
    """The settings of this machine. Raises SettingsFault with every mistake, each with its place and remedy.

    path: the file; by default VOICEBOT_CONFIG, else ./voicebot.yaml if there is one, else built-in defaults.
    read_file: False leaves every file alone: the demo is the same on every machine.
    overrides: branches set by the program itself (the demo); they win over the file.
    """
    named = path or (Path(os.environ["VOICEBOT_CONFIG"]) if os.environ.get("VOICEBOT_CONFIG") else None)
    if read_file and named is not None and not named.exists():
        raise SettingsFault(f"Файла настроек {named} нет.", "Проверьте --config или VOICEBOT_CONFIG.")
    if unknown := unknown_variables(os.environ, tuple(Settings.model_fields)):
        raise SettingsFault(unknown, REMEDY)
    file = named or Path(DEFAULT_FILE)
    data = _read(file) if read_file and file.exists() else CommentedMap()
    try:
        return Settings(**_merge(data, overrides))
    except ValidationError as error:
        raise SettingsFault(explain(error, data, str(file)), REMEDY) from None
    except SettingsError as error:
        raise SettingsFault(unreadable_variables(os.environ, Settings) or str(error), REMEDY) from None


def role_of(text: str, settings: Settings) -> Role:
    """What this process does. Raises SettingsFault when it cannot: several machines need what they share."""
    try:
        role = Role(text)
    except ValueError:
        raise SettingsFault(f"--role {text}: такой роли нет.", "Можно: all, calls или web.") from None
    if role is Role.CALLS and settings.on_server and not settings.mis.url:
        raise SettingsFault(
            "Картотека лежит в файле этой машины: другие машины, которые звонят по той же базе, её не увидят.",
            "Задайте общую картотеку: mis.url (postgresql://…).",
        )
    return role


def make_data_folder(settings: Settings) -> None:
    """Make paths.data if it is missing. Raises SettingsFault when it cannot be made or nothing can be written there."""
    folder = settings.paths.data
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingsFault(
            f"Папка данных {folder} не годится: {russian(error)}.", "Дайте права на неё или задайте другую: paths.data."
        ) from None


def _merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        old = merged.get(key)
        merged[key] = _merge(old, value) if isinstance(old, Mapping) and isinstance(value, Mapping) else value
    return merged


def _read(path: Path) -> CommentedMap:
    try:
        data = YAML(typ="rt").load(path.read_text("utf-8"))
    except UnicodeDecodeError:
        raise SettingsFault(f"{path}: файл не в кодировке UTF-8.", "Сохраните его в UTF-8.") from None
    except OSError as error:
        raise SettingsFault(f"{path}: файл не читается: {russian(error)}.", "Проверьте путь и права.") from None
    except DuplicateKeyError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsFault(f"{path}:{line}: эта настройка в файле уже есть.", "Оставьте одну из двух.") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise SettingsFault(f"{place}: это не YAML.", "Проверьте отступы и двоеточия в этой строке.") from None
    if data is None:
        return CommentedMap()
    if not isinstance(data, CommentedMap):
        raise SettingsFault(f"{path}:1:1: ожидались настройки вида «имя: значение».", REMEDY)
    return data
