"""Administrators are free until somebody is handed over to them, and again when they hang up."""

from __future__ import annotations

from voicebot.calls.administrators import Administrators


def test_free_and_taken() -> None:
    desk = Administrators({"reception": 2, "lab": 1})
    desk.take("a1", "reception")
    desk.take("a2", "reception")
    desk.take("a3", "reception")  # a third one waits: no more than none are free
    desk.take("a4", "lab")
    assert (desk.free("reception"), desk.free("lab"), desk.free("nobody"), desk.free_of_all()) == (0, 0, 0, 0)
    assert desk.legs == 4
    desk.release("a4")
    desk.release("a4")
    assert (desk.free_of_all(), desk.legs) == (1, 3)
