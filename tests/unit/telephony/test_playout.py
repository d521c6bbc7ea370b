"""What is sent to the media socket, judged by a model of Asterisk's side of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.telephony.playout import MOST_BYTES, Message, Playout, command, frame_bytes

FRAME = frame_bytes(8000)


class Asterisk:
    """The queue of chan_websocket: 900 frames until XOFF, 1000 until sound is dropped; marks come when played."""

    def __init__(self) -> None:
        self.queue: list[str | int] = []  # marks, and frames by their first byte
        self.played = bytearray()
        self.most = 0
        self.buffering = False

    def take(self, messages: list[Message]) -> None:
        for message in messages:
            if isinstance(message, bytes):
                assert len(message) <= 65_500, "closes the socket"
                assert len(message) % FRAME == 0 or self.buffering, "the remainder would be dropped"
                self.queue += [message[at] for at in range(0, len(message), FRAME)]
            else:
                self.obey(json.loads(message))
            self.most = max(self.most, self.frames())

    def obey(self, said: dict[str, str]) -> None:
        name = said["command"]
        if name == "MARK_MEDIA":
            self.queue.append(said["correlation_id"])
        elif name == "FLUSH_MEDIA":
            self.queue.clear()
            self.buffering = False
        elif name == "START_MEDIA_BUFFERING":
            self.buffering = True
        else:
            assert name == "STOP_MEDIA_BUFFERING"
            assert self.buffering, "Asterisk logs an error"
            self.buffering = False

    def frames(self) -> int:
        return sum(isinstance(each, int) for each in self.queue)

    def play(self) -> str | None:
        """One frame or one mark."""
        first = self.queue.pop(0)
        if isinstance(first, str):
            return first
        self.played.append(first)
        return None


def run(playout: Playout, asterisk: Asterisk) -> list[int]:
    """Let everything be played; the prompts that were finished."""
    finished = []
    asterisk.take(playout.ready())
    while asterisk.queue:
        mark = asterisk.play()
        if mark:
            done = playout.marked(mark)
            asterisk.take(playout.ready())
            if done is not None:
                finished.append(done)
    return finished


def frames(count: int, value: int = 1) -> bytes:
    return bytes([value]) * (count * FRAME)


def test_a_prompt_is_bracketed_and_marked() -> None:
    playout = Playout(8000)
    playout.play(7, frames(3))
    assert playout.ready() == [
        command("START_MEDIA_BUFFERING"),
        frames(3),
        command("STOP_MEDIA_BUFFERING"),
        command("MARK_MEDIA", correlation_id="k1"),
    ]
    assert not playout.idle
    assert playout.marked("k1") == 7
    assert playout.idle


def test_a_short_last_frame_is_filled_with_silence() -> None:
    playout = Playout(8000)
    playout.play(1, b"\x01" * (FRAME + 2))
    sound = next(each for each in playout.ready() if isinstance(each, bytes))
    assert sound == b"\x01" * (FRAME + 2) + b"\0" * (FRAME - 2)


def test_an_empty_prompt_is_finished_too() -> None:
    playout = Playout(8000)
    playout.play(3, b"")
    assert run(playout, Asterisk()) == [3]


@given(st.lists(st.integers(0, 2500), min_size=1, max_size=5))
def test_however_long_the_prompts_nothing_is_dropped_and_they_finish_in_order(lengths: list[int]) -> None:
    playout, asterisk = Playout(8000), Asterisk()
    for number, length in enumerate(lengths):
        playout.play(number, frames(length, number + 1))
    assert run(playout, asterisk) == list(range(len(lengths)))
    assert asterisk.most < 900, "XOFF would come, and past 1000 sound is dropped without a word"
    assert bytes(asterisk.played) == b"".join(bytes([n + 1]) * length for n, length in enumerate(lengths))
    assert playout.idle


def test_slices_of_16_khz_stay_small_enough_too() -> None:
    playout = Playout(16000)
    playout.play(1, b"\x01" * (640 * 400))
    sizes = [len(each) for each in playout.ready() if isinstance(each, bytes)]
    assert max(sizes) <= MOST_BYTES
    assert all(size % 640 == 0 for size in sizes)


def test_after_a_flush_an_old_mark_means_nothing() -> None:
    playout, asterisk = Playout(8000), Asterisk()
    playout.play(1, frames(10))
    asterisk.take(playout.ready())
    on_its_way = next(each for each in asterisk.queue if isinstance(each, str))
    asterisk.take([playout.flush()])
    assert playout.idle
    playout.play(2, frames(10))
    asterisk.take(playout.ready())
    assert playout.marked(on_its_way) is None
    assert not playout.idle
    assert run(playout, asterisk) == [2]


def test_a_flush_in_the_middle_of_a_long_prompt_forgets_its_rest() -> None:
    playout, asterisk = Playout(8000), Asterisk()
    playout.play(1, frames(2000))
    asterisk.take(playout.ready())
    asterisk.take([playout.flush()])
    assert playout.ready() == []
    playout.play(2, frames(5, 2))
    assert run(playout, asterisk) == [2]
    assert bytes(asterisk.played) == b"\x02" * 5


def test_xoff_holds_everything_back_until_xon() -> None:
    playout = Playout(8000)
    playout.pause()
    playout.play(1, frames(5))
    assert playout.ready() == []
    playout.go_on()
    assert len(playout.ready()) == 4


def test_a_flush_ends_xoff() -> None:
    playout = Playout(8000)
    playout.pause()
    playout.flush()
    playout.play(1, frames(5))
    assert playout.ready()


def test_a_command_that_asterisk_would_ignore_is_an_error_here() -> None:
    with pytest.raises(ValueError, match="ignored"):
        command("MARK_MEDIA", correlation_id="x" * 100)
