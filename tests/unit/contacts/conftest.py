"""People, visits and a scenario for the rules."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, ClinicBranch, Contact, ContactStatus, Doctor
from voicebot.contacts.model import Patient as Person
from voicebot.dialogue.outcome import Answer
from voicebot.dialogue.scenario import About, Attempts, End, Plan, Purpose, Scenario, Step, Unreached

PHONE, SECOND = "+78880000001", "+78880000002"


def scenario(**changes: object) -> Scenario:
    values: dict[str, object] = {
        "id": "visit_reminder",
        "version": "1",
        "title": "Напоминание",
        "purpose": Purpose.SERVICE,
        "about": About.APPOINTMENT,
        "voice": "anna",
        "start": "who",
        "steps": {"who": Step("who", End())},
        "everywhere": {},
        "attempts": Attempts(),
        "unreached": Unreached(Answer.UNCONFIRMED, "visit_sms", "Позвонить в день визита"),
        "plan": Plan(before=(timedelta(hours=24),)),
        "messages": {"visit_sms": "Ждём вас {visit.day}"},
    }
    return Scenario(**{**values, **changes})  # type: ignore[arg-type]


def patient(**changes: object) -> Person:
    values: dict[str, object] = {"id": "p1", "surname": "Иванова", "given_name": "Анна", "phones": (PHONE, SECOND)}
    return Person(**{**values, **changes})  # type: ignore[arg-type]


def visit(start: datetime, **changes: object) -> Appointment:
    values: dict[str, object] = {
        "id": "v1",
        "version": "1",
        "patient_id": "p1",
        "start": start,
        "doctor": Doctor("d1", "Улюкаева"),
        "branch": ClinicBranch("b1", "Главный", "Лесная, 1", zone="Europe/Moscow"),
    }
    return Appointment(**{**values, **changes})  # type: ignore[arg-type]


def contact(deadline: datetime, **changes: object) -> Contact:
    values: dict[str, object] = {
        "id": "c1",
        "patient_id": "p1",
        "scenario_id": "visit_reminder",
        "appointment_id": "v1",
        "appointment_version": "1",
        "status": ContactStatus.PLANNED,
        "due_at": deadline - timedelta(hours=24),
        "deadline": deadline,
    }
    return Contact(**{**values, **changes})  # type: ignore[arg-type]


def attempt(**changes: object) -> Attempt:
    values: dict[str, object] = {
        "id": "a1",
        "phone": PHONE,
        "contact_ids": ("c1",),
        "status": AttemptStatus.PLANNED,
        "due_at": datetime(2026, 11, 23, 7, tzinfo=UTC),
    }
    return Attempt(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def make() -> SimpleNamespace:
    return SimpleNamespace(
        scenario=scenario, patient=patient, visit=visit, contact=contact, attempt=attempt, phone=PHONE, second=SECOND
    )


@pytest.fixture
def msk() -> Callable[..., datetime]:
    """A moment of November 2026 by Moscow time; the 23rd is a Monday."""

    def moment(day: int, hour: int = 0, minute: int = 0) -> datetime:
        return datetime(2026, 11, day, hour, minute, tzinfo=UTC) - timedelta(hours=3)

    return moment
