"""Commands for those who write scenarios: check, and the schema that editors complete from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from voicebot.terminal import BAD_INPUT, OK, print_json

Files = Annotated[list[Path] | None, typer.Argument(help="Сценарии; без них — все в папке сценариев.")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]
Explain = Annotated[
    str | None, typer.Option("--explain", metavar="ПРАВИЛО", help="Объяснить правило: зачем и как исправить.")
]
Rules = Annotated[bool, typer.Option("--rules", help="Перечислить все правила.")]
Diagram = Annotated[bool, typer.Option("--diagram", help="Нарисовать разговор: текст для Mermaid.")]
Strict = Annotated[bool, typer.Option("--strict", help="Считать предупреждения ошибками.")]
Talks = Annotated[bool, typer.Option("--tests/--no-tests", help="Провести и проверочные разговоры.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(check)
    app.command()(schema)


def check(
    files: Files = None,
    config: ConfigFile = None,
    explain: Explain = None,
    rules: Rules = False,
    diagram: Diagram = False,
    strict: Strict = False,
    tests: Talks = True,
    as_json: AsJson = False,
) -> None:
    """Проверить сценарии: что неверно, где и как исправить. Код возврата 0 — публиковать можно, 2 — нельзя."""
    if explain is not None or rules:
        raise typer.Exit(_explain(explain, as_json))
    from voicebot.proofreading import mistakes_in
    from voicebot.settings import load

    settings = load(config)
    if diagram:
        raise typer.Exit(_diagram(files or [], settings.paths.scenarios, as_json))
    found = mistakes_in(settings, files or [], tests)
    wrong = [m for m in found if strict or not m.warning]
    if as_json:
        print_json([{**asdict(m.place), "rule": m.rule, "text": m.text, "warning": m.warning} for m in found])
    else:
        for mistake in found:
            print(f"{mistake}{' (предупреждение)' if mistake.warning else ''}")
        print(_summary(len(found), sum(m.warning for m in found)))
    raise typer.Exit(BAD_INPUT if wrong else OK)


def schema() -> None:
    """Вывести JSON Schema сценариев: по ней подсказывают редакторы."""
    from voicebot.scenarios.schema import schema_text

    print(schema_text(), end="")


def _summary(found: int, warnings: int) -> str:
    if not found:
        return "Ошибок нет."
    first = f"Найдено: {found}" + (f", из них предупреждений: {warnings}" if warnings else "")
    return f"{first}. Подробнее: voicebot check --explain ПРАВИЛО."


def _explain(name: str | None, as_json: bool) -> int:
    """One rule, or all of them when it is None. Raises InputFault for a name that is no rule, '' among them."""
    from voicebot.errors import InputFault
    from voicebot.scenarios.mistakes import maybe
    from voicebot.scenarios.rules import RULES

    if name is not None and name not in RULES:
        raise InputFault(f"Нет правила «{name[:60]}».{maybe(name, RULES)}", "Все правила: voicebot check --rules.")
    chosen = [RULES[name]] if name else list(RULES.values())
    if as_json:
        print_json([asdict(rule) for rule in chosen])
    elif name:
        print(RULES[name].explained())
    else:
        for rule in chosen:
            print(f"{rule.id:18} {rule.title}{' (предупреждение)' if rule.warning else ''}")
    return OK


def _diagram(files: list[Path], folder: Path, as_json: bool) -> int:
    """The diagrams of these scenarios, or of all. Raises ScenarioFault for one that cannot be read."""
    from voicebot.scenarios.diagram import mermaid
    from voicebot.scenarios.loading import load, scenario_files

    drawn = {scenario.id: mermaid(scenario) for scenario in map(load, files or scenario_files(folder))}
    if as_json:
        print_json(drawn)
    else:
        print("\n".join(drawn.values()), end="")
    return OK
