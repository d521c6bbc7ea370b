"""The trained head on disk: head.onnx and head.json beside it, which says what it must be."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from voicebot.errors import InputFault
from voicebot.hearing.ear.classes import CLASSES

VERSION = 1  # of the head's inputs and outputs: another window, pooling or set of classes is another version
SHIPPED = Path(__file__).parent
_REMEDY = "Переустановите voicebot или обучите заново: voicebot ear train."


class EarMissing(InputFault):
    """The head is missing, truncated, damaged or of another version."""

    code = "ear-missing"

    def __init__(self, message: str, remedy: str = _REMEDY) -> None:
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
    path = place / "head.onnx"
    card = _card(place / "head.json")
    if not path.is_file():
        raise EarMissing(f"Слух: файла {path} нет.")
    model = path.read_bytes()
    if len(model) != card.size:
        raise EarMissing(f"Слух: файл {path} — {len(model)} байт вместо {card.size}, он обрезан.")
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
    try:
        data = json.loads(path.read_text())
        card = HeadCard(**{**data, "classes": tuple(data["classes"]), "voices": tuple(data["voices"])})
    except FileNotFoundError:
        raise EarMissing(f"Слух: файла {path} нет.") from None
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise EarMissing(f"Слух: файл {path} не читается: {error}.") from error
    if card.version != VERSION or card.classes != tuple(c.value for c in CLASSES):
        raise EarMissing(f"Слух: модель в {path.parent} версии {card.version} или с другими классами, нужна {VERSION}.")
    return card
