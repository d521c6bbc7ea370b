"""The synthetic voices that speak the training sentences, and the recordings of people that are on this machine.

RHVoice is needed. festival with festvox-ru (a voice cut out of a man's recordings), espeak-ng and Asterisk's prompts
in other languages are used when the system has them (apt-get install festival festvox-ru espeak-ng
asterisk-core-sounds-{en,es,fr,it}-wav); `voicebot ear make` says what it found.
"""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from shutil import which

import numpy as np
import soxr

from voicebot.errors import OurFault
from voicebot.hearing.ear.features import Floats
from voicebot.hearing.ear.line import trimmed
from voicebot.hearing.ear.sounds import RATE
from voicebot.speech.audio import to_samples
from voicebot.speech.port import SpeechError
from voicebot.speech.rhvoice import RHVoice

FESTVOX = Path("/usr/share/festival/voices/russian/msu_ru_nsh_clunits")
PROMPTS = Path("/usr/share/asterisk/sounds")
# a sentence takes 20 ms; longer than this is a process that hangs
_TIMEOUT_S = 60.0


class Engine(StrEnum):
    RHVOICE = "rhvoice"
    FESTIVAL = "festival"
    ESPEAK = "espeak"


@dataclass(frozen=True, slots=True)
class Voice:
    """speaker: voices of one speaker are left out together when heads are judged. share: of the spoken clips."""

    name: str
    engine: Engine
    speaker: str
    share: float


VOICES = (
    Voice("anna", Engine.RHVOICE, "anna", 0.19),
    Voice("irina", Engine.RHVOICE, "irina", 0.17),
    Voice("elena", Engine.RHVOICE, "elena", 0.17),
    Voice("aleksandr", Engine.RHVOICE, "aleksandr", 0.12),
    Voice("aleksandr-hq", Engine.RHVOICE, "aleksandr", 0.10),
    Voice("festvox", Engine.FESTIVAL, "festvox", 0.17),
    Voice("espeak", Engine.ESPEAK, "espeak", 0.08),
)
# variants of espeak-ng that sound like a person rather than a machine from a film
ESPEAK_VARIANTS = ("m1", "m2", "m3", "m4", "m7", "f1", "f2", "f3", "f4", "f5", "Andy", "Annie", "Denis", "Linda")


@dataclass(frozen=True, slots=True)
class Manner:
    """How a sentence is spoken. rate, pitch: −1…+1; tract: a factor on formants, pitch and tempo (a child, a bass)."""

    rate: float
    pitch: float
    tract: float
    variant: str


PLAIN = Manner(0.0, 0.0, 1.0, "m3")


def draw_manner(rng: np.random.Generator) -> Manner:
    return Manner(
        rate=float(np.clip(rng.normal(0.0, 0.38), -0.8, 0.9)),
        pitch=float(np.clip(rng.normal(0.0, 0.4), -0.9, 0.9)),
        tract=float(rng.uniform(0.82, 1.22)),
        variant=ESPEAK_VARIANTS[int(rng.integers(len(ESPEAK_VARIANTS)))],
    )


def installed(rhvoice: Sequence[str]) -> tuple[Voice, ...]:
    """The voices that this machine has. rhvoice: names of RHVoice's own."""
    there = {
        Engine.FESTIVAL: which("festival") is not None and FESTVOX.is_dir(),
        Engine.ESPEAK: which("espeak-ng") is not None,
    }
    return tuple(v for v in VOICES if there.get(v.engine, v.name in rhvoice))


class Speakers:
    """All voices behind one call. Not for several threads."""

    def __init__(self, rhvoice: Path | None) -> None:
        """Raises ModelMissing without RHVoice."""
        self._rhvoice = RHVoice(rhvoice)

    def voices(self) -> tuple[Voice, ...]:
        return installed(self._rhvoice.voices())

    def speak(self, wanted: Sequence[tuple[str, Voice, Manner]]) -> list[Floats | None]:
        """8 kHz speech without silence around it, in the order of wanted; None for what a voice cannot say."""
        festival = [i for i, (_, voice, _) in enumerate(wanted) if voice.engine is Engine.FESTIVAL]
        raw: dict[int, tuple[Floats, int] | None] = dict(
            zip(festival, _by_festival([wanted[i][0] for i in festival]), strict=True)
        )
        for i, (text, voice, manner) in enumerate(wanted):
            if voice.engine is Engine.RHVOICE:
                raw[i] = self._by_rhvoice(text, voice.name, manner)
            elif voice.engine is Engine.ESPEAK:
                raw[i] = _by_espeak(text, manner)
        return [_shaped(raw[i], manner) for i, (_, _, manner) in enumerate(wanted)]

    def close(self) -> None:
        self._rhvoice.close()

    def _by_rhvoice(self, text: str, voice: str, manner: Manner) -> tuple[Floats, int] | None:
        try:
            return to_samples(self._rhvoice.speak(text, voice, manner.rate, 16_000, pitch=manner.pitch)), 16_000
        except SpeechError:
            return None  # «тсс» has no vowel to speak


def _shaped(spoken: tuple[Floats, int] | None, manner: Manner) -> Floats | None:
    if spoken is None or len(spoken[0]) < 400:
        return None
    samples, rate = spoken
    heard = trimmed(np.asarray(soxr.resample(samples, rate * manner.tract, RATE, "HQ"), np.float32))
    return heard if len(heard) > RATE // 20 else None


def _by_festival(texts: Sequence[str]) -> list[tuple[Floats, int] | None]:
    """One process for all: its start takes as long as twenty sentences."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="voicebot-ear-") as place:
        lines = ["(voice_msu_ru_nsh_clunits)"]
        for i, text in enumerate(texts):
            plain = "".join(c for c in text if c.isalpha() or c in " ,.-")
            said = f'(utt.save.wave (utt.synth (Utterance Text "{plain}")) "{place}/{i}.wav")'
            lines.append(f"(unwind-protect {said} nil)")  # a word that it cannot say must not end the rest
        script = Path(place, "say.scm")
        script.write_text("\n".join(lines))
        _run(["festival", "-b", str(script)])
        return [read_wav(path) if (path := Path(place, f"{i}.wav")).exists() else None for i in range(len(texts))]


def _by_espeak(text: str, manner: Manner) -> tuple[Floats, int] | None:
    with tempfile.NamedTemporaryFile(suffix=".wav", prefix="voicebot-ear-") as out:
        speed, pitch = int(150 + 50 * manner.rate), int(50 + 35 * manner.pitch)
        _run(
            ["espeak-ng", "-v", f"ru+{manner.variant}", "-s", str(speed), "-p", str(pitch), "-w", out.name, "--", text]
        )
        return read_wav(Path(out.name)) if Path(out.name).stat().st_size > 44 else None


def read_wav(path: Path) -> tuple[Floats, int] | None:
    """float32 and rate of a 16-bit mono WAV; None for another kind."""
    import wave

    try:
        with wave.open(str(path)) as file:
            if file.getsampwidth() != 2 or file.getnchannels() != 1:
                return None
            return to_samples(file.readframes(file.getnframes())), file.getframerate()
    except (wave.Error, EOFError):
        return None


def _run(command: list[str]) -> None:
    try:
        subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=False, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise OurFault(f"{command[0]} не отвечает {_TIMEOUT_S:.0f} с.", "Повторите voicebot ear make.") from None
