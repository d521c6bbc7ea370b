"""voicebot tasks list|done: what the robot leaves to people."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.commands.desk import AsJson, ConfigFile, opened, settings_of
from voicebot.errors import InputFault
from voicebot.terminal import print_json, run_to_end, say

group = typer.Typer(help="Задачи людям: кому позвонить самим, что проверить.", no_args_is_help=True)


class NoTask(InputFault):
    """There is no open task of this number."""

    code = "no-task"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group.command("list")(list_)
    group.command("done")(done)
    app.add_typer(group, name="tasks")


def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Показать открытые задачи, самые срочные первыми."""
    settings = settings_of(config)
    zone = ZoneInfo(settings.clinic.zone)

    async def work() -> None:
        async with opened(settings) as desk:
            tasks = await desk.store.open_tasks()
            people = {p.id: p for p in await desk.store.patients_of(list({t.patient_id for t in tasks}))}
        if as_json:
            rows = [{**asdict(t), "phones": list(people[t.patient_id].phones) if t.patient_id in people else []}
                    for t in tasks]  # fmt: skip
            print_json({"tasks": rows})
            return
        for task in tasks:
            who = people.get(task.patient_id)
            name = f"{who.surname} {who.given_name}, {', '.join(who.phones)}" if who is not None else task.patient_id
            print(f"{task.id}  до {task.due_at.astimezone(zone):%d.%m.%Y %H:%M}  {name}: {task.what}")
        if not tasks:
            print("Открытых задач нет.")

    run_to_end(work)


def done(
    task: Annotated[str, typer.Argument(metavar="ID", help="Номер задачи (voicebot tasks list).")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Отметить задачу сделанной."""
    settings = settings_of(config)

    async def work() -> bool:
        async with opened(settings) as desk:
            return await desk.store.finish_task(task)

    if not run_to_end(work):
        raise NoTask(f"Открытой задачи «{task[:60]}» нет.", "Открытые: voicebot tasks list.")
    if as_json:
        print_json({"task": task, "done": True})
    else:
        say(f"Задача {task} сделана.")
