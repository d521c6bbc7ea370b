"""Who rings, what is spoken of, and what it leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from voicebot.contacts.consequences import Consequences
from voicebot.contacts.inbound import (
    caller_phone,
    channel_of,
    inbound_id,
    is_inbound,
    of_call_to_us,
    subject_of,
)
from voicebot.contacts.model import (
    Appointment,
    Attempt,
    AttemptStatus,
    ClinicBranch,
    Contact,
    ContactStatus,
    Delivery,
    DeliveryKind,
    Doctor,
    Lifecycle,
    Patient,
    Representative,
    Suppression,
    Task,
)
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import About, End, Plan, Purpose, Scenario, Step

NOW = datetime(2026, 11, 23, 3, tzinfo=UTC)  # six in the morning in Moscow: who rings is answered
PHONE = "+78880000001"
MOTHER = Representative("Иванова", "Мария")
ANNA = Patient("p1", "Иванова", "Анна", phones=(PHONE,))
SON = Patient("p2", "Иванов", "Пётр", phones=(PHONE,), representative=MOTHER)
DAUGHTER = Patient("p3", "Иванова", "Ольга", phones=(PHONE,), representative=MOTHER)


def scenario(name: str, inbound: str = "", about: About = About.APPOINTMENT) -> Scenario:
    return Scenario(name, "1", "", Purpose.SERVICE, about, "anna", "s", {"s": Step("s", End())}, {},
                    plan=Plan(before=(timedelta(hours=24),)), inbound=inbound)  # fmt: skip


COMMON, REMINDER, OWN = scenario("inbound", "s"), scenario("visit_reminder"), scenario("own", "s")
PUBLISHED = {s.id: s for s in (COMMON, REMINDER, OWN)}


def contact(n: int, patient: Patient = ANNA, scenario_id: str = "visit_reminder", hours: int = 24) -> Contact:
    begin = NOW + timedelta(hours=hours)
    return Contact(f"c{n}", patient.id, scenario_id, f"v{n}", "1", ContactStatus.PLANNED, NOW, begin, attempts_used=2)


def visit(n: int, hours: int = 24, **changes) -> Appointment:
    made = Appointment(f"v{n}", "1", "p", NOW + timedelta(hours=hours), Doctor("d", "У"), ClinicBranch("b", "", ""))
    return replace(made, **changes)


def subject(contacts, patients, visits):
    return subject_of(contacts, patients, {c.id: v for c, v in zip(contacts, visits, strict=True)}, PUBLISHED.get, NOW)


@pytest.mark.parametrize(
    ("shown", "phone"),
    [("+78880000001", PHONE), ("78880000001", PHONE), ("88880000001", PHONE), ("8880000001", PHONE),
     ("+7 888 000-00-01", PHONE), ("anonymous", ""), ("", ""), ("901", ""), ("+493023125001", "+493023125001")],
)  # fmt: skip
def test_the_number_that_is_shown(shown, phone) -> None:
    assert caller_phone(shown) == phone


def test_ids() -> None:
    made = inbound_id("1763768040.12", "node1")
    assert is_inbound(made) and channel_of(made) == "1763768040.12"
    assert not is_inbound("a1") and channel_of("a1") == "a1"


def test_visits_of_the_one_who_answers_for_both_are_spoken_of_in_one_call() -> None:
    contacts = [contact(1, DAUGHTER, hours=30), contact(2, SON, hours=20)]
    found = subject(contacts, [SON, DAUGHTER], [visit(1, 30), visit(2, 20)])
    assert found.scenario is COMMON and found.patient in (SON, DAUGHTER)
    assert [c.id for c in found.contacts] == ["c2", "c1"]


def test_of_two_people_at_a_phone_the_one_with_the_earlier_visit_is_asked_for() -> None:
    found = subject([contact(1, hours=30), contact(2, SON, hours=20)], [ANNA, SON], [visit(1, 30), visit(2, 20)])
    assert (found.patient, [c.id for c in found.contacts]) == (SON, ["c2"])


def test_a_scenario_with_a_variant_of_its_own_speaks_itself() -> None:
    found = subject([contact(1, scenario_id="own"), contact(2)], [ANNA], [visit(1), visit(2)])
    assert (found.scenario, [c.id for c in found.contacts]) == (OWN, ["c1"])


@pytest.mark.parametrize(
    "changed",
    [{"lifecycle": Lifecycle.CANCELLED}, {"answer": Answer.CONFIRMED}, {"version": "2"},
     {"start": NOW - timedelta(hours=1)}],
)  # fmt: skip
def test_a_visit_that_waits_for_no_answer_is_not_spoken_of(changed) -> None:
    found = subject([contact(1)], [ANNA], [visit(1, **changed)])
    assert (found.scenario, found.contacts, found.patient) == (COMMON, (), ANNA)


def test_who_is_not_known_and_who_may_be_several_are_asked_for_by_no_name() -> None:
    assert subject([], [], []).patient is None
    assert subject([], [ANNA, SON], []).patient is None
    assert subject_of([], [], {}, {}.get, NOW) is None, "no scenario for calls to us is published"


def consequences(outcome: Outcome, status: ContactStatus) -> Consequences:
    before = contact(1)
    attempt = Attempt("in-1@n", PHONE, ("c1",), AttemptStatus.FINISHED, NOW)
    return Consequences(
        attempt,
        ((replace(before, status=status, outcome=outcome, attempts_used=3), outcome),),
        (Attempt("a2", PHONE, ("c1",), AttemptStatus.PLANNED, NOW),),
        tasks=(Task("t", "c1", "p1", "", NOW, NOW),),
        deliveries=(Delivery("d", DeliveryKind.ANSWER, "p1", "v1", "1", "confirmed", NOW),),
        suppressions=(Suppression(PHONE, "", "", NOW),),
    )


@pytest.mark.parametrize("outcome", [Outcome.CONFIRMED, Outcome.DECLINED, Outcome.WANTS_CHANGE, Outcome.TRANSFERRED])
def test_an_answer_counts_and_uses_up_no_attempt(outcome) -> None:
    what = of_call_to_us(consequences(outcome, ContactStatus.REACHED), Finish(Disposition.ANSWERED, True, ()),
                         [contact(1)])  # fmt: skip
    ((after, meant),) = what.concluded
    assert (after.status, after.attempts_used, meant) == (ContactStatus.REACHED, 2, outcome)
    assert len(what.deliveries) == len(what.tasks) == 1


@pytest.mark.parametrize(
    ("outcome", "identity"),
    [(Outcome.HUNG_UP, True), (Outcome.UNCLEAR, True), (Outcome.UNREACHED, False), (Outcome.WRONG_PERSON, False),
     (Outcome.TRANSFERRED, False), (Outcome.CONFIRMED, False)],
)  # fmt: skip
def test_anything_else_leaves_what_was_planned(outcome, identity) -> None:
    what = of_call_to_us(consequences(outcome, ContactStatus.UNREACHED), Finish(Disposition.ANSWERED, identity, ()),
                         [contact(1)])  # fmt: skip
    assert what.concluded == ((contact(1), outcome),)
    assert (what.next_attempts, what.tasks, what.deliveries, what.suppressions) == ((), (), (), ())


def test_stop_counts_from_whoever_says_it() -> None:
    what = of_call_to_us(consequences(Outcome.OPTED_OUT, ContactStatus.SUPPRESSED),
                         Finish(Disposition.ANSWERED, False, ()), [contact(1)])  # fmt: skip
    assert what.concluded[0][0].status is ContactStatus.SUPPRESSED and what.suppressions
