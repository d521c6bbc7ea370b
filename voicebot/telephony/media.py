"""The robot's ear and mouth in a call: the media websocket of Asterisk's chan_websocket, server mode, JSON control."""

from __future__ import annotations

import asyncio
import json
import logging
import random
from array import array
from collections.abc import AsyncIterator, Iterable
from typing import Any

import aiohttp

from voicebot.telephony.playout import FRAME_MS, Message, Playout, frame_bytes
from voicebot.telephony.port import Audio, PlayFinished, TelephonyDown, TelephonyError

log = logging.getLogger(__name__)

_CONNECT_S = 5.0
_SEND_S = 5.0
_CLOSE_S = 1.0  # for the peer's goodbye
_NOISE_FRAMES = 2  # at a time: little enough not to delay a prompt if its flush came late
_NOISE_LEVEL = 6  # of 32767, uniform: about -78 dB, what a quiet line sounds like
_RING_S = 2  # how much noise is made once and then repeated


class MediaSocket:
    """One open media socket. `events` must be iterated for marks and flow control to work.

    rate: Hz of the slin both ways
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, rate: int) -> None:
        self.rate = rate
        self._socket = socket
        self._playout = Playout(rate)
        self._turn = asyncio.Lock()  # what is computed together is sent together
        self._noise = _comfort_noise(rate)
        self._noisy = False
        self._noise_sent = False
        self._noise_task: asyncio.Task[None] | None = None

    @classmethod
    async def connect(cls, session: aiohttp.ClientSession, url: str, connection_id: str, rate: int) -> MediaSocket:
        """Open it. connection_id is MEDIA_WEBSOCKET_CONNECTION_ID. Raises TelephonyDown."""
        address = f"{url}/media/{connection_id}"
        try:
            async with asyncio.timeout(_CONNECT_S):
                socket = await session.ws_connect(
                    address,
                    protocols=("media",),
                    compress=0,
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TelephonyDown(f"Медиасокет Asterisk не открылся: {error or type(error).__name__}.") from error
        return cls(socket, rate)

    async def events(self) -> AsyncIterator[Audio | PlayFinished]:
        """What comes, until the socket closes for whatever reason."""
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.BINARY:
                    yield Audio(message.data)
                elif message.type is aiohttp.WSMsgType.TEXT:
                    finished = await self._control(message.data)
                    if finished is not None:
                        yield PlayFinished(finished)
        except (aiohttp.ClientError, OSError, TelephonyDown) as error:
            log.info("media socket: %s", error)

    async def play(self, prompt_id: int, pcm: bytes) -> None:
        """Queue a prompt. Raises TelephonyDown when the socket is gone, TelephonyError for half a sample."""
        if len(pcm) % 2:
            raise TelephonyError(f"Фраза {prompt_id}: нечётное число байтов, это не slin.")
        async with self._turn:
            # what noise is queued would delay the prompt
            before = [self._playout.flush()] if self._noise_sent and self._playout.idle else []
            self._noise_sent = False
            self._playout.play(prompt_id, pcm)
            await self._send([*before, *self._playout.ready()])

    async def flush(self) -> None:
        """Throw away everything queued. Raises TelephonyDown when the socket is gone."""
        async with self._turn:
            self._noise_sent = False
            await self._send([self._playout.flush()])

    def noise(self, on: bool) -> None:
        """Comfort noise while nothing is played: without it no RTP goes to the patient, and carriers cut such calls."""
        if on and self._noise_task is None:
            self._noise_task = asyncio.create_task(self._make_noise(), name="comfort-noise")
        self._noisy = on

    async def close(self) -> None:
        """Close; closed already is a success."""
        if self._noise_task:
            self._noise_task.cancel()
            await asyncio.gather(self._noise_task, return_exceptions=True)
            self._noise_task = None
        try:
            await self._socket.close()
        except (aiohttp.ClientError, OSError) as error:
            log.info("media socket did not close politely: %r", error)

    async def _control(self, text: str) -> int | None:
        try:
            said: Any = json.loads(text)
            name = said["event"]
        except (ValueError, KeyError, TypeError):
            log.error("media socket: not a JSON event: %.200s", text)
            return None
        finished: int | None = None
        if name == "MEDIA_MARK_PROCESSED":
            finished = self._playout.marked(str(said.get("correlation_id")))
        elif name == "MEDIA_XOFF":
            self._playout.pause()
        elif name == "MEDIA_XON":
            self._playout.go_on()
        else:
            return None
        async with self._turn:
            await self._send(self._playout.ready())
        return finished

    async def _make_noise(self) -> None:
        """Two frames every 40 ms, by the loop's clock; after a stall it starts anew rather than catch up."""
        loop = asyncio.get_running_loop()
        step = _NOISE_FRAMES * FRAME_MS / 1000
        size = _NOISE_FRAMES * frame_bytes(self.rate)
        at, due = 0, loop.time()
        while True:
            due = max(due + step, loop.time())
            await asyncio.sleep(due - loop.time())
            async with self._turn:
                if self._noisy and self._playout.idle:
                    self._noise_sent = True
                    try:
                        await self._send([self._noise[at : at + size]])
                    except TelephonyDown:
                        return  # events() ends too, and its reader says so
            at = (at + size) % (len(self._noise) - size)

    async def _send(self, messages: Iterable[Message]) -> None:
        try:
            async with asyncio.timeout(_SEND_S):
                for message in messages:
                    if isinstance(message, str):
                        await self._socket.send_str(message)
                    else:
                        await self._socket.send_bytes(message)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TelephonyDown(f"Медиасокет Asterisk закрыт: {error or type(error).__name__}.") from error


def _comfort_noise(rate: int) -> bytes:
    """The same quiet noise every time: it must not differ from run to run."""
    source = random.Random(1)
    samples = array("h", (source.randint(-_NOISE_LEVEL, _NOISE_LEVEL) for _ in range(rate * _RING_S)))
    return samples.tobytes()
