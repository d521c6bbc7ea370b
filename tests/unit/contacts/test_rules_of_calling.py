"""DOMAIN.md, "Rules of calling": one test a rule, by its number. A rule that is kept in several places is proved there
as well; the docstring says where."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from voicebot.contacts.caller_ids import CallerIds
from voicebot.contacts.campaign import Campaign, CampaignStatus, Candidate, Trigger, TriggerKind
from voicebot.contacts.consents import Consent, not_released
from voicebot.contacts.decisions import Because, Decision, RuleId
from voicebot.contacts.dialling import Dial, Drop, Situation, Wait, decide, shown_number
from voicebot.contacts.ended import Ended
from voicebot.contacts.following import follow_up
from voicebot.contacts.hours import CallingHours
from voicebot.contacts.model import ContactStatus, Lifecycle, Representative, Suppression
from voicebot.contacts.phones import OPT_OUT
from voicebot.contacts.planning import Skipped, group, plan_visit, zone_of
from voicebot.contacts.rules import DiallingLock, Rules
from voicebot.contacts.selecting import History, Suppressed, decide_contact
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.dialogue.scenario import About, Plan, Purpose
from voicebot.language.facts import patient_facts
from voicebot.scenarios.checking import check
from voicebot.scenarios.facts import with_examples
from voicebot.scenarios.loading import parse
from voicebot.scenarios.subject import estimated

SCENARIOS = Path(__file__).resolve().parents[3] / "scenarios"
SPOKEN = [p for p in sorted(SCENARIOS.glob("*.yaml")) if "." not in p.stem]
RULES = Rules()
CAMPAIGN = Campaign(
    "k1", "Осмотр", "recall", Trigger(TriggerKind.NO_VISIT_FOR, months=6), status=CampaignStatus.RELEASED,
    released_by="Петрова",
)  # fmt: skip


def broken(name: str, right: str, wrong: str) -> set[str]:
    """The rules that a shipped scenario breaks when this text becomes that."""
    text = (SCENARIOS / f"{name}.yaml").read_text("utf-8")
    assert right in text
    draft = parse(text.replace(right, wrong).encode(), f"{name}.yaml", stem=name)
    return {m.rule for m in check(draft.scenario, draft, {"reception"}, {}) if not m.warning}


@pytest.fixture
def sight(make, msk):
    """Tuesday; the visit is on Wednesday the 25th at 15:00. Nothing speaks against the call."""

    def build(**changes: object) -> Situation:
        values: dict[str, object] = {
            "attempt": make.attempt(), "contacts": (make.contact(msk(25, 15)),), "patient": make.patient(),
            "visits": {"c1": make.visit(msk(25, 15))},
        }  # fmt: skip
        return Situation(**{**values, **changes})  # type: ignore[arg-type]

    return build


@pytest.fixture
def invited(make, msk):
    """A call of a campaign, about no visit."""

    def build(**changes: object) -> Situation:
        contact = make.contact(msk(30, 9), scenario_id="recall", appointment_id="", campaign_id="k1")
        values: dict[str, object] = {
            "attempt": make.attempt(), "contacts": (contact,), "patient": make.patient(zone="Europe/Moscow"),
            "visits": {"c1": None}, "campaign": CAMPAIGN,
        }  # fmt: skip
        return Situation(**{**values, **changes})  # type: ignore[arg-type]

    return build


@pytest.fixture
def recall(make):
    def build(**changes: object):
        return make.scenario(
            id="recall", about=About.PATIENT, plan=Plan(), unreached=make.scenario().unreached, **changes
        )

    return build


def test_rule_01_hours_are_the_patient_s_own_and_never_guessed_from_a_mobile_number(make, msk, sight) -> None:
    """All eleven zones, two years of days, holidays and moved days: test_two_years_of_days.py, test_hours.py. Due
    moves earlier, late bookings: test_planning.py. To the end over a real store: engine/test_why_timeline.py."""
    hours = Rules(hours=CallingHours(holidays=frozenset({date(2026, 11, 24)})))
    at = {h: decide(sight(), make.scenario(), RULES, msk(24, h, 30)) for h in (8, 9, 19, 20)}
    assert [isinstance(at[h], Dial) for h in (8, 9, 19, 20)] == [False, True, True, False]
    assert isinstance(decide(sight(), make.scenario(), hours, msk(24, 9, 30)), Wait)  # a holiday begins at 10
    far = sight(patient=make.patient(zone="Asia/Vladivostok"))  # 15:00 in Moscow is 22:00 there
    night = decide(far, make.scenario(), RULES, msk(24, 15))
    assert isinstance(night, Wait) and night.rule is RuleId.HOURS and night.until >= msk(25, 2)
    assert zone_of(make.patient(phones=("+74230000000",)), None) == ""  # Vladivostok's code is no zone


def test_rule_02_one_conversation_a_day_and_three_contacts_a_month(make, msk, sight, invited, recall) -> None:
    """The person behind several patients, over a real store: engine/test_families_to_the_end.py. "Conversation" is
    that somebody said who they are: tests/unit/store. Other exemptions: the patient's own wish, a cancellation."""
    talked = decide(sight(conversations_today=1), make.scenario(), RULES, msk(24, 15))
    assert isinstance(talked, Wait) and talked.rule is RuleId.DAY_LIMIT and talked.until >= msk(25, 9)
    thrice = tuple(msk(day, 12) for day in (2, 9, 20))
    month = decide(invited(contacted=thrice), recall(), RULES, msk(24, 15))
    assert isinstance(month, Drop) and month.rule is RuleId.MONTH_LIMIT  # free again in December: too late for this one
    assert isinstance(decide(invited(contacted=thrice[:2]), recall(), RULES, msk(24, 15)), Dial)
    early = (msk(1, 12) - timedelta(days=8), *thrice[1:])  # the first one falls out of the month on the 24th at 12:00
    assert isinstance(decide(invited(contacted=early), recall(), RULES, msk(24, 15)), Dial)
    assert isinstance(decide(sight(contacted=thrice), make.scenario(), RULES, msk(24, 15)), Dial)  # a reminder
    cancelled = make.scenario(plan=Plan(lifecycle="cancelled"))
    gone = {"c1": make.visit(msk(25, 15), lifecycle=Lifecycle.CANCELLED)}  # by the clinic: the patient has to know
    told = sight(visits=gone, conversations_today=1, contacted=thrice)
    assert isinstance(decide(told, cancelled, RULES, msk(24, 15)), Dial)
    asked = (replace(make.contact(msk(25, 15)), outcome=Outcome.CALLBACK_LATER),)
    again = sight(contacts=asked, conversations_today=1, contacted=thrice)
    assert isinstance(decide(again, make.scenario(), RULES, msk(24, 15)), Dial)


def test_rule_03_one_phone_one_call(make, msk) -> None:
    """Booked one by one, over a real store: engine/test_families_to_the_end.py; the words of such a call:
    scenarios/visit_reminder_family.test.yaml."""
    planned = [
        plan_visit(make.visit(msk(25, hour), id=f"v{n}", patient_id=f"p{n}"), make.patient(id=f"p{n}"),
                   make.scenario(), (), (), RULES, msk(23, 12))
        for n, hour in enumerate((12, 13, 15))
    ]  # fmt: skip
    (call,) = group(planned, {f"p{n}": "Europe/Moscow" for n in range(3)})
    assert len(call.contact_ids) == 3
    finish = Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.CONFIRMED), Conclusion(1, Outcome.DECLINED)))
    contacts = tuple(p.contact for p in planned[:2])
    people = {f"p{n}": make.patient(id=f"p{n}") for n in range(2)}
    ended = Ended(call, contacts, people["p0"], {c.id: None for c in contacts}, finish, {}, patients=people)
    after = follow_up(ended, make.scenario(), RULES, msk(24, 12))
    assert [outcome for _, outcome in after.concluded] == [Outcome.CONFIRMED, Outcome.DECLINED]


@pytest.mark.parametrize(("disposition", "least"), [(Disposition.NO_ANSWER, 60), (Disposition.BUSY, 10)])
def test_rule_04_retries_are_an_hour_apart_busy_ten_minutes_and_do_not_clump(make, msk, disposition, least) -> None:
    """Every pair of attempts over two years and eleven zones: test_two_years_of_days.py; first calls of a thousand
    visits: test_planning.py; to the end: engine/test_attempts_to_the_end.py."""
    ready = []
    for n in range(300):
        contact, attempt = make.contact(msk(26, 15)), make.attempt(id=f"a{n}")
        finish = Finish(disposition, False, (Conclusion(0, Outcome.UNREACHED),))
        after = follow_up(
            Ended(attempt, (contact,), make.patient(), {}, finish, {}), make.scenario(), RULES, msk(24, 12)
        )
        ready.append(after.next_attempts[0].due_at - msk(24, 12))
    assert min(ready) >= timedelta(minutes=least)
    seconds = [sum(1 for r in ready if r == wait) for wait in set(ready)]
    assert len(set(ready)) > 80 and max(seconds) < 12


def test_rule_05_identity_before_details(make) -> None:
    """No scenario that speaks of the visit before "yes, it is me" can be published: each fact and way in
    scenarios/test_checking_rules.py. Voicemail hears nothing: dialogue/test_machine.py."""
    assert "identity-first" in broken(
        "visit_reminder", 'Это {person.name}?"\n    identifies', '{visit.day}?"\n    identifies'
    )
    for path in SPOKEN:
        for template in parse(path.read_bytes(), path.name, stem=path.stem).scenario.messages.values():
            assert "doctor" not in template and "speciality" not in template and "service" not in template


def test_rule_06_advertising_needs_consent_and_a_name_and_service_may_not_advertise(make, msk, invited, recall) -> None:
    """Withdrawn between planning and dialling: it is read again right before the INVITE (engine/reading.py)."""
    offer, now = recall(purpose=Purpose.ADVERTISING), msk(24, 15)
    agreed = Consent("p1", "Согласна получать предложения", msk(1), "анкета № 7")
    assert isinstance(decide(invited(consent=agreed), offer, RULES, now), Dial)
    for wrong in (None, replace(agreed, text=" "), replace(agreed, channel=""), replace(agreed, withdrawn_at=msk(23)),
                  replace(agreed, at=msk(25))):  # fmt: skip
        move = decide(invited(consent=wrong), offer, RULES, now)
        assert isinstance(move, Drop) and move.rule is RuleId.CONSENT and "согласи" in move.reason
    nobody = replace(CAMPAIGN, released_by="")
    held = decide(invited(consent=agreed, campaign=nobody), offer, RULES, now)
    assert isinstance(held, Wait) and held.rule is RuleId.RELEASE
    assert decide(invited(consent=agreed, campaign=None), offer, RULES, now).rule is RuleId.RELEASE
    assert not_released(replace(nobody, status=CampaignStatus.DRAFT), recall()).rule is RuleId.RELEASE
    assert isinstance(decide(invited(), recall(), RULES, now), Dial)  # service dials by itself
    assert "advertising-words" in broken("recall", "Здравствуйте!", "Здравствуйте! Скидка 20 процентов!")
    assert "no-warning" in broken("recall_offer", "{offer.warning}", "До встречи")


def test_rule_07_stop_and_operator_work_everywhere_and_stop_holds_for_all(make, msk, sight) -> None:
    """At every step of random scenarios, and over everything else that was said: dialogue/test_random_scenarios.py
    (test_stop_wins_everywhere), dialogue/test_invariants.py; over the store: engine/test_attempts_to_the_end.py."""
    for path in SPOKEN:
        everywhere = parse(path.read_bytes(), path.name, stem=path.stem).scenario.everywhere
        assert {Intent.STOP, Intent.OPERATOR} <= set(everywhere), path.name
    finish = Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.OPTED_OUT),))
    ended = Ended(make.attempt(), (make.contact(msk(25, 15)),), make.patient(), {}, finish, {})
    after = follow_up(ended, make.scenario(), RULES, msk(24, 15))
    assert {(s.phone, s.patient_id) for s in after.suppressions} == {(make.phone, ""), ("", "p1")}
    elsewhere = sight(attempt=make.attempt(phone=make.second), suppressions=after.suppressions)
    move = decide(elsewhere, make.scenario(id="another"), RULES, msk(24, 16))
    assert isinstance(move, Drop) and move.rule is RuleId.OPTED_OUT


@pytest.mark.parametrize("path", SPOKEN, ids=lambda p: p.stem)
def test_rule_08_the_robot_says_that_it_is_one_within_five_seconds(path: Path) -> None:
    """Measured from the patient's side in calls of the city: acceptance/test_demo.py."""
    scenario = parse(path.read_bytes(), path.name, stem=path.stem).scenario
    step = scenario.steps[scenario.start]
    while not step.say:
        step = scenario.steps[step.then.otherwise if hasattr(step.then, "otherwise") else step.then.step]
    before, robot, _ = step.say.partition("робот")
    assert robot and estimated(with_examples(before + robot)) <= 5


def test_rule_08_a_scenario_that_does_not_say_it_is_refused() -> None:
    assert "robot-unnamed" in broken("visit_reminder", "голосовой робот", "помощник")


def test_rule_09_a_comment_is_recorded_only_after_it_was_told() -> None:
    """The only thing that is recorded; nothing records whole calls. A refusal leaves no file: calls/test_comments.py,
    dialogue/test_values.py."""
    told = next(
        line
        for line in (SCENARIOS / "feedback.yaml").read_text("utf-8").splitlines()
        if "запи" in line and "say" in line
    )
    assert "recording-told" in broken("feedback", told, told.split("say:")[0] + 'say: "Скажите, пожалуйста."')


def test_rule_10_caller_ids_of_the_contract_only_and_a_blocked_phone_is_suppressed(make, msk, sight) -> None:
    ours = ("+78880000701", "+78880000702", "+78880000703")
    ids = CallerIds(ours, {"b1": ours[:1]}, {"k1": ours[1:], "k2": ("+78880009999",)})
    assert all(ids.choose(f"p{n}", campaign_id="k1") in ours[1:] for n in range(50))
    assert ids.choose("p1", "b1") == ours[0]
    assert isinstance(ids.choose("p1", campaign_id="k2"), Because)  # not in the contract
    before = {f"p{n}": ids.choose(f"p{n}") for n in range(200)}
    fewer = replace(ids, numbers=ours[:2])
    assert all(fewer.choose(p) == number for p, number in before.items() if number in ours[:2])  # theirs stays theirs
    assert set(before.values()) == set(ours)
    rules = replace(RULES, caller_ids=ids)
    assert shown_number(sight(), rules) == ours[0]
    held = decide(sight(attempt=make.attempt(lane="k2")), make.scenario(), rules, msk(24, 15))
    assert isinstance(held, Wait) and held.rule is RuleId.CALLER_ID
    finish = Finish(Disposition.BLOCKED, False, (Conclusion(0, Outcome.UNREACHED),))
    ended = Ended(make.attempt(), (make.contact(msk(25, 15)),), make.patient(), {}, finish, {})
    (stop,) = follow_up(ended, make.scenario(), RULES, msk(24, 12)).suppressions
    assert (stop.phone, stop.patient_id, stop.until) == (make.phone, "", None)


def test_rule_11_two_misunderstandings_and_then_a_human(make, msk) -> None:
    """In the call: dialogue/test_machine.py (two silences, twice misunderstood, «минутку»), bounded in random
    scenarios. Between calls: once more, then a task."""
    unclear = Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.UNCLEAR),))
    contact = make.contact(msk(27, 15))
    for asked, (tasks, again) in enumerate([(0, 1), (1, 0)]):
        attempt = make.attempt(id=f"a{asked}")
        after = follow_up(
            Ended(attempt, (contact,), make.patient(), {}, unclear, {}), make.scenario(), RULES, msk(24, 12)
        )
        assert (len(after.tasks), len(after.next_attempts)) == (tasks, again)
        contact = after.concluded[0][0]


def test_rule_12_nothing_personal_leaves_the_clinic_s_machines() -> None:
    """The engine's tables and events hold ids only: engine/test_after_a_crash.py, integration/test_engine_recovery.py.
    Here: no setting can name a cloud, and the console listens on this machine only."""
    from voicebot.settings import Settings

    for key in ("asr", "tts"):
        with pytest.raises(ValueError, match=key):
            Settings(speech={key: "cloud"})
    assert Settings().web.host == "127.0.0.1"


def test_rule_13_limits_are_settings_and_every_refusal_names_its_rule(make, msk, sight, invited, recall) -> None:
    loose = replace(RULES, conversations_a_day=2, contacts_a_month=4)
    assert isinstance(decide(sight(conversations_today=1), make.scenario(), loose, msk(24, 15)), Dial)
    thrice = tuple(msk(day, 12) for day in (2, 9, 20))
    assert isinstance(decide(invited(contacted=thrice), recall(), loose, msk(24, 15)), Dial)
    stop = Suppression("", "p1", OPT_OUT, msk(1))
    moves = [
        decide(sight(**changes), make.scenario(), RULES, now)
        for changes, now in [
            ({}, msk(24, 21)), ({"patient": None}, msk(24, 15)), ({"suppressions": (stop,)}, msk(24, 15)),
            ({"patient": make.patient(do_not_call=True)}, msk(24, 15)), ({"visits": {"c1": None}}, msk(24, 15)),
            ({"patient": make.patient(phones=("112",))}, msk(24, 15)), ({"mis_age": timedelta(hours=1)}, msk(24, 15)),
        ]
    ]  # fmt: skip
    assert all(isinstance(m, Wait | Drop) and m.reason for m in moves)
    assert [m.rule for m in moves] == [
        RuleId.HOURS, RuleId.NO_PATIENT, RuleId.OPTED_OUT, RuleId.OPTED_OUT, RuleId.VISIT, RuleId.BAD_NUMBER,
        RuleId.MIS_UNREADABLE,
    ]  # fmt: skip
    refused = decide_contact(Candidate(make.patient(), None, "x", msk(20)), CAMPAIGN, recall(), History(twin="p0"), (),
                             None, RULES, msk(24, 12))  # fmt: skip
    assert isinstance(refused, Suppressed) and isinstance(refused.decision, Decision)
    late = plan_visit(make.visit(msk(24, 8)), make.patient(), make.scenario(), (), (), RULES, msk(23, 22))
    assert isinstance(late, Skipped) and late.rule is RuleId.LATE


def test_rule_14_the_lock_lets_only_the_city_be_rung(make, msk, sight) -> None:
    """Every combination of the three: test_dialling.py; over the store: engine/test_attempts_to_the_end.py."""
    real, city = "+78889990001", "+7888000"
    shut = replace(RULES, lock=DiallingLock(city_prefix=city))
    there = sight(attempt=make.attempt(phone=real), patient=make.patient(phones=(real,)))
    move = decide(there, make.scenario(), shut, msk(24, 15))
    assert isinstance(move, Wait) and move.rule is RuleId.LOCK
    assert isinstance(decide(sight(), make.scenario(), shut, msk(24, 15)), Dial)
    open_ = replace(RULES, lock=DiallingLock(live=True, caller_id="+78880000700", city_prefix=city))
    assert isinstance(decide(there, make.scenario(), open_, msk(24, 15)), Dial)


def test_rule_15_a_ward_s_representative_is_asked_for_and_rung(make, msk) -> None:
    """In one call for several children, and once a day: engine/test_families_to_the_end.py."""
    mother = Representative("Ветрова", "Ирина", "Олеговна", phones=(make.second,))
    child = make.patient(phones=(), given_name="Маша", representative=mother)
    planned = plan_visit(make.visit(msk(25, 15)), child, make.scenario(), (), (), RULES, msk(23, 12))
    assert planned.phone == make.second
    facts = patient_facts(child, "Клиника")
    assert (str(facts["person.name"]), str(facts["patient.given_name"])) == ("Ирина Олеговна", "Маша")


def test_rule_16_a_mis_that_cannot_be_read_is_dialled_by_a_fresh_copy_then_waited_for_then_a_task(
    make, msk, sight
) -> None:
    """Over a real store and a MIS that is away: engine/test_attempts_to_the_end.py."""
    ages = (timedelta(minutes=14), timedelta(minutes=16))
    fresh, old = (decide(sight(mis_age=age), make.scenario(), RULES, msk(24, 15)) for age in ages)
    assert isinstance(fresh, Dial) and isinstance(old, Wait) and old.rule is RuleId.MIS_UNREADABLE
    last = decide(sight(mis_age=ages[1]), make.scenario(), RULES, msk(25, 14, 48))
    assert isinstance(last, Drop) and last.contacts[0].status is ContactStatus.UNREACHED  # task: engine/test_too_late
