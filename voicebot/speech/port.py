"""The ports of speech: recognise, synthesise, detect. All audio is mono signed 16-bit little-endian PCM in bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Flag, auto
from typing import Protocol

from voicebot.errors import InputFault, OurFault


class SpeechError(OurFault):
    """A speech engine failed."""

    code = "speech"


class ModelMissing(InputFault):
    """A model or a voice is not in its place."""

    code = "model-missing"


class Capability(Flag):
    """What a recogniser can do beyond a final text."""

    NONE = 0
    PARTIALS = auto()
    GRAMMAR = auto()  # phrases limit what is written
    CLOSED_SET = auto()  # phrases are scored against the sound, beside the free text
    WORDS = auto()
    ALTERNATIVES = auto()


@dataclass(frozen=True, slots=True)
class Word:
    word: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the phrases that a question can be answered with.

    share: its probability among all of them, 0…1; fit: how probable it is beside the free text, 1 if as probable.
    """

    phrase: str
    share: float
    fit: float = 1.0


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a recogniser wrote of one utterance. confidence and no_speech are in 0…1; alternatives best first.

    choices: the phrases that were given to open(), the likeliest first, from an engine with Capability.CLOSED_SET.
    """

    text: str
    confidence: float
    no_speech: float
    words: tuple[Word, ...] = ()
    alternatives: tuple[str, ...] = ()
    engine: str = ""
    took_ms: int = 0
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class HeardSound:
    """One utterance as text, and as the ear heard it: a probability for each of its classes, None without an ear."""

    recognised: Recognised
    ear: Mapping[str, float] | None = None
    ear_ms: int = 0


class RecogniserSession(Protocol):
    """One utterance. Not shared between calls; feed and final may be slow and are called off the event loop."""

    def feed(self, pcm: bytes) -> None: ...

    def partial(self) -> str:
        """What was recognised so far, '' without Capability.PARTIALS."""
        ...

    def final(self) -> Recognised: ...


class Recogniser(Protocol):
    """A recognition engine with its model loaded. May be used from several threads at once."""

    name: str
    capabilities: Capability

    def open(self, rate: int, phrases: Sequence[str] | None = None) -> RecogniserSession:
        """rate: 8000 or 16000 Hz; phrases: all that the question can be answered with, limiting the grammar or
        scored against the sound where the engine can."""
        ...

    def prepare(self, rate: int, phrases: Sequence[str] | None = None) -> None:
        """Have what the next open() of this kind needs ready; called when nobody waits."""
        ...

    def close(self) -> None: ...


class AcousticEar(Protocol):
    """Hears what an answer means without writing it down. Lives beside the recogniser, whose encoder it uses."""

    def hear(self, pcm: bytes, rate: int) -> Mapping[str, float]:
        """PCM at rate that ends now. A probability for each class, by the class's name. Raises VoicebotError."""
        ...


class Synthesiser(Protocol):
    """A synthesis engine. speak is slow (10-100 ms) and is called off the event loop."""

    name: str
    version: str

    def voices(self) -> Sequence[str]: ...

    def speak(self, text: str, voice: str, rate: float = 0.0, hz: int = 8000) -> bytes:
        """PCM at hz (8000 or 16000). rate -1…+1 is slower…faster. Raises SpeechError; never returns silence
        for a text that could not be spoken."""
        ...

    def close(self) -> None: ...


class Transcriber(Protocol):
    """Recognition as the event loop sees it: whole utterances, off the loop, bounded in time."""

    engine: str

    async def recognise(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> Recognised:
        """PCM at rate (8000 or 16000 Hz). Raises SpeechError: died, hung, overloaded."""
        ...


class SoundHearer(Transcriber, Protocol):
    """Recognition and ear as the event loop sees them. ear: whether there is one."""

    ear: bool
    capabilities: Capability

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound:
        """Text and ear of a whole utterance in one request. Raises SpeechError as recognise does."""
        ...


class Prompter(Protocol):
    """Synthesis as the event loop sees it: off the loop, remembered."""

    async def speak(self, text: str, voice: str, rate: float = 0.0, hz: int = 8000) -> bytes:
        """PCM at hz. Raises SpeechError for a text that cannot be spoken, ModelMissing for a voice."""
        ...


class SpeechDetector(Protocol):
    """Tells speech from other sound, frame by frame; keeps state, so one for each stream."""

    frame_samples: int  # how many samples a frame has at `rate`
    rate: int

    def probability(self, frame: bytes) -> float:
        """0…1 that this frame is speech."""
        ...

    def reset(self) -> None: ...
