"""The channels and bridges of one call: made, watched, and removed to the last one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable
from dataclasses import dataclass, field
from typing import Any

from voicebot.telephony.ari import AriConflict
from voicebot.telephony.events import (
    AriEvent,
    ChannelDestroyed,
    ChannelHangupRequest,
    ChannelState,
    ChannelStateChange,
    Dial,
    StasisEnd,
    StasisStart,
)
from voicebot.telephony.exchange import Exchange, Owner
from voicebot.telephony.media import MediaSocket
from voicebot.telephony.port import TelephonyDown, TelephonyError

log = logging.getLogger(__name__)

_ENTER_S = 5.0  # from making a channel to its StasisStart: some ms
_GONE_S = 1.5  # from DELETE to ChannelDestroyed: some ms
_FORMATS = {8000: "slin", 16000: "slin16"}


@dataclass(slots=True)
class Leg:
    """One channel of a call, as far as its events tell."""

    id: str
    came_in: bool = False  # by the dialplan: its StasisEnd is its end
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    up: asyncio.Event = field(default_factory=asyncio.Event)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    ringing: bool = False
    soft: bool = False
    cause: int = 0
    tech_cause: str = ""

    def see(self, event: AriEvent) -> None:
        """Take an event of this channel in; seeing the same twice changes nothing."""
        state = event.channel.state
        if isinstance(event, StasisStart):
            self.entered.set()
        elif isinstance(event, Dial) and event.status in ("RINGING", "PROGRESS"):
            self.ringing = True  # mobile carriers send 183 with their own ringback and never 180
        elif isinstance(event, ChannelHangupRequest):
            self.soft = self.soft or event.soft
            if not event.soft:
                self.cause, self.tech_cause = event.cause, event.tech_cause
        elif isinstance(event, ChannelDestroyed):
            if event.cause:  # 0: we only know that it is not there any more
                self.cause, self.tech_cause = event.cause, event.tech_cause
            self.gone.set()
        elif isinstance(event, StasisEnd) and self.came_in:
            self.gone.set()
        if isinstance(event, ChannelStateChange) and state is ChannelState.RINGING:
            self.ringing = True
        if isinstance(event, ChannelStateChange) and state is ChannelState.UP:
            self.up.set()


class Legs:
    """All that one call has in Asterisk.

    max_call_s: TIMEOUT(absolute) of every channel, the last guard if we vanish
    """

    def __init__(self, exchange: Exchange, owner: Owner, rate: int, max_call_s: int) -> None:
        self._exchange = exchange
        self._owner = owner
        self._rate = rate
        self._max_call_s = max_call_s
        self._legs: dict[str, Leg] = {}
        self._bridges: list[str] = []
        self._making: set[asyncio.Task[Any]] = set()

    def __getitem__(self, channel_id: str) -> Leg:
        return self._legs[channel_id]

    def get(self, channel_id: str) -> Leg | None:
        return self._legs.get(channel_id)

    def living(self) -> frozenset[str]:
        """Ids of the channels that are made and not gone."""
        return frozenset(leg.id for leg in self._legs.values() if leg.entered.is_set() and not leg.gone.is_set())

    def adopt(self, leg: Leg) -> None:
        """A channel that came in. Raises TelephonyError when a live call has it."""
        self._exchange.own(leg.id, self._owner)
        self._legs[leg.id] = leg

    def find(self, channel_id: str) -> Leg:
        """A channel that is there and answered, of a process that died: ours from now on. Raises TelephonyError when a
        live call has it."""
        leg = Leg(channel_id)
        leg.entered.set()
        leg.up.set()
        self.adopt(leg)
        return leg

    def keep_bridge(self, bridge_id: str) -> None:
        """A bridge that is there is ours from now on."""
        if bridge_id not in self._bridges:
            self._bridges.append(bridge_id)

    async def create(self, channel_id: str, endpoint: str, caller_id: str) -> Leg:
        """A channel towards endpoint, in our application and not dialled yet.

        Raises AriConflict when the id is taken (that channel is not ours and stays), AriError, TelephonyDown.
        """
        variables = {"TIMEOUT(absolute)": str(self._max_call_s)}
        if caller_id:  # chan_pjsip takes From from the connected line
            variables |= {"CONNECTEDLINE(num,i)": caller_id, "CONNECTEDLINE(num-pres,i)": "allowed"}
        leg = self._announce(channel_id)
        client = self._exchange.client
        body = {"endpoint": endpoint, "app": client.app, "channelId": channel_id, "variables": variables}
        await self._make(leg, client.post("channels/create", **body))
        await self._entered(leg)
        return leg

    async def open_media(self, channel_id: str) -> MediaSocket:
        """A media channel and its open socket. Raises as create does."""
        leg = self._announce(channel_id)
        client = self._exchange.client
        made = await self._make(
            leg,
            client.post(
                "channels/externalMedia",
                app=client.app,
                channelId=channel_id,
                external_host="INCOMING",
                transport="websocket",
                encapsulation="none",
                connection_type="server",
                format=_FORMATS[self._rate],
                transport_data="f(json)",
                variables={"TIMEOUT(absolute)": str(self._max_call_s + 60)},
            ),
        )
        connection_id = made["channelvars"]["MEDIA_WEBSOCKET_CONNECTION_ID"]
        media = await MediaSocket.connect(client.session, client.url, connection_id, self._rate)
        try:
            await self._entered(leg)  # it enters Stasis when the socket is open
        except BaseException:
            await media.close()
            raise
        return media

    async def bridge(self, bridge_id: str, *members: str) -> None:
        """A mixing bridge with these channels in it."""
        self._bridges.append(bridge_id)
        await self._exchange.client.post("bridges", type="mixing", bridgeId=bridge_id)
        await self.join(bridge_id, *members)

    async def join(self, bridge_id: str, *members: str) -> None:
        """Put channels into a bridge. Their identities stay their own: else the bridge gives the patient's channel the
        number of the media channel, which is none, and the call goes out as anonymous."""
        await self._exchange.client.post(
            f"bridges/{bridge_id}/addChannel", channel=list(members), inhibitConnectedLineUpdates=True
        )

    async def part(self, bridge_id: str, *members: str) -> None:
        await self._exchange.client.post(f"bridges/{bridge_id}/removeChannel", channel=list(members))

    async def remove(self, *channel_ids: str) -> None:
        """Hang these up, and wait until they are gone."""
        legs = [leg for leg in map(self._legs.get, channel_ids) if leg and not leg.gone.is_set()]
        await asyncio.gather(*(self._exchange.remove(f"channels/{leg.id}") for leg in legs))
        try:
            async with asyncio.timeout(_GONE_S):
                for leg in legs:
                    if leg.entered.is_set():
                        await leg.gone.wait()
        except TimeoutError:
            log.info("no word of the end of %s", [leg.id for leg in legs if not leg.gone.is_set()])

    async def forget(self, channel_id: str) -> None:
        """Remove a channel, so that another one may have its id."""
        await self.remove(channel_id)
        self._legs.pop(channel_id, None)
        self._exchange.release(channel_id)

    async def remove_bridge(self, bridge_id: str) -> None:
        if bridge_id in self._bridges:
            await self._exchange.remove(f"bridges/{bridge_id}")
            self._bridges.remove(bridge_id)

    async def remove_all(self) -> None:
        """Everything of the call, also what was being made at this moment."""
        await asyncio.gather(*self._making, return_exceptions=True)
        await self.remove(*self._legs)
        await asyncio.gather(*(self.remove_bridge(each) for each in list(self._bridges)))

    def _announce(self, channel_id: str) -> Leg:
        self._exchange.own(channel_id, self._owner)  # first: its events may come before the answer to the POST
        leg = self._legs[channel_id] = Leg(channel_id)
        return leg

    async def _make(self, leg: Leg, request: Awaitable[Any]) -> Any:
        """Send the request that makes the leg. It runs to its end even if we are cancelled: only its answer tells
        whether the channel is ours to remove."""

        async def made() -> Any:
            try:
                return await request
            except AriConflict:
                leg.gone.set()  # another's channel
                raise

        task = asyncio.create_task(made(), name=f"make-{leg.id}")
        self._making.add(task)
        task.add_done_callback(self._made)
        return await asyncio.shield(task)

    def _made(self, task: asyncio.Task[Any]) -> None:
        self._making.discard(task)
        if not task.cancelled():
            task.exception()  # seen by the awaiting side; after its cancellation nobody else wants it

    async def _entered(self, leg: Leg) -> None:
        try:
            async with asyncio.timeout(_ENTER_S):
                await first_of(leg.entered, leg.gone)
        except TimeoutError:
            raise TelephonyDown(f"Канал {leg.id} не вошёл в приложение за {_ENTER_S:.0f} с.") from None
        if not leg.entered.is_set():
            raise TelephonyError(f"Канал {leg.id} исчез, едва появившись.")


async def first_of(*events: asyncio.Event) -> None:
    """Wait until any of the events is set."""
    if any(event.is_set() for event in events):
        return
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
