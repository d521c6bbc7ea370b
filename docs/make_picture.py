"""Draws docs/demo.svg: the demo's live table in mid run. Runs the whole demo (about 3 minutes) in a folder of /tmp.

.venv/bin/python docs/make_picture.py [--after 60] [--to docs/demo.svg]
"""

from __future__ import annotations

import argparse
import asyncio
import io
import re
import tempfile
import time
from pathlib import Path

from rich.console import Console

from voicebot.calls.port import Sighting
from voicebot.demo import run as demo
from voicebot.demo.table import LiveTable

WIDTH = 150  # columns of the terminal in the picture
LINES_BUSY = 4  # a moment at which something is going on

#: rich names fonts on a host of the web; a picture in a repository loads nothing from anywhere.
FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}\s*")


def picture_of(table: LiveTable) -> str:
    """The table as it stands, as SVG."""
    paper = Console(record=True, force_terminal=True, width=WIDTH, file=io.StringIO())
    paper.print(table._table())
    return FONT_FACE.sub("", paper.export_svg(title="make demo"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--after", type=float, default=60.0, help="seconds after the first call")
    parser.add_argument("--to", type=Path, default=Path(__file__).with_name("demo.svg"))
    options = parser.parse_args()
    taken: list[str] = []

    class PicturedTable(LiveTable):
        """Takes the picture at the first busy moment after so many seconds."""

        began = 0.0

        def watch(self, sighting: Sighting) -> None:
            super().watch(sighting)
            self.began = self.began or time.monotonic()
            busy = sum(row.busy for row in self.rows.values())
            if not taken and busy >= LINES_BUSY and time.monotonic() - self.began >= options.after:
                taken.append(picture_of(self))

    setattr(demo, "LiveTable", PicturedTable)  # noqa: B010 - the run makes its own table: this one takes its place
    with tempfile.TemporaryDirectory(prefix="voicebot-picture-") as folder:
        asyncio.run(demo.run_demo(Path(folder), Console(force_terminal=False)))
    if not taken:
        raise SystemExit("at no moment were enough lines busy: try a smaller --after")
    options.to.write_text(taken[0], "utf-8")
    print(f"{options.to}: {len(taken[0]) // 1000} kB")


if __name__ == "__main__":
    main()
