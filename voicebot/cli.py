"""The commands. Thin: each reads the settings, calls one part, and shows what it returns. Russian for clinic staff."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import logging
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from zoneinfo import ZoneInfo

import structlog
import typer
from rich.console import Console

from voicebot import __version__
from voicebot.complaints import BriefAboutOthers
from voicebot.terminal import BAD_INPUT, FAILED, OK, explained, leave, print_json, progress, run_to_end, say

if TYPE_CHECKING:
    from voicebot.mis.registry.importing import ImportPreview

app = typer.Typer(
    help="Телефонный голосовой робот клиники.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
console = Console(highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Куда писать; папка очищается.")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    """Показать работу: робот обзванивает учебный город через настоящий SIP (до 4 минут)."""
    from voicebot.demo.folder import may_be_emptied
    from voicebot.demo.report import judge, print_report, summary, write_html
    from voicebot.demo.run import run_demo

    may_be_emptied(folder)
    out = Console(highlight=False, stderr=True) if as_json else console
    result = run_to_end(lambda: run_demo(folder.resolve(), out))
    verdict = judge(result)
    write_html(result, verdict)
    if as_json:
        print_json(summary(result, verdict))
    else:
        print_report(result, verdict, console)
    raise typer.Exit(OK if verdict.good else FAILED)


@app.command()
def serve(
    role: Annotated[
        str, typer.Option("--role", help="Что делает этот процесс: all — всё, calls — звонит, web — только показывает.")
    ] = "all",
    config: ConfigFile = None,
) -> None:
    """Запустить робота: планирование, звонки, /healthz. Ctrl-C вежливо заканчивает разговоры."""
    from voicebot.app import looking_on, running
    from voicebot.settings import Role, load, make_data_folder, role_of
    from voicebot.web.health import WebServer

    settings = load(config)
    part = role_of(role, settings)
    make_data_folder(settings)

    async def look_on() -> None:
        async with WebServer(settings.web.host, settings.web.port) as web, looking_on(settings) as probes:
            web.watch(probes)
            say(f"Узел {settings.node} показывает и не звонит. Состояние: {web.url}/healthz. Остановить: Ctrl-C.")
            await asyncio.Event().wait()

    if part is Role.WEB:
        run_to_end(look_on, terminated=OK)
        return

    async def work() -> None:
        async with WebServer(settings.web.host, settings.web.port) as web, running(settings, role=part) as robot:
            web.watch(robot.probes())
            where = "учебный город" if robot.city else settings.telephony.asterisk.trunk
            say(f"Робот работает. Линия: {where}. Состояние: {web.url}/healthz. Остановить: Ctrl-C.")
            try:
                await asyncio.Event().wait()
            finally:
                say("Останавливаемся: заканчиваем разговоры…")

    run_to_end(work, terminated=OK)


@app.command()
def call(
    number: Annotated[str, typer.Argument(help="Номер, например +78880000101 (учебный город).")],
    scenario: Annotated[str, typer.Option("--scenario", help="Сценарий разговора.")],
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Пробный звонок: показать разговор; в МИС ничего не пишется."""
    from voicebot.app import running
    from voicebot.reports.transcript import transcript
    from voicebot.reports.words import DISPOSITIONS, OUTCOMES
    from voicebot.settings import load, make_data_folder
    from voicebot.trial import TrialCall, may_ring, trial_call

    settings = load(config)
    make_data_folder(settings)
    may_ring(settings, number, scenario)

    async def work() -> TrialCall:
        async with running(settings, idle=True) as robot:
            return await trial_call(robot, number, scenario)

    trial = run_to_end(work)
    remarks = transcript(trial.events)
    if as_json:
        outcomes = [c.outcome.value for c in trial.finish.conclusions]
        said = [asdict(r) for r in remarks]
        print_json({"disposition": trial.finish.disposition.value, "outcomes": outcomes, "transcript": said})
    else:
        for remark in remarks:
            understood = f"  → {remark.understood}" if remark.understood else ""
            print(f"{remark.at_ms / 1000:7.1f} с  {remark.who.value:8} {remark.text}{understood}")
        outcomes = [OUTCOMES[c.outcome] for c in trial.finish.conclusions]
        print(f"{DISPOSITIONS[trial.finish.disposition]}: {', '.join(outcomes)}")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Таблица визитов: CSV или XLSX.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Только показать, что изменится.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Загрузить визиты из таблицы во встроенную картотеку. Повторная загрузка ничего не меняет."""
    from voicebot.app import databases
    from voicebot.clock import SystemClock
    from voicebot.mis.registry.importing import RegistryImport
    from voicebot.settings import load, make_data_folder

    settings = load(config)
    make_data_folder(settings)

    async def work() -> ImportPreview:
        async with databases(settings, SystemClock()) as (_, mis):
            importer = RegistryImport(mis, settings.clinic.zone)
            with progress() as tell:
                found = await importer.preview(file, tell)
                if found.rows and not dry_run:
                    await importer.apply(found, tell)
            return found

    found = run_to_end(work)
    if as_json:
        print_json(
            {
                "rows": found.rows,
                "written": bool(found.rows) and not dry_run,
                "bad": [asdict(b) for b in found.bad],
                "remarks": [asdict(b) for b in found.remarks],
                "visits": asdict(found.visits),
                "patients": asdict(found.patients),
            }
        )
    else:
        _print_import(found, dry_run)
    raise typer.Exit(OK if found.rows and not found.bad else BAD_INPUT)


@app.command()
def status(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Показать, что сделано и что предстоит: дела, звонки, задачи, записи в МИС."""
    from voicebot.app import databases
    from voicebot.clock import SystemClock
    from voicebot.reports.state import State, state_of
    from voicebot.settings import load, make_data_folder

    settings = load(config)
    make_data_folder(settings)

    async def work() -> State:
        async with databases(settings, SystemClock()) as (store, _):
            return await state_of(store)

    state = run_to_end(work)
    if as_json:
        print_json(state.as_json())
    else:
        for line in state.lines(ZoneInfo(settings.clinic.zone)):
            print(line)


@app.command()
def doctor(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Сказать, чего не хватает на этой машине и что в ней не так."""
    from voicebot.doctor import examine
    from voicebot.settings import load

    settings = load(config)
    findings = []
    for finding in examine(settings):
        findings.append(finding)
        if not as_json:
            mark = "в порядке" if finding.ok else "НЕТ"
            remedy = f" {finding.remedy}" if finding.remedy else ""
            print(f"{finding.part:15} {mark:10} {finding.found}{remedy}", flush=True)
    if as_json:
        print_json([asdict(f) for f in findings])
    raise typer.Exit(OK if all(f.ok for f in findings) else FAILED)


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def city(context: typer.Context) -> None:
    """Учебный город отдельно: жители, которые снимают трубку и говорят (см. voicebot city -- --help)."""
    from voicebot.city.__main__ import main as city_main

    raise typer.Exit(city_main(context.args))


@app.command()
def version() -> None:
    """Показать версию."""
    print(__version__)


def _register_groups() -> None:
    """The commands of voicebot/commands: each module adds its own."""
    for name in ("language", "scenarios", "simulate", "speaking_commands", "versions", "ear", "bench", "listen", "why",
                 "campaigns", "tasks", "suppress", "reporting"):  # fmt: skip
        if importlib.util.find_spec(f"voicebot.commands.{name}") is not None:
            importlib.import_module(f"voicebot.commands.{name}").register(app)


_register_groups()


def main() -> NoReturn:
    """The console script: errors become one clear message and a status; nothing shows a traceback to staff."""
    _logging()
    leave(explained(lambda: app(standalone_mode=False)))


def _print_import(found: ImportPreview, dry_run: bool) -> None:
    print(f"{found.path.name}: {found.origin}")
    for title, column in found.recognised:
        print(f"  столбец «{title}» → {column}")
    for title in found.ignored:
        print(f"  столбец «{title}» не нужен")
    sys.stdout.flush()
    for record in (*found.bad, *found.remarks):
        print(f"{found.path.name}, {record.place}: {record.problem}", file=sys.stderr, flush=True)
    done = "Будет" if dry_run else "Загружено"
    v, p = found.visits, found.patients
    print(
        f"{done}: визитов новых {v.new}, изменённых {v.changed}, прежних {v.unchanged}; "
        f"пациентов новых {p.new}. Строк с ошибками: {len(found.bad)}."
    )
    if found.bad:
        print("Исправьте эти строки и загрузите таблицу ещё раз: загруженное не удвоится.", file=sys.stderr)


def _logging() -> None:
    """Warnings and worse on stderr; VOICEBOT_LOG=info tells more, debug everything."""
    level = logging.getLevelNamesMapping().get(os.environ.get("VOICEBOT_LOG", "warning").upper(), logging.WARNING)
    log = logging.StreamHandler(sys.stderr)
    log.setFormatter(BriefAboutOthers("%(asctime)s %(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[log])
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    main()
