"""A network that loses packets: stands on the way of the SIP trunk and of the sound of those who live behind it.

Real loss, on real RTP: the clinic's Asterisk gets fewer packets than were sent, as from a bad mobile network, in both
directions. The signalling goes through whole. No rights over the machine's network are needed (netem wants them).
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import socket
from collections.abc import Callable
from types import TracebackType

from voicebot.errors import OurFault

#: Losses come in bursts of so many packets on the average: networks seldom lose a single one.
BURST = 2.0
#: Sound that has stopped for so long is over; the BYE itself goes past us.
IDLE_S = 60.0
SWEEP_S = 10.0
_HOST = "127.0.0.1"
_TRIES = 50
_LARGEST = 65_535
_AUDIO = re.compile(rb"(?m)^m=audio (\d+) ")
_CALL_ID = re.compile(rb"(?mi)^(?:Call-ID|i):[ \t]*(\S+)")
_INVITE = re.compile(rb"^INVITE sips?:([^@;>\s]+)@")
_LENGTH = re.compile(rb"(?mi)^(Content-Length|l):[ \t]*\d+")

Address = tuple[str, int]


class NoPort(OurFault):
    """No UDP port is free."""

    code = "city-ports"


class Losses:
    """Which packets of one stream are lost: a share of 0…1 of them, in bursts (Gilbert's two states)."""

    def __init__(self, share: float, seed: int) -> None:
        self._random = random.Random(seed)
        self._stays = 1 - 1 / BURST
        self._enters = min(1.0, share / (BURST * (1 - share))) if share < 1 else 1.0
        self._losing = False

    def loses(self) -> bool:
        """Whether the next packet is lost."""
        self._losing = self._random.random() < (self._stays if self._losing else self._enters)
        return self._losing


class Port:
    """A free UDP port; take: what is done with a datagram and its sender. The odd port above it is held as well:
    RTCP goes there, and must not come to somebody else's call."""

    def __init__(self, take: Callable[[bytes, Address], None]) -> None:
        self._take = take
        self._loop = asyncio.get_running_loop()
        self._socket, self._above = _pair()
        self.number = int(self._socket.getsockname()[1])
        self._loop.add_reader(self._socket, self._read)

    def send(self, data: bytes, to: Address) -> None:
        with contextlib.suppress(OSError):  # nobody there, or no room: a network says nothing of what it loses
            self._socket.sendto(data, to)

    def close(self) -> None:
        self._loop.remove_reader(self._socket)
        self._socket.close()
        self._above.close()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # that an earlier datagram of ours was refused is told here
            self._take(*self._socket.recvfrom(_LARGEST))


class Stream:
    """The sound of one call: the clinic sends to `near`, the carrier to `far`. Either side is known by its SDP."""

    def __init__(self, share: float, seed: int) -> None:
        self.clinic: Address | None = None
        self.carrier: Address | None = None
        self.lost = self.passed = 0
        self._loop = asyncio.get_running_loop()
        self.seen = self._loop.time()
        self._out, self._back = Losses(share, 2 * seed), Losses(share, 2 * seed + 1)
        self.near = Port(lambda data, _: self._pass(data, self._out, self.far, self.carrier))
        self.far = Port(lambda data, _: self._pass(data, self._back, self.near, self.clinic))

    def close(self) -> None:
        self.near.close()
        self.far.close()

    def _pass(self, data: bytes, losses: Losses, door: Port, to: Address | None) -> None:
        self.seen = self._loop.time()
        if to is None or losses.loses():
            self.lost += 1
            return
        self.passed += 1
        door.send(data, to)


class LossyNetwork:
    """Use as `async with`: entering opens the SIP port that the clinic's trunk shall lead to, leaving closes all.

    carrier: SIP address of the city's Asterisk. share: of a dialled number, which part of its packets is lost, 0…1.
    """

    def __init__(self, carrier: Address, share: Callable[[str], float]) -> None:
        self._carrier, self._share = carrier, share
        self._clinic: Address | None = None
        self._streams: dict[bytes, Stream] = {}
        self._made = 0
        self._over = (0, 0)  # packets lost and passed in streams that are closed

    @property
    def sip(self) -> str:
        """host:port for the clinic's trunk."""
        return f"{_HOST}:{self._sip.number}"

    @property
    def packets(self) -> tuple[int, int]:
        """Lost and passed so far."""
        streams = self._streams.values()
        return self._over[0] + sum(s.lost for s in streams), self._over[1] + sum(s.passed for s in streams)

    async def __aenter__(self) -> LossyNetwork:
        self._sip = Port(self._signalling)
        self._sweeper = asyncio.create_task(self._sweep(), name="lossy network")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._sweeper.cancel()
        await asyncio.gather(self._sweeper, return_exceptions=True)
        for call in list(self._streams):
            self._close(call)
        self._sip.close()

    def _signalling(self, data: bytes, sender: Address) -> None:
        found = _CALL_ID.search(data)
        call = found[1] if found else b""
        if sender != self._carrier:
            self._clinic = sender
            self._sip.send(self._toward_carrier(data, call), self._carrier)
        elif self._clinic is not None:
            self._sip.send(self._toward_clinic(data, call), self._clinic)

    def _toward_carrier(self, data: bytes, call: bytes) -> bytes:
        """In an INVITE, also when it is sent again, the carrier is told our port in place of the clinic's."""
        invited = _INVITE.search(data)
        share = self._share(invited[1].decode("utf-8", "replace")) if invited and _AUDIO.search(data) else 0.0
        if not share:
            return data
        if call not in self._streams:
            self._made += 1
            self._streams[call] = Stream(share, self._made)
        stream = self._streams[call]
        data, stream.clinic = redirected(data, stream.far.number)
        return data

    def _toward_clinic(self, data: bytes, call: bytes) -> bytes:
        stream = self._streams.get(call)
        if stream is None or not _AUDIO.search(data):
            return data
        data, stream.carrier = redirected(data, stream.near.number)
        return data

    async def _sweep(self) -> None:
        """Closes the ports of calls that are over."""
        while True:
            await asyncio.sleep(SWEEP_S)
            now = asyncio.get_running_loop().time()
            for call, stream in list(self._streams.items()):
                if now - stream.seen > (IDLE_S if stream.carrier else 4 * IDLE_S):
                    self._close(call)

    def _close(self, call: bytes) -> None:
        stream = self._streams.pop(call)
        self._over = (self._over[0] + stream.lost, self._over[1] + stream.passed)
        stream.close()


def redirected(message: bytes, port: int) -> tuple[bytes, Address]:
    """A SIP message whose sound shall come to a port of ours, and where it was to come before."""
    head, _, body = message.partition(b"\r\n\r\n")
    found = _AUDIO.search(body)
    assert found is not None, "the caller has looked"
    body = _AUDIO.sub(b"m=audio %d " % port, body, count=1)
    head = _LENGTH.sub(lambda match: b"%s: %d" % (match[1], len(body)), head)
    return head + b"\r\n\r\n" + body, (_HOST, int(found[1]))


def _pair() -> tuple[socket.socket, socket.socket]:
    """Two bound sockets on neighbouring ports. Raises NoPort."""
    for _ in range(_TRIES):
        first, second = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        try:
            first.bind((_HOST, 0))
            second.bind((_HOST, first.getsockname()[1] + 1))
        except (OSError, OverflowError):
            first.close()
            second.close()
            continue
        first.setblocking(False)
        return first, second
    raise NoPort("Нет свободных портов UDP для города с потерями.", "Посмотрите, кто их занял: ss -lunp.")
