"""The books of a day: what balances, and what every kind of imbalance is called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

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
)
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.reports.books import balance

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
VISIT = Appointment("v1", "1", "p1", NOON, Doctor("d", "Улюкаева"), ClinicBranch("b", "", ""))
CONTACT = Contact("c1", "p1", "visit_reminder", "v1", "1", ContactStatus.REACHED, NOON, NOON)
ATTEMPT = Attempt("a1", "+78880000101", ("c1",), AttemptStatus.FINISHED, NOON, finished_at=NOON)
DELIVERY = Delivery("d1", DeliveryKind.ANSWER, "p1", "v1", "1", "confirmed", NOON, status=DeliveryStatus.DONE)


def problems(answer=Answer.UNKNOWN, contacts=(), attempts=(), deliveries=(), before=Answer.UNKNOWN) -> list[str]:
    return list(balance([replace(VISIT, answer=answer)], {"v1": before}, contacts, attempts, deliveries).problems)


def reached(outcome: Outcome | None, status: ContactStatus = ContactStatus.REACHED) -> list[Contact]:
    return [replace(CONTACT, outcome=outcome, status=status)]


@pytest.mark.parametrize(
    ("outcome", "status", "answer"),
    [
        (Outcome.CONFIRMED, ContactStatus.REACHED, Answer.CONFIRMED),
        (Outcome.DECLINED, ContactStatus.REACHED, Answer.DECLINED),
        (Outcome.WANTS_CHANGE, ContactStatus.REACHED, Answer.WANTS_CHANGE),
        (Outcome.OPTED_OUT, ContactStatus.REACHED, Answer.UNKNOWN),
        (Outcome.WRONG_PERSON, ContactStatus.REACHED, Answer.UNKNOWN),
        (Outcome.TRANSFERRED, ContactStatus.REACHED, Answer.UNKNOWN),
        (Outcome.UNREACHED, ContactStatus.UNREACHED, Answer.UNCONFIRMED),
        (Outcome.UNREACHED, ContactStatus.UNREACHED, Answer.UNKNOWN),
        (None, ContactStatus.CANCELLED, Answer.UNKNOWN),
        (None, ContactStatus.SUPPRESSED, Answer.UNKNOWN),
    ],
)
def test_what_balances(outcome, status, answer) -> None:
    assert problems(answer, reached(outcome, status), [ATTEMPT], [DELIVERY]) == []


@pytest.mark.parametrize(
    ("outcome", "status", "answer", "said"),
    [
        (Outcome.CONFIRMED, ContactStatus.REACHED, Answer.UNKNOWN, "в МИС «неизвестно», а понято «подтвердил»"),
        (Outcome.DECLINED, ContactStatus.REACHED, Answer.CONFIRMED, "в МИС «визит подтверждён», а понято «не придёт»"),
        (Outcome.UNCLEAR, ContactStatus.REACHED, Answer.CONFIRMED, "а понято «не понят»"),
        (Outcome.HUNG_UP, ContactStatus.REACHED, Answer.UNCONFIRMED, "а понято «положил трубку»"),
        (None, ContactStatus.CANCELLED, Answer.DECLINED, "а понято «ничего»"),
        (None, ContactStatus.IN_PROGRESS, Answer.UNKNOWN, "дело не закрыто (в работе: )"),
    ],
)
def test_what_does_not(outcome, status, answer, said) -> None:
    [problem] = problems(answer, reached(outcome, status))
    assert said in problem and "v1" in problem


def test_a_visit_without_a_call_keeps_its_answer() -> None:
    assert problems(Answer.CONFIRMED, before=Answer.CONFIRMED) == []
    assert "звонка по нему не было" in problems(Answer.CONFIRMED, before=Answer.UNKNOWN)[0]


def test_what_is_under_way_is_a_loose_end() -> None:
    open_ones = [replace(ATTEMPT, id=s.value, status=s, finished_at=None) for s in AttemptStatus]
    waiting = replace(DELIVERY, status=DeliveryStatus.WAITING)
    told = problems(contacts=reached(Outcome.OPTED_OUT), attempts=open_ones, deliveries=[DELIVERY, waiting])
    assert [t.split(" (")[0] for t in told] == [
        "Попытка planned не закончена",
        "Попытка dialling не закончена",
        "Запись в МИС d1 не дошла.",
    ]


def test_the_contact_of_a_visit_that_was_moved_does_not_hide_the_new_one() -> None:
    old = replace(CONTACT, id="c0", status=ContactStatus.CANCELLED)
    new = replace(CONTACT, outcome=Outcome.CONFIRMED)
    for order in ([old, new], [new, old]):
        books = balance([replace(VISIT, answer=Answer.CONFIRMED)], {"v1": Answer.UNKNOWN}, order, [], [])
        assert (books.problems, books.lines[0].said) == ((), Outcome.CONFIRMED)
