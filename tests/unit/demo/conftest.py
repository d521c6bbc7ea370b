"""A small demo that is over: two visits behind one phone, one behind another, and the calls that were made."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from voicebot.city.journal import CallLog, Entry, Header, What
from voicebot.city.people import Role
from voicebot.contacts.model import Appointment, ClinicBranch, Contact, ContactStatus, Doctor
from voicebot.contacts.model import Patient as Person
from voicebot.demo.run import DemoResult, Story
from voicebot.demo.truth import Truth
from voicebot.dialogue import codec
from voicebot.dialogue.events import Answered
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.reports.books import balance
from voicebot.store.port import CallRow, EventRow

START = datetime(2026, 11, 24, 7, tzinfo=UTC)
FAMILY, SINGLE = "+78880000101", "+78880000102"
DOCTOR, BRANCH = Doctor("d", "Улюкаева"), ClinicBranch("b", "", "")
PATIENTS = {
    "p1": Person("p1", "Иванова", "Анна", phones=(FAMILY,)),
    "p2": Person("p2", "Петров <b>", "Пётр", phones=(SINGLE,)),
}
VISITS = [
    Appointment("v1", "1", "p1", START, DOCTOR, BRANCH, answer=Answer.CONFIRMED),
    Appointment("v2", "1", "p1", START + timedelta(hours=1), DOCTOR, BRANCH, answer=Answer.DECLINED),
    Appointment("v3", "1", "p2", START + timedelta(hours=2), DOCTOR, BRANCH, answer=Answer.UNCONFIRMED),
]
MEANT = {FAMILY: (Outcome.CONFIRMED, Outcome.DECLINED), SINGLE: (Outcome.UNREACHED,)}
UNDERSTOOD = (Outcome.CONFIRMED, Outcome.DECLINED, Outcome.UNREACHED)


def contact(visit: Appointment, outcome: Outcome | None) -> Contact:
    status = ContactStatus.UNREACHED if outcome is Outcome.UNREACHED else ContactStatus.REACHED
    return Contact(
        f"c-{visit.id}", visit.patient_id, "s", visit.id, "1", status, START, visit.start, outcome=outcome
    )  # fmt: skip


def call(call_id: str, phone: str, disposition: Disposition, *texts: str) -> tuple[CallRow, list[EventRow]]:
    events = [EventRow(call_id, 1, 1_000, "Answered", codec.encode(Answered(1_000)))] if texts else []
    for n, text in enumerate(texts, 2):
        body = json.dumps({"prompt_id": n, "text": text}, ensure_ascii=False)
        events.append(EventRow(call_id, n, n * 1_000, "Said", body))
    return CallRow(call_id, call_id, phone, "s", "1", START, disposition=disposition), events


def journal(phone: str, nth: int, recorded: str = "") -> CallLog:
    header = Header(phone, nth, Role.PATIENT, START)
    return CallLog(header, (Entry(What.RECORDED, 0, detail=recorded),) if recorded else ())


@pytest.fixture
def finished(tmp_path: Path) -> Callable[..., DemoResult]:
    """understood: outcome of each visit; meant: the truth; the MIS is as the first three are, or as given."""
    calls_dir = tmp_path / "city" / "run" / "calls"
    calls_dir.mkdir(parents=True)
    for name in ("1.wav", "2.wav"):
        (calls_dir / name).write_bytes(b"RIFF")

    def make(understood=UNDERSTOOD, meant=MEANT, answers=None, calls=None, city=None) -> DemoResult:
        visits = [replace(v, answer=a) for v, a in zip(VISITS, answers or [v.answer for v in VISITS], strict=True)]
        contacts = [contact(v, o) for v, o in zip(visits, understood, strict=True)]
        return DemoResult(
            folder=tmp_path,
            books=balance(visits, {v.id: Answer.UNKNOWN for v in visits}, contacts, [], []),
            truth=Truth(meant),
            patients=PATIENTS,
            calls=calls or [
                call("a1", FAMILY, Disposition.ANSWERED, "Это Анна?", "Спасибо <3"),
                call("a2", SINGLE, Disposition.NO_ANSWER),
            ],
            city=city if city is not None else [journal(FAMILY, 1, "1.wav"), journal(SINGLE, 1)],
            tasks=["Петров Пётр: Позвонить в день визита"],
            messages=["+78880000102: Ждём вас <завтра>"],
            took_s=61.25,
            story=Story("p9", "Петров Пётр", ("23.11.2026 10:00  позвонили <ему>: занято",)),
        )  # fmt: skip

    return make
