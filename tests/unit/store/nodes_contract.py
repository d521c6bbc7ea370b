"""What every Store must do for several nodes and for campaigns' lines. Run on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from store_contract import HOUR, NOW, attempt, contact, finished, settlement

from voicebot.contacts.model import AttemptStatus, ContactStatus
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.store.database import SqlStore
from voicebot.store.port import ALL_LANES, CallRow, Concluded, EventRow, Lane, Settlement, closed_lane
from voicebot.store.reception import ASKED, InvitationsNow, Reception

MANY = 8


async def plan(store: SqlStore, lane: str = "", many: int = MANY) -> None:
    numbers = range(1, many + 1)
    made = [attempt(n, phone=f"+7888000010{n}", lane=lane) for n in numbers]
    await store.add_contacts([contact(n) for n in numbers], made)


async def started(store: SqlStore, lines: int | None) -> int:
    """Everybody at once asks for a line; how many got one."""
    return sum(
        await asyncio.gather(*(store.start_attempt(f"a{n}", f"n{n % 2}", NOW, lines) for n in range(1, MANY + 1)))
    )


class LanesContract:
    async def test_a_campaign_has_its_lines_and_can_be_closed(self, store: SqlStore) -> None:
        assert await store.lanes() == {}
        assert await store.lines_of("recall") is None
        await store.save_lane(Lane("recall", 2))
        assert await store.lines_of("recall") == 2
        await store.save_lane(Lane("recall", 3, "кампания на паузе"))
        lanes = await store.lanes()
        assert lanes == {"recall": Lane("recall", 3, "кампания на паузе")}
        assert (closed_lane("recall", lanes), closed_lane("", lanes)) == ("кампания на паузе", "")
        every = {**lanes, ALL_LANES: Lane(ALL_LANES, closed="всё на паузе")}
        assert (closed_lane("recall", every), closed_lane("", every)) == ("всё на паузе", "всё на паузе")

    async def test_lanes_left_out_are_not_due(self, store: SqlStore) -> None:
        await store.add_contacts(
            [contact(n) for n in (1, 2, 3)], [attempt(1, lane="x"), attempt(2), attempt(3, lane="y")]
        )
        assert [a.id for a in await store.due_attempts(NOW, 9, ["x"])] == ["a2", "a3"]
        assert [a.id for a in await store.due_attempts(NOW, 9, ["x", "y"])] == ["a2"]
        assert [a.lane for a in await store.due_attempts(NOW, 9)] == ["x", "", "y"]

    async def test_never_more_calls_than_lines_whoever_asks_at_once(self, store: SqlStore) -> None:
        await plan(store)
        assert await started(store, lines=3) == 3
        assert await store.lines_taken() == {"": 3}

    async def test_never_more_calls_of_a_campaign_than_its_lines(self, store: SqlStore) -> None:
        await plan(store, "recall")
        await store.save_lane(Lane("recall", 2))
        assert await started(store, lines=5) == 2
        assert await store.lines_taken() == {"recall": 2}

    async def test_never_more_invitations_than_free_administrators_whoever_asks_at_once(self, store: SqlStore) -> None:
        """Two nodes at once; one administrator of three talks, as the events of a live call tell."""
        await plan(store, "recall", MANY - 1)
        await store.add_contacts([contact(MANY)], [attempt(MANY, phone="+78880000109")])
        talks = CallRow(f"a{MANY}", f"a{MANY}", "+78880000109", "s", "1", NOW)
        asked = EventRow(f"a{MANY}", 1, 0, ASKED, "{}")
        assert await store.start_attempt(f"a{MANY}", "n0", NOW, 50, talks, [asked])
        await store.save_lane(Lane("recall", None, "", True))
        desk = Reception(3, per_administrator=1.0)
        begun = await asyncio.gather(
            *(store.start_attempt(f"a{n}", f"n{n % 2}", NOW, 50, None, (), desk) for n in range(1, MANY))
        )
        assert sum(begun) == 2
        assert await store.invitations_now() == InvitationsNow(live=2, busy=1)
        await store.append_events([EventRow(f"a{MANY}", 2, 1, "TransferFailed", "{}")])
        again = [await store.start_attempt(f"a{n}", "n1", NOW, 50, None, (), desk) for n in range(1, MANY)]
        assert sum(again) == 1

    async def test_an_administrator_who_talks_takes_a_line_on_every_node(self, store: SqlStore) -> None:
        await plan(store, many=2)
        call, asked = CallRow("a1", "a1", "+78880000101", "s", "1", NOW), EventRow("a1", 1, 0, ASKED, "{}")
        assert await store.start_attempt("a1", "n1", NOW, 2, call, [asked])
        assert await store.start_attempt("a2", "n2", NOW, 2) is False
        await store.append_events([EventRow("a1", 2, 1, "TransferEnded", "{}")])
        assert await store.start_attempt("a2", "n2", NOW, 2) is True

    async def test_a_closed_campaign_starts_nothing(self, store: SqlStore) -> None:
        await plan(store, "recall", 2)
        for lane in (Lane("recall", None, "пауза"), Lane(ALL_LANES, None, "пауза")):
            await store.save_lane(lane)
            assert await store.start_attempt("a1", "n1", NOW, 5) is False
            await store.save_lane(replace(lane, closed=""))
        assert await store.start_attempt("a1", "n1", NOW, 5) is True

    async def test_an_attempt_taken_back_was_never_dialled(self, store: SqlStore) -> None:
        await plan(store, many=1)
        await store.start_attempt("a1", "n1", NOW)
        await store.add_call(CallRow("a1", "a1", "+78880000101", "s", "1", NOW))
        await store.append_events([EventRow("a1", -1, 0, "Prepared", "{}")])
        assert await store.retract_attempt("a1", "n2", NOW, "чужая") is False
        assert await store.retract_attempt("a1", "n1", NOW + HOUR, "кампания на паузе") is True
        found = await store.attempt("a1")
        assert found is not None
        assert (found.status, found.node, found.started_at) == (AttemptStatus.PLANNED, "", None)
        assert (found.due_at, found.reason) == (NOW + HOUR, "кампания на паузе")
        assert (await store.calls(), await store.events("a1")) == ((), ())
        assert await store.retract_attempt("a1", "n1", NOW, "ещё раз") is False


class NodesContract:
    async def test_a_node_that_lives_beats(self, store: SqlStore) -> None:
        assert await store.beat("n1", NOW) is None
        assert await store.enter_node("n1", "calls", NOW) == 1
        before = await store.beat("n1", NOW + HOUR)
        assert before is not None
        assert (before.beats, before.taken_by) == (1, "")
        (node,) = await store.nodes()
        assert (node.name, node.role, node.started_at, node.at, node.beats) == ("n1", "calls", NOW, NOW + HOUR, 2)
        assert await store.enter_node("n1", "all", NOW + HOUR) == 3
        (again,) = await store.nodes()
        assert (again.beats, again.role) == (3, "all")  # a restart is a sign of life

    async def test_a_dead_node_is_taken_over_by_one_only(self, store: SqlStore) -> None:
        await store.enter_node("dead", "calls", NOW)
        (dead,) = await store.nodes()
        taken = await asyncio.gather(*(store.take_over(dead, f"n{n}") for n in range(4)))
        assert sorted(taken) == [False, False, False, True]

    async def test_a_node_that_has_beaten_meanwhile_is_not_dead(self, store: SqlStore) -> None:
        await store.enter_node("slow", "calls", NOW)
        (seen,) = await store.nodes()
        await store.beat("slow", NOW)
        assert await store.take_over(seen, "n2") is False

    async def test_a_node_that_comes_back_learns_that_it_was_taken_for_dead(self, store: SqlStore) -> None:
        await store.enter_node("n1", "calls", NOW)
        (seen,) = await store.nodes()
        assert await store.take_over(seen, "n2") is True
        rows = [await store.beat("n1", NOW) for _ in range(2)]
        assert [row.taken_by for row in rows if row is not None] == ["n2", ""]


class LateEndContract:
    """The answer of a call that was written off as interrupted counts after all."""

    async def interrupted(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.start_attempt("a1", "n1", NOW)
        open_still = contact(status=ContactStatus.IN_PROGRESS, outcome=Outcome.UNREACHED)
        lost = finished(attempt(), Disposition.INTERRUPTED)
        retry = attempt(2, "c1", due_at=NOW + HOUR)
        await store.settle(Settlement(lost, None, (Concluded(open_still, Outcome.UNREACHED),), (retry,)))

    async def test_the_answer_is_written_and_the_retry_goes(self, store: SqlStore) -> None:
        await self.interrupted(store)
        assert await store.settle_late(settlement()) is True
        assert await store.outcomes("a1") == {"c1": Outcome.CONFIRMED}
        assert await store.attempt("a2") is None
        found = await store.contact("c1")
        assert found is not None
        assert (found.status, len(await store.due_deliveries(NOW, 9))) == (ContactStatus.REACHED, 1)

    async def test_a_second_time_changes_nothing(self, store: SqlStore) -> None:
        await self.interrupted(store)
        await store.settle_late(settlement())
        assert await store.settle_late(settlement()) is False
        assert len(await store.tasks()) == len(await store.messages()) == 1

    async def test_a_retry_may_have_the_id_of_the_one_that_went(self, store: SqlStore) -> None:
        await self.interrupted(store)
        busy = finished(attempt(), Disposition.BUSY)
        again = attempt(2, "c1", due_at=NOW + 2 * HOUR)
        still = contact(status=ContactStatus.IN_PROGRESS, attempts_used=1)
        assert await store.settle_late(Settlement(busy, None, (Concluded(still, Outcome.UNREACHED),), (again,)))
        assert [(a.id, a.due_at) for a in await store.attempts() if a.status is AttemptStatus.PLANNED] == [
            ("a2", NOW + 2 * HOUR)
        ]

    async def test_what_ended_otherwise_stays(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.settle(settlement())
        assert await store.settle_late(replace(settlement(), tasks=())) is False
