"""What a shared library or program asks of the loader: the DT_NEEDED names of a 64-bit little-endian ELF file."""

from __future__ import annotations

import struct
from pathlib import Path

_PT_LOAD, _PT_DYNAMIC = 1, 2
_DT_NULL, _DT_NEEDED, _DT_STRTAB = 0, 1, 5


def is_elf(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(6) == b"\x7fELF\x02\x01"


def needed(path: Path) -> list[str]:
    """Names such as "libssl.so.3", in the file's own order; [] for a static program.

    Raises ValueError when the file is cut short or is no such ELF file.
    """
    data = path.read_bytes()
    if data[:6] != b"\x7fELF\x02\x01":
        raise ValueError(f"{path} is not a 64-bit little-endian ELF file")
    try:
        return _needed(data)
    except (struct.error, ValueError, StopIteration) as error:
        raise ValueError(f"{path} is damaged: {error}") from error


def _needed(data: bytes) -> list[str]:
    (table,) = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    loads: list[tuple[int, int, int]] = []  # virtual address, file offset, length in the file
    dynamic: tuple[int, int] | None = None
    for index in range(count):
        kind, _, offset, address, _, length = struct.unpack_from("<IIQQQQ", data, table + index * size)
        if kind == _PT_LOAD:
            loads.append((address, offset, length))
        elif kind == _PT_DYNAMIC:
            dynamic = (offset, length)
    if dynamic is None:
        return []
    names, strings = [], 0
    for at in range(dynamic[0], dynamic[0] + dynamic[1], 16):
        tag, value = struct.unpack_from("<QQ", data, at)
        if tag == _DT_NULL:
            break
        if tag == _DT_NEEDED:
            names.append(value)
        elif tag == _DT_STRTAB:
            strings = next(
                offset + value - address for address, offset, length in loads if 0 <= value - address < length
            )
    return [_string(data, strings + name) for name in names]


def _string(data: bytes, start: int) -> str:
    return data[start : data.index(b"\0", start)].decode()
