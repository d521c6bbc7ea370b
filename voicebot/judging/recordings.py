"""Sound files as the patient's side of a call: 8 kHz PCM, whatever they were, and what is odd about them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from voicebot.speech.audio import AudioFault, alaw_decode, resample, to_samples, ulaw_decode
from voicebot.speech.wav import channels_of, promised_bytes, read_wav, sound_file

LINE_HZ = 8000
MIN_MS = 20  # one frame: less is no sound
FULL_SCALE = 0.999
CLIPPED_SHARE = 0.001  # of the samples: a voice on a good line has none
OFFSET = 0.02  # of full scale: a healthy codec leaves less

#: Files without a header, by how their names end.
_HEADERLESS = {".raw", ".pcm", ".sln", ".slin", ".ulaw", ".ul", ".alaw", ".al"}
_REMEDY = "Годятся WAV (PCM 16 бит, A-law, µ-law) и файлы без заголовка .raw/.sln/.ulaw/.alaw с ключом --rate."


@dataclass(frozen=True, slots=True)
class Recording:
    """pcm: at LINE_HZ. hz: what the file had. remarks: in Russian, what is odd, none for a sound one."""

    name: str
    pcm: bytes
    hz: int
    remarks: tuple[str, ...] = ()

    @property
    def ms(self) -> int:
        return len(self.pcm) * 1000 // (2 * LINE_HZ)


def read_recording(path: Path, rate: int = LINE_HZ) -> Recording:
    """rate: of files without a header, 4000…192000 Hz. Raises AudioFault: missing, empty, not a sound, too long."""
    if not 4000 <= rate <= 192_000:
        raise AudioFault(f"Частота {rate} Гц не бывает у записей.", "Укажите --rate от 4000 до 192000.")
    if path.suffix.lower() in _HEADERLESS:
        pcm, hz, remarks = *_headerless(path, rate), []
    else:
        sound = read_wav(path)
        pcm, hz, remarks = sound.pcm, sound.hz, _about_header(path, len(sound.pcm))
    remarks += _about(path, pcm)
    line = resample(pcm, hz, LINE_HZ)
    if len(line) < MIN_MS * LINE_HZ // 500:
        raise AudioFault(f"Файл {path} пуст: в нём нет и {MIN_MS} мс звука.", _REMEDY)
    return Recording(str(path), line, hz, tuple(remarks))


def _headerless(path: Path, rate: int) -> tuple[bytes, int]:
    data = sound_file(path, _REMEDY)
    if data[:4] == b"RIFF":
        raise AudioFault(f"Файл {path} — WAV, а назван как запись без заголовка.", "Переименуйте его в .wav.")
    match path.suffix.lower():
        case ".ulaw" | ".ul":
            return ulaw_decode(data), rate
        case ".alaw" | ".al":
            return alaw_decode(data), rate
        case _:
            return data, rate


def _about_header(path: Path, found: int) -> list[str]:
    data = path.read_bytes()
    remarks = []
    if (channels := channels_of(data)) > 1:
        remarks.append(f"каналов {channels}: сведены в один")
    promised = promised_bytes(data)
    if promised is not None and found < promised * 0.99:
        remarks.append(f"запись обрезана: {found} из {promised} байт")
    return remarks


def _about(path: Path, pcm: bytes) -> list[str]:
    """What is odd about the samples."""
    remarks = ["нечётное число байт: последний полуотсчёт отброшен"] if len(pcm) % 2 else []
    samples = to_samples(pcm)
    if not len(samples):
        return remarks
    if not samples.any():
        return [*remarks, "цифровая тишина: ни одного звука"]
    offset = float(samples.mean())
    if abs(offset) > OFFSET:
        remarks.append(f"постоянная составляющая {offset:+.2f}")
    clipped = float(np.mean(np.abs(samples) >= FULL_SCALE))
    if clipped > CLIPPED_SHARE:
        remarks.append(f"перегрузка: {clipped:.1%} отсчётов на пределе")
    return remarks
