"""voicebot publish, rollback, diff, versions: what calls run, and what ran before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.terminal import BAD_INPUT, print_json, run_to_end, say

if TYPE_CHECKING:
    from voicebot.scenarios.mistakes import Mistake
    from voicebot.settings import Settings
    from voicebot.store.database import SqlStore
    from voicebot.store.published import PublishedScenario, ScenarioRelease

Name = Annotated[str, typer.Argument(metavar="SCENARIO", help="Имя сценария (visit_reminder) или его файл.")]
Note = Annotated[str, typer.Option("--note", help="Что изменилось и зачем: видно в списке версий.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(publish)
    app.command()(rollback)
    app.command()(diff)
    app.command()(versions)


def publish(scenario: Name, note: Note = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Опубликовать сценарий: проверить, провести разговоры, и с этого времени звонить по нему."""
    from voicebot.scenarios.versions import for_publishing, running
    from voicebot.scenarios.versions import publish as publish_file

    settings, file = _scenario_file(config, scenario)
    found = for_publishing(_mistakes(settings, file))
    wrong = [m for m in found if not m.warning]
    if wrong:
        _refuse(file.stem, found, as_json)

    async def work() -> tuple[PublishedScenario, bool]:
        async with _store(settings) as (store, now):
            before = (await running(store)).get(file.stem)
            version = await publish_file(store, file, found, now, note)
            return version, before is None or before.source.number != version.number

    version, new = run_to_end(work)
    if as_json:
        warnings = [_plain(m) for m in found]
        print_json({"scenario": file.stem, "version": version.number, "new": new, "warnings": warnings})
        return
    for mistake in found:
        print(f"{mistake} (предупреждение)")
    if new:
        say(f"Опубликовано: {file.stem}, версия {version.number}. Работающий робот возьмёт её через несколько секунд.")
    else:
        say(f"Ничего не изменилось: уже действует версия {version.number}.")


def rollback(
    scenario: Name,
    number: Annotated[int, typer.Argument(metavar="N", help="Номер версии.")],
    note: Note = "",
    config: ConfigFile = None,
) -> None:
    """Вернуть прежнюю версию сценария: она действует снова, история остаётся."""
    from voicebot.scenarios.versions import roll_back

    settings, file = _scenario_file(config, scenario, must_exist=False)

    async def work() -> None:
        async with _store(settings) as (store, now):
            await roll_back(store, file.stem, number, now, note)

    run_to_end(work)
    say(f"Действует {file.stem}, версия {number}. Работающий робот возьмёт её через несколько секунд.")


def diff(
    scenario: Name,
    a: Annotated[int | None, typer.Argument(metavar="[A]", help="Версия; без неё — та, что действует.")] = None,
    b: Annotated[int | None, typer.Argument(metavar="[B]", help="Версия; без неё — файл, как он есть сейчас.")] = None,
    config: ConfigFile = None,
) -> None:
    """Показать, чем отличаются версии сценария (фраз и произношения тоже)."""
    from voicebot.scenarios.versions import NoVersion, difference, draft_of, running, version_of

    settings, file = _scenario_file(config, scenario, must_exist=b is None)

    async def work() -> list[str]:
        async with _store(settings) as (store, now):
            if a is not None:
                before = await version_of(store, file.stem, a)
            elif (now_running := (await running(store)).get(file.stem)) is not None:
                before = now_running.source
            else:
                raise NoVersion(f"Сценарий «{file.stem}» ещё не публиковали.", "Выполните voicebot publish.")
            after = draft_of(file, now) if b is None else await version_of(store, file.stem, b)
            return list(difference(before, after))

    lines = run_to_end(work)
    print("\n".join(lines) if lines else "Отличий нет.")


def versions(scenario: Name, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Показать версии сценария: когда опубликованы, какая действует и с каких пор."""
    settings, file = _scenario_file(config, scenario, must_exist=False)

    async def work() -> tuple[list[PublishedScenario], list[ScenarioRelease]]:
        async with _store(settings) as (store, _):
            return list(await store.published_scenarios(file.stem)), list(await store.scenario_releases(file.stem))

    known, releases = run_to_end(work)
    if as_json:
        rows = [{k: v for k, v in asdict(x).items() if k not in ("text", "phrases", "pronunciations")} for x in known]
        print_json({"versions": rows, "releases": [asdict(r) for r in releases]})
        return
    zone = ZoneInfo(settings.clinic.zone)
    for version in known:
        at = version.created_at.astimezone(zone)
        mark = "  ← действует" if releases and releases[-1].number == version.number else ""
        print(f"{version.number:4}  {at:%d.%m.%Y %H:%M}  {version.digest[:12]}  {version.note}{mark}")
    published_at = {(v.number, v.created_at) for v in known}
    for release in releases:
        if (release.number, release.at) not in published_at:
            at = release.at.astimezone(zone)
            print(f"      {at:%d.%m.%Y %H:%M}  возврат к версии {release.number}  {release.note}")
    if not known:
        print(f"Сценарий «{file.stem}» ещё не публиковали.")


def _scenario_file(config: Path | None, name: str, must_exist: bool = True) -> tuple[Settings, Path]:
    """The settings, and the file that a name or a path means. Raises InputFault."""
    from voicebot.scenarios.versions import file_of
    from voicebot.settings import load, make_data_folder

    settings = load(config)
    make_data_folder(settings)
    return settings, file_of(settings.paths.scenarios, name, must_exist)


@asynccontextmanager
async def _store(settings: Settings) -> AsyncIterator[tuple[SqlStore, datetime]]:
    from voicebot.app import databases
    from voicebot.clock import SystemClock

    clock = SystemClock()
    async with databases(settings, clock) as (store, _):
        yield store, clock.now()


def _mistakes(settings: Settings, file: Path) -> Iterator[Mistake]:
    """What the check, the conversations and the synthesised length of the prompts find; each thing once."""
    from voicebot.measuring import too_long
    from voicebot.proofreading import mistakes_in

    told: set[str] = set()
    found = mistakes_in(settings, [file])
    if all(m.warning for m in found):
        found = [*found, *too_long(settings, file)]
    for mistake in found:
        if str(mistake) not in told:
            told.add(str(mistake))
            yield mistake


def _refuse(scenario_id: str, found: list[Mistake], as_json: bool) -> None:
    from voicebot.scenarios.versions import PublishingRefused

    if not as_json:
        raise PublishingRefused(scenario_id, [m for m in found if not m.warning])
    print_json({"scenario": scenario_id, "version": None, "mistakes": [_plain(m) for m in found]})
    raise typer.Exit(BAD_INPUT)


def _plain(m: Mistake) -> dict[str, object]:
    return {**asdict(m.place), "rule": m.rule, "text": m.text, "warning": m.warning}
