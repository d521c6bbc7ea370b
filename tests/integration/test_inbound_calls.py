"""Calls that come in over a real trunk, answered by the real parts: from known and unknown numbers, at bad times."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.conftest import ADMINISTRATOR, CLINIC_NUMBER, Party
from tests.unit.calls.test_caller import LANGUAGE, SCENARIO, Loudness, NoEars, Tones
from voicebot.calls.caller import CallingSettings, CallParts, RobotCaller
from voicebot.calls.prompts import Studio
from voicebot.calls.reception import Reception
from voicebot.clock import SystemClock
from voicebot.contacts.hours import CallingHours
from voicebot.contacts.inbound import is_inbound
from voicebot.contacts.model import (
    Appointment,
    Attempt,
    AttemptStatus,
    ClinicBranch,
    Contact,
    ContactStatus,
    Doctor,
    Sex,
)
from voicebot.contacts.model import Patient as Person
from voicebot.contacts.rules import Rules
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.engine.attempting import Attempting
from voicebot.engine.gate import Gate
from voicebot.engine.ports import Ports
from voicebot.engine.receiving import LEFT_ALONE, Receiving
from voicebot.scenarios.loading import load
from voicebot.speech.listener import Listener
from voicebot.store.database import SqlStore, upgrade
from voicebot.store.port import EventRow
from voicebot.telephony.port import Gone, Up
from voicebot.telephony.telephone import AriTelephone

ROOT = Path(__file__).resolve().parents[2]
INBOUND = load(ROOT / "scenarios/inbound.yaml")
PATIENT, STRANGER = "+78880000241", "+78880000242"
PERSON = Person("p1", "Иванова", "Анна", "Ивановна", Sex.FEMALE, phones=(PATIENT,))


class Wording:
    def message(self, template, patient, appointment, now) -> str:
        return template


class CopyMis:
    """A MIS that says what our copy says."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    async def appointment(self, appointment_id: str) -> Appointment | None:
        return await self._store.appointment(appointment_id)


@dataclass
class Office:
    """The clinic with its reception open, and the city outside."""

    store: SqlStore
    attempting: Attempting
    city: AriTelephone

    async def calls(self) -> list[str]:
        """Ids of the calls that came in, in their order."""
        return [c.id for c in await self.store.calls() if is_inbound(c.id)]

    async def said(self, call_id: str) -> list[str]:
        rows: list[EventRow] = list(await self.store.events(call_id))
        return [json.loads(r.body)["text"] for r in rows if r.kind == "Said"]

    async def over(self, calls: int) -> list[Attempt]:
        """So many calls that came in, once they are settled."""
        async with asyncio.timeout(20):
            while True:
                found = [a for a in await self.store.attempts() if is_inbound(a.id)]
                if len(found) == calls and all(a.status is AttemptStatus.FINISHED for a in found):
                    return found
                await asyncio.sleep(0.05)

    async def spoken(self, call: int, times: int) -> str:
        """The last of so many prompts in the call-th call, counted from 0."""
        async with asyncio.timeout(20):
            while True:
                ids = await self.calls()
                said = await self.said(ids[call]) if len(ids) > call else []
                if len(said) >= times:
                    return said[times - 1]
                await asyncio.sleep(0.05)


@pytest.fixture
async def office(clinic: AriTelephone, city: AriTelephone, tmp_path: Path) -> AsyncIterator[Office]:
    url = f"sqlite:///{tmp_path / 'voicebot.db'}"
    await upgrade(url)
    store, clock, known = SqlStore(url), SystemClock(), {s.id: s for s in (SCENARIO, INBOUND)}
    parts = CallParts(
        clinic, Studio(Tones(), tmp_path), lambda: Listener(Loudness()), NoEars(), lambda _: LANGUAGE, store, clock,
        scenarios=known.get,
    )  # fmt: skip
    caller = RobotCaller(parts, CallingSettings("Клиника", CLINIC_NUMBER, 20))
    ports = Ports(store, CopyMis(store), clock, caller, Wording(), known.get)  # type: ignore[arg-type]
    always = CallingHours(weekdays=((datetime.min.time(), datetime.max.time()),),
                          weekends=((datetime.min.time(), datetime.max.time()),))  # fmt: skip
    attempting = Attempting(ports, Rules(hours=always), "node1", Gate())
    reception = Reception(clinic.incoming(), Receiving(ports, "node1"), attempting, caller)
    answering = asyncio.create_task(reception.serve())
    yield Office(store, attempting, city)
    await caller.end_all(5)
    answering.cancel()
    await asyncio.gather(answering, return_exceptions=True)
    await store.close()


async def expected(office: Office, due: timedelta = timedelta(hours=1)) -> None:
    """A reminder is planned for the patient."""
    now = datetime.now(UTC)
    branch, doctor = ClinicBranch("b1", "На Садовой", "ул. Садовая, д. 1", "Europe/Moscow"), Doctor("d1", "Улюкаева")
    visit = Appointment("v1", "1", "p1", now + timedelta(days=1), doctor, branch)
    await office.store.save_patients([PERSON])
    await office.store.save_appointments([visit], now)
    contact = Contact("c1", "p1", SCENARIO.id, "v1", "1", ContactStatus.PLANNED, now, visit.start, attempts_used=1)
    retry = Attempt("a1", PATIENT, ("c1",), AttemptStatus.PLANNED, now + due)
    await office.store.add_contacts([contact], [retry])


async def says_yes_twice(office: Office, patient: Party, call: int = 0) -> None:
    await patient.expect(Up)
    for prompt in (1, 2):
        await office.spoken(call, prompt)
        await asyncio.sleep(0.3)
        await patient.line.press("1")


Talks = Callable[..., Party]


async def test_a_number_that_nobody_knows_gets_a_human(office: Office, party: Talks) -> None:
    desk = office.city.incoming()
    async with party(office.city.dial("unknown-1", CLINIC_NUMBER, STRANGER, 20)) as stranger:
        await stranger.expect(Up)
        assert "администратор" in await office.spoken(0, 1)
        ringing = await asyncio.wait_for(anext(desk), 20)
        assert ringing.dialled == ADMINISTRATOR
        while (await office.store.invitations_now()).busy != 1:
            await asyncio.sleep(0.05)
        await ringing.reject(17)
        await stranger.expect(Gone, 20)
    (attempt,) = await office.over(1)
    assert (attempt.phone, attempt.contact_ids, attempt.disposition) == (STRANGER, (), Disposition.ANSWERED)
    (task,) = await office.store.tasks()
    assert STRANGER in task.what and task.patient_id == ""
    assert (await office.store.invitations_now()).busy == 0


async def test_hidden_numbers_do_not_stand_in_each_others_way(office: Office, party: Talks) -> None:
    desk = office.city.incoming()
    async with (
        party(office.city.dial("hidden-1", CLINIC_NUMBER, "anonymous", 20)) as one,
        party(office.city.dial("hidden-2", CLINIC_NUMBER, "anonymous", 20)) as other,
    ):
        await one.expect(Up)
        await other.expect(Up)
        for _ in range(2):
            await (await asyncio.wait_for(anext(desk), 20)).reject(17)
        await one.expect(Gone, 20)
        await other.expect(Gone, 20)
    await office.over(2)
    assert [c.phone for c in await office.store.calls()] == ["", ""]
    assert ["номер скрыт" in t.what for t in await office.store.tasks()] == [True, True]


async def test_a_patient_confirms_and_is_rung_no_more(office: Office, party: Talks) -> None:
    await expected(office)
    async with party(office.city.dial("known-1", CLINIC_NUMBER, PATIENT, 20)) as patient:
        await says_yes_twice(office, patient)
        await patient.expect(Gone, 20)
    (attempt,) = await office.over(1)
    (contact,) = await office.store.contacts()
    assert (contact.status, contact.outcome, contact.attempts_used) == (ContactStatus.REACHED, Outcome.CONFIRMED, 1)
    assert attempt.contact_ids == ("c1",)
    assert (await office.store.attempt("a1")).status is AttemptStatus.DROPPED
    (delivery,) = [d for d in await office.store.deliveries() if d.kind.value == "answer"]
    assert (delivery.appointment_id, delivery.value) == ("v1", "confirmed")


async def test_without_an_answer_all_stays_as_it_was_planned(office: Office, party: Talks) -> None:
    """The second call from the same phone, while the first one talks, learns nothing of the visit."""
    await expected(office, due=timedelta(minutes=1))
    before = datetime.now(UTC)
    async with party(office.city.dial("twice-1", CLINIC_NUMBER, PATIENT, 20)) as first:
        assert "Анна" in await office.spoken(0, 1)
        async with party(office.city.dial("twice-2", CLINIC_NUMBER, PATIENT, 20)) as second:
            assert "Анна" not in await office.spoken(1, 1)
            await second.line.hang_up()
        await first.line.hang_up()
    attempts = await office.over(2)
    assert sorted(len(a.contact_ids) for a in attempts) == [0, 1]
    (contact,) = await office.store.contacts()
    assert (contact.status, contact.attempts_used) == (ContactStatus.PLANNED, 1)
    planned = await office.store.attempt("a1")
    assert planned.status is AttemptStatus.PLANNED
    assert planned.due_at >= before + LEFT_ALONE, "who has just rung is not rung at once"
    assert [a for a in await office.store.attempts() if a.status is AttemptStatus.PLANNED] == [planned]


async def test_who_rings_while_they_are_being_rung_gets_through(office: Office, party: Talks) -> None:
    await expected(office, due=timedelta(0))
    telephones = office.city.incoming()
    outbound = asyncio.create_task(through(office, "a1"))
    ringing = await asyncio.wait_for(anext(telephones), 20)
    assert ringing.dialled == PATIENT
    await ringing.ring()
    async with party(office.city.dial("crossed-1", CLINIC_NUMBER, PATIENT, 20)) as patient:
        await asyncio.wait_for(ringing.left(), 5)  # our own call gives way
        await says_yes_twice(office, patient)
        await patient.expect(Gone, 20)
    await asyncio.wait_for(outbound, 10)
    await office.over(1)
    assert (await office.store.attempt("a1")).disposition is Disposition.INTERRUPTED
    (contact,) = await office.store.contacts()
    assert (contact.status, contact.outcome) == (ContactStatus.REACHED, Outcome.CONFIRMED)
    assert not [a for a in await office.store.attempts() if a.status is AttemptStatus.PLANNED]


async def through(office: Office, attempt_id: str) -> None:
    assert await office.attempting.prepare(attempt_id) == "dial"
    await office.attempting.call(attempt_id)
    await office.attempting.settle(attempt_id)


async def test_a_caller_who_gives_up_while_it_rings_changes_nothing(office: Office, party: Talks) -> None:
    await expected(office)
    async with party(office.city.dial("gone-1", CLINIC_NUMBER, PATIENT, 20)) as patient:
        async with asyncio.timeout(10):
            while not await office.calls():
                await asyncio.sleep(0.005)
        await patient.line.hang_up()
    (attempt,) = await office.over(1)
    (contact,) = await office.store.contacts()
    assert contact.status is ContactStatus.PLANNED
    assert (await office.store.attempt("a1")).status is AttemptStatus.PLANNED
    assert attempt.disposition is not Disposition.INTERRUPTED
