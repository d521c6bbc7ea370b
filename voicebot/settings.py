"""One validated tree of settings: voicebot.yaml, overridden by VOICEBOT_* in the environment.

VOICEBOT_TELEPHONY__LINES=8 sets telephony.lines. Unknown names are errors that name file and line.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.error import YAMLError

from voicebot.errors import InputFault

ROOT = Path(__file__).resolve().parent.parent
DEFAULT_FILE = "voicebot.yaml"


class SettingsFault(InputFault):
    """A setting is wrong."""

    code = "settings"


class Part(BaseModel):
    """One branch of the tree: unknown names are refused, values do not change while the program runs."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def shipped(name: str) -> Path:
    """A folder that comes with the program: of the checkout, or of the installed package."""
    beside = ROOT / name
    return beside if beside.exists() else ROOT / "voicebot" / "shipped" / name


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
Phone = Annotated[str, AfterValidator(_phone_or_empty)]
Window = Annotated[str, AfterValidator(_window)]


def times_of(window: str) -> tuple[time, time]:
    """The two ends of a window such as 09:00-20:00."""
    begin, _, end = window.partition("-")
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())


class ClinicSettings(Part):
    name: str = Field(default="Вымышленная клиника", min_length=1, max_length=120)
    phone: Phone = "+78880000000"
    zone: Zone = "Europe/Moscow"


class PathSettings(Part):
    """Folders. local: what the set-up fetched; data: databases, recordings, run-time state."""

    local: Path = ROOT / ".local"
    data: Path = ROOT / "var"
    scenarios: Path = Field(default_factory=lambda: shipped("scenarios"))
    audio: Path = Field(default_factory=lambda: shipped("audio"))
    city: Path = Field(default_factory=lambda: shipped("examples") / "city.yaml")
    asterisk_conf: Path = Field(default_factory=lambda: shipped("asterisk_conf"))


class DatabaseSettings(Part):
    """'' stands for SQLite files in paths.data."""

    url: str = ""
    engine_url: str = ""


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
    url: str = "http://127.0.0.1:8088"
    user: str = "voicebot"
    password: str = Field(default="", repr=False)
    trunk: str = "city"
    endpoint: str = Field(default="PJSIP/{number}@trunk", pattern=r"\{number\}")


class TelephonySettings(Part):
    asterisk: AsteriskSettings = AsteriskSettings()
    lines: int = Field(default=4, ge=1, le=200)
    calls_per_second: float = Field(default=2.0, gt=0, le=50)
    ring_timeout_s: int = Field(default=30, ge=3, le=120)
    live: bool = False
    caller_id: Phone = ""
    allowed_prefixes: tuple[str, ...] = ("+7",)
    queues: Mapping[str, Phone] = {"reception": "+78880000901"}


class HoursSettings(Part):
    """Calling hours in the patient's own time."""

    weekdays: Window = "09:00-20:00"
    weekends: Window = "10:00-18:00"


class RulesSettings(Part):
    hours: HoursSettings = HoursSettings()
    conversations_a_day: int = Field(default=1, ge=1, le=5)
    call_late_bookings: bool = True


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
        env_prefix="VOICEBOT_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        nested_model_default_partial_update=True,
    )

    node: str = Field(default="node1", pattern=r"^[a-z0-9-]{1,32}$")
    clinic: ClinicSettings = ClinicSettings()
    paths: PathSettings = PathSettings()
    database: DatabaseSettings = DatabaseSettings()
    mis: MisSettings = MisSettings()
    telephony: TelephonySettings = TelephonySettings()
    rules: RulesSettings = RulesSettings()
    speech: SpeechSettings = SpeechSettings()
    web: WebSettings = WebSettings()

    @property
    def database_url(self) -> str:
        return self.database.url or f"sqlite:///{self.paths.data / 'voicebot.db'}"

    @property
    def engine_url(self) -> str:
        return self.database.engine_url or f"sqlite:///{self.paths.data / 'engine.db'}"

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
    file = named or Path(DEFAULT_FILE)
    data = _read(file) if read_file and file.exists() else CommentedMap()
    try:
        return Settings(**_merge(data, overrides))
    except ValidationError as error:
        raise SettingsFault(_explain(error, data, str(file))) from None


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
        raise SettingsFault(f"{path}: файл не читается ({error.strerror}).") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise SettingsFault(f"{place}: это не YAML.", "Проверьте отступы и двоеточия в этой строке.") from None
    if data is None:
        return CommentedMap()
    if not isinstance(data, CommentedMap):
        raise SettingsFault(f"{path}:1:1: ожидались настройки вида «имя: значение».")
    return data


_TYPES = {
    "extra_forbidden": "такой настройки нет",
    "missing": "настройка обязательна",
    "int_parsing": "нужно целое число",
    "float_parsing": "нужно число",
    "bool_parsing": "нужно true или false",
    "string_type": "нужна строка",
    "greater_than_equal": "число слишком мало",
    "greater_than": "число слишком мало",
    "less_than_equal": "число слишком велико",
    "less_than": "число слишком велико",
    "string_pattern_mismatch": "недопустимые знаки",
    "string_too_short": "не должно быть пусто",
    "literal_error": "такого значения нет",
    "enum": "такого значения нет",
    "model_type": "нужна ветка настроек, а не одно значение",
}


def _explain(error: ValidationError, data: CommentedMap, file: str) -> str:
    lines = []
    for problem in error.errors():
        path = ".".join(str(p) for p in problem["loc"])
        limits = {
            k: v for k, v in problem.get("ctx", {}).items() if k in ("ge", "le", "gt", "lt", "expected", "pattern")
        }
        text = _TYPES.get(problem["type"]) or str(problem["msg"]).removeprefix("Value error, ")
        hint = f" ({', '.join(f'{k}: {v}' for k, v in limits.items())})" if limits else ""
        lines.append(f"{_place(problem['loc'], data, file)}: {path}: {text}{hint}.")
    return "\n".join(lines)


def _place(loc: tuple[int | str, ...], data: CommentedMap, file: str) -> str:
    """file:line:column of the setting, or the name of its environment variable when the file has no such line."""
    node: Any = data
    place = ""
    for key in loc:
        if not isinstance(node, CommentedMap) or key not in node:
            break
        line, column = node.lc.key(key)
        place = f"{file}:{line + 1}:{column + 1}"
        node = node[key]
    else:
        return place
    variable = "VOICEBOT_" + "__".join(str(p).upper() for p in loc)
    return f"{variable} (окружение)" if variable in os.environ else (place or file)
