"""Our side of one Asterisk: who owns which channel, and what becomes of them when the connection breaks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Protocol

from voicebot.telephony.ari import AriClient
from voicebot.telephony.events import AriEvent, Channel, ChannelDestroyed, ChannelState, ChannelStateChange, StasisStart
from voicebot.telephony.port import TelephonyDown, TelephonyError

log = logging.getLogger(__name__)

INBOUND = "inbound"  # the first argument of Stasis() in extensions.conf


class Owner(Protocol):
    """Something that lives on channels: a line, or a call that came in and is not answered yet."""

    def on_event(self, event: AriEvent) -> None:
        """An event of one of its channels; may tell what is known already."""

    def on_lost(self) -> None:
        """Asterisk died or is unreachable for too long: its channels are to be given up."""

    def living(self) -> frozenset[str]:
        """The ids of those of its channels that it believes alive."""


class Exchange:
    """Routes events to owners and keeps the owners' idea of their channels true. An AriListener.

    gone_after_s: with the event socket down for so long, live calls are given up
    """

    def __init__(self, url: str, user: str, password: str, app: str, *, gone_after_s: float = 10.0) -> None:
        self.client = AriClient(url, user, password, app, self)
        self.on_incoming: Callable[[StasisStart], None] | None = None
        self._gone_after_s = gone_after_s
        self._owners: dict[str, Owner] = {}
        self._leftovers: set[str] = set()
        self._started = ""

    def own(self, channel_id: str, owner: Owner) -> None:
        """Events of this channel go to owner from now on. Raises TelephonyError when a living owner has it."""
        if channel_id in self._owners:
            raise TelephonyError(f"Канал {channel_id} уже принадлежит живому звонку.")
        self._owners[channel_id] = owner

    def disown(self, owner: Owner) -> None:
        """Forget an owner and all its channels."""
        self._owners = {channel: each for channel, each in self._owners.items() if each is not owner}

    def release(self, channel_id: str) -> None:
        """Nobody owns this channel any more: its id may be used again."""
        self._owners.pop(channel_id, None)

    def owns(self, channel_id: str) -> bool:
        return channel_id in self._owners

    async def remove(self, path: str, **params: str) -> None:
        """Delete channels/… or bridges/…; without a connection it is done after the next connect."""
        try:
            await self.client.delete(path, **params)
        except TelephonyDown as error:
            log.warning("%s is left for the next connect: %s", path, error)
            self._leftovers.add(path)
        except TelephonyError as error:
            log.error("%s could not be removed: %s", path, error)

    def on_event(self, event: AriEvent) -> None:
        owner = self._owners.get(event.channel.id)
        if owner is not None:
            owner.on_event(event)
        elif isinstance(event, StasisStart) and event.args[:1] == (INBOUND,) and self.on_incoming:
            self.on_incoming(event)

    def on_away(self, seconds: float) -> None:
        if seconds >= self._gone_after_s:
            self._lose(self._everybody())

    async def on_connected(self) -> None:
        """Compare what we believe with what is there; what happened meanwhile reaches the owners as events."""
        believed = {owner: owner.living() for owner in self._everybody()}  # before asking: later channels are no matter
        info = await self.client.get("asterisk/info", only="status")
        started = str((info.get("status") or {}).get("startup_time") or "")
        channels = await self.client.channels()
        restarted, self._started = self._started not in ("", started), started
        if restarted:
            log.error("Asterisk was started anew at %s: every call of before is lost", started)
            self._leftovers.clear()
            self._lose(list(believed))
        for path in list(self._leftovers):
            await self.client.delete(path)
            self._leftovers.discard(path)
        for owner, ids in believed.items():
            for channel_id in ids:
                now = channels.get(channel_id)
                owner.on_event(ChannelStateChange(now) if now else _vanished(channel_id))
        for channel in channels.values():
            self._offer(channel)

    def _offer(self, channel: Channel) -> None:
        """A call that came in while we were away is offered now."""
        app, _, args = channel.app.partition(",")
        waits = channel.state is ChannelState.RING and app == self.client.app
        if waits and not self.owns(channel.id):
            self.on_event(StasisStart(channel, tuple(args.split(","))))

    def _everybody(self) -> list[Owner]:
        return list(dict.fromkeys(self._owners.values()))

    @staticmethod
    def _lose(owners: list[Owner]) -> None:
        for owner in owners:
            owner.on_lost()


def _vanished(channel_id: str) -> ChannelDestroyed:
    return ChannelDestroyed(Channel(channel_id, ChannelState.DOWN, "", "", ""), 0, "")
