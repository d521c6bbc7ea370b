"""voicebot report: a period in figures, and as a book of Excel."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.commands.desk import AsJson, ConfigFile, midnight, opened, settings_of
from voicebot.errors import InputFault
from voicebot.terminal import print_json, run_to_end, say

if TYPE_CHECKING:
    from voicebot.reports.workbook import Report
    from voicebot.settings import Settings

Day = Annotated[str, typer.Option(metavar="DATE", help="День: 01.11.2026.")]


class BadPeriod(InputFault):
    """The days of the period make no sense."""

    code = "period"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(report)


def report(
    xlsx: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE", help="Записать книгу Excel.")] = None,
    since: Annotated[str, typer.Option("--from", metavar="DATE", help="Первый день; без него — начало месяца.")] = "",
    until: Annotated[str, typer.Option("--to", metavar="DATE", help="Последний день; без него — сегодня.")] = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Показать, сколько звонили, чем кончилось, сколько стоило и что принесло; кому осталось позвонить людям."""
    from voicebot.reports.workbook import summary, write

    settings = settings_of(config)
    made = run_to_end(lambda: _made(settings, since, until))
    if xlsx is not None:
        write(made, xlsx)
    if as_json:
        figures = asdict(made.economics)
        for name in ("outcomes", "dispositions"):
            figures[name] = {key.value: count for key, count in figures[name].items()}
        tasks = [asdict(task) for task in made.tasks]
        print_json({"since": made.since, "until": made.until, **figures, "tasks": tasks, "xlsx": xlsx})
        return
    for title, value in summary(made):
        print(f"{title}: {value}")
    if xlsx is not None:
        say(f"Записано: {xlsx}")


async def _made(settings: Settings, first: str, last: str) -> Report:
    from voicebot.reports.economics import Prices, economics
    from voicebot.reports.workbook import Report

    zone = ZoneInfo(settings.clinic.zone)
    async with opened(settings) as desk:
        now = desk.clock.now().astimezone(zone)
        since = midnight(first, zone) if first else now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        until = midnight(last, zone) + timedelta(days=1) if last else now
        if since >= until:
            raise BadPeriod(f"Период с {since:%d.%m.%Y} по {last or 'сегодня'} пуст.", "Проверьте --from и --to.")
        store = desk.store
        calls, outcomes = await store.calls_between(since, until), await store.outcomes_between(since, until)
        tasks = await store.open_tasks()
        invited = await store.visits_after_invitations(since, until)
        messages = await store.messages_between(since, until)
        ids = {line.contact.patient_id for line in outcomes} | {task.patient_id for task in tasks}
        patients = {patient.id: patient for patient in await store.patients_of(sorted(ids))}
    prices = Prices(settings.prices.minute, settings.prices.sms, settings.prices.visit, settings.prices.step_s)
    money = economics(calls, outcomes, messages, invited, prices)
    return Report(since, until, money, calls, outcomes, tasks, patients, zone)
