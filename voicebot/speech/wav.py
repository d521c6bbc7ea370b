"""Reading WAV files: 16-bit PCM, µ-law and A-law, whatever chunks stand around; mono or the mean of the channels."""

from __future__ import annotations

import stat
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot.complaints import russian
from voicebot.speech.audio import AudioFault, alaw_decode, resample, ulaw_decode

_PCM, _FLOAT, _ALAW, _ULAW, _EXTENSIBLE = 1, 3, 6, 7, 0xFFFE
#: What else stands in WAV files, by the number in their header.
_PACKED = {2: "сжатие ADPCM", 0x11: "сжатие IMA ADPCM", 0x31: "сжатие GSM", 0x50: "сжатие MPEG", 0x55: "сжатие MP3"}
#: Sizes of the sound in a header that was never completed: the recording was not closed, or written to a pipe.
_OPEN = (0, 0x7FFFFFFF, 0xFFFFFFFF)
_REMEDY = "Сохраните запись как WAV: PCM 16 бит (или A-law, µ-law), моно."
# larger than an hour at 16 kHz: no prompt and no answer is that long
MAX_BYTES = 120_000_000


class OtherFormat(ValueError):
    """A whole WAV file, of a format that we do not read: which one, in Russian."""


@dataclass(frozen=True, slots=True)
class Sound:
    """Mono signed 16-bit PCM and its rate in Hz."""

    pcm: bytes
    hz: int

    def at(self, hz: int) -> bytes:
        """The PCM at another rate."""
        return resample(self.pcm, self.hz, hz)


def read_wav(path: Path) -> Sound:
    """The sound of a WAV file. Raises AudioFault naming the file and what is wrong with it."""
    try:
        return parse_wav(sound_file(path, _REMEDY))
    except OtherFormat as error:
        raise AudioFault(f"Файл {path}: {error}, а нужен PCM 16 бит.", _REMEDY) from error
    except ValueError as error:
        raise AudioFault(f"Файл {path} не похож на WAV: {error}.", _REMEDY) from error


def sound_file(path: Path, remedy: str) -> bytes:
    """The bytes of a file that may be a recording. Raises AudioFault, with the remedy for one that is too large."""
    try:
        state = path.stat()
        if stat.S_ISDIR(state.st_mode):
            raise AudioFault(f"{path} — это папка, а не файл.", f"Укажите записи в ней, например {path / '*.wav'}.")
        if not stat.S_ISREG(state.st_mode):
            raise AudioFault(f"{path} — не обычный файл, а устройство или канал.", "Сохраните запись в файл.")
        if state.st_size > MAX_BYTES:
            raise AudioFault(f"Файл {path} слишком велик для звуковой записи.", remedy)
        return path.read_bytes()
    except FileNotFoundError as error:
        raise AudioFault(f"Файл {path} не читается: файла нет.", "Проверьте имя и путь.") from error
    except OSError as error:
        raise AudioFault(f"Файл {path} не читается: {russian(error)}.", "Проверьте путь и права на файл.") from error


def parse_wav(data: bytes) -> Sound:
    """The sound of a WAV file's bytes. Python's own `wave` refuses µ-law and A-law.

    Raises ValueError with the cause in Russian; OtherFormat for a whole file of a format that we do not read.
    """
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("нет заголовка RIFF/WAVE")
    chunks = _chunks(data)
    if b"fmt " not in chunks or b"data" not in chunks:
        raise ValueError("нет описания формата или самого звука")
    try:
        kind, channels, hz, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
        if kind == _EXTENSIBLE:
            kind = struct.unpack_from("<H", chunks[b"fmt "], 24)[0]
    except struct.error as error:
        raise ValueError("описание формата обрезано") from error
    if not 1 <= channels <= 8 or not 4000 <= hz <= 192_000:
        raise ValueError(f"каналов {channels}, частота {hz} Гц")
    return Sound(_mono(_decoded(chunks[b"data"], kind, bits), channels), hz)


def channels_of(data: bytes) -> int:
    """How many channels a well-formed WAV file has."""
    return int(struct.unpack_from("<H", _chunks(data)[b"fmt "], 2)[0])


def promised_bytes(data: bytes) -> int | None:
    """How many bytes of mono 16-bit sound the header of a well-formed WAV file promises; None where it leaves that
    open, as what is written to a pipe does."""
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data":
            if size in _OPEN:
                return None
            channels, bits = struct.unpack_from("<H10xH", _chunks(data)[b"fmt "], 2)
            return int(size * 16 // (channels * bits))
        at += 8 + size + (size & 1)
    return None


def _chunks(data: bytes) -> dict[bytes, bytes]:
    found: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= len(data):
        name, size = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "little")
        if name == b"data" and size in _OPEN and not _is_chunks(data[at + 8 :]):
            found.setdefault(name, data[at + 8 :])
            break
        found.setdefault(name, data[at + 8 : at + 8 + size])  # a recording cut short has less than its header says
        at += 8 + size + (size & 1)
    return found


def _is_chunks(rest: bytes) -> bool:
    """Whether what follows an empty sound is further chunks to the very end, and not the sound itself."""
    at = 0
    while at + 8 <= len(rest):
        name, size = rest[at : at + 4], int.from_bytes(rest[at + 4 : at + 8], "little")
        if not (name.isascii() and name.decode("ascii").isprintable()):
            return False
        at += 8 + size + (size & 1)
    return len(rest) <= at <= len(rest) + 1


def _decoded(body: bytes, kind: int, bits: int) -> bytes:
    if (kind, bits) == (_PCM, 16):
        return body[: len(body) & ~1]
    if (kind, bits) == (_ULAW, 8):
        return ulaw_decode(body)
    if (kind, bits) == (_ALAW, 8):
        return alaw_decode(body)
    if kind == _PCM:
        raise OtherFormat(f"PCM {bits} бит")
    if kind == _FLOAT:
        raise OtherFormat(f"числа с плавающей точкой (float), {bits} бит")
    raise OtherFormat(_PACKED.get(kind, f"формат {kind}, {bits} бит"))


def _mono(pcm: bytes, channels: int) -> bytes:
    if channels == 1:
        return pcm
    frames = np.frombuffer(pcm[: len(pcm) // (2 * channels) * 2 * channels], "<i2").reshape(-1, channels)
    return bytes(frames.mean(axis=1).round().astype("<i2").tobytes())
