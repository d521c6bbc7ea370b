"""The ARI events that we use, typed; JSON becomes them here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class ChannelState(StrEnum):
    """The states that matter here; everything else Asterisk knows is OTHER."""

    DOWN = "Down"
    RING = "Ring"  # it rings us: an incoming call that nobody answered yet
    RINGING = "Ringing"  # it rings there
    UP = "Up"
    BUSY = "Busy"
    OTHER = ""

    @classmethod
    def _missing_(cls, value: object) -> ChannelState:
        return cls.OTHER


@dataclass(frozen=True, slots=True)
class Channel:
    """A snapshot of a channel. app is the dialplan application's data: "voicebot-1,inbound,+7888…" in Stasis."""

    id: str
    state: ChannelState
    caller: str
    exten: str
    app: str


@dataclass(frozen=True, slots=True)
class StasisStart:
    channel: Channel
    args: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StasisEnd:
    """It left our application. For a channel that came in by the dialplan this is the last event we get."""

    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelStateChange:
    channel: Channel


@dataclass(frozen=True, slots=True)
class ChannelHangupRequest:
    """cause is Q.850 only when soft is false; soft: Asterisk's own doing, our ring timeout or our hangup."""

    channel: Channel
    soft: bool
    cause: int
    tech_cause: str


@dataclass(frozen=True, slots=True)
class ChannelDestroyed:
    """cause is Q.850; tech_cause is the SIP status as text, "" when there is none."""

    channel: Channel
    cause: int
    tech_cause: str


@dataclass(frozen=True, slots=True)
class Dial:
    """How the dialling of a channel goes: "" (begun), RINGING, PROGRESS, ANSWER, BUSY, NOANSWER …"""

    channel: Channel
    status: str


@dataclass(frozen=True, slots=True)
class DtmfReceived:
    channel: Channel
    digit: str
    duration_ms: int


AriEvent = StasisStart | StasisEnd | ChannelStateChange | ChannelHangupRequest | ChannelDestroyed | Dial | DtmfReceived


def parse_channel(raw: Mapping[str, Any]) -> Channel:
    """A channel of ARI. Raises KeyError, TypeError for another shape."""
    dialplan = raw.get("dialplan") or {}
    caller = raw.get("caller") or {}
    return Channel(
        id=str(raw["id"]),
        state=ChannelState(str(raw["state"])),
        caller=str(caller.get("number") or ""),
        exten=str(dialplan.get("exten") or ""),
        app=str(dialplan.get("app_data") or ""),
    )


def parse_event(raw: Mapping[str, Any]) -> AriEvent | None:
    """The event, None for a kind that we do not use. Raises KeyError, TypeError, ValueError for another shape."""
    kind = raw["type"]
    if kind == "Dial":
        return Dial(parse_channel(raw["peer"]), str(raw.get("dialstatus") or ""))
    if kind == "StasisStart":
        return StasisStart(parse_channel(raw["channel"]), tuple(map(str, raw.get("args") or ())))
    if kind == "StasisEnd":
        return StasisEnd(parse_channel(raw["channel"]))
    if kind == "ChannelStateChange":
        return ChannelStateChange(parse_channel(raw["channel"]))
    if kind == "ChannelHangupRequest":
        channel, soft = parse_channel(raw["channel"]), bool(raw.get("soft", False))
        return ChannelHangupRequest(channel, soft, int(raw.get("cause") or 0), _text(raw.get("tech_cause")))
    if kind == "ChannelDestroyed":
        return ChannelDestroyed(parse_channel(raw["channel"]), int(raw.get("cause") or 0), _text(raw.get("tech_cause")))
    if kind == "ChannelDtmfReceived":
        return DtmfReceived(parse_channel(raw["channel"]), str(raw["digit"]), int(raw.get("duration_ms") or 0))
    return None


def _text(value: object) -> str:
    return "" if value is None else str(value)
