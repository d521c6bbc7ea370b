"""Reading WAV files: 16-bit PCM, µ-law and A-law, whatever chunks stand around; mono or the mean of the channels."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot.speech.audio import AudioFault, alaw_decode, resample, ulaw_decode

_PCM, _ALAW, _ULAW, _EXTENSIBLE = 1, 6, 7, 0xFFFE
_REMEDY = "Сохраните запись как WAV: PCM 16 бит (или A-law, µ-law), моно."
# larger than an hour at 16 kHz: no prompt and no answer is that long
MAX_BYTES = 120_000_000


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
        if path.stat().st_size > MAX_BYTES:
            raise AudioFault(f"Файл {path} слишком велик для звуковой записи.", _REMEDY)
        data = path.read_bytes()
    except OSError as error:
        raise AudioFault(f"Файл {path} не читается: {error.strerror}.", _REMEDY) from error
    try:
        return parse_wav(data)
    except (ValueError, struct.error) as error:
        raise AudioFault(f"Файл {path} не похож на WAV: {error}.", _REMEDY) from error


def parse_wav(data: bytes) -> Sound:
    """The sound of a WAV file's bytes. Python's own `wave` refuses µ-law and A-law. Raises ValueError."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("нет заголовка RIFF/WAVE")
    chunks = _chunks(data)
    if b"fmt " not in chunks or b"data" not in chunks:
        raise ValueError("нет описания формата или самого звука")
    kind, channels, hz, _, _, bits = struct.unpack_from("<HHIIHH", chunks[b"fmt "])
    if kind == _EXTENSIBLE:
        kind = struct.unpack_from("<H", chunks[b"fmt "], 24)[0]
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
            if size in (0, 0xFFFFFFFF, 0x7FFFFFFF):
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
        found.setdefault(name, data[at + 8 : at + 8 + size])  # a recording cut short has less than its header says
        at += 8 + size + (size & 1)
    return found


def _decoded(body: bytes, kind: int, bits: int) -> bytes:
    if (kind, bits) == (_PCM, 16):
        return body[: len(body) & ~1]
    if (kind, bits) == (_ULAW, 8):
        return ulaw_decode(body)
    if (kind, bits) == (_ALAW, 8):
        return alaw_decode(body)
    raise ValueError(f"формат {kind}, {bits} бит не поддерживается")


def _mono(pcm: bytes, channels: int) -> bytes:
    if channels == 1:
        return pcm
    frames = np.frombuffer(pcm[: len(pcm) // (2 * channels) * 2 * channels], "<i2").reshape(-1, channels)
    return bytes(frames.mean(axis=1).round().astype("<i2").tobytes())
