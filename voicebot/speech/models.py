"""Whether the files of a model are whole. A checksum is computed once and remembered beside the file."""

from __future__ import annotations

import hashlib
import json
import struct
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
WHISPER_BASE = {
    "model.bin": KnownFile(145_217_532, "d01c3014881c9c6f3133c182f3d2887eb6ca1c789a7538c5c007196857a0a6a9"),
    "config.json": KnownFile(2_309, "56a6d8110d311f19c8f0471e562832c7527f146b567275bfca59fcf7c184da9a"),
    "tokenizer.json": KnownFile(2_203_239, "fb7b63191e9bb045082c79fd742a3106a12c99513ab30df4a0d47fa6cb6fd0ab"),
    "vocabulary.txt": KnownFile(459_861, "34ce3fe1c5041027b3f8d42912270993f986dbc4bb34cf27f951e34a1e453913"),
}
# how OpenFst names what a ConstFst file holds, and what stands behind: version, flags, properties, start, states, arcs
_CONST_FST = b"\x05\x00\x00\x00const\x08\x00\x00\x00standard"
_STATE_BYTES, _ARC_BYTES = 20, 16


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


def require_whole_fst(path: Path, what: str, remedy: str) -> None:
    """Raises ModelMissing for a graph that is shorter than its header says: Kaldi loads half of one without an error
    and dies when it is used. Graphs of other kinds pass."""
    if not path.is_file():
        return
    with path.open("rb") as file:
        head = file.read(1000)
    at = head.find(_CONST_FST)
    if at < 0 or len(head) < at + len(_CONST_FST) + 40:
        return
    _, _, _, _, states, arcs = struct.unpack_from("<iiQqqq", head, at + len(_CONST_FST))
    needed = states * _STATE_BYTES + arcs * _ARC_BYTES
    if path.stat().st_size < needed:
        raise ModelMissing(f"{what}: файл {path} короче, чем сказано в его начале ({needed} байт).", remedy)


def _read(stamp: Path) -> object:
    try:
        return json.loads(stamp.read_text())
    except (OSError, ValueError):
        return None
