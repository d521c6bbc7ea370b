"""The trained head on disk: head.onnx and head.json beside it, which says what it must be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from voicebot.complaints import russian
from voicebot.errors import InputFault
from voicebot.hearing.ear.classes import CLASSES

VERSION = 1  # of the head's inputs and outputs: another window, pooling or set of classes is another version
MAX_TEMPERATURE = 100.0  # of a trained head it is near 1
SHIPPED = Path(__file__).parent
SHIPPED_REMEDY = "Переустановите voicebot или обучите своё ухо: voicebot ear train."


class EarMissing(InputFault):
    """The head is missing, truncated, damaged or of another version."""

    code = "ear-missing"

    def __init__(self, message: str, remedy: str = SHIPPED_REMEDY) -> None:
        super().__init__(message, remedy)


@dataclass(frozen=True, slots=True)
class HeadCard:
    """What head.json says. temperature: divides the outputs so that they become probabilities one can trust."""

    version: int
    classes: tuple[str, ...]
    temperature: float
    size: int  # bytes of head.onnx
    sha256: str
    trained: str  # ISO date
    clips: int  # how many it was trained on
    voices: tuple[str, ...]


def read_head(folder: Path | None = None) -> tuple[bytes, HeadCard]:
    """The ONNX model as bytes, checked. None: the shipped head. Raises EarMissing."""
    place = folder if folder is not None else SHIPPED
    try:
        return _whole(place / "head.onnx", _card(place / "head.json"))
    except EarMissing as error:
        raise error if folder is None else EarMissing(error.message, own_remedy(folder)) from error


def own_remedy(folder: Path) -> str:
    """What to do about a head in a folder that is not the shipped one."""
    return f"Обучите заново: voicebot ear train, или удалите head.json и head.onnx из {folder}: есть ухо из поставки."


def _whole(path: Path, card: HeadCard) -> tuple[bytes, HeadCard]:
    try:
        model = path.read_bytes()
    except FileNotFoundError:
        raise EarMissing(f"Слух: файла {path} нет.") from None
    except OSError as error:
        raise EarMissing(f"Слух: файл {path} не читается: {russian(error)}.") from error
    if len(model) != card.size:
        raise EarMissing(f"Слух: файл {path} — {len(model)} байт вместо {card.size}, он обрезан или заменён.")
    found = hashlib.sha256(model).hexdigest()
    if found != card.sha256:
        raise EarMissing(f"Слух: файл {path} повреждён (SHA-256 {found[:12]}…).")
    return model, card


def write_head(
    folder: Path, model: bytes, temperature: float, trained: str, clips: int, voices: tuple[str, ...]
) -> HeadCard:
    """Put a head in a folder; what was there is replaced. The card is written last: half a head does not load."""
    card = HeadCard(
        VERSION, tuple(c.value for c in CLASSES), temperature, len(model), hashlib.sha256(model).hexdigest(),
        trained, clips, voices,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in (("head.onnx", model), ("head.json", json.dumps(asdict(card), indent=1).encode() + b"\n")):
        fresh = folder / f"{name}.new"
        fresh.write_bytes(data)
        fresh.replace(folder / name)
    return card


def _card(path: Path) -> HeadCard:
    data = _object(path)
    if data.get("version", VERSION) != VERSION:
        raise EarMissing(f"Слух: модель в {path.parent} версии {str(data['version'])[:20]}, нужна {VERSION}.")
    if absent := [f.name for f in fields(HeadCard) if f.name not in data]:
        raise EarMissing(f"Слух: файл {path} не читается: в нём нет {', '.join(absent)}.")
    if data["classes"] != [c.value for c in CLASSES]:
        raise EarMissing(f"Слух: модель в {path.parent} другой версии: у неё другие классы ответов.")
    wrong = [name for name, sound in _SOUND.items() if not sound(data[name])]
    if wrong:
        told = ", ".join(f"{name}: {str(data[name])[:40]}" for name in wrong)
        raise EarMissing(f"Слух: в файле {path} негодное значение: {told}.")
    known = {f.name: data[f.name] for f in fields(HeadCard)}
    return HeadCard(**{**known, "classes": tuple(data["classes"]), "voices": tuple(data["voices"])})


def _object(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise EarMissing(f"Слух: файла {path} нет.") from None
    except OSError as error:
        raise EarMissing(f"Слух: файл {path} не читается: {russian(error)}.") from error
    except (ValueError, RecursionError) as error:
        raise EarMissing(f"Слух: файл {path} не читается: это не JSON или он обрезан.") from error
    if not isinstance(data, dict):
        raise EarMissing(f"Слух: файл {path} не читается: в нём не описание модели.")
    return data


def _count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _temperature(value: object) -> bool:
    """Zero, a negative or no number would turn every probability upside down or into none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= MAX_TEMPERATURE


_SOUND: Mapping[str, Callable[[Any], bool]] = {
    "temperature": _temperature,
    "size": _count,
    "clips": _count,
    "sha256": lambda value: isinstance(value, str),
    "trained": lambda value: isinstance(value, str),
    "voices": lambda value: isinstance(value, list) and all(isinstance(voice, str) for voice in value),
}
