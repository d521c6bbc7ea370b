"""The demo: import a clinic, let the robot work through its day against the city, and see whether the books balance."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich.console import Console

from voicebot.app import Robot, databases, running
from voicebot.city.journal import CallLog
from voicebot.clock import ShiftedClock
from voicebot.contacts.model import Appointment, AttemptStatus, Contact, Patient
from voicebot.demo.folder import MARK
from voicebot.demo.table import LiveTable
from voicebot.demo.truth import Truth, load_truth
from voicebot.dialogue.outcome import Answer
from voicebot.errors import OurFault
from voicebot.mis.registry.importing import RegistryImport
from voicebot.reports.books import Books, balance
from voicebot.reports.timeline import timeline
from voicebot.settings import Settings, load, shipped
from voicebot.store.port import CallRow, EventRow

ZONE = ZoneInfo("Europe/Moscow")
#: A Monday at ten: calling hours, whatever the clock on the wall says.
START = datetime(2026, 11, 23, 10, 0, tzinfo=ZONE)
DAY = timedelta(days=1)
LONGEST_S = 600.0
LOOK_S = 0.2


class DemoStuck(OurFault):
    """The demo did not come to an end."""

    code = "demo-stuck"


@dataclass(frozen=True)
class DemoResult:
    """Everything that the report shows. calls are in the order of time."""

    folder: Path
    books: Books
    truth: Truth
    patients: Mapping[str, Patient]
    calls: Sequence[tuple[CallRow, Sequence[EventRow]]]
    city: Sequence[CallLog]
    tasks: Sequence[str]
    messages: Sequence[str]
    took_s: float
    story: Story | None = None


@dataclass(frozen=True)
class Story:
    """What `voicebot why` tells of one patient: the one who was called most often."""

    patient_id: str
    name: str
    lines: tuple[str, ...]


def demo_settings(folder: Path) -> Settings:
    """The demo's own settings: its folder, six lines, a shorter ring; nothing of voicebot.yaml."""
    return load(
        None,
        read_file=False,
        paths={"data": folder},
        telephony={"lines": 6, "calls_per_second": 4, "ring_timeout_s": 8},
        mis={"sync_every_s": 5},
        web={"port": 0},
    )


async def run_demo(folder: Path, console: Console) -> DemoResult:
    """Run the whole of it. folder is emptied first. Raises VoicebotError with what is wrong and what to do."""
    began = asyncio.get_running_loop().time()
    settings = demo_settings(folder)
    await asyncio.to_thread(_emptied, folder)
    clock = ShiftedClock(START)
    before = await _import(settings, clock, console)
    patients = await _patients(settings, clock)
    names = dict(sorted(_names(patients).items()))
    table = LiveTable(names, clock.now, ZONE, console)
    console.print("Запускаем учебный город, две станции Asterisk и распознавание речи (10–20 с)…")
    async with running(settings, clock, table.watch) as robot:
        with table:
            await _work_through(robot, clock)
        assert robot.city is not None
        city = await robot.city.quiet()
        return await _collect(robot, folder, before, patients, city, asyncio.get_running_loop().time() - began)


def _names(patients: Mapping[str, Patient]) -> dict[str, str]:
    """phone -> those who are asked for there: a family has several."""
    names: dict[str, str] = {}
    for patient in sorted(patients.values(), key=lambda p: p.phones):
        who = f"{patient.spoken_to.surname} {patient.spoken_to.given_name}"
        for phone in patient.phones[:1]:
            if who not in names.setdefault(phone, who):
                names[phone] += f", {patient.spoken_to.given_name}"
    return names


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()


async def _import(settings: Settings, clock: ShiftedClock, console: Console) -> dict[str, Answer]:
    """The clinic's spreadsheet into the registry; returns each visit's answer before the first call."""
    path = shipped("examples") / "clinic.xlsx"
    async with databases(settings, clock) as (_, mis):
        importer = RegistryImport(mis, str(ZONE))
        await importer.apply(await importer.preview(path))
        visits = (await mis.appointments(START, START + 2 * DAY)).items
    console.print(f"Загружено из {path.name}: визитов на завтра — {len(visits)}.")
    return {v.id: v.answer for v in visits}


async def _patients(settings: Settings, clock: ShiftedClock) -> dict[str, Patient]:
    async with databases(settings, clock) as (_, mis):
        return {p.id: p for p in (await mis.patients()).items}


async def _work_through(robot: Robot, clock: ShiftedClock) -> None:
    """Let the robot work; leap over the time in which no line would be busy anyway. Raises DemoStuck."""
    try:
        async with asyncio.timeout(LONGEST_S):
            while not await _all_done(robot):
                await asyncio.sleep(LOOK_S)
                if await robot.engine.running("attempt") < robot.settings.telephony.lines:
                    await _leap(robot, clock)
    except TimeoutError:
        raise DemoStuck(
            f"Демонстрация не закончилась за {LONGEST_S / 60:.0f} минут.",
            "Что осталось, покажет папка демонстрации; проверьте машину: voicebot doctor.",
        ) from None


async def _leap(robot: Robot, clock: ShiftedClock) -> None:
    """To the next thing that is due; not over midnight while somebody is being told of "tomorrow"."""
    due, now = await robot.store.next_due(), clock.now()
    if due is None or due <= now:
        return
    if due.astimezone(ZONE).date() == now.astimezone(ZONE).date() or not robot.caller.live:
        clock.leap(due - now)


async def _all_done(robot: Robot) -> bool:
    if robot.machinery.syncing.last is None or not await robot.store.contacts():
        return False
    open_ones = [a for a in await robot.store.attempts() if a.status in (AttemptStatus.PLANNED, AttemptStatus.DIALLING)]
    return not open_ones and await robot.store.next_due() is None


async def _collect(
    robot: Robot,
    folder: Path,
    before: Mapping[str, Answer],
    patients: Mapping[str, Patient],
    city: Sequence[CallLog],
    took_s: float,
) -> DemoResult:
    store = robot.store
    visits: Sequence[Appointment] = (await robot.mis.appointments(START, START + 2 * DAY)).items
    contacts, attempts = await store.contacts(), await store.attempts()
    books = balance(sorted(visits, key=lambda v: v.start), before, contacts, attempts, await store.deliveries())
    calls = sorted(await store.calls(), key=lambda c: c.started_at)
    return DemoResult(
        folder=folder,
        books=books,
        truth=load_truth(shipped("examples") / "truth.yaml"),
        patients=patients,
        calls=[(call, await store.events(call.id)) for call in calls],
        city=city,
        tasks=[f"{_name(patients.get(t.patient_id))}: {t.what}" for t in await store.tasks()],
        messages=[f"{m.phone}: {m.text}" for m in await store.messages()],
        took_s=took_s,
        story=await _story(robot, contacts, patients),
    )


async def _story(robot: Robot, contacts: Sequence[Contact], patients: Mapping[str, Patient]) -> Story | None:
    most = max(contacts, key=lambda c: (c.attempts_used, c.id), default=None)
    if most is None:
        return None
    patient = patients.get(most.patient_id)
    file = await robot.store.patient_file(most.patient_id, patient.phones if patient is not None else ())
    lines = tuple(line.shown(ZONE) for line in timeline(file, ZONE))
    return Story(most.patient_id, _name(patient), lines)


def _name(patient: Patient | None) -> str:
    return f"{patient.surname} {patient.given_name} {patient.patronymic}".strip() if patient else "?"
