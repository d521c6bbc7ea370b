"""Free loopback ports for one Asterisk, leased so that several of them never meet."""

from __future__ import annotations

import contextlib
import socket
from types import TracebackType

from voicebot.errors import InputFault

_FIRST, _LAST = 10_000, 32_000  # below the kernel's ephemeral ports, so that no client socket lands in a block
_BLOCK = 1000


class NoFreePorts(InputFault):
    """Every block of ports is taken."""

    code = "ports-occupied"


class PortLease:
    """One block of ports on an address: HTTP, SIP and a range for RTP; free at the time of the lease.

    The lease is a UDP socket bound to the block's last port: the kernel lets no other process take the same block, and
    gives it back even if we are killed.

    http: TCP port of ARI and media
    sip: UDP port
    rtp: first and last UDP port for sound
    """

    def __init__(self, address: str = "127.0.0.1") -> None:
        self._address = address
        for start in range(_FIRST, _LAST - _BLOCK + 1, _BLOCK):
            if held := self._hold(start):
                self._held = held
                self._name(start)
                return
        raise NoFreePorts(
            f"Нет свободных портов на {address}: все блоки от {_FIRST} до {_LAST} заняты.",
            "Остановите лишние программы телефонии: «ss -lunp» покажет, кто занял порты.",
        )

    @classmethod
    def again(cls, http: int, address: str = "127.0.0.1") -> PortLease | None:
        """The block that begins at this port, whose ports are in use: by an Asterisk that outlived its robot. None
        when somebody else holds it."""
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            held.bind((address, http + _BLOCK - 1))
        except OSError:
            held.close()
            return None
        lease = cls.__new__(cls)
        lease._address, lease._held = address, held
        lease._name(http)
        return lease

    def _name(self, start: int) -> None:
        self.http, self.sip, self.rtp = start, start + 1, (start + 10, start + _BLOCK - 11)

    def _hold(self, start: int) -> socket.socket | None:
        held = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            held.bind((self._address, start + _BLOCK - 1))
            for port, kind in ((start, socket.SOCK_STREAM), (start + 1, socket.SOCK_DGRAM)):
                with socket.socket(socket.AF_INET, kind) as probe:
                    if kind == socket.SOCK_STREAM:  # as Asterisk does: connections that linger do not count
                        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    probe.bind((self._address, port))
        except OSError:
            held.close()
            return None
        return held

    def close(self) -> None:
        """Give the block back."""
        with contextlib.suppress(OSError):
            self._held.close()

    def __enter__(self) -> PortLease:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
