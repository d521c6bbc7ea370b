"""From visits to contacts: due moments, families, versions, what is left out and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicebot.contacts.decisions import RuleId
from voicebot.contacts.hours import RUSSIAN_ZONES
from voicebot.contacts.model import Appointment, ContactStatus, Lifecycle, Suppression
from voicebot.contacts.planning import Planned, Skipped, cancelled, group, outdated, plan_visit, tries_apart, zone_of
from voicebot.contacts.rules import Rules
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import Attempts, Hours, Plan

RULES = Rules(spread=timedelta(0))


def plan(make, visit: Appointment, now: datetime, *, rules: Rules = RULES, existing=(), suppressions=(), **changes):
    scenario = make.scenario(**changes.pop("scenario", {}))
    return plan_visit(visit, make.patient(**changes), scenario, existing, suppressions, rules, now)


def due(result: Planned | Skipped) -> datetime:
    assert isinstance(result, Planned), result
    return result.contact.due_at


def test_a_reminder_is_due_a_day_before(make, msk) -> None:
    result = plan(make, make.visit(msk(25, 15)), msk(23, 12))
    assert isinstance(result, Planned)
    assert result.contact.due_at == msk(24, 15)
    assert result.contact.deadline == msk(25, 15)
    assert result.contact.reason == "за 24 ч до визита"
    assert result.phone == make.phone


def test_due_waits_for_the_opening_when_that_leaves_room(make, msk) -> None:
    assert due(plan(make, make.visit(msk(25, 8)), msk(23, 12))) == msk(24, 9)


def test_due_moves_earlier_when_the_hours_leave_too_little_room(make, msk) -> None:
    """Two hours before 10:00 is 8:00: one call at 9:00 would be all. So it begins the evening before."""
    scenario = {"plan": Plan(before=(timedelta(hours=2),))}
    moment = due(plan(make, make.visit(msk(25, 10)), msk(23, 12), scenario=scenario))
    assert msk(24, 17) <= moment <= msk(24, 18)


@given(st.integers(0, 7 * 24 * 4), st.sampled_from([2, 6, 24, 72]), st.sampled_from(RUSSIAN_ZONES), st.integers(1, 5))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_attempts_fit_before_the_visit(make, quarter: int, before: int, zone: str, tries: int) -> None:
    rules = Rules()
    start = datetime(2026, 11, 27, tzinfo=UTC) + timedelta(minutes=15 * quarter)
    reminder = make.scenario(plan=Plan(before=(timedelta(hours=before),)), attempts=Attempts(max=tries))
    now = start - timedelta(days=6)
    result = plan_visit(make.visit(start), make.patient(zone=zone), reminder, (), (), rules, now)
    moment = due(result)
    assert moment >= now
    assert rules.hours.allowed(moment, zone)
    for _ in range(tries - 1):
        following = rules.hours.next_allowed(moment + tries_apart(reminder, rules), zone)
        assert following is not None
        moment = following
    assert moment <= start - rules.lead


def test_a_late_booking_is_called_in_the_next_window_or_left_out(make, msk) -> None:
    late = make.visit(msk(24, 12))
    assert due(plan(make, late, msk(23, 22))) == msk(24, 9)
    skipped = plan(make, late, msk(23, 22), rules=replace(RULES, call_late_bookings=False))
    assert skipped == Skipped("v1", "визит записан позже, чем пора было звонить", RuleId.LATE)
    hopeless = plan(make, make.visit(msk(24, 8)), msk(23, 22))
    assert isinstance(hopeless, Skipped) and hopeless.rule is RuleId.LATE
    assert hopeless.reason == "до визита больше нет разрешённых часов для звонка"
    assert hopeless.late is not None and hopeless.late.status is ContactStatus.UNREACHED
    at_the_desk = make.visit(msk(24, 8), booked_at=msk(24, 7, 55))
    assert plan(make, at_the_desk, msk(24, 7, 56)) == Skipped("v1", hopeless.reason, RuleId.LATE)


def test_a_thousand_visits_do_not_ring_at_once(make, msk) -> None:
    moments = [
        due(plan(make, make.visit(msk(25, 15), id=f"v{n}", patient_id=f"p{n}"), msk(23, 12), id=f"p{n}", rules=Rules()))
        for n in range(1000)
    ]
    assert all(msk(24, 15) <= m < msk(24, 16) for m in moments)
    busiest = max(sum(1 for m in moments if m.minute == minute) for minute in range(60))
    assert busiest < 40  # even spreading would be 17 a minute


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lifecycle": Lifecycle.CANCELLED}, "визит: отменён в МИС"),
        ({"answer": Answer.CONFIRMED}, "визит уже подтверждён"),
    ],
)
def test_visits_that_need_no_call(make, msk, changes, reason) -> None:
    assert plan(make, make.visit(msk(25, 15), **changes), msk(23, 12)) == Skipped("v1", reason)


def test_people_who_cannot_be_called(make, msk) -> None:
    visit, now = make.visit(msk(25, 15)), msk(23, 12)
    assert plan(make, visit, now, do_not_call=True).reason == "в МИС стоит отметка «не звонить»"
    assert plan(make, visit, now, phones=()).reason == "нет телефона"
    assert "одиннадцать цифр" in plan(make, visit, now, phones=("+7888",)).reason
    stop = Suppression("", "p1", "просил не звонить", now)
    assert plan(make, visit, now, suppressions=(stop,)).reason == "не звонить пациенту: просил не звонить"
    wrong = Suppression(make.phone, "p1", "чужой номер", now)
    assert plan(make, visit, now, suppressions=(wrong,)).phone == make.second
    assert plan_visit(visit, None, make.scenario(), (), (), RULES, now).reason == "пациент не найден"


def test_the_same_visit_is_planned_once_and_a_moved_one_anew(make, msk) -> None:
    now = msk(23, 12)
    first = plan(make, make.visit(msk(25, 15)), now).contact
    assert plan(make, make.visit(msk(25, 15)), now, existing=(first,)).reason == "звонок уже запланирован"
    edited = make.visit(msk(25, 15), version="2")
    assert plan(make, edited, now, existing=(first,)).reason == "звонок уже запланирован"

    moved = make.visit(msk(26, 15), version="3")
    assert outdated(first, moved, make.scenario()) == "визит перенесён"
    again = plan(make, moved, now, existing=(cancelled(first, "визит перенесён"),))
    assert again.contact.id != first.id
    assert again.contact.due_at == msk(25, 15)


def test_our_own_unconfirmed_does_not_start_a_second_round(make, msk) -> None:
    """Writing `unconfirmed` gives the visit a new version: that is no reason to call again."""
    done = replace(plan(make, make.visit(msk(25, 15)), msk(23, 12)).contact, status=ContactStatus.UNREACHED)
    after = make.visit(msk(25, 15), version="2", answer=Answer.UNCONFIRMED)
    assert plan(make, after, msk(24, 19), existing=(done,)).reason == "об этом визите уже звонили"


def test_two_reminders_come_one_after_the_other(make, msk) -> None:
    both = {"plan": Plan(before=(timedelta(hours=24), timedelta(hours=72)))}
    early = plan(make, make.visit(msk(27, 15)), msk(23, 12), scenario=both).contact
    assert early.due_at == msk(24, 15)
    done = replace(early, status=ContactStatus.UNREACHED)
    late = plan(make, make.visit(msk(27, 15), version="2"), msk(24, 19), scenario=both, existing=(done,)).contact
    assert late.due_at == msk(26, 15)
    booked_late = plan(make, make.visit(msk(25, 15)), msk(23, 12), scenario=both).contact
    assert booked_late.due_at == msk(24, 15)  # the 72 h are gone by, the 24 h are not


def test_all_who_are_behind_one_phone_are_one_call_a_day(make, msk) -> None:
    now = msk(23, 12)
    planned = [
        plan(make, make.visit(msk(25, 15)), now),
        plan(make, make.visit(msk(25, 12), id="v2"), now),
        plan(make, make.visit(msk(26, 12), id="v3"), now),
        plan(make, make.visit(msk(25, 13), id="v4", patient_id="p2"), now, id="p2"),
        plan(make, make.visit(msk(25, 12), id="v5", patient_id="p3"), now, id="p3", phones=(make.second,)),
    ]
    zones = {"p1": "Europe/Moscow", "p2": "Europe/Moscow", "p3": "Europe/Moscow"}
    attempts = group(planned, zones)
    assert sorted(len(a.contact_ids) for a in attempts) == [1, 1, 3]
    family = next(a for a in attempts if len(a.contact_ids) == 3)
    assert family.due_at == msk(24, 12)
    assert family.contact_ids == tuple(planned[n].contact.id for n in (1, 3, 0))  # the earlier visit first
    assert group(planned, zones)[0].id == attempts[0].id  # the same facts, the same ids


def test_a_phone_of_very_many_is_rung_several_times_and_a_patient_is_never_split(make, msk) -> None:
    now = msk(23, 12)
    planned = [
        plan(make, make.visit(msk(25, 12 + n), id=f"v{p}{n}", patient_id=f"p{p}"), now, id=f"p{p}")
        for p in range(5) for n in range(2)
    ]  # fmt: skip
    attempts = group(planned, {f"p{p}": "Europe/Moscow" for p in range(5)}, patients_a_call=2)
    owner = {p.contact.id: p.contact.patient_id for p in planned}
    assert sorted(len({owner[c] for c in a.contact_ids}) for a in attempts) == [1, 2, 2]
    assert sorted(len(a.contact_ids) for a in attempts) == [2, 4, 4]


@pytest.mark.parametrize(("outcome", "reason"), [(Outcome.CONFIRMED, "визит уже подтверждён"),
                                                 (Outcome.DECLINED, "пациент уже отказался от визита")])  # fmt: skip
def test_an_answer_at_72_hours_spares_the_call_at_24_even_if_the_mis_was_not_told(make, msk, outcome, reason) -> None:
    both = {"plan": Plan(before=(timedelta(hours=72), timedelta(hours=24)))}
    early = plan(make, make.visit(msk(27, 15)), msk(23, 12), scenario=both).contact
    done = replace(early, status=ContactStatus.REACHED, outcome=outcome)
    assert plan(make, make.visit(msk(27, 15)), msk(24, 19), scenario=both, existing=(done,)).reason == reason
    again = {"plan": Plan(both["plan"].before, answers=(Answer.UNKNOWN, Answer(outcome.value)))}
    late = plan(make, make.visit(msk(27, 15)), msk(24, 19), scenario=again, existing=(done,)).contact
    assert (late.due_at, late.id != early.id) == (msk(26, 15), True)


def test_each_reminder_is_made_once_for_a_version_and_anew_for_a_moved_visit(make, msk) -> None:
    both = {"plan": Plan(before=(timedelta(hours=72), timedelta(hours=24)))}
    early = replace(
        plan(make, make.visit(msk(27, 15)), msk(23, 12), scenario=both).contact, status=ContactStatus.UNREACHED
    )
    late = plan(make, make.visit(msk(27, 15)), msk(24, 19), scenario=both, existing=(early,)).contact
    spent = (early, replace(late, status=ContactStatus.UNREACHED))
    assert plan(make, make.visit(msk(27, 15)), msk(26, 19), scenario=both, existing=spent).reason == (
        "об этом визите уже звонили"
    )
    moved = plan(make, make.visit(msk(30, 15), version="2"), msk(26, 19), scenario=both, existing=spent).contact
    assert moved.due_at == msk(27, 15)
    assert moved.id not in {c.id for c in spent}


def test_a_scenario_has_hours_of_its_own_inside_those_of_the_house(make, msk) -> None:
    morning = {"hours": Hours(weekdays=((time(7), time(11)),))}
    moment = due(plan(make, make.visit(msk(25, 15)), msk(23, 12), scenario={**morning, "attempts": Attempts(max=1)}))
    assert moment == msk(25, 9)  # 24 h before is 15:00: too late that day; at 7:00 the house still sleeps
    never = {"hours": Hours(weekdays=((time(21), time(22)),), weekends=((time(21), time(22)),))}
    assert plan(make, make.visit(msk(25, 15)), msk(23, 12), scenario=never).reason == (
        "перед визитом нет разрешённых часов для звонка"
    )


def test_a_zone_is_the_address_then_the_branch_then_unknown(make, msk) -> None:
    visit = make.visit(msk(25, 15))
    assert zone_of(make.patient(zone="Asia/Omsk"), visit) == "Asia/Omsk"
    assert zone_of(make.patient(), visit) == "Europe/Moscow"
    assert zone_of(make.patient(zone="Омск"), None) == ""
