"""The composition root: the only file that knows every part. Builds one running node from the settings."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import holidays
import structlog

from voicebot.calls.backlog import Backlog
from voicebot.calls.caller import CATCH_UP_S, CallingSettings, CallParts, RobotCaller
from voicebot.calls.comments import keep_in
from voicebot.calls.port import Watcher, blind
from voicebot.calls.prompts import Studio
from voicebot.calls.reception import Reception
from voicebot.city.process import CityProcess
from voicebot.clock import Clock, SystemClock
from voicebot.contacts.caller_ids import CallerIds
from voicebot.contacts.hours import CallingHours
from voicebot.contacts.inbound import channel_of
from voicebot.contacts.rules import CITY_PREFIX, DiallingLock, Rules
from voicebot.data_folder import keep_secret, only_robot_in, secret_of
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.durable import DurableEngine, DurableSettings
from voicebot.engine.machinery import Machinery, MachinerySettings, assemble
from voicebot.engine.ports import Ports
from voicebot.engine.receiving import Receiving
from voicebot.engine.watching import Watch
from voicebot.errors import NetworkFault, VoicebotError
from voicebot.hearing_process import program
from voicebot.language.sounding_alike import shipped_sentences
from voicebot.mis.registry import registry
from voicebot.returning import leave_its_calls
from voicebot.scenarios.checking import check_folder
from voicebot.scenarios.loading import load_all
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.rehearsing import language_of
from voicebot.scenarios.repertoire import Repertoire
from voicebot.scenarios.versions import publish_shipped
from voicebot.setting_values import times_of
from voicebot.settings import AsteriskKind, Role, Settings
from voicebot.sms_texts import SmsTexts
from voicebot.speech.cache import PromptCache
from voicebot.speech.choose import AsrEngine, TtsEngine, choose_recogniser, choose_synthesiser
from voicebot.speech.listener import Listener
from voicebot.speech.machine import MachineJudge
from voicebot.speech.pool import RecogniserPool
from voicebot.speech.port import ModelMissing
from voicebot.speech.vad import SileroDetector, shared_model
from voicebot.store import database
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.telephone import AriTelephone

log = structlog.get_logger(__name__)

POLITE_S = 4.5  # Ctrl-C ends calls politely within five seconds
ENGINE_GRACE_S = 3.0
REFRESH_S = 5.0  # what is published runs so soon
RESTART_S = (0.2, 1.0, 3.0, 10.0, 30.0)  # between tries to bring back an Asterisk that died


@dataclass(frozen=True)
class Robot:
    """One running node. The ticks do the work; the parts are here for the demo, the commands and the tests."""

    settings: Settings
    clock: Clock
    store: database.SqlStore
    mis: registry.Registry
    engine: DurableEngine
    machinery: Machinery
    caller: RobotCaller
    telephone: AriTelephone
    city: CityProcess | None
    pool: RecogniserPool
    repertoire: Repertoire
    lock: DiallingLock

    async def end_calls(self) -> None:
        """Dial no more and end what is live, politely, within five seconds."""
        self.machinery.gate.close("робот останавливается")
        await self.caller.end_all(POLITE_S)

    def probes(self) -> dict[str, Callable[[], Awaitable[str]]]:
        """What /healthz asks."""
        return {"store": self._store_health, "asterisk": self._asterisk_health, "speech": self._speech_health}

    async def _store_health(self) -> str:
        try:
            await self.store.next_due()
        except NetworkFault as fault:
            return fault.message
        return ""

    async def _asterisk_health(self) -> str:
        try:
            await self.telephone.alive("health")
        except Exception as fault:
            return str(fault)
        return ""

    async def _speech_health(self) -> str:
        return "" if self.pool.pids else "ни один процесс распознавания не запущен"


@contextlib.asynccontextmanager
async def databases(settings: Settings, clock: Clock) -> AsyncIterator[tuple[database.SqlStore, registry.Registry]]:
    """The robot's database and the registry, made or upgraded."""
    settings.paths.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    await database.upgrade(settings.database_url)
    await registry.upgrade(settings.registry_url)
    store, mis = database.SqlStore(settings.database_url), registry.Registry(settings.registry_url, clock)
    try:
        yield store, mis
    finally:
        await store.close()
        await mis.close()


def drafts(settings: Settings) -> Mapping[str, Scenario]:
    """The scenarios of the clinic's folder by id, read and checked. Raises ScenarioFault with every mistake."""
    folder = settings.paths.scenarios
    phrases = folder / "phrases.ru.yaml"
    load_phrases(phrases)
    text = phrases.read_text("utf-8")
    wrong = [m for m in check_folder(folder, text, settings.telephony.queues) if not m.warning]
    if wrong:
        raise ScenarioFault(wrong)
    return load_all(folder, text)


def lock_of(settings: Settings) -> DiallingLock:
    """DOMAIN rule 14 as it is set. The city's numbers are free only where the line leads to the city."""
    line = settings.telephony
    to_city = line.asterisk.kind is AsteriskKind.EMBEDDED and line.asterisk.trunk == "city"
    city = CITY_PREFIX if to_city else ""
    shown = line.caller_id or next(iter(line.caller_ids.numbers), "")
    return DiallingLock(line.live, shown, line.allowed_prefixes, city)


def rules_of(settings: Settings, today: datetime) -> Rules:
    """The rules of calling from the settings, with Russia's holidays of these years."""
    calendar = holidays.country_holidays("RU", years=range(today.year - 1, today.year + 3))
    hours = CallingHours(
        weekdays=(times_of(settings.rules.hours.weekdays),),
        weekends=(times_of(settings.rules.hours.weekends),),
        holidays=frozenset(calendar),
        working=frozenset(getattr(calendar, "weekend_workdays", ())),
    )
    shown = settings.telephony.caller_ids
    return Rules(
        hours=hours,
        lock=lock_of(settings),
        conversations_a_day=settings.rules.conversations_a_day,
        contacts_a_month=settings.rules.contacts_a_month,
        refused_months=settings.rules.refused_months,
        calls_per_administrator=settings.rules.calls_per_administrator,
        hold_out_key=secret_of(settings.paths.data),
        caller_ids=CallerIds(shown.numbers, shown.branches, shown.campaigns),
        call_late_bookings=settings.rules.call_late_bookings,
        mis_fresh_for=timedelta(minutes=settings.mis.fresh_for_min),
    )


@contextlib.asynccontextmanager
async def running(
    settings: Settings,
    clock: Clock | None = None,
    watcher: Watcher = blind,
    idle: bool = False,
    role: Role = Role.ALL,
) -> AsyncIterator[Robot]:
    """A node at work: databases, Asterisk (and the city, when the trunk leads there), speech, engine, ticks.

    idle: without ticks and on the drafts, for a command that makes its own trial call.
    Leaving it stops the ticks, ends live calls politely and leaves no process behind.
    """
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        stack.enter_context(only_robot_in(settings.paths.data))
        store, mis = await stack.enter_async_context(databases(settings, clock))
        keep_secret(settings.paths.data, await store.shared_secret("phones", secret_of(settings.paths.data)))
        rules = rules_of(settings, clock.now())
        repertoire = _on_trial(settings) if idle else await _repertoire(settings, store, clock)
        if idle:
            await leave_its_calls(settings, store)
        pool, studio = await _speech(settings, repertoire.scenarios.values(), stack)
        asterisk, city = await _exchange(settings, stack)
        telephone = await _telephone(settings, asterisk, stack)
        if idle:
            await leave_its_calls(settings, store, telephone.alive)
        ours = {channel_of(attempt.id) for attempt in await store.dialling() if attempt.node == settings.node}
        await telephone.end_orphans(ours)  # what nobody will take up again
        clinic, line = settings.clinic, settings.telephony
        parts = CallParts(
            telephone,
            studio,
            _listener,
            pool,
            repertoire.language_of,
            store,
            clock,
            keep_in(settings.paths.data / "comments"),
            repertoire.scenario,
            Backlog(settings.paths.data / "journal"),
            repertoire.version,
        )
        calling = CallingSettings(clinic.name, line.caller_id or clinic.phone, line.ring_timeout_s)
        caller = RobotCaller(parts, calling, watcher)
        engine = DurableEngine(DurableSettings(settings.engine_url, settings.node))
        texts = SmsTexts(clinic.name)
        administrators = sum(line.administrators.get(queue, 1) for queue in line.queues)
        ports = Ports(store, mis, clock, caller, texts, repertoire.scenario, administrators, repertoire.version)
        machinery = assemble(
            engine,
            ports,
            lambda: repertoire.scenarios.values(),
            rules,
            MachinerySettings(
                settings.node,
                secret_of(settings.paths.data),
                line.lines,
                line.calls_per_second,
                settings.mis.sync_every_s,
                dead_after_s=settings.nodes.dead_after_s,
                role=role.value,
            ),
        )
        engine.tick("scenarios", REFRESH_S, repertoire.refresh)
        engine.tick("backlog", CATCH_UP_S, caller.catch_up)
        if not idle:
            await engine.start()
            stack.push_async_callback(machinery.sweeper.stop)
            stack.push_async_callback(engine.stop, ENGINE_GRACE_S)
            reception = Reception(telephone.incoming(), Receiving(ports, settings.node), machinery.attempting, caller)
            answering = asyncio.create_task(reception.serve(), name="reception")
            stack.push_async_callback(_cancelled, answering)
        robot = Robot(
            settings, clock, store, mis, engine, machinery, caller, telephone, city, pool, repertoire, rules.lock
        )
        stack.push_async_callback(robot.end_calls)
        # what was loaded stays: searching it for garbage stopped the loop for 110–217 ms in mid call (bench of calls)
        gc.collect()
        gc.freeze()
        yield robot


@contextlib.asynccontextmanager
async def looking_on(settings: Settings) -> AsyncIterator[Mapping[str, Callable[[], Awaitable[str]]]]:
    """A node that shows and never calls: what its /healthz asks. It needs neither Asterisk nor speech."""
    await database.upgrade(settings.database_url)
    store = database.SqlStore(settings.database_url)
    watch = Watch(store, SystemClock(), timedelta(seconds=settings.nodes.dead_after_s))
    try:
        yield {"store": watch.database, "calls": watch.calls}
    finally:
        await store.close()


def _on_trial(settings: Settings) -> Repertoire:
    """The drafts of the clinic's folder: they are heard before they are published."""
    return Repertoire.of_drafts(drafts(settings), language_of(settings.paths.scenarios))


async def _repertoire(settings: Settings, store: database.SqlStore, clock: Clock) -> Repertoire:
    """What is published. At the very first start the clinic's scenarios are published as they are, if they are well."""
    if not await store.running_scenarios():
        drafts(settings)
        await publish_shipped(store, settings.paths.scenarios, clock.now())
    repertoire = Repertoire(store, asyncio.to_thread)
    await repertoire.refresh()
    return repertoire


async def _speech(
    settings: Settings, scenarios: Iterable[Scenario], stack: AsyncExitStack
) -> tuple[RecogniserPool, Studio]:
    models = settings.paths.local / "models"
    heard = choose_recogniser(AsrEngine(settings.speech.asr), models)
    said = choose_synthesiser(TtsEngine(settings.speech.tts), models, settings.paths.local / "rhvoice")
    log.info("speech engines", recognition=heard.why, synthesis=said.why)
    synthesiser = await asyncio.to_thread(said.load)
    await asyncio.to_thread(shared_model)  # else the first call would load it on the loop, 25–125 ms
    await asyncio.to_thread(shipped_sentences)  # likewise, 250 ms
    stack.callback(synthesiser.close)
    check_voices(scenarios, synthesiser.voices())
    cache = await stack.enter_async_context(PromptCache(settings.paths.data / "prompts", synthesiser))
    studio = Studio(cache, settings.paths.audio / "prompts", settings.speech.rate)
    workers, timeout_s = settings.speech.workers, settings.speech.recognition_timeout_s
    pool = RecogniserPool(heard, workers, timeout_s, program(settings.ear_folder))
    return await stack.enter_async_context(pool), studio


def check_voices(scenarios: Iterable[Scenario], installed: Sequence[str]) -> None:
    """Raises ModelMissing for a scenario whose voice is not on this machine."""
    known = {name.lower() for name in installed}
    for scenario in scenarios:
        if scenario.voice.lower() not in known:
            raise ModelMissing(
                f"Сценарий {scenario.id}: голоса «{scenario.voice}» на этой машине нет.",
                f"Есть голоса: {', '.join(sorted(installed))}. Выполните `make setup` или смените voice.",
            )


def _listener() -> Listener:
    return Listener(SileroDetector(), machine=MachineJudge())


async def _exchange(settings: Settings, stack: AsyncExitStack) -> tuple[AsteriskProcess | None, CityProcess | None]:
    """Our own Asterisk, and the city behind its trunk when no provider is set. None where it runs elsewhere."""
    wanted = settings.telephony.asterisk
    if wanted.kind is AsteriskKind.EXTERNAL:
        return None, None
    local, data = settings.paths.local, settings.paths.data
    asterisk = AsteriskProcess(
        conf="clinic",
        prefix=local / "asterisk",
        run_dir=data / "asterisk",
        app=_app(settings),
        conf_dir=settings.paths.asterisk_conf,
        hold_dir=settings.paths.audio / "hold",
        outlives=True,
    )
    city = None
    if wanted.trunk == "city":
        city = CityProcess(
            file=settings.paths.city,
            run_dir=data / "city" / f"{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}",
            asterisk=local / "asterisk",
            rhvoice=local / "rhvoice",
            cache=local / "cache" / "city",
            clinic_sip=asterisk.sip,
            keep=data / "city.json",
        )
        await stack.enter_async_context(city)
        asterisk.peer_sip = city.sip
    else:
        asterisk.peer_sip = wanted.trunk
    await stack.enter_async_context(asterisk)
    keeper = asyncio.create_task(_keep_alive(asterisk), name="asterisk keeper")
    stack.push_async_callback(_cancelled, keeper)
    return asterisk, city


async def _keep_alive(asterisk: AsteriskProcess) -> None:
    """Bring back an Asterisk that died; its calls are gone, the lines report that themselves."""
    tries = 0
    while True:
        why = await asterisk.died()
        log.error("Asterisk died", error=str(why))
        await asyncio.sleep(RESTART_S[min(tries, len(RESTART_S) - 1)])
        tries += 1
        try:
            await asterisk.start()
            tries = 0
        except VoicebotError as error:
            log.error("Asterisk does not come back", error=str(error))


async def _cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _telephone(settings: Settings, asterisk: AsteriskProcess | None, stack: AsyncExitStack) -> AriTelephone:
    wanted = settings.telephony.asterisk
    url, user, password = (
        (asterisk.url, asterisk.user, asterisk.password)
        if asterisk is not None
        else (wanted.url, wanted.user, wanted.password)
    )
    administrators = {queue: wanted.endpoint.format(number=n) for queue, n in settings.telephony.queues.items()}
    telephone = AriTelephone(
        url, user, password, _app(settings), endpoint=wanted.endpoint, administrators=administrators
    )
    await stack.enter_async_context(telephone)
    return telephone


def _app(settings: Settings) -> str:
    return f"voicebot-{settings.node}"
