"""The port of telephony: a telephone that can dial, and a line that carries one call with the robot's audio in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from voicebot.dialogue.outcome import Disposition
from voicebot.errors import NetworkFault, PeerFault


class TelephonyError(PeerFault):
    """Asterisk answered with an error."""

    code = "telephony"


class TelephonyDown(NetworkFault):
    """Asterisk does not answer, or the connection to it broke."""

    code = "telephony-down"


@dataclass(frozen=True, slots=True)
class Ringing:
    pass


@dataclass(frozen=True, slots=True)
class Up:
    """Answered, and the robot's audio is joined: what is played now is heard."""


@dataclass(frozen=True, slots=True)
class Audio:
    """Sound from the far side: slin at the line's rate, usually 20 ms; may be shorter. None arrives in silence
    from some channels: endpointing runs by its own clock."""

    pcm: bytes


@dataclass(frozen=True, slots=True)
class PlayFinished:
    """Everything queued under this prompt id was heard."""

    prompt_id: int


@dataclass(frozen=True, slots=True)
class Key:
    key: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TransferJoined:
    """The administrator heard the whisper and now talks with the patient."""


@dataclass(frozen=True, slots=True)
class TransferNotJoined:
    """Nobody picked up (or the line failed); the robot is back in the bridge."""

    reason: str


@dataclass(frozen=True, slots=True)
class TransferLeft:
    """The administrator hung up; the patient is still on the line, in silence."""


@dataclass(frozen=True, slots=True)
class MediaLost:
    """The robot's media socket closed although the call lives."""


@dataclass(frozen=True, slots=True)
class Back:
    """The robot is on the line again: of a call whose robot died, or after its socket broke. What had been queued is
    lost. talking: the patient is together with an administrator, and the robot's audio is not joined."""

    talking: bool = False


@dataclass(frozen=True, slots=True)
class Gone:
    """The patient's channel is gone: the last event of a line. cause is Q.850, tech_cause the SIP status."""

    disposition: Disposition
    cause: int = 0
    tech_cause: str = ""


LineEvent = (
    Ringing
    | Up
    | Audio
    | PlayFinished
    | Key
    | TransferJoined
    | TransferNotJoined
    | TransferLeft
    | MediaLost
    | Back
    | Gone
)


class Line(Protocol):
    """One call: the patient's channel, the robot's media channel and the bridge between them.

    Use as `async with`: leaving it, however it is left, removes every channel, bridge and socket of the call.
    """

    id: str
    rate: int  # Hz of Audio and of what is played

    def events(self) -> AsyncIterator[LineEvent]:
        """All that happens on the line, ending after Gone. To be iterated once."""
        ...

    async def play(self, prompt_id: int, pcm: bytes) -> None:
        """Queue audio; returns once it is handed over (Asterisk paces it). PlayFinished follows when heard."""
        ...

    async def flush(self) -> None:
        """Throw away what is queued: silence at the far ear within a few ms; its PlayFinished never comes."""
        ...

    async def transfer(self, queue: str, channel_id: str, whisper: bytes, timeout_s: int) -> None:
        """Ring an administrator with music for the patient. Answered by TransferJoined or TransferNotJoined."""
        ...

    async def hang_up(self) -> None:
        """End the call; Gone follows. A channel that is gone already is a success."""
        ...

    async def __aenter__(self) -> Line: ...

    async def __aexit__(self, *exc: object) -> None: ...


class Ring(Protocol):
    """Somebody rings us. Whoever takes it must ring, reject or answer it. caller: their number as the network shows
    it, "" or "anonymous" when it is hidden; dialled: the number they rang."""

    channel_id: str
    dialled: str
    caller: str

    async def ring(self) -> None:
        """Let them hear that it rings."""
        ...

    async def reject(self, cause: int) -> None:
        """Refuse by Q.850 cause."""
        ...

    def answer(self) -> Line:
        """Entering the line answers. When the caller has left by then, its only event is Gone."""
        ...

    async def left(self) -> None:
        """Wait until the caller gives up."""
        ...


class Telephone(Protocol):
    """Places calls."""

    def dial(self, call_id: str, number: str, caller_id: str, ring_timeout_s: int) -> Line:
        """A line whose entering rings the number. call_id becomes the channel id: a second dial of it is refused
        while the first lives (409), with TelephonyError."""
        ...

    def take_up(self, call_id: str, caller_id: str) -> Line:
        """The line of an answered call that a robot which died has left behind. Entering it joins our audio and tells
        Back first; raises TelephonyError when the call is gone."""
        ...

    async def answered(self, call_id: str) -> bool:
        """Whether a channel of this id exists and is answered."""
        ...

    async def alive(self, call_id: str) -> bool:
        """Whether a channel of this id exists now."""
        ...

    async def end(self, call_id: str) -> None:
        """Hang up a call of this id and remove its media channel and bridge, if they exist."""
        ...
