"""The commands. Thin: each reads the settings, calls one part, and shows what it returns. Russian for clinic staff."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeVar

import structlog
import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from voicebot import __version__
from voicebot.errors import InputFault, VoicebotError

if TYPE_CHECKING:
    from voicebot.mis.registry.importing import ImportPreview

T = TypeVar("T")

app = typer.Typer(
    help="Телефонный голосовой робот клиники.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)
console = Console(highlight=False)

AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Куда писать; папка очищается.")] = Path("var/demo"),
    as_json: AsJson = False,
) -> None:
    """Показать работу: робот обзванивает учебный город через настоящий SIP (до 4 минут)."""
    from voicebot.demo.report import judge, print_report, summary, write_html
    from voicebot.demo.run import run_demo

    out = Console(highlight=False, stderr=True) if as_json else console
    result = _run(lambda: run_demo(folder.resolve(), out))
    verdict = judge(result)
    write_html(result, verdict)
    if as_json:
        _print_json(summary(result, verdict))
    else:
        print_report(result, verdict, console)
    raise typer.Exit(OK if verdict.good else FAILED)


@app.command()
def serve(config: ConfigFile = None) -> None:
    """Запустить робота: планирование, звонки, /healthz. Ctrl-C вежливо заканчивает разговоры."""
    from voicebot.app import running
    from voicebot.settings import load
    from voicebot.web.health import WebServer

    settings = load(config)

    async def work() -> None:
        address = settings.web.host, settings.web.port
        async with running(settings) as robot, WebServer(*address, robot.probes()) as web:
            where = "учебный город" if robot.city else settings.telephony.asterisk.trunk
            console.print(f"Робот работает. Линия: {where}. Состояние: {web.url}/healthz. Остановить: Ctrl-C.")
            try:
                await asyncio.Event().wait()
            finally:
                console.print("Останавливаемся: заканчиваем разговоры…")

    _run(work)


@app.command()
def check(
    files: Annotated[list[Path] | None, typer.Argument(help="Сценарии; без них — все в папке сценариев.")] = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Проверить сценарии: что неверно, где и как исправить."""
    from voicebot.scenarios.checking import check_file, check_folder
    from voicebot.scenarios.mistakes import ScenarioFault
    from voicebot.scenarios.phrases import load_phrases
    from voicebot.settings import load

    settings = load(config)
    folder = settings.paths.scenarios
    phrases = folder / "phrases.ru.yaml"
    found = []
    try:
        load_phrases(phrases)
        text = phrases.read_text("utf-8")
        queues = settings.telephony.queues
        for path in files or []:
            found += check_file(path, text, queues)
        if not files:
            found += check_folder(folder, text, queues)
    except ScenarioFault as fault:
        found += fault.mistakes
    if as_json:
        _print_json([{**asdict(m.place), "rule": m.rule, "text": m.text, "warning": m.warning} for m in found])
    else:
        for mistake in found:
            print(f"{mistake}{' (предупреждение)' if mistake.warning else ''}")
        print("Ошибок нет." if not found else f"Найдено: {len(found)}.")
    raise typer.Exit(BAD_INPUT if any(not m.warning for m in found) else OK)


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
    from voicebot.settings import load
    from voicebot.trial import TrialCall, may_ring, trial_call

    settings = load(config)
    may_ring(settings, number)

    async def work() -> TrialCall:
        async with running(settings, idle=True) as robot:
            return await trial_call(robot, number, scenario)

    trial = _run(work)
    remarks = transcript(trial.events)
    if as_json:
        outcomes = [c.outcome.value for c in trial.finish.conclusions]
        said = [asdict(r) for r in remarks]
        _print_json({"disposition": trial.finish.disposition.value, "outcomes": outcomes, "transcript": said})
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
    from voicebot.settings import load

    settings = load(config)

    async def work() -> ImportPreview:
        async with databases(settings, SystemClock()) as (_, mis):
            importer = RegistryImport(mis, settings.clinic.zone)
            with _progress() as tell:
                found = await importer.preview(file, tell)
                if found.rows and not dry_run:
                    await importer.apply(found, tell)
            return found

    found = _run(work)
    if as_json:
        bad = [asdict(b) for b in (*found.bad, *found.remarks)]
        _print_json(
            {"rows": found.rows, "bad": bad, "visits": asdict(found.visits), "patients": asdict(found.patients)}
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
    from voicebot.settings import load

    settings = load(config)

    async def work() -> State:
        async with databases(settings, SystemClock()) as (store, _):
            return await state_of(store)

    state = _run(work)
    if as_json:
        _print_json(state.as_json())
    else:
        for line in state.lines():
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
        _print_json([asdict(f) for f in findings])
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


def main() -> NoReturn:
    """The console script: errors become one clear message and a status; nothing shows a traceback to staff."""
    _logging()
    try:
        app()
    except VoicebotError as error:
        _complain(error)
        sys.exit(BAD_INPUT if isinstance(error, InputFault) else FAILED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    sys.exit(OK)


def _run(work: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run to the end. The first Ctrl-C or SIGTERM ends it politely: calls say good-bye, nothing is left behind."""

    async def guarded() -> T:
        task = asyncio.ensure_future(work())
        loop = asyncio.get_running_loop()
        for sign in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(sign, task.cancel)
        return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        console.print("Остановлено.")
        raise typer.Exit(INTERRUPTED) from None
    except BaseExceptionGroup as group:
        raise _first(group) from None


def _first(error: BaseException) -> BaseException:
    """The cause inside a group of one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


@contextlib.contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the terminal for work that tells (stage, done, of)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        stages: dict[str, TaskID] = {}

        def tell(stage: str, done: int, of: int) -> None:
            if stage not in stages:
                stages[stage] = bar.add_task(stage, total=of or None)
            bar.update(stages[stage], completed=done, total=of or None)

        yield tell


def _print_import(found: ImportPreview, dry_run: bool) -> None:
    for title, column in found.recognised:
        print(f"  столбец «{title}» → {column}")
    for title in found.ignored:
        print(f"  столбец «{title}» не нужен")
    for record in (*found.bad, *found.remarks):
        print(f"  {found.origin}, {record.place}: {record.problem}")
    done = "Будет" if dry_run else "Загружено"
    v, p = found.visits, found.patients
    print(
        f"{done}: визитов новых {v.new}, изменённых {v.changed}, прежних {v.unchanged}; "
        f"пациентов новых {p.new}. Строк с ошибками: {len(found.bad)}."
    )


def _print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


def _complain(error: VoicebotError) -> None:
    print(f"Ошибка: {error}", file=sys.stderr)


def _logging() -> None:
    """Warnings and worse on stderr; VOICEBOT_LOG=info tells more."""
    level = logging.getLevelNamesMapping().get(os.environ.get("VOICEBOT_LOG", "warning").upper(), logging.WARNING)
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s %(message)s", stream=sys.stderr)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


if __name__ == "__main__":
    main()
