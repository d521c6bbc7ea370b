"""`voicebot serve` with two parts replaced: its clock can jump, its MIS can fail. Everything else is the real thing.

`python -m tests.chaos.robot`; the environment names the files (timekeeping.py, faulty_mis.py).
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.chaos.faulty_mis import FaultyRegistry
from tests.chaos.timekeeping import OffsetClock
from voicebot import app, cli
from voicebot.mis.registry import registry

CLOCK = "CHAOS_CLOCK"


def main() -> None:
    clock = OffsetClock(Path(os.environ[CLOCK]))
    setattr(app, "SystemClock", lambda: clock)  # noqa: B010 - mypy: it is not the app's own
    setattr(registry, "Registry", FaultyRegistry)  # noqa: B010
    sys.argv = ["voicebot", "serve"]
    cli.main()


if __name__ == "__main__":
    main()
