"""What every Store must do. Run on SQLite by tests/unit/store, on PostgreSQL by tests/integration."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from voicebot.contacts.model import (
    Appointment,
    Attempt,
    AttemptStatus,
    ClinicBranch,
    Contact,
    ContactStatus,
    Delivery,
    DeliveryKind,
    DeliveryStatus,
    Doctor,
    Lifecycle,
    Message,
    Patient,
    Representative,
    Sex,
    Suppression,
    Task,
)
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.sql.engine import DataConflict
from voicebot.store.database import SqlStore
from voicebot.store.port import CallRow, Concluded, EventRow, Settlement, Store

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHONE = "+78880000101"

PATIENT = Patient(
    "p1", "Соколова", "Анна", "Петровна", Sex.FEMALE, date(1985, 3, 12), (PHONE, "+78880000201"), "Europe/Moscow"
)
DOCTOR = Doctor("d1", "Улюкаева", "Мария", "Ивановна", "стоматолог", Sex.FEMALE)
BRANCH = ClinicBranch("b1", "Центр", "улица Ленина, 5", "Europe/Moscow", "+78880009900")
VISIT = Appointment("v1", "1", "p1", NOW + 24 * HOUR, DOCTOR, BRANCH, service="Осмотр")


def contact(number: int = 1, **changes: object) -> Contact:
    made = Contact(f"c{number}", "p1", "visit_reminder", f"v{number}", "1", ContactStatus.PLANNED, NOW, NOW + 24 * HOUR)
    return replace(made, **changes)  # type: ignore[arg-type]


def attempt(number: int = 1, *contact_ids: str, **changes: object) -> Attempt:
    made = Attempt(f"a{number}", PHONE, contact_ids or (f"c{number}",), AttemptStatus.PLANNED, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


def finished(attempt_: Attempt, disposition: Disposition = Disposition.ANSWERED) -> Attempt:
    return replace(
        attempt_, status=AttemptStatus.FINISHED, node="n1", finished_at=NOW + HOUR / 60, disposition=disposition
    )


def settlement() -> Settlement:
    """«Да» of one patient: everything that can follow is there."""
    done = finished(attempt())
    call = CallRow("a1", "a1", PHONE, "visit_reminder", "7", NOW, NOW, NOW + HOUR, Disposition.ANSWERED, True)
    reached = contact(status=ContactStatus.REACHED, attempts_used=1, outcome=Outcome.CONFIRMED, reason="Ответил «да»")
    return Settlement(
        done,
        call,
        (Concluded(reached, Outcome.CONFIRMED),),
        messages=(Message("m1", "c1", "p1", PHONE, "Ждём вас", NOW),),
        tasks=(Task("t1", "c1", "p1", "Позвонить", NOW, NOW + HOUR),),
        deliveries=(Delivery("x1", DeliveryKind.ANSWER, "p1", "v1", "1", "confirmed", NOW),),
        suppressions=(Suppression(PHONE, "p1", "Ошиблись номером", NOW),),
    )


class StoreContract:
    """Subclassed where a `store` fixture gives an empty Store."""

    async def test_patients_come_back_as_they_were(self, store: Store) -> None:
        await store.save_patients([PATIENT])
        assert await store.patient("p1") == PATIENT
        assert await store.patient("nobody") is None

    async def test_a_patient_saved_again_is_overwritten_with_fewer_phones(self, store: Store) -> None:
        await store.save_patients([PATIENT])
        changed = replace(PATIENT, phones=("+78880000202",), do_not_call=True, birth_date=None)
        await store.save_patients([changed])
        assert await store.patient("p1") == changed

    async def test_visits_come_back_as_they_were(self, store: Store) -> None:
        visit = replace(VISIT, answer=Answer.DECLINED, lifecycle=Lifecycle.ARRIVED, booked_at=NOW - HOUR)
        await store.save_appointments([visit], NOW)
        assert await store.appointment("v1") == visit
        assert await store.appointment("v2") is None

    async def test_visits_between_excludes_the_end(self, store: Store) -> None:
        visits = [replace(VISIT, id=f"v{hour}", start=NOW + hour * HOUR) for hour in (3, 1, 2, 0)]
        await store.save_appointments(visits, NOW)
        found = await store.appointments_between(NOW + HOUR, NOW + 3 * HOUR)
        assert [visit.id for visit in found] == ["v1", "v2"]

    async def test_last_sync_moves_even_when_the_day_was_empty(self, store: Store) -> None:
        assert await store.last_sync() is None
        await store.save_appointments([], NOW)
        assert await store.last_sync() == NOW

    async def test_moments_are_utc_whatever_zone_they_came_in(self, store: Store) -> None:
        local = (NOW + HOUR).astimezone(timezone(timedelta(hours=12)))
        await store.save_appointments([replace(VISIT, start=local)], NOW)
        found = await store.appointment("v1")
        assert found is not None
        assert found.start == local
        assert found.start.tzinfo is UTC
        assert len(await store.appointments_between(NOW + HOUR, NOW + 2 * HOUR)) == 1

    async def test_a_naive_moment_is_refused(self, store: Store) -> None:
        with pytest.raises(Exception, match="a naive datetime cannot be stored"):
            await store.save_appointments([], datetime(2026, 11, 23))
        assert await store.last_sync() is None

    async def test_a_contact_is_planned_once(self, store: Store) -> None:
        assert await store.add_contacts([contact()], [attempt()]) == 1
        assert await store.add_contacts([contact(), contact(2)], [attempt(9, "c1"), attempt(2)]) == 1
        assert [found.id for found in await store.contacts()] == ["c1", "c2"]
        assert [found.id for found in await store.attempts()] == ["a1", "a2"]

    async def test_a_visit_has_one_open_contact_per_scenario(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        twin, newer = contact(id="c8"), contact(id="c9", appointment_version="2")
        assert await store.add_contacts([twin, newer], [attempt(8, "c8"), attempt(9, "c9")]) == 0
        assert await store.add_contacts([contact(id="c7", scenario_id="feedback")], []) == 1
        assert [found.id for found in await store.attempts()] == ["a1"]

    async def test_the_next_reminder_of_a_visit_is_planned_when_the_first_is_closed(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.close_contacts([contact(status=ContactStatus.UNREACHED)])
        assert await store.add_contacts([contact(), contact(id="c9")], [attempt(9, "c9")]) == 1
        assert [found.id for found in await store.due_attempts(NOW, 10)] == ["a9"]

    async def test_contacts_about_the_patient_as_such_are_guarded_by_their_id(self, store: Store) -> None:
        recall = contact(appointment_id="", appointment_version="")
        assert await store.add_contacts([recall, replace(recall, id="c2")], []) == 2
        assert await store.add_contacts([recall], [attempt()]) == 0
        assert await store.attempts() == ()

    async def test_an_attempt_for_a_family_keeps_only_its_new_contacts(self, store: Store) -> None:
        await store.add_contacts([contact(1)], [attempt(1)])
        assert await store.add_contacts([contact(1), contact(2)], [attempt(2, "c1", "c2")]) == 1
        family = await store.attempt("a2")
        assert family is not None
        assert family.contact_ids == ("c2",)

    async def test_attempts_keep_the_order_of_their_contacts(self, store: Store) -> None:
        family = attempt(1, "c3", "c1", "c2")
        await store.add_contacts([contact(1), contact(2), contact(3)], [family])
        assert await store.attempt("a1") == family

    async def test_due_attempts_come_most_urgent_first(self, store: Store) -> None:
        await store.add_contacts(
            [contact(number) for number in range(1, 6)],
            [
                attempt(1, due_at=NOW),
                attempt(2, due_at=NOW - HOUR),
                attempt(3, due_at=NOW, priority=10),
                attempt(4, due_at=NOW + HOUR / 3600),
                attempt(5, due_at=NOW, status=AttemptStatus.DROPPED),
            ],
        )
        assert [found.id for found in await store.due_attempts(NOW, 10)] == ["a3", "a2", "a1"]
        assert [found.id for found in await store.due_attempts(NOW, 1)] == ["a3"]

    async def test_next_due_is_the_earliest_attempt_or_delivery(self, store: Store) -> None:
        assert await store.next_due() is None
        await store.add_contacts([contact(1), contact(2)], [attempt(1), attempt(2, due_at=NOW + HOUR)])
        assert await store.next_due() == NOW
        await store.start_attempt("a1", "n1", NOW)
        assert await store.next_due() == NOW + HOUR
        await store.settle(settlement())
        assert await store.next_due() == NOW  # the delivery

    async def test_an_attempt_starts_once(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        assert await store.start_attempt("a1", "n1", NOW) is True
        assert await store.start_attempt("a1", "n2", NOW) is False
        assert await store.start_attempt("none", "n1", NOW) is False
        [dialling] = await store.dialling()
        assert (dialling.node, dialling.started_at, dialling.status) == ("n1", NOW, AttemptStatus.DIALLING)
        started = await store.contact("c1")
        assert started is not None
        assert started.status is ContactStatus.IN_PROGRESS

    async def test_one_phone_is_not_dialled_twice_at_once(self, store: Store) -> None:
        await store.add_contacts([contact(1), contact(2)], [attempt(1), attempt(2)])
        assert await store.start_attempt("a1", "n1", NOW) is True
        assert await store.start_attempt("a2", "n2", NOW) is False
        waiting = await store.attempt("a2")
        assert waiting is not None
        assert waiting.status is AttemptStatus.PLANNED
        await store.settle(settlement())
        assert await store.start_attempt("a2", "n2", NOW) is True

    async def test_postponing_moves_a_planned_attempt_only(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.postpone_attempt("a1", NOW + HOUR, "Ночь")
        assert await store.due_attempts(NOW, 10) == ()
        await store.start_attempt("a1", "n1", NOW)
        await store.postpone_attempt("a1", NOW + 2 * HOUR, "Поздно")
        found = await store.attempt("a1")
        assert found is not None
        assert (found.due_at, found.reason) == (NOW + HOUR, "Ночь")

    async def test_dropping_saves_the_reason_and_the_contacts(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        gone = contact(status=ContactStatus.CANCELLED, reason="Визит отменён")
        await store.drop_attempt(replace(attempt(), status=AttemptStatus.DROPPED, reason="Визит отменён"), [gone])
        found = await store.attempt("a1")
        assert found is not None
        assert (found.status, found.reason) == (AttemptStatus.DROPPED, "Визит отменён")
        assert await store.contact("c1") == gone

    async def test_an_attempt_that_is_being_dialled_is_not_dropped(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.start_attempt("a1", "n1", NOW)
        await store.drop_attempt(
            replace(attempt(), status=AttemptStatus.DROPPED), [contact(status=ContactStatus.CANCELLED)]
        )
        assert [found.id for found in await store.dialling()] == ["a1"]
        still = await store.contact("c1")
        assert still is not None
        assert still.status is ContactStatus.IN_PROGRESS

    async def test_closing_a_contact_drops_its_planned_attempt(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.close_contacts([contact(status=ContactStatus.SUPPRESSED, reason="Просил не звонить")])
        assert await store.due_attempts(NOW, 10) == ()
        dropped = await store.attempt("a1")
        assert dropped is not None
        assert (dropped.status, dropped.reason) == (AttemptStatus.DROPPED, "Просил не звонить")

    async def test_a_family_is_still_called_when_one_of_it_is_cancelled(self, store: Store) -> None:
        await store.add_contacts([contact(1), contact(2)], [attempt(1, "c1", "c2")])
        await store.close_contacts([contact(1, status=ContactStatus.CANCELLED)])
        assert [found.id for found in await store.due_attempts(NOW, 10)] == ["a1"]
        await store.close_contacts([contact(2, status=ContactStatus.CANCELLED)])
        assert await store.due_attempts(NOW, 10) == ()

    async def test_closing_does_not_overwrite_what_a_call_found_out(self, store: Store) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.settle(settlement())
        await store.close_contacts([contact(status=ContactStatus.CANCELLED, reason="Визит перенесён")])
        found = await store.contact("c1")
        assert found is not None
        assert found.status is ContactStatus.REACHED


class SettleContract:
    async def test_everything_is_written(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.start_attempt("a1", "n1", NOW)
        done = settlement()
        assert await store.settle(done) is True
        assert await store.attempt("a1") == done.attempt
        assert await store.calls() == (done.call,)
        assert await store.contact("c1") == done.concluded[0].contact
        assert await store.outcomes("a1") == {"c1": Outcome.CONFIRMED}
        assert await store.messages() == done.messages
        assert await store.tasks() == done.tasks
        assert await store.due_deliveries(NOW, 10) == done.deliveries
        assert tuple(await store.suppressions(PHONE, "p1", NOW)) == done.suppressions

    async def test_a_second_time_changes_nothing(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        assert await store.settle(settlement()) is True
        other = replace(
            settlement(),
            concluded=(Concluded(contact(outcome=Outcome.DECLINED), Outcome.DECLINED),),
            next_attempts=(attempt(2, "c1"),),
            tasks=(Task("t2", "c1", "p1", "Второй раз", NOW, NOW),),
        )
        assert await store.settle(other) is False
        assert await store.outcomes("a1") == {"c1": Outcome.CONFIRMED}
        assert [task.id for task in await store.tasks()] == ["t1"]
        assert await store.attempt("a2") is None

    async def test_a_dropped_attempt_is_not_settled(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.drop_attempt(replace(attempt(), status=AttemptStatus.DROPPED), [])
        assert await store.settle(settlement()) is False
        assert await store.tasks() == ()

    async def test_a_retry_is_planned(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.start_attempt("a1", "n1", NOW)
        again = attempt(2, "c1", due_at=NOW + HOUR)
        await store.settle(
            Settlement(
                finished(attempt(), Disposition.NO_ANSWER),
                None,
                (Concluded(contact(attempts_used=1), Outcome.UNREACHED),),
                next_attempts=(again,),
            )
        )
        assert await store.attempt("a2") == again
        assert await store.contact("c1") == contact(attempts_used=1)

    async def test_a_visit_cancelled_during_the_call_is_not_called_again(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.start_attempt("a1", "n1", NOW)
        await store.close_contacts([contact(status=ContactStatus.CANCELLED, reason="Отменён в МИС")])
        await store.settle(
            Settlement(
                finished(attempt(), Disposition.BUSY),
                None,
                (Concluded(contact(attempts_used=1), Outcome.UNREACHED),),
                next_attempts=(attempt(2, "c1"),),
            )
        )
        found = await store.contact("c1")
        assert found is not None
        assert (found.status, found.attempts_used) == (ContactStatus.CANCELLED, 1)
        assert await store.attempt("a2") is None

    async def test_an_answer_closes_the_other_planned_attempts(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt(), attempt(2, "c1", due_at=NOW + HOUR)])
        await store.settle(settlement())
        other = await store.attempt("a2")
        assert other is not None
        assert other.status is AttemptStatus.DROPPED

    async def test_a_call_by_hand_has_no_planned_attempt(self, store: SqlStore) -> None:
        done = replace(finished(attempt()), contact_ids=())
        assert await store.settle(Settlement(done, settlement().call)) is True
        assert await store.settle(Settlement(done, settlement().call)) is False
        assert await store.attempt("a1") == done

    async def test_a_contradiction_writes_nothing(self, store: SqlStore) -> None:
        """The concluded contact breaks the rule of one open contact per visit."""
        await store.add_contacts([contact()], [attempt()])
        twin = contact(id="c7", attempts_used=1)
        with pytest.raises(DataConflict, match="отказала в записи"):
            await store.settle(replace(settlement(), concluded=(Concluded(twin, Outcome.CONFIRMED),)))
        unsettled = await store.attempt("a1")
        assert unsettled is not None
        assert unsettled.status is AttemptStatus.PLANNED
        assert await store.calls() == ()
        assert await store.tasks() == ()


class FamilyContract:
    """Several people behind one phone."""

    async def test_a_representative_comes_back_and_may_leave(self, store: SqlStore) -> None:
        mother = Representative("Ветрова", "Ирина", "Олеговна", Sex.FEMALE, (PHONE, "+78880000202"))
        ward = Patient("p2", "Ветров", "Егор", representative=mother)
        own = replace(ward, id="p3", phones=("+78880000203",))
        await store.save_patients([PATIENT, ward, own])
        assert await store.patient("p2") == ward
        assert await store.patient("p3") == own
        assert await store.patients_at(PHONE) == (PATIENT, ward, own)  # the third by the representative's phone
        assert await store.patients_at("+78880000203") == (own,)
        grown_up = replace(ward, representative=None)
        await store.save_patients([grown_up])
        assert await store.patient("p2") == grown_up

    async def test_attempts_at_one_phone_are_joined_once(self, store: SqlStore) -> None:
        await store.add_contacts([contact(1), contact(2), contact(3)], [attempt(1), attempt(2), attempt(3)])
        assert await store.start_attempt("a3", "n1", NOW)
        assert [a.id for a in await store.attempts_at(PHONE)] == ["a1", "a2"]
        assert await store.join_attempts("a1", ["a2", "a3", "none"], "вместе")
        joined, other, dialling = await store.attempts()
        assert joined.contact_ids == ("c1", "c2")
        assert (other.status, other.reason) == (AttemptStatus.DROPPED, "вместе")
        assert dialling.status is AttemptStatus.DIALLING
        assert await store.join_attempts("a1", ["a2"], "вместе")
        assert (await store.attempt("a1")) == joined
        assert not await store.join_attempts("a3", ["a1"], "вместе")  # it is being rung already
        assert (await store.attempt("a1")) == joined

    async def test_who_leaves_an_attempt_is_closed_or_has_one_of_their_own(self, store: SqlStore) -> None:
        await store.add_contacts([contact(n) for n in (1, 2, 3)], [attempt(1, "c1", "c2", "c3")])
        closed = contact(2, status=ContactStatus.SUPPRESSED, reason="просил не звонить")
        task = Task("t1", "c2", "p1", "Найти номер", NOW, NOW)
        later = attempt(2, "c3", due_at=NOW + HOUR)
        whole = attempt(1, "c1", "c2", "c3")
        for _ in range(2):  # a step that runs again after a crash
            assert await store.part_attempt(whole, ["c2", "c3"], [closed], [task], [later])
        assert await store.attempts() == (attempt(1, "c1"), later)
        assert await store.contact("c2") == closed
        assert await store.tasks() == (task,)

    async def test_an_attempt_that_everybody_left_is_dropped(self, store: SqlStore) -> None:
        await store.add_contacts([contact(1), contact(2)], [attempt(1, "c1", "c2")])
        gone = attempt(1, "c1", "c2", status=AttemptStatus.DROPPED, reason="некому", finished_at=NOW)
        assert await store.part_attempt(gone, ["c1", "c2"], [], [], [attempt(2, "c1"), attempt(3, "c2")])
        assert await store.attempts() == (gone, attempt(2, "c1"), attempt(3, "c2"))
        assert not await store.part_attempt(gone, ["c1"], [contact(1, status=ContactStatus.CANCELLED)])
        assert await store.contact("c1") == contact(1)

    async def test_values_are_kept_with_the_settlement_and_once(self, store: SqlStore) -> None:
        done = replace(settlement(), values=(("comment", "спасибо"), ("rating", "5")))
        assert await store.settle(done)
        assert not await store.settle(replace(done, values=(("rating", "1"),)))
        assert await store.values("a1") == {"comment": "спасибо", "rating": "5"}
        assert await store.values("none") == {}
        assert await store.values_between("rating", NOW, NOW + HOUR) == {"a1": "5"}
        assert await store.values_between("rating", NOW + HOUR, NOW + 2 * HOUR) == {}

    async def test_a_conversation_is_held_with_the_one_who_was_there(self, store: SqlStore) -> None:
        await store.add_contacts([contact(1), contact(2, patient_id="p2"), contact(3, patient_id="p3")],
                                 [attempt(1, "c1", "c2", "c3")])  # fmt: skip
        done = settlement()
        others = [contact(n, patient_id=f"p{n}", status=ContactStatus.REACHED) for n in (2, 3)]
        concluded = (*done.concluded, Concluded(others[0], Outcome.CONFIRMED),
                     Concluded(others[1], Outcome.CALLBACK_LATER, talked=False))  # fmt: skip
        await store.settle(replace(done, attempt=finished(attempt(1, "c1", "c2", "c3")), concluded=concluded))
        assert [await store.conversations(p, NOW, NOW + HOUR) for p in ("p1", "p2", "p3")] == [1, 1, 0]
        assert await store.conversations("p1", NOW, NOW + HOUR, "p2", "p3") == 1  # one call, whoever it was about


class HistoryContract:
    async def test_events_are_kept_as_they_came(self, store: SqlStore) -> None:
        await store.add_call(settlement().call)  # type: ignore[arg-type]
        first = EventRow("a1", 0, 0, "Answered", "{}")
        await store.append_events([first, EventRow("a1", 1, 900, "Said", '{"text": "Здравствуйте"}')])
        await store.append_events([replace(first, kind="Other"), EventRow("a1", 2, 1500, "HungUp", "{}")])
        assert [(row.serial, row.kind) for row in await store.events("a1")] == [
            (0, "Answered"),
            (1, "Said"),
            (2, "HungUp"),
        ]

    async def test_events_of_no_call_are_refused(self, store: SqlStore) -> None:
        with pytest.raises(DataConflict):
            await store.append_events([EventRow("none", 0, 0, "Answered", "{}")])

    async def test_a_late_add_call_does_not_undo_the_settlement(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        await store.settle(settlement())
        await store.add_call(CallRow("a1", "a1", PHONE, "visit_reminder", "7", NOW))
        assert await store.calls() == (settlement().call,)
        assert await store.call("a1") == settlement().call
        assert await store.call("a2") is None
        assert await store.scenario_of("a1") == ("visit_reminder", "7")
        assert await store.scenario_of("a2") is None

    async def test_conversations_count_calls_with_identity_in_the_interval(self, store: SqlStore) -> None:
        await store.add_contacts([contact(1), contact(2)], [attempt(1, "c1", "c2")])
        await store.settle(settlement())
        assert await store.conversations("p1", NOW, NOW + HOUR) == 1
        assert await store.conversations("p1", NOW + HOUR / 60, NOW + HOUR) == 0
        assert await store.conversations("p1", NOW - HOUR, NOW) == 0
        assert await store.conversations("p2", NOW, NOW + HOUR) == 0

    async def test_a_call_without_identity_is_no_conversation(self, store: SqlStore) -> None:
        await store.add_contacts([contact()], [attempt()])
        done = settlement()
        assert done.call is not None
        await store.settle(replace(done, call=replace(done.call, identity_known=False)))
        assert await store.conversations("p1", NOW, NOW + HOUR) == 0

    async def test_suppressions_concern_phone_person_or_both(self, store: SqlStore) -> None:
        for phone, patient in ((PHONE, ""), ("", "p1"), (PHONE, "p2")):
            await store.add_suppression(Suppression(phone, patient, "Просил", NOW))
        await store.add_suppression(Suppression(PHONE, "", "Просил", NOW))  # told twice, kept once
        found = {(item.phone, item.patient_id) for item in await store.suppressions(PHONE, "p1", NOW)}
        assert found == {(PHONE, ""), ("", "p1")}
        assert len(await store.suppressions("+78880000999", "p2", NOW)) == 0
        assert len(await store.suppressions(PHONE, "p2", NOW)) == 2
        assert len(await store.suppressions("+78880000999", "p1", NOW)) == 1

    async def test_suppressions_hold_from_since_until_until(self, store: SqlStore) -> None:
        await store.add_suppression(Suppression(PHONE, "", "На час", NOW, NOW + HOUR))
        assert [len(await store.suppressions(PHONE, "", NOW + wait)) for wait in (-HOUR, 0 * HOUR, HOUR)] == [0, 1, 0]


class OutboxContract:
    async def test_deliveries_wait_and_count_their_tries(self, store: SqlStore) -> None:
        await store.settle(settlement())
        await store.retry_delivery("x1", NOW + HOUR, "МИС не отвечает")
        assert await store.due_deliveries(NOW, 10) == ()
        [waiting] = await store.due_deliveries(NOW + HOUR, 10)
        assert (waiting.tries, waiting.result) == (1, "МИС не отвечает")
        assert await store.delivery("x1") == waiting
        assert await store.delivery("none") is None

    async def test_a_delivery_ends_once_with_its_task(self, store: SqlStore) -> None:
        await store.settle(settlement())
        task = Task("conflict:x1", "", "p1", "Визит изменён", NOW, NOW)
        await store.finish_delivery("x1", DeliveryStatus.CONFLICT, "версия 2", task)
        await store.finish_delivery("x1", DeliveryStatus.DONE, "", replace(task, id="other"))
        await store.retry_delivery("x1", NOW, "поздно")
        ended = await store.delivery("x1")
        assert ended is not None
        assert (ended.status, ended.result) == (DeliveryStatus.CONFLICT, "версия 2")
        assert {item.id for item in await store.tasks()} == {"t1", "conflict:x1"}
        assert await store.due_deliveries(NOW, 10) == ()
        assert [item.id for item in await store.deliveries()] == ["x1"]
