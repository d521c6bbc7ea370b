"""Keeps an Asterisk alive over the death of its robot: `python -m voicebot.telephony.warden RUN_DIR PATIENCE_S`.

The robot starts this process, and this process starts Asterisk. When the robot dies, Asterisk goes on with the calls
in it until a new robot says that it is the owner now; when none comes, it is ended. When this process dies, the
kernel ends Asterisk. Standard library only: it must be small.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from voicebot.outliving import owned, read_private

OWNER = "owner.json"  # in RUN_DIR: who runs the calls
COMMAND = "command.json"  # in RUN_DIR: how Asterisk is started
POLITE_S = 3.0  # from SIGTERM to SIGKILL
_POLL_S = 0.25


class _Told(Exception):
    """Somebody wants us to end."""


def main(run_dir: Path, patience_s: float) -> int:
    """Asterisk's own exit status; 0 when it was ended by us."""

    def told(*_: object) -> None:
        raise _Told

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    asterisk = subprocess.Popen(read_private(run_dir / COMMAND)["command"], stdin=subprocess.DEVNULL)
    try:
        return _watch(asterisk, run_dir / OWNER, patience_s)
    except _Told:
        return 0
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end(asterisk)


def _watch(asterisk: subprocess.Popen[bytes], owner: Path, patience_s: float) -> int:
    seen = time.monotonic()
    while time.monotonic() - seen < patience_s:
        try:
            return asterisk.wait(_POLL_S)
        except subprocess.TimeoutExpired:
            if owned(owner):
                seen = time.monotonic()
    return 0


def _end(asterisk: subprocess.Popen[bytes]) -> None:
    if asterisk.poll() is not None:
        return
    asterisk.terminate()
    try:
        asterisk.wait(POLITE_S)
    except subprocess.TimeoutExpired:
        asterisk.kill()
        asterisk.wait()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), float(sys.argv[2])))
