"""voicebot suppress: a phone or a patient that must not be called any more, or not until a day."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.commands.desk import AsJson, ConfigFile, Desk, midnight, opened, settings_of
from voicebot.contacts.model import Suppression
from voicebot.contacts.phones import OPT_OUT
from voicebot.errors import InputFault
from voicebot.terminal import print_json, run_to_end, say


class NotSuppressed(InputFault):
    """What was named is neither a phone nor a patient, or the day is none."""

    code = "suppress"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(suppress)


def suppress(
    who: Annotated[str, typer.Argument(metavar="PHONE|PATIENT", help="Телефон (+7…) или номер карты пациента.")],
    why: Annotated[str, typer.Option("--why", help="Почему.")] = OPT_OUT,
    until: Annotated[str, typer.Option("--until", metavar="DATE", help="С этого дня снова можно: 01.03.2027.")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Больше не звонить на этот телефон или этому пациенту: ни одной кампании и ни одному напоминанию."""
    settings = settings_of(config)
    ends = midnight(until, ZoneInfo(settings.clinic.zone)) if until else None

    async def work() -> Suppression:
        async with opened(settings) as desk:
            now = desk.clock.now()
            if ends is not None and ends <= now:
                raise NotSuppressed(f"День {until} уже прошёл.", "Назовите будущий день или уберите --until.")
            phone = _phone(who)
            patient_id = "" if phone else await _patient(desk, who)
            made = Suppression(phone, patient_id, why, now, ends)
            await desk.store.add_suppression(made)
            return made

    made = run_to_end(work)
    if as_json:
        print_json(asdict(made))
        return
    whom = f"на {made.phone}" if made.phone else f"пациенту {made.patient_id}"
    say(f"Не звоним {whom}: {why}" + (f", до {until}." if until else "."))


def _phone(text: str) -> str:
    """E.164 of what looks like a phone, '' for what does not."""
    from voicebot.mis.registry.cells import BadCell, phones_in

    if not re.fullmatch(r"[+\d][\d\s()\-–—.]{6,}", text):
        return ""
    try:
        found = phones_in(text)
    except BadCell as error:
        raise NotSuppressed(f"Не годится: {error}.", "Напишите номер так: +7 888 000-01-01.") from None
    return found[0] if found else ""


async def _patient(desk: Desk, patient_id: str) -> str:
    if await desk.store.patient(patient_id) is None:
        raise NotSuppressed(
            f"Нет ни телефона, ни карты «{patient_id[:60]}».", "Напишите телефон (+7…) или номер карты."
        )
    return patient_id
