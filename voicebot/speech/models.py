"""Whether the files of a model are whole. A checksum is computed once and remembered beside the file."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from voicebot.speech.port import ModelMissing

_SETUP = "Выполните `make setup`: оно скачает недостающее."


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What a published file must be."""

    size: int  # bytes
    sha256: str  # hex


# of the package that SPEECH.md names; other models are taken as they are
WHISPER_BASE = KnownFile(145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9")


def require_files(folder: Path, names: tuple[str, ...], what: str, remedy: str = _SETUP) -> None:
    """Raises ModelMissing naming the first file of the model that is missing or empty."""
    if not folder.is_dir():
        raise ModelMissing(f"{what}: папки {folder} нет.", remedy)
    for name in names:
        path = folder / name
        if not path.exists() or (path.is_file() and path.stat().st_size == 0):
            raise ModelMissing(f"{what}: файла {path} нет или он пуст.", remedy)


def verify(path: Path, known: KnownFile, what: str, remedy: str = _SETUP) -> None:
    """Raises ModelMissing when the file is not the published one. 0.2 s for 145 MB the first time, then nothing."""
    stat = path.stat()
    if stat.st_size != known.size:
        raise ModelMissing(f"{what}: файл {path} — {stat.st_size} байт вместо {known.size}, он недокачан.", remedy)
    stamp = path.with_name(path.name + ".verified")
    state = {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": known.sha256}
    if _read(stamp) == state:
        return
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != known.sha256:
        raise ModelMissing(f"{what}: файл {path} повреждён (SHA-256 {found[:12]}…).", f"Удалите его. {_SETUP}")
    try:
        stamp.write_text(json.dumps(state))
    except OSError:
        return  # a read-only models folder: the sum is computed at every start


def _read(stamp: Path) -> object:
    try:
        return json.loads(stamp.read_text())
    except (OSError, ValueError):
        return None
