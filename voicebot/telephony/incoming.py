"""A call that came in and is not answered yet."""

from __future__ import annotations

import contextlib

from voicebot.telephony.ari import AriNotFound
from voicebot.telephony.events import AriEvent, StasisStart
from voicebot.telephony.exchange import Exchange
from voicebot.telephony.legs import Leg
from voicebot.telephony.line import AriLine, Inbound, LineRules


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
        self._leg = Leg(start.channel.id, came_in=True)
        self._leg.entered.set()
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
        return AriLine(self._exchange, self.channel_id, Inbound(self._hand_over, self.dialled), self._rules)

    async def left(self) -> None:
        """Wait until the caller gives up."""
        await self._leg.gone.wait()

    def on_event(self, event: AriEvent) -> None:
        self._leg.see(event)
        if self._leg.gone.is_set():
            self._exchange.disown(self)

    def on_lost(self) -> None:
        self._leg.gone.set()
        self._exchange.disown(self)

    def living(self) -> frozenset[str]:
        return frozenset() if self._leg.gone.is_set() else frozenset({self.channel_id})

    def _hand_over(self) -> Leg:
        self._exchange.disown(self)
        return self._leg
