"""What every Store must do for readings of the MIS in pages, and for reminders that came too late."""

from __future__ import annotations

from store_contract import HOUR, NOW, PATIENT, PHONE, VISIT, attempt, contact

from voicebot.contacts.giving_up import GivenUp
from voicebot.contacts.model import (
    AttemptStatus,
    Contact,
    ContactStatus,
    Delivery,
    DeliveryKind,
    Message,
    Task,
)
from voicebot.store.database import SqlStore
from voicebot.store.port import SyncState


def given_up(one: Contact) -> GivenUp:
    return GivenUp(
        one,
        Task(f"t{one.id}", one.id, "p1", "Позвонить", NOW, NOW),
        (Message(f"m{one.id}", one.id, "p1", PHONE, "Ждём вас", NOW),),
        (Delivery(f"d{one.id}", DeliveryKind.ANSWER, "p1", "v1", "1", "unconfirmed", NOW),),
    )


class SyncContract:
    async def test_how_far_patients_were_read_is_kept_with_them(self, store: SqlStore) -> None:
        assert await store.sync_state() == SyncState()
        for state in (SyncState(None, NOW, "p1"), SyncState(NOW), SyncState(NOW, NOW + HOUR, "p5")):
            await store.save_patients([PATIENT], state)
            assert await store.sync_state() == state
        await store.save_patients([PATIENT])
        await store.save_appointments([VISIT], NOW, whole=False)
        assert (await store.sync_state(), await store.last_sync()) == (SyncState(NOW, NOW + HOUR, "p5"), None)
        assert await store.appointment("v1") == VISIT


class GivingUpContract:
    async def test_what_came_too_late_is_given_up_once_with_all_that_follows(self, store: SqlStore) -> None:
        """The first is open, the second is being called right now, the third was never planned."""
        planned = [attempt(), attempt(2, phone="+78880000102")]
        await store.add_contacts([contact(), contact(2)], planned)
        assert await store.start_attempt("a2", "n1", NOW)
        assert [c.id for c in await store.overdue_contacts("visit_reminder", NOW + 24 * HOUR)] == ["c1"]
        assert await store.overdue_contacts("visit_reminder", NOW) == ()
        late = [given_up(contact(n, status=ContactStatus.UNREACHED, reason="поздно")) for n in (1, 2, 3)]
        assert await store.give_up(late) == 2
        assert await store.give_up(late) == 0
        assert {c.id: c.status for c in await store.contacts()} == {
            "c1": ContactStatus.UNREACHED, "c2": ContactStatus.IN_PROGRESS, "c3": ContactStatus.UNREACHED
        }  # fmt: skip
        dropped = await store.attempt("a1")
        assert dropped is not None and dropped.status is AttemptStatus.DROPPED
        assert {t.id for t in await store.tasks()} == {"tc1", "tc3"}
        assert {m.id for m in await store.messages()} == {"mc1", "mc3"}
        assert {d.id for d in await store.due_deliveries(NOW, 9)} == {"dc1", "dc3"}
