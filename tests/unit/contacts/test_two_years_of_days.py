"""Calling hours and attempts over all eleven zones and two years of days, with Russia's holidays and moved days."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from voicebot.contacts.decisions import RuleId
from voicebot.contacts.dialling import Dial, Drop, Situation, Wait, decide
from voicebot.contacts.ended import Ended
from voicebot.contacts.following import follow_up
from voicebot.contacts.hours import RUSSIAN_ZONES, CallingHours
from voicebot.contacts.model import AttemptStatus
from voicebot.contacts.planning import Skipped, group, plan_visit
from voicebot.contacts.rules import Rules
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.scenario import Attempts, Plan

CALENDAR = holidays.country_holidays("RU", years=range(2025, 2029))  # calls of January are planned in December
HOURS = CallingHours(holidays=frozenset(CALENDAR), working=frozenset(CALENDAR.weekend_workdays))
RULES = Rules(hours=HOURS)
FIRST, LAST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 12, 31, 23, 59, tzinfo=UTC)
DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(730)]

moments = st.integers(0, int((LAST - FIRST).total_seconds())).map(lambda s: FIRST + timedelta(seconds=s))
zones = st.sampled_from((*RUSSIAN_ZONES, ""))


def may_ring(moment: datetime, zone: str) -> bool:
    """The rule once more, written as a person would say it; '' means: in every zone."""
    if not zone:
        return all(may_ring(moment, name) for name in RUSSIAN_ZONES)
    local = moment.astimezone(ZoneInfo(zone))
    rest = local.date() in CALENDAR or (local.weekday() >= 5 and local.date() not in CALENDAR.weekend_workdays)
    begin, end = (10, 18) if rest else (9, 20)
    return begin <= local.hour < end


@pytest.mark.parametrize("zone", RUSSIAN_ZONES)
def test_the_edges_of_every_day(zone: str) -> None:
    for day in DAYS:
        for hour, minute in ((8, 59), (9, 0), (9, 59), (10, 0), (17, 59), (18, 0), (19, 59), (20, 0), (3, 0)):
            moment = datetime.combine(day, time(hour, minute), ZoneInfo(zone))
            assert HOURS.allowed(moment, zone) is may_ring(moment, zone), moment


def test_moved_days_and_holidays_of_these_years_are_known() -> None:
    """Without them the test above would compare weekends with weekends."""
    assert date(2026, 1, 9) in CALENDAR and date(2026, 1, 9).weekday() == 4  # a Friday off, for 3 January
    assert date(2027, 2, 20) in CALENDAR.weekend_workdays and date(2027, 2, 20).weekday() == 5
    assert not HOURS.is_weekend(date(2027, 2, 20)) and HOURS.is_weekend(date(2026, 6, 12))


@given(moments, zones)
@settings(max_examples=400, deadline=None)
def test_the_next_moment_is_allowed_and_none_before_it_is(moment: datetime, zone: str) -> None:
    opened = HOURS.next_allowed(moment, zone)
    assert opened is not None and opened >= moment and may_ring(opened, zone)
    for n in range(1, 9):  # between now and then nobody may be rung
        between = moment + (opened - moment) * n / 9
        assert opened == moment or not may_ring(between, zone)
    before = HOURS.latest_allowed(moment, zone)
    assert before is not None and before <= moment and may_ring(before, zone)


@given(moments, zones)
@settings(max_examples=400, deadline=None)
def test_an_unknown_zone_is_rung_only_when_every_zone_may_be(moment: datetime, zone: str) -> None:
    if HOURS.allowed(moment, ""):
        assert HOURS.allowed(moment, zone)
    assert HOURS.allowed(moment, "") is may_ring(moment, "")
    assert HOURS.allowed(moment, "Сибирь") is HOURS.allowed(moment, "")  # no zone at all is an unknown one


UNANSWERED = (Disposition.NO_ANSWER, Disposition.BUSY, Disposition.REJECTED, Disposition.VOICEMAIL, Disposition.FAILED)


@given(
    moments,
    zones,
    st.sampled_from([2, 24, 72]),
    st.integers(3, 5),
    st.lists(st.sampled_from(UNANSWERED), min_size=12, max_size=12),
    st.timedeltas(timedelta(0), timedelta(minutes=40)),
)
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_attempts_of_a_visit_keep_the_rules(make, start, zone, before, tries, dispositions, late) -> None:
    """A visit at any moment of two years: planned, called again and again, in vain; every INVITE by the rules.
    late: how long each attempt waits for a line."""
    branch = make.visit(start).branch
    reminder = make.scenario(plan=Plan(before=(timedelta(hours=before),)), attempts=Attempts(max=tries))
    person = make.patient(zone=zone)
    visit = make.visit(start, branch=type(branch)("b1", "", "", zone=""))
    now = start - timedelta(days=6)
    planned = plan_visit(visit, person, reminder, (), (), RULES, now)
    if isinstance(planned, Skipped):  # on holidays no moment suits all zones
        opened = HOURS.next_allowed(now, zone)
        assert planned.rule is RuleId.LATE and (opened is None or opened > start - RULES.lead)
        return
    contact = planned.contact
    (attempt,) = group([planned], {person.id: zone})
    rung: list[tuple[datetime, Disposition, str]] = []
    for disposition in dispositions:
        now = max(now, attempt.due_at) + late
        move = decide(Situation(attempt, (contact,), person, {contact.id: visit}), reminder, RULES, now)
        while isinstance(move, Wait):
            now = move.until
            move = decide(Situation(attempt, (contact,), person, {contact.id: visit}), reminder, RULES, now)
        if isinstance(move, Drop):
            break
        assert isinstance(move, Dial)
        rung.append((now, disposition, move.phone))
        finish = Finish(disposition, False, (Conclusion(0, Outcome.UNREACHED),))
        ended = Ended(attempt, (contact,), person, {contact.id: visit}, finish, {})
        after = follow_up(ended, reminder, RULES, now)
        contact = after.concluded[0][0]
        if not after.next_attempts:
            break
        (attempt,) = after.next_attempts
        assert attempt.status is AttemptStatus.PLANNED
    assert all(may_ring(at, zone) and at < start for at, _, _ in rung)
    assert sum(d is not Disposition.FAILED for _, d, _ in rung) <= tries
    for (first, why, _), (second, _, _) in pairwise(rung):
        own = why in (Disposition.BUSY, Disposition.FAILED)
        assert second - first >= timedelta(minutes=10 if own else 60)
    counted = [phone for _, d, phone in rung if d is not Disposition.FAILED]
    assert set(counted[:2]) <= {make.phone} and set(counted[2:]) <= {make.second}
