"""A call that came in and is not answered yet."""

from __future__ import annotations

import asyncio
import contextlib

from voicebot.telephony.ari import AriNotFound
from voicebot.telephony.events import AriEvent, ChannelDestroyed, StasisEnd, StasisStart
from voicebot.telephony.exchange import Exchange
from voicebot.telephony.line import AriLine, Inbound, LineRules
from voicebot.telephony.port import TelephonyDown


class Incoming:
    """Somebody rings us. Whoever takes it must ring, reject or answer it.

    dialled: the number they rang
    caller: their number, "" or "anonymous" when they hide it
    """

    def __init__(self, exchange: Exchange, start: StasisStart, rules: LineRules) -> None:
        self.channel_id = start.channel.id
        self.dialled = start.args[1] if len(start.args) > 1 else start.channel.exten
        self.caller = start.channel.caller
        self._exchange = exchange
        self._rules = rules
        self._gone = asyncio.Event()
        self._end: AriEvent | None = None
        exchange.own(self.channel_id, self)

    async def ring(self) -> None:
        """Let them hear that it rings. A caller who left is no error."""
        with contextlib.suppress(AriNotFound):
            await self._exchange.client.post(f"channels/{self.channel_id}/ring")

    async def reject(self, cause: int) -> None:
        """Refuse by Q.850 cause: 17 busy, 21 rejected, 1 unallocated, 34 congestion, 19 no answer."""
        await self._exchange.remove(f"channels/{self.channel_id}", reason_code=str(cause))
        self._exchange.disown(self)

    def answer(self) -> AriLine:
        """The line of this call; entering it answers. If the caller left before, its only event is Gone."""
        return AriLine(self._exchange, self.channel_id, Inbound(self._hand_over), self._rules)

    async def left(self) -> None:
        """Wait until the caller gives up."""
        await self._gone.wait()

    def on_event(self, event: AriEvent) -> None:
        if isinstance(event, ChannelDestroyed | StasisEnd):
            self._end = event
            self.on_lost()

    def on_lost(self) -> None:
        self._gone.set()
        self._exchange.disown(self)

    def living(self) -> frozenset[str]:
        return frozenset() if self._gone.is_set() else frozenset({self.channel_id})

    def _hand_over(self) -> AriEvent | None:
        self._exchange.disown(self)
        if self._gone.is_set() and self._end is None:
            raise TelephonyDown(f"Входящий звонок {self.channel_id} потерян: Asterisk недоступен.")
        return self._end
