"""What every Store must do for calls that come in. Run on SQLite by tests/unit/store, on PostgreSQL by
tests/integration."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from store_contract import HOUR, NOW, PATIENT, PHONE, attempt, contact

from voicebot.contacts.model import Attempt, AttemptStatus, ContactStatus
from voicebot.store.database import SqlStore
from voicebot.store.port import CallRow, EventRow

UNTIL = NOW + HOUR / 6


def ringing(number: int = 1, phone: str = PHONE, *contact_ids: str) -> tuple[Attempt, CallRow, EventRow]:
    id_ = f"in-{number}@n1"
    made = Attempt(id_, phone, contact_ids, AttemptStatus.DIALLING, NOW, 0, "n1", NOW, reason="звонит")
    return made, CallRow(id_, id_, phone, "inbound", "1", NOW), EventRow(id_, -1, 0, "Prepared", "{}")


class InboundContract:
    async def test_it_stands_as_a_call_and_what_was_planned_waits(self, store: SqlStore) -> None:
        await store.save_patients([PATIENT])
        later = attempt(2, "c2", due_at=NOW + HOUR)
        await store.add_contacts([contact(1), contact(2)], [attempt(1, due_at=NOW), later])
        made, call, prepared = ringing(1, PHONE, "c1", "c2")
        assert await store.begin_inbound(made, call, prepared, UNTIL)
        assert await store.attempt(made.id) == made
        assert (await store.call(made.id), list(await store.events(made.id))) == (call, [prepared])
        assert [a.id for a in await store.dialling()] == [made.id]
        planned = [await store.attempt(id_) for id_ in ("a1", "a2")]
        assert [a.due_at for a in planned] == [UNTIL, NOW + HOUR]
        assert not await store.start_attempt("a1", "n1", UNTIL), "their phone talks to us"

    async def test_it_takes_a_line(self, store: SqlStore) -> None:
        await store.add_contacts([contact(1)], [replace(attempt(1), phone="+78880000999")])
        assert await store.begin_inbound(*ringing(), UNTIL)
        assert not await store.start_attempt("a1", "n1", NOW, lines=1)
        assert await store.start_attempt("a1", "n1", NOW, lines=2)

    async def test_of_two_at_once_from_a_phone_one_is_taken(self, store: SqlStore) -> None:
        first, second = ringing(1), ringing(2)
        taken = await asyncio.gather(store.begin_inbound(*first, UNTIL), store.begin_inbound(*second, UNTIL))
        assert sorted(taken) == [False, True]
        assert len(await store.calls()) == 1, "nothing is left of the other"

    async def test_a_phone_that_is_being_rung(self, store: SqlStore) -> None:
        await store.add_contacts([contact(1)], [attempt(1)])
        assert await store.start_attempt("a1", "n1", NOW)
        assert not await store.begin_inbound(*ringing(), UNTIL)

    async def test_open_contacts_of_patients(self, store: SqlStore) -> None:
        closed = contact(3, status=ContactStatus.REACHED)
        urgent = contact(2, deadline=NOW + HOUR)
        other = contact(4, patient_id="p2")
        await store.add_contacts([contact(1), urgent, closed, other], [])
        assert [c.id for c in await store.open_contacts_of(["p1"])] == ["c2", "c1"]
        assert await store.open_contacts_of([]) == ()
