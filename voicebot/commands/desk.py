"""What the commands about campaigns share: the databases, the published scenarios, the campaigns at work on them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.errors import InputFault

if TYPE_CHECKING:
    from voicebot.clock import Clock
    from voicebot.dialogue.scenario import Scenario
    from voicebot.engine.campaigning import Campaigning
    from voicebot.engine.reminding import Reminders
    from voicebot.mis.registry.registry import Registry
    from voicebot.settings import Settings
    from voicebot.store.database import SqlStore

ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]
AsJson = Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Кто это делает: фамилия и имя.")]


class NoDay(InputFault):
    """A day was named that is none."""

    code = "no-day"


def midnight(text: str, zone: ZoneInfo) -> datetime:
    """The beginning of a day that a person typed. Raises NoDay."""
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        with contextlib.suppress(ValueError):
            return datetime.combine(datetime.strptime(text, form).date(), time(0), zone)
    raise NoDay(f"День «{text[:40]}» не разобран.", "Напишите так: 01.03.2027.")


@dataclass(frozen=True)
class Desk:
    """scenarios: those that are published, by id."""

    settings: Settings
    clock: Clock
    store: SqlStore
    mis: Registry
    campaigns: Campaigning
    scenarios: Mapping[str, Scenario]
    reminders: Reminders


def settings_of(config: Path | None) -> Settings:
    """Raises SettingsFault."""
    from voicebot.settings import load, make_data_folder

    settings = load(config)
    make_data_folder(settings)
    return settings


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Desk]:
    """Beside a robot that runs or without one: all is said through the database."""
    from voicebot.app import databases, rules_of
    from voicebot.clock import SystemClock
    from voicebot.engine.campaigning import Campaigning
    from voicebot.engine.reminding import Reminders
    from voicebot.scenarios.repertoire import Repertoire

    clock = SystemClock()
    async with databases(settings, clock) as (store, mis):
        repertoire = Repertoire(store)
        await repertoire.refresh()
        scenarios = repertoire.scenarios
        rules = rules_of(settings, clock.now())
        campaigns = Campaigning(
            store, mis, clock, repertoire.scenario, lambda: scenarios.values(), rules, repertoire.version
        )
        yield Desk(settings, clock, store, mis, campaigns, scenarios, Reminders(store, clock))
