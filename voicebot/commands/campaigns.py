"""voicebot campaign preview|release|status|list, and pause, resume, stop: of one campaign or of all dialling."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.commands.desk import AsJson, By, ConfigFile, Desk, opened, settings_of
from voicebot.errors import InputFault
from voicebot.terminal import BAD_INPUT, OK, print_json, run_to_end, say

if TYPE_CHECKING:
    from voicebot.contacts.campaign import Campaign
    from voicebot.engine.tally import Preview
    from voicebot.settings import Settings

group = typer.Typer(help="Кампании: посмотреть, кому позвонят и почему не всем; выпустить; узнать, как идёт.",
                    no_args_is_help=True)  # fmt: skip

Id = Annotated[str, typer.Argument(metavar="ID", help="Имя кампании (voicebot campaign list).")]
_NAME = "Имя кампании; reminders — напоминания о визитах"
IdOrReminders = Annotated[str, typer.Argument(metavar="ID", help=f"{_NAME}.")]
IdOrAll = Annotated[str, typer.Argument(metavar="[CAMPAIGN]", help=f"{_NAME}; без имени — все звонки.")]
Why = Annotated[str, typer.Option("--why", help="Почему: увидят сотрудники.")]


class NotSure(InputFault):
    """Something that cannot be taken back was asked for without --yes."""

    code = "not-sure"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    group.command("preview")(preview)
    group.command("release")(release)
    group.command("status")(status)
    group.command("list")(list_)
    app.add_typer(group, name="campaign")
    app.command()(pause)
    app.command()(resume)
    app.command()(stop)


def preview(
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="Файл кампании (recall.yaml) или её имя.")],
    by: By = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Посмотреть, кому позвонит кампания и почему не всем. Ничего не назначает; файл становится черновиком."""
    from voicebot.reports.campaigns import preview_json

    settings = settings_of(config)

    async def work() -> Preview:
        async with opened(settings) as desk:
            campaign = await _campaign(desk, what, by)
            found = await desk.campaigns.preview(campaign)
            text = json.dumps(preview_json(found), ensure_ascii=False, default=str)
            await desk.store.previewed(campaign.id, text, desk.clock.now())
            return found

    found = run_to_end(work)
    _show(found, settings, as_json, f"Выпустить: voicebot campaign release {found.campaign.id} --by «Фамилия Имя».")
    raise typer.Exit(BAD_INPUT if found.faults else OK)


def _show(found: Preview, settings: Settings, as_json: bool, then: str) -> None:
    """What a preview or a release counted, and what may be done next where nothing speaks against it."""
    from voicebot.reports.campaigns import preview_json, preview_lines

    if as_json:
        print_json(preview_json(found))
        return
    print("\n".join(preview_lines(found, ZoneInfo(settings.clinic.zone))))
    if not found.faults:
        say(then)


async def _campaign(desk: Desk, what: str, by: str) -> Campaign:
    """The campaign of a file, kept as a draft; or one that is known by this name."""
    from voicebot.mis.port import ReferenceKind
    from voicebot.scenarios.campaign_file import Known, read_campaign

    if not (what.endswith((".yaml", ".yml")) or "/" in what):
        return await desk.campaigns.known(what)
    branches = {item.id: item.name for item in await desk.mis.reference(ReferenceKind.BRANCHES)}
    doctors = {item.id: item.name for item in await desk.mis.reference(ReferenceKind.DOCTORS)}
    campaign = read_campaign(Path(what), Known(branches, doctors))
    await desk.campaigns.draft(campaign, by)
    return campaign


def release(
    campaign: Id,
    by: By = "",
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Выпустить просмотренную кампанию: она начинает звонить. Рекламную — только под своим именем."""
    settings = settings_of(config)

    async def work() -> Preview:
        async with opened(settings) as desk:
            return await desk.campaigns.release(campaign, by)

    _show(run_to_end(work), settings, as_json, f"Кампания выпущена. Приостановить: voicebot pause {campaign}.")


def status(campaign: IdOrReminders, config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Показать, как идёт кампания (или напоминания): дела, итоги, кто и когда её выпускал и останавливал."""
    from voicebot.contacts.campaign import REMINDERS
    from voicebot.reports.campaigns import reminders_json, reminders_lines, status_json, status_lines
    from voicebot.store.port import REMINDERS_LANE, closed_lane

    settings = settings_of(config)
    lane = REMINDERS_LANE if campaign == REMINDERS else campaign

    async def work() -> None:
        async with opened(settings) as desk:
            known = None if campaign == REMINDERS else await desk.campaigns.known(campaign)
            progress = await desk.store.campaign_progress(lane)
            events = await desk.store.campaign_events(campaign)
            lanes = await desk.store.lanes()
            spoken = desk.scenarios.get(known.scenario_id) if known is not None else None
        running = spoken.version if spoken is not None else "–"
        closed, zone = closed_lane(lane, lanes), ZoneInfo(settings.clinic.zone)
        if as_json:
            print_json(reminders_json(lanes, progress, events, closed) if known is None else
                       status_json(known, progress, events, closed))  # fmt: skip
        else:
            print("\n".join(reminders_lines(lanes, progress, events, closed, zone) if known is None else
                            status_lines(known, progress, events, closed, zone, running)))  # fmt: skip

    run_to_end(work)


def list_(config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Показать все кампании и напоминания (reminders): они идут сами, по plan сценария."""
    from voicebot.reports.campaigns import campaign_json, campaign_line, reminders_line, reminders_status

    settings = settings_of(config)

    async def work() -> None:
        async with opened(settings) as desk:
            campaigns = await desk.store.campaigns()
            reminding = [s for s in desk.scenarios.values() if s.plan.before]
            lanes = await desk.store.lanes()
        if as_json:
            state, closed = reminders_status(lanes)
            print_json({"campaigns": [campaign_json(c) for c in campaigns], "built_in": [s.id for s in reminding],
                        "reminders": {"status": state.value, "closed": closed}})  # fmt: skip
            return
        print(reminders_line(reminding, lanes))
        for campaign in campaigns:
            print(campaign_line(campaign))

    run_to_end(work)


def pause(
    campaign: IdOrAll = "", why: Why = "", by: By = "", config: ConfigFile = None, as_json: AsJson = False
) -> None:
    """Приостановить кампанию или напоминания (reminders), а без имени — все звонки.

    Новые не начнутся через секунду, идущие закончатся.
    """
    settings = settings_of(config)

    async def work() -> None:
        from voicebot.contacts.campaign import REMINDERS
        from voicebot.store.port import ALL_LANES, Lane

        async with opened(settings) as desk:
            if campaign == REMINDERS:
                await desk.reminders.pause(by, why)
            elif campaign:
                await desk.campaigns.pause(campaign, by, why)
            else:
                told = " — ".join(part for part in ("звонки приостановлены сотрудником", by, why) if part)
                await desk.store.save_lane(Lane(ALL_LANES, None, told))

    run_to_end(work)
    _told(campaign, "paused", as_json, "приостановлена" if campaign else "Все звонки приостановлены")


def resume(campaign: IdOrAll = "", by: By = "", config: ConfigFile = None, as_json: AsJson = False) -> None:
    """Продолжить кампанию или напоминания (reminders), а без имени — снова разрешить все звонки."""
    settings = settings_of(config)

    async def work() -> None:
        from voicebot.contacts.campaign import REMINDERS
        from voicebot.store.port import ALL_LANES, Lane

        async with opened(settings) as desk:
            if campaign == REMINDERS:
                await desk.reminders.resume(by)
            elif campaign:
                await desk.campaigns.resume(campaign, by)
            else:
                await desk.store.save_lane(Lane(ALL_LANES, None, ""))

    run_to_end(work)
    _told(campaign, "resumed", as_json, "продолжается" if campaign else "Звонки снова разрешены")


def stop(
    campaign: IdOrAll = "",
    why: Why = "",
    by: By = "",
    yes: Annotated[bool, typer.Option("--yes", help="Остановить все кампании: вернуть их нельзя.")] = False,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> None:
    """Остановить кампанию насовсем: кому не успели позвонить, тем не позвонят. Без имени — все кампании и звонки."""
    settings = settings_of(config)
    if not campaign and not yes:
        raise NotSure("Остановить все кампании насовсем?", "Тогда добавьте --yes. Приостановить: voicebot pause.")

    async def work() -> int:
        from voicebot.contacts.campaign import REMINDERS

        async with opened(settings) as desk:
            if campaign == REMINDERS:
                await desk.reminders.stop(by, why)
                return 0
            return await (desk.campaigns.stop(campaign, by, why) if campaign else _stop_all(desk, by, why))

    cancelled = run_to_end(work)
    what = "остановлена" if campaign else "Все кампании остановлены, звонки приостановлены (voicebot resume)"
    _told(campaign, "stopped", as_json, f"{what}. Отменено дел: {cancelled}", cancelled)


async def _stop_all(desk: Desk, by: str, why: str) -> int:
    from voicebot.contacts.campaign import CampaignStatus
    from voicebot.store.port import ALL_LANES, Lane

    await desk.store.save_lane(Lane(ALL_LANES, None, "звонки остановлены сотрудником" + (f": {why}" if why else "")))
    cancelled = 0
    for one in await desk.store.campaigns():
        if one.status in (CampaignStatus.RELEASED, CampaignStatus.PAUSED):
            cancelled += await desk.campaigns.stop(one.id, by, why)
    return cancelled


_REMINDERS_TOLD = {
    "paused": "Напоминания приостановлены: кампании звонят дальше. Продолжить: voicebot resume reminders",
    "resumed": "Напоминания продолжаются",
    "stopped": "Напоминания остановлены, назначенные не отменены. Вернуть: voicebot resume reminders",
}


def _told(campaign: str, done: str, as_json: bool, text: str, cancelled: int | None = None) -> None:
    from voicebot.contacts.campaign import REMINDERS

    if as_json:
        told = {"campaign": campaign or None, "done": done}
        print_json(told if cancelled is None else {**told, "cancelled": cancelled})
    elif campaign == REMINDERS:
        say(f"{_REMINDERS_TOLD[done]}.")
    else:
        say(f"Кампания «{campaign}» {text}." if campaign else f"{text}.")
