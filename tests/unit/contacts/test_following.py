"""The table of DOMAIN.md: what each outcome leads to."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from voicebot.contacts.consequences import Consequences
from voicebot.contacts.ended import Ended
from voicebot.contacts.following import follow_up
from voicebot.contacts.model import AttemptStatus, ContactStatus, DeliveryKind, Suppression
from voicebot.contacts.rules import Rules
from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Attempts, Unreached

RULES = Rules()
UNANSWERED = [Disposition.NO_ANSWER, Disposition.REJECTED, Disposition.VOICEMAIL]


@pytest.fixture
def settle(make, msk):
    """What follows when the attempt of Tuesday 15:00 about a visit on Wednesday 15:00 ends like this."""

    def run(
        disposition: Disposition,
        *conclusions: Conclusion,
        now: datetime | None = None,
        identity: bool = False,
        transferred: bool = False,
        contacts=None,
        suppressions: tuple[Suppression, ...] = (),
        person=None,
        **scenario: object,
    ) -> Consequences:
        contacts = contacts or (make.contact(msk(25, 15)),)
        visits = {c.id: make.visit(c.deadline, id=c.appointment_id, version="7") for c in contacts}
        ended = Ended(
            attempt=make.attempt(contact_ids=tuple(c.id for c in contacts)),
            contacts=contacts,
            patient=person or make.patient(),
            visits=visits,
            finish=Finish(disposition, identity, conclusions, transferred),
            texts={("visit_sms", c.id): "Ждём вас завтра" for c in contacts},
            suppressions=suppressions,
        )
        return follow_up(ended, make.scenario(**scenario), RULES, now or msk(24, 15))

    return run


def said(outcome: Outcome, **values: object) -> Conclusion:
    return Conclusion(0, outcome, **values)  # type: ignore[arg-type]


def kinds(after: Consequences) -> list[tuple[str, str]]:
    return [(d.kind.value, d.value) for d in after.deliveries]


def only(after: Consequences):
    assert len(after.concluded) == 1
    return after.concluded[0][0]


def test_confirmed_is_written_to_the_version_that_was_read(settle) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.CONFIRMED, answer=Answer.CONFIRMED), identity=True)
    assert kinds(after) == [("answer", "confirmed")]
    assert after.deliveries[0].expected_version == "7"
    assert only(after).status is ContactStatus.REACHED
    assert (after.next_attempts, after.tasks, after.messages) == ((), (), ())
    assert after.attempt.status is AttemptStatus.FINISHED
    assert after.attempt.disposition is Disposition.ANSWERED


@pytest.mark.parametrize("outcome", [Outcome.DECLINED, Outcome.WANTS_CHANGE])
def test_a_no_is_a_task_unless_an_administrator_heard_it(settle, outcome: Outcome) -> None:
    answer = Answer(outcome.value)
    left = settle(Disposition.ANSWERED, said(outcome, answer=answer), identity=True)
    assert kinds(left) == [("answer", outcome.value)]
    assert len(left.tasks) == 1
    live = settle(Disposition.ANSWERED, said(outcome, answer=answer), identity=True, transferred=True)
    assert live.tasks == ()


def test_an_answer_is_never_made_of_a_transfer(settle) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.TRANSFERRED), transferred=True)
    assert [d.kind for d in after.deliveries] == [DeliveryKind.NOTE]
    assert after.tasks == ()
    silent = settle(Disposition.ANSWERED, said(Outcome.DECLINED))
    assert DeliveryKind.ANSWER not in [d.kind for d in silent.deliveries]


def test_nobody_took_the_transfer(settle) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.TRANSFERRED, answer=Answer.DECLINED, task="Перезвонить"))
    assert ("answer", "declined") in kinds(after)
    assert [t.what for t in after.tasks] == ["Перезвонить"]


@pytest.mark.parametrize("disposition", UNANSWERED)
def test_no_answer_is_tried_again_an_hour_later(settle, msk, disposition: Disposition) -> None:
    after = settle(disposition)
    assert only(after).attempts_used == 1
    assert only(after).status is ContactStatus.IN_PROGRESS
    (following,) = after.next_attempts
    assert msk(24, 16) <= following.due_at <= msk(24, 16, 10)
    assert following.id != after.attempt.id
    assert (after.deliveries, after.tasks, after.messages) == ((), (), ())


def test_busy_is_tried_sooner(settle, msk) -> None:
    (following,) = settle(Disposition.BUSY).next_attempts
    assert msk(24, 15, 10) <= following.due_at <= msk(24, 15, 12)


@pytest.mark.parametrize(("used", "second"), [(0, False), (1, True), (2, True)])
def test_the_second_phone_from_the_third_attempt_on(settle, make, msk, used: int, second: bool) -> None:
    contacts = (make.contact(msk(25, 15), attempts_used=used),)
    (following,) = settle(Disposition.NO_ANSWER, contacts=contacts).next_attempts
    assert following.phone == (make.second if second else make.phone)


def test_in_vain_is_unconfirmed_and_one_sms_and_one_task(settle, make, msk) -> None:
    contacts = (make.contact(msk(25, 15), attempts_used=3),)
    after = settle(Disposition.NO_ANSWER, contacts=contacts)
    assert kinds(after) == [("answer", "unconfirmed")]
    assert [(m.phone, m.text) for m in after.messages] == [(make.phone, "Ждём вас завтра")]
    assert [(t.what, t.due_at) for t in after.tasks] == [("Позвонить в день визита", msk(25, 9))]
    assert only(after).status is ContactStatus.UNREACHED
    assert after.next_attempts == ()


def test_no_room_before_the_visit_ends_the_attempts_early(settle, make, msk) -> None:
    contacts = (make.contact(msk(25, 10)),)
    after = settle(Disposition.NO_ANSWER, contacts=contacts, now=msk(25, 9))
    assert only(after).status is ContactStatus.UNREACHED
    assert "до визита больше не успеть" in only(after).reason
    assert len(after.tasks) == 1


def test_a_retry_waits_for_the_morning(settle, msk) -> None:
    (following,) = settle(Disposition.NO_ANSWER, now=msk(24, 19, 30)).next_attempts
    assert msk(25, 9) <= following.due_at <= msk(25, 9, 10)


def test_our_own_failure_uses_up_no_attempt(settle, msk) -> None:
    after = settle(Disposition.FAILED)
    assert only(after).attempts_used == 0
    (following,) = after.next_attempts
    assert msk(24, 15, 10) <= following.due_at <= msk(24, 15, 12)


def test_an_interrupted_call_is_not_rung_again_within_the_hour(settle, msk) -> None:
    after = settle(Disposition.INTERRUPTED, said(Outcome.UNCLEAR))
    assert only(after).attempts_used == 0
    assert after.next_attempts[0].due_at >= msk(24, 16)


def test_an_answer_given_before_the_interruption_counts(settle) -> None:
    after = settle(Disposition.INTERRUPTED, said(Outcome.CONFIRMED, answer=Answer.CONFIRMED), identity=True)
    assert kinds(after) == [("answer", "confirmed")]


def test_an_invalid_number_goes_to_the_next_phone_or_a_human(settle, make) -> None:
    after = settle(Disposition.INVALID_NUMBER)
    assert [a.phone for a in after.next_attempts] == [make.second]
    assert [(s.phone, s.patient_id) for s in after.suppressions] == [(make.phone, "p1")]
    alone = settle(Disposition.INVALID_NUMBER, person=make.patient(phones=(make.phone,)))
    assert alone.next_attempts == ()
    assert [t.what for t in alone.tasks] == ["Найти верный номер телефона пациента"]
    assert alone.messages == ()


def test_a_blocked_number_is_suppressed_for_all(settle, make) -> None:
    after = settle(Disposition.BLOCKED)
    assert [(s.phone, s.patient_id, s.until) for s in after.suppressions] == [(make.phone, "", None)]
    assert [a.phone for a in after.next_attempts] == [make.second]


def test_stop_after_identity_concerns_person_and_phone(settle, make) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.OPTED_OUT), identity=True)
    assert {(s.phone, s.patient_id) for s in after.suppressions} == {(make.phone, ""), ("", "p1")}
    assert kinds(after) == [("contact_status", "opted_out")]
    assert (after.next_attempts, after.messages) == ((), ())


def test_stop_before_identity_concerns_the_phone_only(settle, make) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.OPTED_OUT))
    assert [(s.phone, s.patient_id) for s in after.suppressions] == [(make.phone, "")]
    assert [d.kind for d in after.deliveries] == [DeliveryKind.NOTE]
    assert only(after).status is ContactStatus.SUPPRESSED


def test_a_wrong_person_clears_the_phone_not_the_patient(settle, make) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.WRONG_PERSON))
    assert [(s.phone, s.patient_id) for s in after.suppressions] == [(make.phone, "p1")]
    assert len(after.tasks) == 1
    assert [a.phone for a in after.next_attempts] == [make.second]
    alone = settle(Disposition.ANSWERED, said(Outcome.WRONG_PERSON), person=make.patient(phones=(make.phone,)))
    assert alone.next_attempts == ()
    assert only(alone).status is ContactStatus.UNREACHED


def test_refused_is_a_contact_status(settle) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.REFUSED), identity=True)
    assert kinds(after) == [("contact_status", "refused")]
    assert after.suppressions == ()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("2026-11-24T17:30:00+03:00", (24, 17, 30)),
        ("2026-11-24T17:30:00", (24, 17, 30)),  # local time when no zone is named
        ("", (24, 16, 0)),  # an hour by default
        ("вечером", (24, 16, 0)),
        ("2026-11-23T10:00:00", (24, 16, 0)),  # gone by
    ],
)
def test_a_call_back_comes_at_the_time_asked_for(settle, msk, make, asked, expected) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.CALLBACK_LATER, callback=asked), identity=True)
    (following,) = after.next_attempts
    assert following.due_at == msk(*expected)
    assert (following.phone, following.priority) == (make.phone, 50)
    assert only(after).outcome is Outcome.CALLBACK_LATER


def test_a_call_back_at_night_waits_and_one_after_the_visit_is_a_task(settle, msk) -> None:
    night = settle(Disposition.ANSWERED, said(Outcome.CALLBACK_LATER, callback="2026-11-24T22:00:00"), identity=True)
    assert msk(25, 9) <= night.next_attempts[0].due_at <= msk(25, 9, 10)
    late = settle(Disposition.ANSWERED, said(Outcome.CALLBACK_LATER, callback="2026-11-26T10:00:00"), identity=True)
    assert late.next_attempts == ()
    assert len(late.tasks) == 1


def test_an_open_question_gets_one_more_attempt_then_a_task(settle, make, msk) -> None:
    first = settle(Disposition.ANSWERED, said(Outcome.HUNG_UP, question_asked=True), identity=True)
    assert len(first.next_attempts) == 1
    assert first.next_attempts[0].due_at >= msk(25, 9)  # one conversation a day
    again = (make.contact(msk(25, 15), attempts_used=1, outcome=Outcome.HUNG_UP),)
    second = settle(Disposition.ANSWERED, said(Outcome.HUNG_UP, question_asked=True), identity=True, contacts=again)
    assert second.next_attempts == ()
    assert len(second.tasks) == 1
    assert DeliveryKind.ANSWER not in [d.kind for d in second.deliveries]


def test_two_misunderstandings_leave_it_to_the_human_the_scenario_names(settle) -> None:
    after = settle(Disposition.ANSWERED, said(Outcome.UNCLEAR, task="Перезвонить", question_asked=True))
    assert after.next_attempts == ()
    assert [t.what for t in after.tasks] == ["Перезвонить"]


def test_two_visits_have_an_answer_each_and_one_retry(settle, make, msk) -> None:
    contacts = (make.contact(msk(25, 15)), make.contact(msk(25, 17), id="c2", appointment_id="v2"))
    after = settle(
        Disposition.ANSWERED,
        Conclusion(0, Outcome.CONFIRMED, Answer.CONFIRMED),
        Conclusion(1, Outcome.DECLINED, Answer.DECLINED),
        identity=True,
        contacts=contacts,
    )
    assert kinds(after) == [("answer", "confirmed"), ("answer", "declined")]
    unheard = settle(Disposition.NO_ANSWER, contacts=contacts)
    (following,) = unheard.next_attempts
    assert following.contact_ids == ("c1", "c2")


def test_settling_twice_gives_the_same_ids(settle, make, msk) -> None:
    contacts = (make.contact(msk(25, 15), attempts_used=3),)
    first, second = (settle(Disposition.NO_ANSWER, contacts=contacts, now=msk(24, 15, m)) for m in (0, 5))
    for field in ("deliveries", "messages", "tasks"):
        assert [x.id for x in getattr(first, field)] == [x.id for x in getattr(second, field)]


def test_no_sms_goes_to_a_suppressed_person(settle, make, msk) -> None:
    contacts = (make.contact(msk(25, 15), attempts_used=3),)
    stop = Suppression("", "p1", "просил не звонить", msk(24))
    after = settle(Disposition.NO_ANSWER, contacts=contacts, suppressions=(stop,))
    assert after.messages == ()


def test_no_outcome_ever_declines_a_visit_by_itself(settle) -> None:
    """No answer never cancels a visit; nor does anything ambiguous."""
    for disposition in Disposition:
        for outcome in Outcome:
            after = settle(disposition, said(outcome, question_asked=True), identity=True)
            assert not {v for k, v in kinds(after) if k == "answer"} & {"declined", "wants_change"}


def test_every_way_to_end_leaves_something_to_happen_or_a_reason(settle) -> None:
    for disposition in Disposition:
        for outcome in Outcome:
            for asked in (True, False):
                after = settle(disposition, said(outcome, question_asked=asked))
                contact = only(after)
                assert contact.reason
                open_ = contact.status is ContactStatus.IN_PROGRESS
                assert open_ == bool(after.next_attempts)


def test_a_scenario_may_want_nothing_when_in_vain(settle) -> None:
    after = settle(Disposition.NO_ANSWER, unreached=Unreached(), attempts=Attempts(max=1))
    assert (after.deliveries, after.messages, after.tasks) == ((), (), ())


def test_retries_are_an_hour_apart_whatever_the_spread(settle, make, msk) -> None:
    for n in range(50):
        contacts = (make.contact(msk(25, 15), patient_id=f"p{n}"),)
        (following,) = settle(Disposition.NO_ANSWER, contacts=contacts).next_attempts
        assert timedelta(hours=1) <= following.due_at - msk(24, 15) <= timedelta(hours=1, minutes=10)


def test_the_contact_stays_itself(settle, make, msk) -> None:
    before = make.contact(msk(25, 15))
    after = only(settle(Disposition.NO_ANSWER, contacts=(before,)))
    unchanged = replace(after, status=before.status, due_at=before.due_at, attempts_used=0, outcome=None, reason="")
    assert unchanged == before
