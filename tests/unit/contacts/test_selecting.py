"""Campaigns: whom decide_contact calls, when, and why not; bad data stops only itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.contacts.campaign import Campaign, Candidate, Segment, Trigger, TriggerKind
from voicebot.contacts.capacity import invitation_refused, room_for_invitations
from voicebot.contacts.consents import Consent
from voicebot.contacts.decisions import RuleId, Verdict
from voicebot.contacts.doubles import doubles
from voicebot.contacts.hold_out import held_out
from voicebot.contacts.model import ContactStatus, Lifecycle, Sex, Suppression
from voicebot.contacts.months import again_after, later_by_months
from voicebot.contacts.phones import OPT_OUT
from voicebot.contacts.planning import Planned, group
from voicebot.contacts.rules import Rules
from voicebot.contacts.segments import in_segment
from voicebot.contacts.selecting import History, Suppressed, decide_contact
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import About, Plan, Purpose

RULES = Rules(spread=timedelta(0), hold_out_key=b"k")


@pytest.fixture
def recall(make):
    def build(**changes: object):
        return make.scenario(**{"id": "recall", "about": About.PATIENT, "plan": Plan(), **changes})

    return build


@pytest.fixture
def decided(make, msk, recall):
    """The decision of a recall of patients who have not come for six months, on Tuesday the 24th at 12:00."""

    def run(
        history=None, suppressions=(), consent=None, now=None, scenario=None, campaign=None, rules=RULES, **changes
    ):
        campaign = campaign or Campaign("k1", "Осмотр", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6))
        values = {"patient": make.patient(zone="Europe/Moscow"), "appointment": None, "occasion": "away since 2026-05",
                  "due_at": msk(20), **changes}  # fmt: skip
        history = history or History()
        scenario, now = scenario or recall(), now or msk(24, 12)
        return decide_contact(Candidate(**values), campaign, scenario, history, suppressions, consent, RULES, now)

    return run


def why(found: Planned | Suppressed) -> tuple[RuleId, str]:
    assert isinstance(found, Suppressed), found
    assert found.decision.verdict is Verdict.SUPPRESSED and found.contact_id
    return found.decision.rule, found.decision.reason


def test_a_patient_who_has_not_come_for_long_is_called(decided, msk) -> None:
    found = decided()
    assert isinstance(found, Planned)
    assert (found.contact.due_at, found.contact.campaign_id) == (msk(24, 12), "k1")
    assert found.contact.deadline > msk(30)
    assert found.decision.reason == "кампания «Осмотр»: не был 6 мес."
    assert decided(now=msk(24, 21)).contact.due_at == msk(25, 9)
    assert decided().contact.id == decided(now=msk(25, 12)).contact.id  # the same facts, the same id
    assert group([found], {"p1": "Europe/Moscow"})[0].lane == "k1"


def test_a_future_booking_excludes(decided, msk) -> None:
    assert why(decided(next_visit=msk(30, 9))) == (RuleId.BOOKED, "пациент уже записан на 30.11.2026")
    assert isinstance(decided(next_visit=msk(20, 9)), Planned)


def test_who_refused_is_called_again_after_two_calendar_months(decided, msk) -> None:
    refused = msk(24, 12) - timedelta(days=59)  # 26 September
    assert why(decided(History(refused_at=refused)))[0] is RuleId.REFUSED
    assert decided(History(refused_at=refused)).decision.next_at == datetime(
        2026, 11, 26, tzinfo=ZoneInfo("Europe/Moscow")
    )
    assert isinstance(decided(History(refused_at=refused), now=msk(26, 10)), Planned)


@given(st.datetimes(datetime(2026, 1, 1), datetime(2031, 12, 31), timezones=st.just(ZoneInfo("Asia/Omsk"))))
def test_two_months_are_never_59_days_and_hit_the_same_day_of_the_month(refused: datetime) -> None:
    again = again_after(refused, 2, "Asia/Omsk")
    days = (again.date() - refused.date()).days
    assert 60 <= days <= 62
    assert again.date() == later_by_months(refused.date(), 2) or days == 60


def test_ends_of_months() -> None:
    assert later_by_months(date(2026, 12, 31), 2) == date(2027, 3, 1)
    assert later_by_months(date(2027, 12, 31), 2) == date(2028, 3, 1)
    assert later_by_months(date(2027, 12, 29), 2) == date(2028, 2, 29)
    assert later_by_months(date(2026, 11, 30), -6) == date(2026, 5, 30)
    assert later_by_months(date(2026, 10, 31), 1) == date(2026, 12, 1)


def test_opted_out_is_never(decided, msk) -> None:
    stop = Suppression("", "p1", OPT_OUT, msk(1) - timedelta(days=3000))
    assert why(decided(suppressions=(stop,)))[0] is RuleId.OPTED_OUT
    at_all_phones = tuple(Suppression(f"+7888000000{n}", "", OPT_OUT, msk(1)) for n in (1, 2))
    assert why(decided(suppressions=at_all_phones))[0] is RuleId.OPTED_OUT


@pytest.mark.parametrize(
    ("phones", "rule", "words"),
    [
        ((), RuleId.NO_PHONE, "нет телефона"),
        (("+493023125001",), RuleId.BAD_NUMBER, "вне разрешённых направлений"),
        (("+76000000000",), RuleId.BAD_NUMBER, "вне разрешённых направлений"),
        (("+7112",), RuleId.BAD_NUMBER, "одиннадцать цифр"),
        (("112",), RuleId.BAD_NUMBER, "международном виде"),
    ],
)
def test_a_patient_without_a_phone_that_may_be_rung(decided, make, phones, rule, words) -> None:
    found, reason = why(decided(patient=make.patient(phones=phones, zone="Europe/Moscow")))
    assert found is rule and words in reason


def test_bad_data_stops_only_itself(decided, make, msk) -> None:
    """A mixed batch: whatever is wrong with the others, the good one is called at the same moment."""
    deleted = Campaign("k2", "После визита", "recall", Trigger(TriggerKind.AFTER_VISIT, (timedelta(days=1),)))
    bad = [
        decided(patient=make.patient(id="p2", phones=())),
        decided(History(twin="p1"), patient=make.patient(id="p3")),
        decided(campaign=deleted),
        decided(patient=make.patient(id="p4", do_not_call=True)),
    ]
    assert [why(b)[0] for b in bad] == [RuleId.NO_PHONE, RuleId.SAME_PERSON, RuleId.VISIT, RuleId.OPTED_OUT]
    assert "визита больше нет" in why(bad[2])[1]
    assert decided().contact.due_at == msk(24, 12)


def test_a_patient_without_a_zone_is_called_when_every_zone_allows(decided, make, msk) -> None:
    found = decided(patient=make.patient())
    assert isinstance(found, Planned)
    assert msk(25, 10) <= found.contact.due_at < msk(25, 11)  # nine in Kaliningrad, not yet twenty in Kamchatka
    assert "пояс пациента не известен" in found.decision.reason
    last = make.visit(msk(1), patient_id="p1")
    assert decided(patient=make.patient(), last=last).contact.zone == "Europe/Moscow"


def test_several_patients_of_one_phone_are_one_call(decided, make) -> None:
    planned = [decided(patient=make.patient(id=f"p{n}", zone="Europe/Moscow")) for n in range(3)]
    assert len(group(planned, {f"p{n}": "Europe/Moscow" for n in range(3)})) == 1


def test_two_records_of_one_person_are_called_once(make) -> None:
    born = date(1980, 5, 1)
    records = [
        make.patient(id="a", birth_date=born),
        make.patient(id="b", birth_date=born, surname="ИВАНОВА", phones=(make.second,)),
        make.patient(id="c", birth_date=date(1981, 5, 1)),  # a namesake
        make.patient(id="d", birth_date=None),  # a name alone is nobody
        make.patient(id="e", birth_date=born, phones=("+78880000009",)),
    ]
    assert doubles(records) == {"b": "a"}


def test_what_was_done_is_not_done_again(decided, make, msk) -> None:
    first = decided().contact
    assert why(decided(History(contacts=(first,))))[0] is RuleId.KNOWN
    closed = replace(first, status=ContactStatus.REACHED, outcome=Outcome.CONFIRMED)
    assert why(decided(History(contacts=(closed,))))[0] is RuleId.KNOWN
    assert isinstance(decided(History(contacts=(closed,)), occasion="away since 2026-06"), Planned)
    assert why(decided(History(contacts=(first,)), occasion="away since 2026-06"))[0] is RuleId.KNOWN  # still open


def test_three_contacts_a_month_over_all_campaigns(decided, msk) -> None:
    thrice = tuple(msk(day, 12) for day in (2, 9, 20))
    found = decided(History(contacted=thrice))
    assert why(found)[0] is RuleId.MONTH_LIMIT
    assert found.decision.next_at == msk(2, 12) + timedelta(days=31)
    assert isinstance(decided(History(contacted=thrice[1:])), Planned)


def test_advertising_is_for_those_who_agreed(decided, recall, msk) -> None:
    offer = recall(purpose=Purpose.ADVERTISING)
    assert why(decided(scenario=offer))[0] is RuleId.CONSENT
    assert isinstance(decided(scenario=offer, consent=Consent("p1", "Согласна", msk(1), "сайт")), Planned)


def test_the_schedule_of_a_campaign(decided, msk) -> None:
    base = Campaign("k1", "Осмотр", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6))
    over = replace(base, ends_on=date(2026, 11, 23))
    assert why(decided(campaign=over)) == (RuleId.SCHEDULE, "кампания закончилась 23.11.2026")
    assert decided(campaign=replace(base, starts_on=date(2026, 11, 26))).contact.due_at == msk(26, 9)
    tonight = replace(base, ends_on=date(2026, 11, 24))
    assert why(decided(campaign=tonight, now=msk(24, 21)))[0] is RuleId.SCHEDULE
    assert decided(campaign=tonight).contact.deadline == msk(25)


def test_triggers_of_visits(decided, make, msk) -> None:
    after = Campaign("k3", "Отзыв", "recall", Trigger(TriggerKind.AFTER_VISIT, (timedelta(hours=4),)))
    missed = replace(after, trigger=Trigger(TriggerKind.MISSED_VISIT, (timedelta(hours=4),)))
    done, gone = (make.visit(msk(24, 9), lifecycle=state) for state in (Lifecycle.DONE, Lifecycle.NO_SHOW))
    assert isinstance(decided(campaign=after, appointment=done, next_visit=msk(30, 9)), Planned)
    assert why(decided(campaign=after, appointment=gone))[0] is RuleId.VISIT
    assert isinstance(decided(campaign=missed, appointment=gone), Planned)
    assert why(decided(campaign=missed, appointment=gone, next_visit=msk(30, 9)))[0] is RuleId.BOOKED


def test_a_reminder_of_a_campaign_is_planned_like_any_other(decided, make, msk) -> None:
    before = Campaign("k4", "Напоминание", "visit_reminder", Trigger(TriggerKind.BEFORE_VISIT, (timedelta(hours=24),)))
    found = decided(campaign=before, scenario=make.scenario(), appointment=make.visit(msk(26, 15)))
    assert (found.contact.due_at, found.contact.deadline) == (msk(25, 15), msk(26, 15))
    assert (found.contact.campaign_id, found.decision.reason) == ("k4", "за 24 ч до визита")
    cancelled = make.visit(msk(26, 15), lifecycle=Lifecycle.CANCELLED)
    assert why(decided(campaign=before, scenario=make.scenario(), appointment=cancelled))[0] is RuleId.VISIT


def test_the_hold_out_group_is_drawn_from_those_who_would_be_called(decided, make) -> None:
    campaign = Campaign("k1", "Осмотр", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6), hold_out=1.0)
    assert why(decided(campaign=campaign))[0] is RuleId.HOLD_OUT
    assert why(decided(campaign=campaign, patient=make.patient(do_not_call=True)))[0] is RuleId.OPTED_OUT


def test_a_hold_out_group_is_stable_of_its_share_and_grows_without_letting_anybody_go() -> None:
    few, more = ({p for p in range(5000) if held_out(b"k", "c", str(p), share)} for share in (0.1, 0.2))
    assert 400 < len(few) < 600 and 870 < len(more) < 1130 and few < more
    other = {p for p in range(5000) if held_out(b"k", "another", str(p), 0.1)}
    assert len(few & other) < 100  # drawn anew for each campaign
    assert not any(held_out(b"k", "c", str(p), 0.0) for p in range(100))


@pytest.mark.parametrize(
    ("segment", "words"),
    [
        (Segment(branches=("b2",)), "филиал «b1»"),
        (Segment(doctors=("d1",), services=("чистка",)), "не указано: услуга"),
        (Segment(sex=Sex.MALE), "пол — женщина"),
        (Segment(age_from=40), "возраст 39"),
        (Segment(age_to=38), "возраст 39"),
        (Segment(last_visit_from=date(2026, 6, 1)), "последний визит 10.05.2026"),
        (Segment(last_visit_to=date(2026, 5, 9)), "последний визит 10.05.2026"),
        (Segment(branches=("b1", "b2"), age_from=39, age_to=39, sex=Sex.FEMALE, last_visit_from=date(2026, 5, 10),
                 last_visit_to=date(2026, 5, 10)), ""),
    ],
)  # fmt: skip
def test_segments(make, segment: Segment, words: str) -> None:
    last = make.visit(datetime(2026, 5, 9, 22, tzinfo=ZoneInfo("UTC")))  # the 10th in Moscow
    born = make.patient(sex=Sex.FEMALE, birth_date=date(1986, 11, 25))  # forty tomorrow
    candidate = Candidate(born, None, "x", last.start, last=last)
    found = in_segment(candidate, segment, date(2026, 11, 24))
    assert words in found and bool(words) is bool(found)
    nobody = Candidate(make.patient(), None, "x", last.start)
    assert bool(in_segment(nobody, segment, date(2026, 11, 24)))  # what is asked and not known is not met


def test_invitations_wait_for_administrators() -> None:
    assert [room_for_invitations(2, n, 1.5) for n in range(5)] == [3, 2, 1, 0, 0]
    assert invitation_refused(2, 1, 1.0) is None
    none = invitation_refused(0, 0, 3.0)
    assert none is not None and none.rule is RuleId.NO_ADMINISTRATOR and "приостановлены" in none.reason
    assert "освободится" in invitation_refused(1, 1, 1.0).reason
