"""A batch is written while the next one is decided: nothing is lost, nothing is read too early."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from voicebot.engine.behind import Behind, one_behind


class Paper:
    """What was written, in order; a write lasts until it is let go on."""

    def __init__(self) -> None:
        self.written: list[str] = []
        self.go_on = asyncio.Event()

    async def write(self, what: str, fails: bool = False) -> None:
        await self.go_on.wait()
        if fails:
            raise RuntimeError(what)
        self.written.append(what)


async def _going_on(behind: Behind, ids: set[str]) -> asyncio.Task[None]:
    """Somebody who asks about these, as far as they come."""
    asking = asyncio.create_task(behind.settled(ids))
    for _ in range(5):
        await asyncio.sleep(0)
    return asking


def test_the_next_batch_is_decided_while_this_one_is_written(run):
    async def scene() -> None:
        paper = Paper()
        async with one_behind() as behind:
            await behind.write(partial(paper.write, "first"), {"p1"})
            assert (await _going_on(behind, {"p2"})).done()
            assert paper.written == []
            paper.go_on.set()
            await behind.write(partial(paper.write, "second"), {"p2"})
            assert paper.written == ["first"]
        assert paper.written == ["first", "second"]

    run(scene())


def test_who_is_being_written_about_is_read_after_it(run):
    async def scene() -> None:
        paper = Paper()
        async with one_behind() as behind:
            await behind.write(partial(paper.write, "first"), {"p1", "p2"})
            asking = await _going_on(behind, {"p2", "p3"})
            assert not asking.done()
            paper.go_on.set()
            await asking
            assert paper.written == ["first"]

    run(scene())


@pytest.mark.parametrize("then", ["nothing", "a write", "a question"])
def test_a_write_that_fails_stops_whoever_writes(run, then):
    async def scene() -> None:
        paper = Paper()
        paper.go_on.set()
        with pytest.raises(RuntimeError, match="first"):
            async with one_behind() as behind:
                await behind.write(partial(paper.write, "first", fails=True), {"p1"})
                if then == "a write":
                    await behind.write(partial(paper.write, "second"), {"p2"})
                elif then == "a question":
                    await behind.settled({"p1"})
        assert paper.written == []

    run(scene())


def test_when_the_reading_fails_what_was_decided_before_is_kept(run):
    async def scene() -> None:
        paper = Paper()
        asyncio.get_running_loop().call_later(1, paper.go_on.set)
        with pytest.raises(OSError, match="the MIS is gone"):
            async with one_behind() as behind:
                await behind.write(partial(paper.write, "first"), {"p1"})
                raise OSError("the MIS is gone")
        assert paper.written == ["first"]

    run(scene())


def test_whoever_is_cancelled_leaves_no_write_behind(run):
    async def scene() -> None:
        paper, begun = Paper(), asyncio.Event()

        async def work() -> None:
            async with one_behind() as behind:
                await behind.write(partial(paper.write, "first"), {"p1"})
                begun.set()
                await asyncio.Event().wait()

        before = asyncio.all_tasks()
        working = asyncio.create_task(work())
        await begun.wait()
        await asyncio.sleep(0)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        assert working.cancelled()
        assert asyncio.all_tasks() == before
        paper.go_on.set()
        await asyncio.sleep(0)
        assert paper.written == []

    run(scene())
