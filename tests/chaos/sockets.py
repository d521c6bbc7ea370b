"""Cutting the TCP connections of another process of ours, from outside: neither side is asked."""

from __future__ import annotations

import ctypes
import os
import random
import socket
from contextlib import suppress
from pathlib import Path

_PIDFD_GETFD = 438  # Linux 5.6, the same number on all architectures


def cut(pid: int, port: int, draw: float | None = None) -> int:
    """Shut the connections of this process to a port of 127.0.0.1: all of them, or the one that draw (0…1) picks.
    Returns how many were cut."""
    try:
        handle = os.pidfd_open(pid)
        names = [fd.name for fd in Path(f"/proc/{pid}/fd").iterdir() if os.readlink(fd).startswith("socket:")]
    except OSError:  # the process has just gone
        return 0
    found: list[socket.socket] = []
    try:
        for name in names:
            with suppress(OSError):
                ours = _copy_of(handle, int(name))
                if ours.family == socket.AF_INET and ours.getpeername()[1] == port:
                    found.append(ours)
                else:
                    ours.close()
        chosen = found if draw is None else random.Random(draw).sample(found, min(1, len(found)))
        for each in chosen:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        return len(chosen)
    finally:
        for each in found:
            each.close()
        os.close(handle)


def _copy_of(handle: int, fd: int) -> socket.socket:
    libc = ctypes.CDLL(None, use_errno=True)
    copy = libc.syscall(_PIDFD_GETFD, handle, fd, 0)
    if copy < 0:
        raise OSError(ctypes.get_errno(), "pidfd_getfd")
    return socket.socket(fileno=copy)
