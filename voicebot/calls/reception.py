"""Calls that come in: each is rung, looked up, answered and settled (M5)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from voicebot.calls.caller import RobotCaller
from voicebot.contacts.inbound import caller_phone
from voicebot.engine.attempting import Attempting
from voicebot.engine.receiving import Received, Receiving
from voicebot.errors import VoicebotError
from voicebot.telephony.port import Ring

log = structlog.get_logger(__name__)

LOOK_UP_S = 10.0  # nobody waits longer for a telephone that only rings
GIVE_WAY_S = 3.0  # for the end of our own call to the same phone to be written down
_AGAIN_S = 0.2
_CONGESTION = 34


class Reception:
    """One for a node. rings: calls that come in, for ever."""

    def __init__(
        self, rings: AsyncIterator[Ring], receiving: Receiving, attempting: Attempting, caller: RobotCaller
    ) -> None:
        self._rings, self._receiving, self._attempting, self._caller = rings, receiving, attempting, caller

    async def serve(self) -> None:
        """Until cancelled. Calls under way are then broken off: end them politely before."""
        async with asyncio.TaskGroup() as calls:
            async for ring in self._rings:
                calls.create_task(self._take(ring), name=f"inbound {ring.channel_id}")

    async def _take(self, ring: Ring) -> None:
        """One call that fails must not end the others."""
        try:
            async with asyncio.timeout(LOOK_UP_S):
                await ring.ring()
                received = await self._received(ring)
            if received is None:
                return await ring.reject(_CONGESTION)
            await self._attempting.received(received.attempt_id, lambda: self._caller.answer(received, ring))
        except Exception as error:
            log.error("a call that came in failed", channel=ring.channel_id, error=repr(error), exc_info=error)
            with contextlib.suppress(VoicebotError):
                await ring.reject(_CONGESTION)

    async def _received(self, ring: Ring) -> Received | None:
        """Somebody whom we ring at this moment gets through to us; a second call from a phone gets a human."""
        found = await self._receiving.begin(ring.channel_id, ring.caller)
        phone = caller_phone(ring.caller)
        if found is None and phone and await self._caller.give_way(phone):
            found = await self._once_free(ring)
        return found or await self._receiving.begin(ring.channel_id, ring.caller, alone=True)

    async def _once_free(self, ring: Ring) -> Received | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GIVE_WAY_S):
                while True:
                    await asyncio.sleep(_AGAIN_S)
                    found = await self._receiving.begin(ring.channel_id, ring.caller)
                    if found is not None:
                        return found
        return None
