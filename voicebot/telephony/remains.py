"""What a robot that died has left of a call in Asterisk: looked at, cleared away, or kept for whoever takes it up."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass

from voicebot.telephony.ari import AriClient, AriConflict, AriNotFound
from voicebot.telephony.events import ChannelState, parse_channel
from voicebot.telephony.port import TelephonyDown, TelephonyError

_GONE_S = 2.0  # from DELETE to the end of a channel: some ms


def names(call_id: str) -> tuple[str, ...]:
    """Everything but the patient's channel that one call may have, as paths of ARI: the robot's media, the
    administrator's leg and whisper, the bridges."""
    admin = f"t-{call_id}"
    return (
        f"channels/m-{call_id}", f"channels/{admin}", f"channels/w-{admin}", f"bridges/wb-{admin}",
        f"bridges/b-{call_id}",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Left:
    """bridge: whether the call's bridge is there. members: of it. administrator: the id of their channel."""

    bridge: bool
    members: frozenset[str]
    administrator: str

    @property
    def talking(self) -> bool:
        return self.administrator in self.members


async def up(client: AriClient, call_id: str) -> bool:
    """Whether the patient's channel is there and answered."""
    try:
        channel = parse_channel(await client.get(f"channels/{call_id}"))
    except AriNotFound:
        return False
    return channel.state is ChannelState.UP


async def look(client: AriClient, call_id: str) -> Left:
    """Raises TelephonyError when there is no answered call to take up."""
    if not await up(client, call_id):
        raise TelephonyError(f"Звонок {call_id} уже закончился.")
    try:
        bridge = await client.get(f"bridges/b-{call_id}")
    except AriNotFound:
        return Left(False, frozenset(), f"t-{call_id}")
    return Left(True, frozenset(map(str, bridge["channels"])), f"t-{call_id}")


async def listen_to(client: AriClient, *channel_ids: str) -> None:
    """Their events come to us: the application of the dead process had asked for them, ours has not."""
    for channel_id in channel_ids:
        await client.post(f"applications/{client.app}/subscription?eventSource=channel:{channel_id}")


async def clear(client: AriClient, call_id: str) -> None:
    """Remove what nobody can use any more, and the music for whoever waited: all but the patient and the bridge."""
    for path in names(call_id)[:-1]:
        await client.delete(path)
    with contextlib.suppress(AriConflict):  # there was no music
        await client.delete(f"bridges/b-{call_id}/moh")
    try:
        async with asyncio.timeout(_GONE_S):
            while f"m-{call_id}" in await client.channels():  # noqa: ASYNC110 - its name is needed again
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise TelephonyDown(f"Прежний медиаканал звонка {call_id} не исчезает.") from None
