"""One call: the far side's channel, the robot's media channel, and the bridge between them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from voicebot.telephony import remains
from voicebot.telephony.ari import AriConflict, AriError
from voicebot.telephony.disposition import Seen, disposition_of
from voicebot.telephony.events import AriEvent, DtmfReceived
from voicebot.telephony.exchange import Exchange
from voicebot.telephony.legs import Leg, Legs
from voicebot.telephony.media import MediaSocket
from voicebot.telephony.port import (
    Audio,
    Back,
    Gone,
    Key,
    LineEvent,
    MediaLost,
    PlayFinished,
    Ringing,
    TelephonyDown,
    TelephonyError,
    TransferLeft,
    TransferNotJoined,
    Up,
)
from voicebot.telephony.transfer import Transfer

log = logging.getLogger(__name__)

_MOST_EVENTS = 1500  # 30 s of sound: a reader that is so late gets no more sound, only what happens


@dataclass(frozen=True, slots=True)
class Outbound:
    """Whom to ring. endpoint: "PJSIP/+7888…@trunk"."""

    endpoint: str
    caller_id: str
    ring_timeout_s: int


@dataclass(frozen=True, slots=True)
class Inbound:
    """A call that rings us. hand_over gives up its channel to the line; caller_id: the number that was dialled, ours,
    which an administrator sees on a transfer."""

    hand_over: Callable[[], Leg]
    caller_id: str


@dataclass(frozen=True, slots=True)
class TakenUp:
    """An answered call of a robot that died. caller_id: what an administrator sees on a transfer."""

    caller_id: str


Origin = Outbound | Inbound | TakenUp


@dataclass(frozen=True, slots=True)
class LineRules:
    """What all lines of a telephone share.

    administrators: queue -> endpoint that is rung on a transfer
    """

    rate: int
    max_call_s: int
    administrators: dict[str, str]


class AriLine:
    """port.Line over ARI. Entering rings the number, answers the call that came in, or joins one that lives.

    The media channel is in the bridge before the number is dialled, so no word of the answering side is lost.
    """

    def __init__(
        self, exchange: Exchange, call_id: str, origin: Outbound | Inbound | TakenUp, rules: LineRules
    ) -> None:
        self.id = call_id
        self.rate = rules.rate
        self._exchange = exchange
        self._origin = origin
        self._rules = rules
        self._media_id, self._bridge_id = f"m-{call_id}", f"b-{call_id}"
        self._legs = Legs(exchange, self, rules.rate, rules.max_call_s)
        self._events: asyncio.Queue[LineEvent] = asyncio.Queue()
        self._media: MediaSocket | None = None
        self._reader: asyncio.Task[None] | None = None
        self._transfer: Transfer | None = None
        self._up = self._cancelled = self._over = self._leaving = False
        self._deaf = False  # the media socket broke while an administrator had the patient
        self._rejoining: asyncio.Task[None] | None = None
        self._ringing = not isinstance(origin, Outbound)
        self._watch: asyncio.Task[None] | None = None  # of an administrator who talked already when we came

    async def __aenter__(self) -> AriLine:
        try:
            await self._set_up()
        except BaseException:
            await self._leave()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._leave()

    async def events(self) -> AsyncIterator[LineEvent]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, Gone):
                return

    async def play(self, prompt_id: int, pcm: bytes) -> None:
        """As the port says. During a transfer nobody would hear it: it is dropped, and PlayFinished never comes."""
        if self._transfer and self._transfer.robot_is_out:
            log.warning("line %s: prompt %s dropped, the robot is not in the bridge", self.id, prompt_id)
        elif self._media and not self._over:
            await self._media.play(prompt_id, pcm)

    async def flush(self) -> None:
        if self._media and not self._over:
            await self._media.flush()

    async def transfer(self, queue: str, channel_id: str, whisper: bytes, timeout_s: int) -> None:
        """As the port says. Raises TelephonyError when a transfer is under way already or the call is not answered."""
        if self._media is None or not self._up or self._over:
            raise TelephonyError(f"Звонок {self.id}: переводить некого.")
        if self._transfer and self._transfer.robot_is_out:
            raise TelephonyError(f"Звонок {self.id}: перевод уже идёт.")
        self._transfer = Transfer(
            self._exchange,
            self._legs,
            self._media,
            call_id=self.id,
            endpoint=self._rules.administrators.get(queue, ""),
            channel_id=channel_id,
            caller_id=self._origin.caller_id,
            tell=self._tell_of_transfer,
        )
        self._transfer.start(whisper, timeout_s)

    async def press(self, keys: str) -> None:
        """Send keys (0-9, *, #) to the far side, as a person pressing them would."""
        await self._exchange.client.post(f"channels/{self.id}/dtmf", dtmf=keys, between=100, duration=120)

    async def hang_up(self) -> None:
        """As the port says. Raises TelephonyDown when Asterisk does not answer: leaving the line cleans up later."""
        self._cancelled = True
        await self._exchange.client.delete(f"channels/{self.id}")

    async def cut(self) -> None:
        """Close the media socket, as a broken network would; the line comes back by itself. For rehearsals."""
        if self._media:
            await self._media.close()

    def on_event(self, event: AriEvent) -> None:
        leg = self._legs.get(event.channel.id)
        if leg is None:
            return
        leg.see(event)
        if leg.id != self.id:
            return
        if leg.ringing and not self._ringing and not self._up:
            self._ringing = True
            self._tell(Ringing())
        if leg.up.is_set() and not self._up:
            self._join()
        if isinstance(event, DtmfReceived):
            self._tell(Key(event.digit, event.duration_ms))
        if leg.gone.is_set():
            self._end(lost=False)

    def on_lost(self) -> None:
        self._end(lost=True)

    def living(self) -> frozenset[str]:
        return self._legs.living()

    async def _set_up(self) -> None:
        try:
            if isinstance(self._origin, Outbound):
                await self._legs.create(self.id, self._origin.endpoint, self._origin.caller_id)
            elif isinstance(self._origin, TakenUp):
                return await self._take_up()
            else:
                caller = self._origin.hand_over()
                self._legs.adopt(caller)
                if caller.gone.is_set():  # before the answer
                    self._end(lost=False)
                    return
            await self._open(self._origin)
        except AriConflict:
            raise
        except AriError as error:  # 500: the endpoint does not exist; or the caller left meanwhile, and Gone is told
            log.error("line %s: %s", self.id, error)
            self._end(lost=True)

    async def _take_up(self) -> None:
        """Our audio into the bridge that is there; or, when patient and administrator talk in it, only an eye on it."""
        client = self._exchange.client
        left = await remains.look(client, self.id)
        self._legs.find(self.id)
        self._up = True
        if left.talking:
            administrator = self._legs.find(left.administrator)
            self._legs.keep_bridge(self._bridge_id)
            await remains.listen_to(client, self.id, administrator.id)
            self._watch = asyncio.create_task(self._until_left(administrator), name=f"administrator-{self.id}")
            self._tell(Back(talking=True))
            return
        await remains.listen_to(client, self.id)
        await self._join_media(left)

    async def _join_media(self, left: remains.Left) -> None:
        await remains.clear(self._exchange.client, self.id)
        self._media = await self._legs.open_media(self._media_id)
        self._reader = asyncio.create_task(self._listen(self._media), name=f"media-{self.id}")
        if left.bridge:
            self._legs.keep_bridge(self._bridge_id)
            missing = () if self.id in left.members else (self.id,)
            await self._legs.join(self._bridge_id, *missing, self._media_id)
        else:
            await self._legs.bridge(self._bridge_id, self.id, self._media_id)
        self._media.noise(True)
        self._tell(Back())

    async def _rejoin(self) -> None:
        """The media socket broke although the call lives: a new one, and who speaks on this line is told."""
        self._deaf = False
        try:
            left = await remains.look(self._exchange.client, self.id)
            if self._media:
                await self._media.close()
            await self._legs.forget(self._media_id)
            await self._join_media(left)
        except (TelephonyError, TelephonyDown) as error:
            log.warning("line %s: the robot cannot return: %s", self.id, error)
            self._tell(MediaLost())

    def _tell_of_transfer(self, event: LineEvent) -> None:
        self._tell(event)
        if self._deaf and isinstance(event, TransferNotJoined | TransferLeft) and self._transfer:
            self._transfer.robot_is_out = False
            self._rejoining = asyncio.create_task(self._rejoin(), name=f"rejoin-{self.id}")

    async def _until_left(self, administrator: Leg) -> None:
        await administrator.gone.wait()
        self._tell(TransferLeft())

    async def _open(self, origin: Outbound | Inbound) -> None:
        """Media first, then the far side: what it says first is heard."""
        self._media = await self._legs.open_media(self._media_id)
        self._reader = asyncio.create_task(self._listen(self._media), name=f"media-{self.id}")
        await self._legs.bridge(self._bridge_id, self.id, self._media_id)
        if isinstance(origin, Outbound):
            await self._exchange.client.post(f"channels/{self.id}/dial", timeout=origin.ring_timeout_s)
        else:
            await self._exchange.client.post(f"channels/{self.id}/answer")

    async def _listen(self, media: MediaSocket) -> None:
        async for event in media.events():
            # sound before the answer is the network's ringback
            wanted = self._up and self._events.qsize() < _MOST_EVENTS
            if wanted or isinstance(event, PlayFinished):
                self._tell(event)
        if self._over or self._leaving:
            return
        if self._transfer and self._transfer.robot_is_out:
            self._deaf = True  # nobody needs us now
        elif self._up:
            log.warning("line %s: the media socket broke", self.id)
            await self._rejoin()
        else:
            self._tell(MediaLost())

    def _join(self) -> None:
        self._up = True
        if self._media:
            self._media.noise(True)
        self._tell(Up())

    def _tell(self, event: LineEvent | Audio) -> None:
        if not self._over:
            self._events.put_nowait(event)

    def _end(self, *, lost: bool) -> None:
        if self._over:
            return
        leg = self._legs.get(self.id)
        seen = Seen(
            answered=self._up,
            ringing=self._ringing,
            soft=leg.soft if leg else False,
            cancelled=self._cancelled,
            lost=lost,
            cause=leg.cause if leg else 0,
            tech_cause=leg.tech_cause if leg else "",
        )
        self._tell(Gone(disposition_of(seen), seen.cause, seen.tech_cause))
        self._over = True
        if self._transfer:
            self._transfer.cancel()  # an administrator's telephone must not go on ringing

    async def _leave(self) -> None:
        """Remove everything, even if we are cancelled meanwhile."""
        removal = asyncio.create_task(self._remove(), name=f"remove-{self.id}")
        try:
            await asyncio.shield(removal)
        except asyncio.CancelledError:
            await removal
            raise

    async def _remove(self) -> None:
        self._leaving = True
        try:
            if self._rejoining:
                self._rejoining.cancel()
                await asyncio.gather(self._rejoining, return_exceptions=True)
            if self._transfer:
                await self._transfer.stop()
            if self._watch:
                self._watch.cancel()
                await asyncio.gather(self._watch, return_exceptions=True)
            await self._legs.remove_all()
            if self._reader:
                self._reader.cancel()
                await asyncio.gather(self._reader, return_exceptions=True)
            if self._media:
                await self._media.close()
        except TelephonyDown as error:
            log.warning("line %s: %s", self.id, error)
        finally:
            self._end(lost=False)
            self._exchange.disown(self)
