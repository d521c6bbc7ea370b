"""What `voicebot status` counts, from a real store."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from voicebot.contacts.model import Appointment, Attempt, AttemptStatus, ClinicBranch, Contact, ContactStatus, Doctor
from voicebot.contacts.model import Patient as Person
from voicebot.dialogue.outcome import Disposition
from voicebot.reports.state import State, state_of
from voicebot.store.database import SqlStore, upgrade
from voicebot.store.port import CallRow

NOW = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
VISIT = NOW + timedelta(days=1)


async def filled(url: str) -> State:
    await upgrade(url)
    store = SqlStore(url)
    try:
        await store.save_patients([Person(f"p{n}", "Иванова", "Анна", phones=(f"+7888000000{n}",)) for n in (1, 2)])
        branch, doctor = ClinicBranch("b1", "", "", "Europe/Moscow"), Doctor("d1", "Улюкаева")
        await store.save_appointments([Appointment(f"v{n}", "1", f"p{n}", VISIT, doctor, branch) for n in (1, 2)], NOW)
        for n in (1, 2):
            contact = Contact(
                f"c{n}", f"p{n}", "visit_reminder", f"v{n}", "1", ContactStatus.PLANNED, NOW + timedelta(hours=n), VISIT
            )
            attempt = Attempt(f"a{n}", f"+7888000000{n}", (f"c{n}",), AttemptStatus.PLANNED, contact.due_at)
            await store.add_contacts([contact], [attempt])
        await store.start_attempt("a1", "node1", NOW)
        await store.add_call(CallRow("a1", "a1", "+78880000001", "visit_reminder", "1", NOW))
        await store.add_call(
            CallRow("t1", "", "+78880000002", "visit_reminder", "1", NOW, disposition=Disposition.BUSY)
        )
        return await state_of(store)
    finally:
        await store.close()


def test_counts_and_the_clinics_own_time(tmp_path: Path) -> None:
    state = asyncio.run(filled(f"sqlite:///{tmp_path / 'store.db'}"))
    assert (state.live_calls, state.planned, state.open_tasks, state.queued_messages) == (1, 1, 0, 0)
    assert sum(state.contacts.values()) == 2
    assert dict(state.calls) == {Disposition.BUSY: 1}
    assert state.next_due == NOW + timedelta(hours=2)
    lines = list(state.lines(ZoneInfo("Asia/Vladivostok")))
    assert lines[0] == "МИС прочитана: 24.11.2026 07:30"
    assert "Сейчас звонков: 1; ждут звонка: 1" in lines
    assert "Ближайшее дело: 24.11.2026 09:30" in lines
    assert "Звонки: занято 1" in lines
    said = json.loads(json.dumps(state.as_json(), default=str))
    assert (said["live_calls"], said["calls"]) == (1, {"busy": 1})
