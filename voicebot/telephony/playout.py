"""What to send to Asterisk's media socket, and when: prompts cut into slices, marks, flow control. Pure, no I/O."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass

FRAME_MS = 20
#: Asterisk says XOFF at 900 queued frames and drops sound without a word past 1000: we stay below both.
MOST_QUEUED = 800
#: A message over 65.5 kB closes the socket (1009).
MOST_BYTES = 48_000

Message = str | bytes


def frame_bytes(rate: int) -> int:
    """Bytes of one frame of slin."""
    return rate * FRAME_MS // 1000 * 2


def command(name: str, **values: str) -> str:
    """A control command as Asterisk wants it: one JSON object; over 128 bytes it would be ignored."""
    text = json.dumps({"command": name, **values}, separators=(",", ":"))
    if len(text) > 128:
        raise ValueError(f"a command of {len(text)} bytes would be ignored by Asterisk: {text}")
    return text


@dataclass(frozen=True, slots=True)
class _Slice:
    pcm: bytes
    frames: int
    first: bool
    prompt_id: int | None  # of the prompt that ends with this slice


class Playout:
    """The queue of what is to be heard. Feed it prompts and Asterisk's answers; take what `ready` gives and send it.

    rate: Hz of the slin that goes in
    """

    def __init__(self, rate: int) -> None:
        self._frame = frame_bytes(rate)
        self._waiting: deque[_Slice] = deque()
        self._marks: dict[str, _Slice] = {}
        self._queued = 0  # frames that Asterisk holds, as far as its marks tell
        self._paused = False
        self._serial = 0

    @property
    def idle(self) -> bool:
        """Nothing waits and nothing is being heard."""
        return not self._waiting and not self._marks

    def play(self, prompt_id: int, pcm: bytes) -> None:
        """Queue a prompt; its last, short frame is filled with silence, as Asterisk would drop it."""
        pcm += b"\0" * (-len(pcm) % self._frame)
        step = MOST_BYTES // self._frame * self._frame
        starts = range(0, len(pcm), step) or range(1)  # an empty prompt still gets its mark
        for start in starts:
            piece = pcm[start : start + step]
            last = start == starts[-1]
            self._waiting.append(_Slice(piece, len(piece) // self._frame, start == 0, prompt_id if last else None))

    def ready(self) -> list[Message]:
        """What may be sent now without Asterisk's queue running over; to be sent in this order, all of it."""
        messages: list[Message] = []
        while self._waiting and not self._paused and self._queued + self._waiting[0].frames <= MOST_QUEUED:
            piece = self._waiting.popleft()
            if piece.first:
                messages.append(command("START_MEDIA_BUFFERING"))
            if piece.pcm:
                messages.append(piece.pcm)
            if piece.prompt_id is not None:
                messages.append(command("STOP_MEDIA_BUFFERING"))
            self._serial += 1
            mark = f"k{self._serial}"  # never used twice: a mark that a flush overtook means nothing later
            self._marks[mark] = piece
            self._queued += piece.frames
            messages.append(command("MARK_MEDIA", correlation_id=mark))
        return messages

    def marked(self, mark: str) -> int | None:
        """Asterisk has played up to this mark: the prompt that is finished with it, if one is."""
        piece = self._marks.pop(mark, None)
        if piece is None:
            return None
        self._queued -= piece.frames
        return piece.prompt_id

    def pause(self) -> None:
        """XOFF."""
        self._paused = True

    def go_on(self) -> None:
        """XON."""
        self._paused = False

    def flush(self) -> str:
        """Forget everything; the command that makes Asterisk do the same. (It drops marks and buffering mode too.)"""
        self._waiting.clear()
        self._marks.clear()
        self._queued = 0
        self._paused = False  # the queue is empty now: an XON may never come
        return command("FLUSH_MEDIA")
