"""The order in which the workers of a pool do what waits for them."""

from __future__ import annotations

import asyncio

import pytest

from voicebot.speech.closed_set import ClosedSet, spelled
from voicebot.speech.jobs import Job, JobBoard
from voicebot.speech.port import SpeechError


async def test_requests_are_done_in_their_order() -> None:
    board = JobBoard(1)
    first, second = Job("hear", b"", 8000), Job("hear", b"", 8000)
    board.put(first)
    board.put(second)
    assert [await board.next(0, lambda: False) for _ in range(2)] == [first, second]


async def test_a_request_for_one_worker_is_left_to_it() -> None:
    board = JobBoard(2)
    own, anybody = Job("feed", b"", 8000, slot=1), Job("hear", b"", 8000)
    board.put(own)
    board.put(anybody)
    assert await board.next(0, lambda: False) is anybody
    assert await board.next(1, lambda: False) is own


async def test_what_nobody_waits_for_any_more_is_not_done() -> None:
    board = JobBoard(1)
    given_up, wanted = Job("hear", b"", 8000), Job("hear", b"", 8000)
    board.put(given_up)
    board.put(wanted)
    given_up.answer.cancel()
    assert await board.next(0, lambda: False) is wanted


async def test_a_slot_without_work_waits_and_is_woken() -> None:
    board = JobBoard(1)
    dead: list[bool] = []
    waiting = asyncio.create_task(board.next(0, lambda: bool(dead)))
    await asyncio.sleep(0)
    assert not waiting.done()
    dead.append(True)
    board.wake(0)
    assert await waiting is None


async def test_what_a_dead_worker_kept_fails_and_the_rest_goes_on() -> None:
    board = JobBoard(2)
    lost, kept = Job("feed", b"", 8000, slot=0), Job("feed", b"", 8000, slot=1)
    board.put(lost)
    board.put(kept)
    board.fail_pinned(0, SpeechError("погиб"))
    with pytest.raises(SpeechError):
        await lost.answer
    assert not kept.answer.done()
    board.fail_all(SpeechError("конец"))
    with pytest.raises(SpeechError):
        await kept.answer


async def test_sessions_go_to_the_worker_that_has_fewest() -> None:
    board = JobBoard(2)
    assert board.least_busy() == 0
    board.count_session(0, 1)
    assert board.least_busy() == 1


def test_choices_are_shares_of_the_closed_set_and_say_how_they_fit_beside_the_free_text() -> None:
    numbers = ClosedSet(("пять", "шесть", "пятёрка"), (), 3)
    found = numbers.choices([" Пять.", " пять.", " Петка.", " Шесть."], [-1.0, -3.0, -0.5, -2.0], -0.5)
    assert [c.phrase for c in found] == ["пять", "шесть"]
    assert found[0].share > 0.7 and sum(c.share for c in found) == pytest.approx(1, abs=0.001)
    assert found[0].fit == pytest.approx(0.689, abs=0.01)
    assert numbers.choices([" Мама."], [-0.1], -0.1) == ()
    assert spelled(" Пятёрка! ") == "пятерка"
