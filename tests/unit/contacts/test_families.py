"""Several people behind one phone: who is one person, in which order, and what each one's outcome leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from voicebot.contacts.dialling import Dial, Drop, Situation, Wait, decide
from voicebot.contacts.ended import Ended
from voicebot.contacts.families import in_order, is_variant, part, same_person, spoken_scenario
from voicebot.contacts.following import follow_up
from voicebot.contacts.model import AttemptStatus, ContactStatus, Lifecycle, Representative, Suppression
from voicebot.contacts.rules import Rules
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Hours, Plan

MOTHER = Representative("Ветрова", "Ирина", "Олеговна")


@pytest.fixture
def family(make, msk):
    """A mother with a visit of her own, two children for whom she answers, and her husband; all tomorrow."""
    people = {
        "masha": make.patient(id="masha", surname="Ветрова", given_name="Маша", representative=MOTHER),
        "egor": make.patient(id="egor", surname="Ветров", given_name="Егор", representative=MOTHER),
        "mother": make.patient(id="mother", surname="ВЕТРОВА", given_name="Ирина", patronymic="Олеговна"),
        "father": make.patient(id="father", surname="Ветров", given_name="Андрей"),
    }
    times = {"masha": 12, "father": 13, "egor": 15, "mother": 16}
    contacts = {
        who: make.contact(msk(25, hour), id=f"c-{who}", patient_id=who, appointment_id=f"v-{who}")
        for who, hour in times.items()
    }
    visits = {f"c-{who}": make.visit(msk(25, hour), id=f"v-{who}", patient_id=who) for who, hour in times.items()}
    return people, contacts, visits


def test_whoever_answers_is_one_person(make, family) -> None:
    people, _, _ = family
    assert same_person(people["masha"], people["egor"])
    assert same_person(people["masha"], people["mother"])
    assert not same_person(people["mother"], people["father"])
    namesakes = make.patient(id="a"), make.patient(id="b")
    assert not same_person(*namesakes)  # father and son of one name: asked for one after the other


def test_all_that_one_person_answers_for_comes_first(family) -> None:
    people, contacts, _ = family
    order = [c.patient_id for c in in_order(contacts.values(), people)]
    assert order == ["masha", "egor", "mother", "father"]
    alone = [c.patient_id for c in in_order([contacts["father"], contacts["mother"]], people)]
    assert alone == ["father", "mother"]


def test_the_family_scenario_speaks_for_several_patients_if_it_is_published(make) -> None:
    base, variant = make.scenario(), make.scenario(id="visit_reminder_family")
    published = {s.id: s for s in (base, variant)}
    assert spoken_scenario(base, ["p1", "p2"], published.get) is variant
    assert spoken_scenario(base, ["p1", "p1"], published.get) is base
    assert spoken_scenario(base, ["p1", "p2"], {base.id: base}.get) is base
    assert is_variant(variant.id, published) and not is_variant(base.id, published)
    assert not is_variant("happy_family", published)  # not a variant of anything: plans for itself


# Before dialling ----------------------------------------------------------------------------------


def judge(make, family, now, who, rules=None, scenario=None, **changes):
    people, contacts, visits = family
    attempt = make.attempt(contact_ids=tuple(f"c-{w}" for w in who))
    judged = []
    for name in who:
        values = {"attempt": attempt, "contacts": (contacts[name],), "patient": people[name],
                  "visits": {f"c-{name}": visits[f"c-{name}"]}, **changes.get(name, {})}  # fmt: skip
        situation = Situation(**values)
        judged.append((situation, decide(situation, scenario or make.scenario(), rules or Rules(), now)))
    return part(attempt, judged, now)


def test_a_suppressed_member_drops_out_and_the_others_are_rung(make, msk, family) -> None:
    stop = Suppression("", "father", "просил не звонить", msk(20))
    parting = judge(make, family, msk(24, 16), ["masha", "father", "egor"], father={"suppressions": (stop,)})
    assert parting.dial is not None
    assert [c.patient_id for c in parting.dial.contacts] == ["masha", "egor"]
    assert [(c.patient_id, c.status) for c in parting.closed] == [("father", ContactStatus.SUPPRESSED)]
    assert (parting.leaving, parting.instead, parting.attempt.status) == (("c-father",), (), AttemptStatus.PLANNED)


def test_a_cancelled_visit_of_one_is_no_matter_of_the_others(make, msk, family) -> None:
    gone = replace(family[2]["c-egor"], lifecycle=Lifecycle.CANCELLED)
    parting = judge(make, family, msk(24, 16), ["masha", "egor"], egor={"visits": {"c-egor": gone}})
    assert parting.dial is not None and [c.id for c in parting.dial.contacts] == ["c-masha"]
    assert [c.status for c in parting.closed] == [ContactStatus.CANCELLED]


def test_who_was_talked_with_today_waits_alone(make, msk, family) -> None:
    parting = judge(make, family, msk(24, 16), ["masha", "father"], father={"conversations_today": 1})
    assert parting.dial is not None and [c.id for c in parting.dial.contacts] == ["c-masha"]
    (later,) = parting.instead
    assert later.contact_ids == ("c-father",)
    assert msk(25, 9) <= later.due_at <= msk(25, 9, 10)
    assert parting.leaving == ("c-father",)


def test_a_phone_that_is_wrong_for_one_is_still_the_others(make, msk, family) -> None:
    wrong = Suppression(make.phone, "father", "по этому номеру отвечает другой человек", msk(20))
    parting = judge(make, family, msk(24, 16), ["masha", "father"], father={"suppressions": (wrong,)})
    assert parting.dial is not None and [c.id for c in parting.dial.contacts] == ["c-masha"]
    assert [(a.phone, a.contact_ids) for a in parting.instead] == [(make.second, ("c-father",))]


def test_at_night_all_wait_together(make, msk, family) -> None:
    parting = judge(make, family, msk(24, 23), ["masha", "father"])
    assert (parting.dial, parting.leaving, parting.instead) == (None, (), ())
    assert parting.attempt.status is AttemptStatus.PLANNED
    assert msk(25, 9) <= parting.attempt.due_at <= msk(25, 9, 10)


def test_when_nobody_may_be_rung_the_attempt_is_dropped_with_its_tasks(make, msk, family) -> None:
    numberless = {"patient": replace(family[0]["father"], phones=("+7888",))}
    gone = {"visits": {"c-masha": None}}
    parting = judge(make, family, msk(24, 16), ["masha", "father"], masha=gone, father=numberless)
    assert (parting.dial, parting.attempt.status) == (None, AttemptStatus.DROPPED)
    assert {c.status for c in parting.closed} == {ContactStatus.CANCELLED, ContactStatus.SUPPRESSED}
    assert [t.patient_id for t in parting.tasks] == ["father"]


def test_the_hours_of_the_scenario_hold_right_before_dialling(make, msk, family) -> None:
    people, contacts, visits = family
    situation = Situation(make.attempt(), (contacts["masha"],), people["masha"], visits)
    morning = make.scenario(hours=Hours(weekdays=((msk(1, 9).time(), msk(1, 9).time().replace(hour=8)),)))
    assert morning.hours is not None  # 6:00-8:00 on the clock of the patient: the house allows none of it
    assert isinstance(decide(situation, morning, Rules(), msk(24, 16)), Drop)
    early = make.scenario(hours=Hours(weekdays=((msk(1, 12).time(), msk(1, 14).time()),)))  # 9:00-11:00
    assert isinstance(decide(situation, early, Rules(), msk(24, 16)), Wait)
    assert isinstance(decide(situation, early, Rules(), msk(24, 10)), Dial)


# After the call -----------------------------------------------------------------------------------


def settle(make, msk, family, who, *outcomes, identity=True, disposition=Disposition.ANSWERED, transferred=False,
           scenario=None, **said):  # fmt: skip
    people, contacts, visits = family
    conclusions = tuple(
        Conclusion(n, outcome, **(said.get(name) or {}))
        for n, (name, outcome) in enumerate(zip(who, outcomes, strict=True))
    )
    ended = Ended(
        attempt=make.attempt(contact_ids=tuple(f"c-{w}" for w in who)),
        contacts=tuple(contacts[w] for w in who),
        patient=people[who[0]],
        visits={f"c-{w}": visits[f"c-{w}"] for w in who},
        finish=Finish(disposition, identity, conclusions, transferred),
        texts={("visit_sms", f"c-{w}"): f"СМС о {w}" for w in who},
        patients=people,
    )
    return follow_up(ended, scenario or make.scenario(), Rules(), msk(24, 16))


def test_each_visit_has_its_own_answer(make, msk, family) -> None:
    after = settle(make, msk, family, ["masha", "egor"], Outcome.CONFIRMED, Outcome.DECLINED,
                   masha={"answer": Answer.CONFIRMED}, egor={"answer": Answer.DECLINED})  # fmt: skip
    assert [(d.patient_id, d.value) for d in after.deliveries] == [("masha", "confirmed"), ("egor", "declined")]
    assert [t.patient_id for t in after.tasks] == ["egor"]
    assert after.next_attempts == ()


def test_nobody_there_is_one_call_again_for_all_and_at_last_an_sms_each(make, msk, family) -> None:
    who = ["masha", "father"]
    after = settle(make, msk, family, who, *[Outcome.UNREACHED] * 2, identity=False, disposition=Disposition.NO_ANSWER)
    (again,) = after.next_attempts
    assert again.contact_ids == ("c-masha", "c-father")
    people, contacts, visits = family
    tired = {w: replace(c, attempts_used=3) for w, c in contacts.items()}
    last = settle(make, msk, (people, tired, visits), who, *[Outcome.UNREACHED] * 2, identity=False,
                  disposition=Disposition.NO_ANSWER)  # fmt: skip
    assert [m.text for m in last.messages] == ["СМС о masha", "СМС о father"]
    assert [t.patient_id for t in last.tasks] == who


def test_a_husband_who_is_not_at_home_is_rung_again_the_same_day(make, msk, family) -> None:
    after = settle(make, msk, family, ["mother", "father"], Outcome.CONFIRMED, Outcome.CALLBACK_LATER)
    (again,) = after.next_attempts
    assert (again.contact_ids, again.due_at) == (("c-father",), msk(24, 17))
    assert after.not_talked == {"c-father"}
    silent = settle(make, msk, family, ["mother", "father"], Outcome.CONFIRMED, Outcome.HUNG_UP)
    assert silent.next_attempts[0].due_at < msk(24, 18)  # he was never asked
    asked = settle(make, msk, family, ["mother", "father"], Outcome.CONFIRMED, Outcome.HUNG_UP,
                   father={"question_asked": True})  # fmt: skip
    assert asked.next_attempts[0].due_at >= msk(25, 9)  # one conversation a day
    assert asked.not_talked == set()


def test_a_time_that_was_asked_for_holds_for_all(make, msk, family) -> None:
    after = settle(make, msk, family, ["masha", "egor"], *[Outcome.CALLBACK_LATER] * 2,
                   masha={"callback": "2026-11-24T18:30"})  # fmt: skip
    assert [(a.contact_ids, a.due_at) for a in after.next_attempts] == [(("c-masha", "c-egor"), msk(24, 18, 30))]


def test_stop_is_the_word_of_the_one_who_said_it(make, msk, family) -> None:
    """The phone is silent for all; the person of whoever was on the line for every phone."""
    after = settle(make, msk, family, ["masha", "egor", "father"], *[Outcome.OPTED_OUT] * 3)
    suppressed = {(s.phone, s.patient_id) for s in after.suppressions}
    assert suppressed == {(make.phone, ""), ("", "masha"), ("", "egor")}
    statuses = {c.patient_id: c.status for c, _ in after.concluded}
    assert statuses["father"] is ContactStatus.SUPPRESSED and statuses["masha"] is ContactStatus.REACHED
    after_her = settle(make, msk, family, ["mother", "father"], Outcome.CONFIRMED, Outcome.OPTED_OUT)
    assert {(s.phone, s.patient_id) for s in after_her.suppressions} == {(make.phone, "")}  # who said it is not known


def test_a_mark_makes_a_task_only_where_the_scenario_has_one_and_answers_no_past_visit(make, msk, family) -> None:
    feedback = make.scenario(plan=Plan(lifecycle="done"))
    good = settle(make, msk, family, ["mother"], Outcome.CONFIRMED, scenario=feedback)
    assert (good.tasks, good.deliveries) == ((), ())
    bad = settle(make, msk, family, ["mother"], Outcome.CONFIRMED, scenario=feedback, mother={"task": "Низкая оценка"})
    assert [t.what for t in bad.tasks] == ["Низкая оценка"]
    assert bad.deliveries == ()


def test_retries_of_a_family_are_an_hour_apart(make, msk, family) -> None:
    after = settle(make, msk, family, ["masha", "father"], *[Outcome.UNREACHED] * 2, identity=False,
                   disposition=Disposition.BUSY)  # fmt: skip
    assert after.next_attempts[0].due_at - msk(24, 16) <= timedelta(minutes=12)
    assert len(after.next_attempts) == 1
