"""port.Telephone over one Asterisk: dials, takes incoming calls, finds what nobody owns."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass
from types import TracebackType

from voicebot.telephony import remains
from voicebot.telephony.ari import AriNotFound
from voicebot.telephony.events import StasisStart
from voicebot.telephony.exchange import Exchange
from voicebot.telephony.incoming import Incoming
from voicebot.telephony.line import AriLine, LineRules, Outbound, TakenUp
from voicebot.telephony.port import TelephonyError

log = logging.getLogger(__name__)

_NUMBER = re.compile(r"\+?[0-9]{2,20}")
_MOST_WAITING = 100  # calls that came in and that nobody has looked at
_CONGESTION = "34"


@dataclass(frozen=True, slots=True)
class Orphan:
    """A channel or bridge of our application that no live line owns: of a process that died.

    call_id: the call it belonged to
    path: channels/… or bridges/…
    up: a channel that is answered
    """

    call_id: str
    path: str
    up: bool


class AriTelephone:
    """Use as `async with`: entering connects (raises TelephonyDown, AriError), leaving closes the connection.

    url, user, password: of ARI; app: our ARI application, one per process
    endpoint: where a number is dialled, with {number} in it
    administrators: queue -> endpoint rung on a transfer
    rate: Hz of the sound on every line: 8000 or 16000
    """

    def __init__(
        self,
        url: str,
        user: str,
        password: str,
        app: str,
        *,
        endpoint: str = "PJSIP/{number}@trunk",
        administrators: Mapping[str, str] | None = None,
        rate: int = 8000,
        max_call_s: int = 1800,
        gone_after_s: float = 10.0,
    ) -> None:
        self.exchange = Exchange(url, user, password, app, gone_after_s=gone_after_s)
        self.exchange.on_incoming = self._offer
        self._client = self.exchange.client
        self._endpoint = endpoint
        self._rules = LineRules(rate, max_call_s, dict(administrators or {}))
        self._incoming: asyncio.Queue[Incoming] | None = None
        self._refusals: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> AriTelephone:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.gather(*self._refusals, return_exceptions=True)
        await self._client.__aexit__(kind, error, at)

    def dial(self, call_id: str, number: str, caller_id: str, ring_timeout_s: int) -> AriLine:
        """As the port says. Raises TelephonyError for a number that is none."""
        if not _NUMBER.fullmatch(number):  # it becomes a part of a dial string
            raise TelephonyError(f"Номер {number!r} набрать нельзя: в нём могут быть только цифры и «+» впереди.")
        endpoint = self._endpoint.format(number=number)
        return AriLine(self.exchange, call_id, Outbound(endpoint, caller_id, ring_timeout_s), self._rules)

    def incoming(self) -> AsyncIterator[Incoming]:
        """Calls that come in, from now on; before the first use of this they are refused."""
        if self._incoming is None:
            self._incoming = asyncio.Queue(_MOST_WAITING)
        return _Calls(self._incoming)

    def take_up(self, call_id: str, caller_id: str) -> AriLine:
        """As the port says."""
        return AriLine(self.exchange, call_id, TakenUp(caller_id), self._rules)

    async def answered(self, call_id: str) -> bool:
        return await remains.up(self._client, call_id)

    async def alive(self, call_id: str) -> bool:
        try:
            await self._client.get(f"channels/{call_id}")
        except AriNotFound:
            return False
        return True

    async def end(self, call_id: str) -> None:
        for path in (f"channels/{call_id}", *remains.names(call_id)):
            await self._client.delete(path)

    async def orphans(self) -> list[Orphan]:
        """What our application has in Asterisk and no live line owns; to be called at start. End them by `end`
        (a call) or `remove` (anything)."""
        ours = await self._client.get(f"applications/{self._client.app}")
        channels = await self._client.channels()
        mine = [each for each in channels.values() if each.id in ours["channel_ids"] or self._in_our_app(each.app)]
        found = [
            Orphan(_call_of(each.id), f"channels/{each.id}", each.state == "Up")
            for each in mine
            if not self.exchange.owns(each.id)
        ]
        bridges = {str(each["id"]) for each in await self._client.get("bridges")}
        for bridge in sorted(bridges):
            call_id = _call_of(bridge)
            if bridge in ours["bridge_ids"] and not self.exchange.owns(call_id):
                found.append(Orphan(call_id, f"bridges/{bridge}", False))
        return found

    async def end_orphans(self, kept: Collection[str] = ()) -> None:
        """End what a process that died has left, but for the calls of these channels: they are taken up again."""
        for orphan in await self.orphans():
            if orphan.call_id not in kept:
                log.warning("%s of a robot that died is ended", orphan.path)
                await self.remove(orphan)

    async def remove(self, orphan: Orphan) -> None:
        """Remove one orphan; gone already is a success."""
        await self._client.delete(orphan.path)

    def _in_our_app(self, data: str) -> bool:
        return data.partition(",")[0] == self._client.app

    def _offer(self, start: StasisStart) -> None:
        if self._incoming is None or self._incoming.full():
            path = f"channels/{start.channel.id}"
            task = asyncio.create_task(self.exchange.remove(path, reason_code=_CONGESTION), name="refuse")
            self._refusals.add(task)
            task.add_done_callback(self._refusals.discard)
            return
        self._incoming.put_nowait(Incoming(self.exchange, start, self._rules))


class _Calls(AsyncIterator[Incoming]):
    """Never ends; several may read it, each call goes to one of them."""

    def __init__(self, queue: asyncio.Queue[Incoming]) -> None:
        self._queue = queue

    async def __anext__(self) -> Incoming:
        return await self._queue.get()


def _call_of(name: str) -> str:
    """The call id in the id of a channel or bridge of ours: m-7, b-7, w-t-7 and 7 are of call 7."""
    return re.sub(r"^(?:(?:m|b|w|wb|t)-)+", "", name)
