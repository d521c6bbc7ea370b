"""The decision right before dialling, and the dialling lock (DOMAIN rule 14)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from voicebot.contacts.dialling import Dial, Drop, Redirect, Situation, Wait, decide
from voicebot.contacts.model import ContactStatus, Lifecycle, Suppression
from voicebot.contacts.rules import DiallingLock, Rules
from voicebot.dialogue.outcome import Answer, Outcome

RULES = Rules()


@pytest.fixture
def sight(make, msk):
    """A situation in which nothing speaks against the call: Tuesday, the visit is on Wednesday at 15:00."""

    def build(**changes: object) -> Situation:
        contact = make.contact(msk(25, 15))
        values: dict[str, object] = {
            "attempt": make.attempt(),
            "contacts": (contact,),
            "patient": make.patient(),
            "visits": {"c1": make.visit(msk(25, 15))},
        }
        return Situation(**{**values, **changes})  # type: ignore[arg-type]

    return build


def test_a_due_call_is_dialled(make, msk, sight) -> None:
    decision = decide(sight(), make.scenario(), RULES, msk(24, 15))
    assert isinstance(decision, Dial)
    assert (decision.phone, [c.id for c in decision.contacts]) == (make.phone, ["c1"])


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lifecycle": Lifecycle.CANCELLED}, "визит: отменён в МИС"),
        ({"answer": Answer.CONFIRMED}, "визит уже подтверждён"),
        ({"answer": Answer.DECLINED}, "пациент уже отказался от визита"),
    ],
)
def test_what_changed_meanwhile_stops_the_call(make, msk, sight, changes, reason) -> None:
    changed = sight(visits={"c1": make.visit(msk(25, 15), **changes)})
    decision = decide(changed, make.scenario(), RULES, msk(24, 15))
    assert isinstance(decision, Drop)
    assert (decision.contacts[0].status, decision.reason) == (ContactStatus.CANCELLED, reason)


def test_a_moved_or_deleted_visit_stops_the_call(make, msk, sight) -> None:
    for visit, reason in ((make.visit(msk(26, 15)), "визит перенесён"), (None, "визита больше нет в МИС")):
        decision = decide(sight(visits={"c1": visit}), make.scenario(), RULES, msk(24, 15))
        assert isinstance(decision, Drop)
        assert decision.reason == reason


def test_of_two_visits_the_cancelled_one_falls_away(make, msk, sight) -> None:
    two = sight(
        contacts=(make.contact(msk(25, 15)), make.contact(msk(25, 17), id="c2", appointment_id="v2")),
        visits={"c1": make.visit(msk(25, 15), lifecycle=Lifecycle.CANCELLED), "c2": make.visit(msk(25, 17), id="v2")},
    )
    decision = decide(two, make.scenario(), RULES, msk(24, 15))
    assert isinstance(decision, Dial)
    assert [c.id for c in decision.contacts] == ["c2"]
    assert [(c.id, c.status) for c in decision.closed] == [("c1", ContactStatus.CANCELLED)]


def test_a_visit_that_began_is_not_called_about(make, msk, sight) -> None:
    decision = decide(sight(), make.scenario(), RULES, msk(25, 15))
    assert isinstance(decision, Drop)
    assert decision.contacts[0].status is ContactStatus.UNREACHED


def test_nobody_is_rung_outside_the_hours(make, msk, sight) -> None:
    decision = decide(sight(), make.scenario(), RULES, msk(24, 20, 30))
    assert isinstance(decision, Wait)
    assert msk(25, 9) <= decision.until <= msk(25, 9, 10)
    assert "вне разрешённых часов" in decision.reason


def test_waiting_past_the_visit_is_a_task_instead(make, msk, sight) -> None:
    early = sight(contacts=(make.contact(msk(25, 8)),), visits={"c1": make.visit(msk(25, 8))})
    decision = decide(early, make.scenario(), RULES, msk(24, 21))
    assert isinstance(decision, Drop)
    assert decision.contacts[0].status is ContactStatus.UNREACHED  # the task: engine/test_too_late.py
    assert decision.contacts[0].status is ContactStatus.UNREACHED


def test_one_conversation_a_day_except_those_asked_for(make, msk, sight) -> None:
    decision = decide(sight(conversations_today=1), make.scenario(), RULES, msk(24, 15))
    assert isinstance(decision, Wait)
    assert decision.until >= msk(25, 9)
    asked = (replace(make.contact(msk(25, 15)), outcome=Outcome.CALLBACK_LATER),)
    again = decide(sight(conversations_today=1, contacts=asked), make.scenario(), RULES, msk(24, 15))
    assert isinstance(again, Dial)


def test_suppressions(make, msk, sight) -> None:
    now = msk(24, 15)
    person = Suppression("", "p1", "просил не звонить", now)
    decision = decide(sight(suppressions=(person,)), make.scenario(), RULES, now)
    assert isinstance(decision, Drop)
    assert (decision.contacts[0].status, decision.task) == (ContactStatus.SUPPRESSED, "")
    phone = Suppression(make.phone, "", "просили не звонить", now)
    elsewhere = decide(sight(suppressions=(phone,)), make.scenario(), RULES, now)
    assert isinstance(elsewhere, Redirect)
    assert elsewhere.phone == make.second
    both = (phone, Suppression(make.second, "p1", "чужой номер", now))
    nowhere = decide(sight(suppressions=both), make.scenario(), RULES, now)
    assert isinstance(nowhere, Drop)
    assert nowhere.task == "Найти верный номер телефона пациента и позвонить"
    others = Suppression(make.phone, "p2", "чужой номер", now)
    over = Suppression(make.phone, "", "старое", now - timedelta(days=9), now - timedelta(days=1))
    assert isinstance(decide(sight(suppressions=(others, over)), make.scenario(), RULES, now), Dial)


def test_the_mark_of_the_mis_is_obeyed(make, msk, sight) -> None:
    decision = decide(sight(patient=make.patient(do_not_call=True)), make.scenario(), RULES, msk(24, 15))
    assert isinstance(decision, Drop)
    assert decision.contacts[0].status is ContactStatus.SUPPRESSED


def test_a_mis_that_cannot_be_read_is_waited_for(make, msk, sight) -> None:
    """DOMAIN rule 16."""
    fresh = decide(sight(mis_age=timedelta(minutes=14)), make.scenario(), RULES, msk(24, 15))
    assert isinstance(fresh, Dial)
    old = decide(sight(mis_age=timedelta(minutes=16)), make.scenario(), RULES, msk(24, 15))
    assert isinstance(old, Wait)
    assert old.until == msk(24, 15, 5)
    last = decide(sight(mis_age=timedelta(minutes=16)), make.scenario(), RULES, msk(25, 14, 48))
    assert isinstance(last, Drop)
    assert last.contacts[0].status is ContactStatus.UNREACHED


REAL = "+78889990001"  # fictional too: in these tests the city is +7888000 only
CITY = "+7888000"


@pytest.mark.parametrize(
    ("lock", "open_"),
    [
        (DiallingLock(city_prefix=CITY), False),
        (DiallingLock(live=True, city_prefix=CITY), False),
        (DiallingLock(caller_id="+78880000000", city_prefix=CITY), False),
        (DiallingLock(live=True, caller_id="+78880000000", allowed_prefixes=(), city_prefix=CITY), False),
        (DiallingLock(live=True, caller_id="+78880000000", city_prefix=CITY), True),
    ],
)
def test_the_lock_opens_only_when_all_three_are_set(lock: DiallingLock, open_: bool) -> None:
    assert (lock.bad_number(REAL) == "" and lock.locked(REAL) == "") is open_
    assert lock.locked("+78880000001") == ""  # the city is never locked
    assert lock.bad_number("+78880000001") == ""


def test_a_locked_number_waits_with_the_reason(make, msk, sight) -> None:
    real = sight(attempt=make.attempt(phone=REAL), patient=make.patient(phones=(REAL,)))
    locked = replace(RULES, lock=DiallingLock(city_prefix=CITY))
    decision = decide(real, make.scenario(), locked, msk(24, 15))
    assert isinstance(decision, Wait)
    assert decision.reason.startswith("звонки заперты")
    live = replace(RULES, lock=DiallingLock(live=True, caller_id="+78880000000", city_prefix=CITY))
    assert isinstance(decide(real, make.scenario(), live, msk(24, 15)), Dial)


@pytest.mark.parametrize(
    "number",
    ["", "112", "+7112", "+7888000000", "+788800000011", "88880000001", "+99900000000", "+77000000000", "+٧٨٨٨"],
)
def test_short_foreign_and_broken_numbers_are_refused(number: str) -> None:
    assert DiallingLock(live=True, caller_id="+78880000000", city_prefix=CITY).bad_number(number)


def test_a_foreign_country_may_be_named() -> None:
    lock = DiallingLock(live=True, caller_id="+78880000000", allowed_prefixes=("+7", "+77"))
    assert lock.bad_number("+77000000000") == ""
