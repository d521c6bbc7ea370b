"""What `voicebot why` tells: decisions are written where they are made, each once, and stand in the order of time."""

from __future__ import annotations

import json
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from voicebot.contacts.decisions import RuleId, Verdict
from voicebot.contacts.model import Suppression
from voicebot.contacts.phones import OPT_OUT
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Plan
from voicebot.reports.timeline import timeline

MOSCOW = ZoneInfo("Europe/Moscow")


async def told(clinic, patient_id: str = "p1", phones=("+78880000001",)) -> list[str]:
    return [line.shown(MOSCOW) for line in timeline(await clinic.store.patient_file(patient_id, phones), MOSCOW)]


def has(lines: list[str], *words: str) -> bool:
    return any(all(word in line for word in words) for line in lines)


async def test_a_reminder_from_planned_to_unconfirmed(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    await clinic.live(words.msk(25, 15))
    lines = await told(clinic)
    assert "звонок назначен на 24.11" in lines[0] and "за 24 ч до визита" in lines[0]
    called = [line for line in lines if "позвонили на +78880000" in line]
    assert len(called) == 4 and all("не отвечает" in line for line in called)
    assert sum("позвоним ещё раз" in line for line in lines) == 3
    for what in ("дело закрыто", "СМС на +78880000", "задача к 25.11 09:00", "МИС: ответ «визит не подтверждён»"):
        assert has(lines, what), what
    assert [line[:16] for line in lines] == sorted((line[:16] for line in lines), key=lambda t: (t[3:5], t[:2], t[11:]))


async def test_not_called_at_half_past_eight_in_the_evening(clinic, words) -> None:
    """Held back by the gate from 15:00 to 20:30, then by the hours: each reason stands there with its moment, once."""
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    due = await clinic.store.next_due()
    attempt = (await clinic.store.attempts())[0]
    clinic.clock.leap(due - clinic.clock.now())
    clinic.parts.gate.close("приостановлено из консоли")
    for _ in range(5):  # every tick and every try comes upon the same
        await clinic.parts.attempting.prepare(attempt.id)
        clinic.clock.leap(timedelta(minutes=2))
    clinic.parts.gate.open()
    clinic.clock.leap(words.msk(24, 20, 30) - clinic.clock.now())
    await clinic.second()
    for _ in range(3):
        await clinic.parts.attempting.prepare(attempt.id)
    lines = await told(clinic)
    assert sum("приостановлено из консоли" in line for line in lines) == 1
    (evening,) = [line for line in lines if "вне разрешённых часов" in line]
    assert evening.startswith("24.11.2026 20:30  не позвонили: ") and "снова 25.11 в 09:0" in evening


async def test_why_somebody_is_not_called_at_all(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15))
    await clinic.mis.database.write(lambda c: c.exec_driver_sql("UPDATE patient SET do_not_call = 1"))
    for _ in range(3):
        await clinic.plan()
    (note,) = await clinic.store.decisions("p1")
    assert (note.decision.verdict, note.decision.rule) == (Verdict.SUPPRESSED, RuleId.OPTED_OUT)
    assert (await told(clinic))[0].endswith("звонка не будет: в МИС стоит отметка «не звонить»")


async def test_stop_a_visit_that_is_cancelled_and_the_phone_that_fell_away(clinic, words) -> None:
    await clinic.book("v1", words.msk(25, 15), phones=(words.phone, words.second))
    await clinic.book("v2", words.msk(25, 15), "p2", ("+78880000009",))
    await clinic.plan()
    await clinic.change("v2", lifecycle="cancelled")
    await clinic.store.add_suppression(Suppression(words.phone, "", OPT_OUT, clinic.clock.now()))
    clinic.caller.play = words.says(Outcome.CONFIRMED, Answer.CONFIRMED)
    await clinic.live(words.msk(25, 15))
    first, second = await told(clinic), await told(clinic, "p2", ())
    assert has(first, "больше не звонить на +78880000001")
    assert has(first, "звонок отменён", "звоним по другому номеру")
    assert has(first, "позвонили на +78880000002: ответили", "подтвердил")
    assert has(second, "дело закрыто: визит: отменён в МИС") and not has(second, "позвонили")


async def test_with_reminders_at_72_and_24_hours_sms_and_task_come_once(clinic, words) -> None:
    clinic.scenarios["visit_reminder"] = words.reminder(plan=Plan((timedelta(hours=72), timedelta(hours=24))))
    await clinic.book("v1", words.msk(27, 15))
    for day in (23, 24, 25, 26, 27):
        await clinic.plan()
        await clinic.live(words.msk(day, 14, 30))
        await clinic.plan()
        await clinic.live(words.msk(day, 23))
    assert len(clinic.caller.rung) == 8
    state = await clinic.state()
    assert (len(state["messages"]), len(state["tasks"])) == (1, 1)
    assert has(await told(clinic), "ближе к визиту позвоним ещё раз")
    assert (await clinic.mis.appointment("v1")).answer is Answer.UNCONFIRMED


async def test_settling_twice_notes_nothing_twice(clinic, words) -> None:
    clinic.caller.play = words.ends(Disposition.BUSY)
    await clinic.book("v1", words.msk(25, 15))
    await clinic.plan()
    clinic.clock.leap((await clinic.store.next_due()) - clinic.clock.now())
    attempt = (await clinic.store.attempts())[0]
    for _ in range(2):
        for step in (clinic.parts.attempting.prepare, clinic.parts.attempting.call, clinic.parts.attempting.settle):
            await step(attempt.id)
    notes = [n.decision.verdict for n in await clinic.store.decisions("p1")]
    assert notes == [Verdict.PLANNED, Verdict.RETRY]


def test_the_command_finds_by_card_phone_and_contact(tmp_path, monkeypatch) -> None:
    """Through the command line, on databases of its own."""
    import asyncio

    from voicebot.cli import app
    from voicebot.commands.why import NobodyKnown
    from voicebot.contacts.decisions import Decision, DecisionNote
    from voicebot.contacts.model import Contact, ContactStatus, Patient
    from voicebot.store.database import SqlStore, upgrade

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOICEBOT_PATHS__DATA", str(tmp_path))
    url = f"sqlite:///{tmp_path / 'voicebot.db'}"
    noon = _noon()

    async def fill() -> None:
        await upgrade(url)
        store = SqlStore(url)
        people = [Patient(f"p{n}", "Иванова", "Анна", phones=("+78880000001",), zone="Asia/Omsk") for n in (1, 2)]
        await store.save_patients(people)
        contact = Contact("c1", "p1", "s", "v1", "1", ContactStatus.PLANNED, noon, noon + timedelta(days=1))
        await store.add_contacts([contact], [])
        planned = Decision(Verdict.PLANNED, RuleId.DUE, "за 24 ч до визита", noon, noon)
        await store.add_decisions([DecisionNote(planned, "c1", "p1"), DecisionNote(planned, "c1", "p1")])
        await store.close()

    asyncio.run(fill())
    runner = CliRunner()
    by_card = runner.invoke(app, ["why", "p1"])
    assert by_card.exit_code == 0, by_card.output
    assert "23.11.2026 15:00  звонок назначен на 23.11 в 15:00: за 24 ч до визита" in by_card.output  # Omsk
    assert "за 24 ч" in runner.invoke(app, ["why", "c1"]).output
    both = json.loads(runner.invoke(app, ["why", "8 888 000-00-01", "--json"]).output)
    assert [(s["patient"], len(s["timeline"])) for s in both] == [("p1", 1), ("p2", 0)]
    assert both[0]["timeline"][0]["rule"] == "due"
    with pytest.raises(NobodyKnown):
        runner.invoke(app, ["why", "nobody"], catch_exceptions=False, standalone_mode=False)


def _noon():
    from datetime import UTC, datetime

    return datetime(2026, 11, 23, 9, tzinfo=UTC)
