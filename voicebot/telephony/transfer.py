"""Joining an administrator into a live call: music for the patient, a whisper for the administrator, then both."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from voicebot.telephony.ari import AriNotFound
from voicebot.telephony.exchange import Exchange
from voicebot.telephony.legs import Leg, Legs, first_of
from voicebot.telephony.media import MediaSocket
from voicebot.telephony.port import (
    LineEvent,
    PlayFinished,
    TelephonyDown,
    TelephonyError,
    TransferJoined,
    TransferLeft,
    TransferNotJoined,
)

log = logging.getLogger(__name__)

_ANSWER_SPARE_S = 3.0  # on top of Asterisk's own ring timeout
_WHISPER_SPARE_S = 5.0  # on top of its length: a whisper whose mark never comes must not hold the patient for ever


class NotJoined(TelephonyError):
    """Why the administrator was not joined; the message goes into TransferNotJoined."""

    code = "transfer-not-joined"


class Transfer:
    """One transfer of one call. `start` returns at once; the outcome is told as TransferJoined or TransferNotJoined,
    and the administrator's leaving as TransferLeft.

    The robot's media channel waits outside the bridge and returns when nobody came, or when the administrator left:
    so the robot can speak to the patient again.

    endpoint: of the administrator; "" when the queue has none
    channel_id: the id the administrator's channel gets
    """

    def __init__(
        self,
        exchange: Exchange,
        legs: Legs,
        media: MediaSocket,
        *,
        call_id: str,
        endpoint: str,
        channel_id: str,
        caller_id: str,
        tell: Callable[[LineEvent], None],
    ) -> None:
        self._exchange = exchange
        self._legs = legs
        self._media = media
        self._bridge_id, self._media_id = f"b-{call_id}", f"m-{call_id}"
        self._whisper_id, self._whisper_bridge = f"w-{channel_id}", f"wb-{channel_id}"
        self._endpoint, self._channel_id, self._caller_id = endpoint, channel_id, caller_id
        self._tell = tell
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self.robot_is_out = False

    def start(self, whisper: bytes, timeout_s: int) -> None:
        """Begin. whisper: slin at the line's rate; timeout_s: how long to ring."""
        self.robot_is_out = True
        self._task = asyncio.create_task(self._run(whisper, timeout_s), name=f"transfer-{self._channel_id}")

    def cancel(self) -> None:
        """The patient is gone: stop ringing. What is left is removed at once by a task that `stop` waits for."""
        if self._task and not self._cancelled:
            self._cancelled = True  # only once: a second one would break off the removal
            self._task.cancel()

    async def stop(self) -> None:
        """Cancel and wait."""
        self.cancel()
        if self._task:
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, whisper: bytes, timeout_s: int) -> None:
        joined = False
        try:
            try:
                await self._hold()
                administrator = await self._bring(whisper, timeout_s)
            except (TelephonyError, TelephonyDown, TimeoutError) as error:
                log.info("transfer %s: %r", self._channel_id, error)
                await self._drop()
                await self._robot_returns(music=True)
                self._tell(TransferNotJoined(str(error) or "Администратор не ответил."))
                return
            joined = True
            self._tell(TransferJoined())
            await administrator.gone.wait()
            await self._robot_returns(music=False)
            self._tell(TransferLeft())
        except asyncio.CancelledError:
            await self._drop()
            raise
        except (TelephonyError, TelephonyDown) as error:
            # the bridge or the robot's channel is gone: the call ends by its own events
            log.warning("transfer %s: the robot cannot return: %s", self._channel_id, error)
            self._tell(TransferLeft() if joined else TransferNotJoined(error.message))

    async def _hold(self) -> None:
        await self._media.flush()
        self._media.noise(False)  # outside the bridge nobody takes it, and it would delay the next prompt
        await self._legs.part(self._bridge_id, self._media_id)
        await self._exchange.client.post(f"bridges/{self._bridge_id}/moh")

    async def _bring(self, whisper: bytes, timeout_s: int) -> Leg:
        """Ring, whisper, join. Raises NotJoined and whatever ARI says."""
        if not self._endpoint:
            raise NotJoined("Для этой очереди не задан администратор.", "Добавьте её в telephony.queues.")
        administrator = await self._legs.create(self._channel_id, self._endpoint, self._caller_id)
        aside = await self._legs.open_media(self._whisper_id)
        try:
            await self._legs.bridge(self._whisper_bridge, self._channel_id, self._whisper_id)
            await self._exchange.client.post(f"channels/{self._channel_id}/dial", timeout=timeout_s)
            async with asyncio.timeout(timeout_s + _ANSWER_SPARE_S):
                await first_of(administrator.up, administrator.gone)
            if administrator.gone.is_set():
                raise NotJoined("Администратор не ответил.")
            await self._whisper(aside, whisper, administrator)
        finally:
            await aside.close()
        await self._legs.part(self._whisper_bridge, self._channel_id)
        await self._stop_music()
        await self._legs.join(self._bridge_id, self._channel_id)
        await self._legs.remove(self._whisper_id)
        await self._legs.remove_bridge(self._whisper_bridge)
        return administrator

    async def _whisper(self, aside: MediaSocket, whisper: bytes, administrator: Leg) -> None:
        """Say it to the administrator alone, to its end."""

        async def heard() -> None:
            await aside.play(1, whisper)
            async for event in aside.events():
                if isinstance(event, PlayFinished):
                    return

        speaking = asyncio.create_task(heard(), name=f"whisper-{self._channel_id}")
        leaving = asyncio.create_task(administrator.gone.wait())
        try:
            length_s = len(whisper) / 2 / aside.rate
            await asyncio.wait(
                {speaking, leaving}, timeout=length_s + _WHISPER_SPARE_S, return_when=asyncio.FIRST_COMPLETED
            )
            if administrator.gone.is_set():
                raise NotJoined("Администратор положил трубку.")
        finally:
            speaking.cancel()
            leaving.cancel()
            await asyncio.gather(speaking, leaving, return_exceptions=True)

    async def _drop(self) -> None:
        """Remove what belongs to the administrator."""
        await self._legs.remove(self._channel_id, self._whisper_id)
        await self._legs.remove_bridge(self._whisper_bridge)

    async def _stop_music(self) -> None:
        try:
            await self._exchange.client.delete(f"bridges/{self._bridge_id}/moh")
        except AriNotFound:
            log.debug("no music to stop in %s", self._bridge_id)

    async def _robot_returns(self, *, music: bool) -> None:
        if music:
            await self._stop_music()
        await self._legs.join(self._bridge_id, self._media_id)
        await self._media.flush()
        self._media.noise(True)
        self.robot_is_out = False
