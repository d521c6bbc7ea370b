"""voicebot why: why somebody was called, was not called at a moment, or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.errors import InputFault
from voicebot.terminal import print_json, run_to_end, say

if TYPE_CHECKING:
    from voicebot.contacts.model import Patient
    from voicebot.store.database import SqlStore
    from voicebot.store.patient_files import PatientFile

ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]


class NobodyKnown(InputFault):
    """There is no patient, phone or contact of this name."""

    code = "nobody-known"


@dataclass(frozen=True)
class _Story:
    """The file of one patient; patient None for a phone that is nobody's. contact_id: '' for all contacts."""

    patient: Patient | None
    file: PatientFile
    zone: str
    contact_id: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(why)


def why(
    who: Annotated[str, typer.Argument(metavar="PATIENT|PHONE|CONTACT", help="Номер карты, телефон или номер дела.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Показать, почему пациенту звонили или не звонили: решения, звонки, СМС, задачи, записи в МИС по времени."""
    from voicebot.app import databases
    from voicebot.clock import SystemClock
    from voicebot.reports.timeline import timeline
    from voicebot.settings import load, make_data_folder

    settings = load(config)
    make_data_folder(settings)

    async def work() -> list[_Story]:
        async with databases(settings, SystemClock()) as (store, _):
            return await _stories(store, who.strip(), settings.clinic.zone)

    stories = run_to_end(work)
    if as_json:
        print_json([
            {"patient": s.patient.id if s.patient is not None else "", "zone": s.zone,
             "timeline": [line.as_json() for line in timeline(s.file, ZoneInfo(s.zone), s.contact_id)]}
            for s in stories
        ])  # fmt: skip
        return
    for story in stories:
        zone = ZoneInfo(story.zone)
        say(_title(story))
        lines = timeline(story.file, zone, story.contact_id)
        for line in lines:
            print(line.shown(zone))
        if not lines:
            print("Ничего не решали и не звонили.")


def _title(story: _Story) -> str:
    patient = story.patient
    if patient is None:
        return f"Номер ни за кем не записан. Время: {story.zone}."
    name = " ".join(part for part in (patient.surname, patient.given_name, patient.patronymic) if part)
    return f"{name} ({patient.id}), {', '.join(patient.phones) or 'без телефона'}. Время пациента: {story.zone}."


async def _stories(store: SqlStore, who: str, clinic_zone: str) -> list[_Story]:
    """The one whose contact or card it is, or all who are behind a phone. Raises NobodyKnown."""
    contact = await store.contact(who)
    if contact is not None:
        return [await _story(store, await store.patient(contact.patient_id), contact.patient_id, clinic_zone, who)]
    patient = await store.patient(who)
    if patient is not None:
        return [await _story(store, patient, patient.id, clinic_zone)]
    phone = _as_phone(who)
    if phone:
        people: Sequence[Patient] = await store.patients_at(phone)
        if people:
            return [await _story(store, p, p.id, clinic_zone) for p in people]
        file = await store.patient_file("", [phone])
        if file.calls or file.suppressions:
            return [_Story(None, file, clinic_zone)]
    raise NobodyKnown(
        f"Ни карты, ни телефона, ни дела «{who}» нет.",
        "Номера карт и телефоны — как в МИС; номера дел показывает voicebot why по карте с --json.",
    )


async def _story(
    store: SqlStore, patient: Patient | None, patient_id: str, clinic_zone: str, contact_id: str = ""
) -> _Story:
    from voicebot.contacts.hours import known_zone
    from voicebot.contacts.planning import zone_of

    file = await store.patient_file(patient_id, patient.phones if patient is not None else ())
    last = file.contacts[-1] if file.contacts else None
    visit = await store.appointment(last.appointment_id) if last is not None and last.appointment_id else None
    zone = zone_of(patient, visit) or known_zone(last.zone if last is not None else "") or clinic_zone
    return _Story(patient, file, zone, contact_id)


def _as_phone(text: str) -> str:
    """+7… of a Russian number however it is written, or ''."""
    digits = re.sub(r"[\s()+-]", "", text)
    if not digits.isascii() or not digits.isdigit() or len(digits) < 10:
        return ""
    if len(digits) == 11 and digits[0] == "8" and not text.startswith("+"):
        digits = "7" + digits[1:]
    return "+7" + digits if len(digits) == 10 else "+" + digits
