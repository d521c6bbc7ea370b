"""Makes one call from an order: renders what may be said, dials, converses, and tells how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import structlog

from voicebot.calls.backlog import Backlog
from voicebot.calls.comments import Keep, keep_nothing
from voicebot.calls.driver import LiveCall
from voicebot.calls.journal import CallJournal
from voicebot.calls.listening import Senses
from voicebot.calls.mind import CallMind
from voicebot.calls.port import Dialled, Ears, Prompts, Sighting, Watcher, blind
from voicebot.calls.prompts import Studio
from voicebot.calls.resuming import Restored, Returning, cut_short, ended_row, restored
from voicebot.calls.subjects import NOBODY, names_in, subjects
from voicebot.clock import Clock
from voicebot.contacts.inbound import channel_of
from voicebot.dialogue.call import Call, new_call
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import CalledOff, CallOrder, CallResult
from voicebot.engine.receiving import Received
from voicebot.engine.versions import Version
from voicebot.errors import NetworkFault, VoicebotError
from voicebot.language.facts import choices_of, local_start
from voicebot.scenarios.talk import Language
from voicebot.speech.listener import Listener
from voicebot.store.port import CallRow, Store
from voicebot.telephony.port import Line, Ring, Telephone

log = structlog.get_logger(__name__)

CATCH_UP_S = 1.0


@dataclass(frozen=True, slots=True)
class CallingSettings:
    """clinic_name is spoken; caller_id goes out on the line; ring_timeout_s is how long it rings."""

    clinic_name: str
    caller_id: str
    ring_timeout_s: int


@dataclass(frozen=True, slots=True)
class CallParts:
    """What every call needs: the telephone, the voice, the ears, and where it is written down (keep: comments).

    language: of a scenario, as it was published. scenarios: the version that runs now; version: an earlier one.
    backlog: where the events of calls wait while the database is away; without one they wait in memory.
    """

    telephone: Telephone
    studio: Studio
    new_listener: Callable[[], Listener]
    ears: Ears
    language: Callable[[Scenario], Language]
    store: Store
    clock: Clock
    keep: Keep = keep_nothing
    scenarios: Callable[[str], Scenario | None] = lambda _: None
    backlog: Backlog | None = None
    version: Version | None = None


class RobotCaller:
    """engine.caller.Caller for one node. Knows its live calls, so that they can be ended politely."""

    def __init__(self, parts: CallParts, settings: CallingSettings, watcher: Watcher = blind) -> None:
        self._parts, self._settings, self._watcher = parts, settings, watcher
        self._live: dict[str, LiveCall] = {}
        self._phones: dict[str, str] = {}  # of live calls
        self._none_live = asyncio.Event()
        self._none_live.set()

    @property
    def live(self) -> int:
        """How many calls are being made now."""
        return len(self._live)

    async def call(self, order: CallOrder) -> CallResult:
        """Raises MissingFact or ModelMissing (InputFault) when the prompts cannot be made, CalledOff when something
        speaks against the call by then: nothing was dialled in either case."""
        parts, scenario = self._parts, order.scenario
        started = parts.clock.now()
        facts = subjects(order, self._settings.clinic_name, started)
        language = parts.language(scenario)
        prompts = await parts.studio.render(scenario, facts, started, language.pronunciations)
        objection = await order.objection()
        if objection:
            raise CalledOff(objection)
        line = parts.telephone.dial(
            order.attempt_id, order.phone, order.caller_id or self._settings.caller_id, self._settings.ring_timeout_s
        )
        call = new_call(scenario, tuple(choices_of(f) for f in facts))
        live = self._live_call(order, call, line, prompts, CallJournal(parts.store, order.attempt_id, 0, parts.backlog))
        row = CallRow(
            order.attempt_id, order.attempt_id, order.phone, scenario.id, scenario.version, started_at=started
        )  # fmt: skip
        return await self._talk(live, row, order)

    async def answer(self, received: Received, ring: Ring) -> CallResult:
        """A call that came in: it rings until everything that may be said is rendered."""
        parts, scenario = self._parts, received.scenario
        order = CallOrder(received.attempt_id, received.phone, received.patient or NOBODY, received.visits, scenario,
                          patients=received.patients)  # fmt: skip
        started = parts.clock.now()
        facts = subjects(order, self._settings.clinic_name, started)
        pronunciations = parts.language(scenario).pronunciations
        prompts = await parts.studio.render(scenario, facts, started, pronunciations, inbound=True)
        call = new_call(scenario, tuple(choices_of(f) for f in facts), inbound=True)
        journal = CallJournal(parts.store, order.attempt_id, 0, parts.backlog)
        row = CallRow(order.attempt_id, order.attempt_id, order.phone, scenario.id, scenario.version, started)
        return await self._talk(self._live_call(order, call, ring.answer(), prompts, journal), row, order)

    async def give_way(self, phone: str) -> bool:
        """Whoever is being rung at this phone rings us: stop ringing them. Whether that was so."""
        ringing = [live for id_, live in self._live.items() if self._phones[id_] == phone and live.answered_ms is None]
        for live in ringing:
            await live.call_off()
        return bool(ringing)

    async def _talk(self, live: LiveCall, row: CallRow, order: CallOrder) -> CallResult:
        self._watcher(Sighting(row.id, 0, Dialled(order.phone, order.patient.id)))
        with self._counted(row.id, live, order.phone):
            finish = await live.run()
        while self._parts.backlog is not None and not await self.caught_up():  # noqa: ASYNC110
            await asyncio.sleep(CATCH_UP_S)  # what was said is safe on the disk; but nobody may settle without it
        return CallResult(finish, ended_row(row, finish, live.answered_ms, self._parts.clock.now()))

    def _live_call(
        self, order: CallOrder, call: Call, line: Line, prompts: Prompts, journal: CallJournal,
        back: Returning | None = None,
    ) -> LiveCall:  # fmt: skip
        parts = self._parts
        understanding = parts.language(order.scenario).understanding
        visits = [local_start(v) for v in order.appointments] or [parts.clock.now()]
        mind = CallMind(understanding, names_in(order), visits, parts.clock, parts.ears.capabilities)
        senses = Senses(parts.new_listener(), parts.ears, mind)
        return LiveCall(call, line, prompts, senses, journal, self._watcher, parts.keep, back)

    @contextlib.contextmanager
    def _counted(self, call_id: str, live: LiveCall, phone: str) -> Iterator[None]:
        self._live[call_id], self._phones[call_id] = live, phone
        self._none_live.clear()
        try:
            yield
        finally:
            del self._live[call_id], self._phones[call_id]
            if not self._live:
                self._none_live.set()

    async def recover(self, attempt_id: str) -> CallResult | None:
        """A call of a process that died: it is taken up where it was, if it still lives. If it does not, what was said
        in it counts. None when nobody knows what it was about: then its channel is ended."""
        parts, channel = self._parts, channel_of(attempt_id)
        await self.write_backlog()  # how it ended may stand there
        left = await restored(parts.store, parts.scenarios, self._settings.clinic_name, attempt_id, parts.version)
        if left is None or left.finish is not None or not await parts.telephone.answered(channel):
            await parts.telephone.end(channel)
            return None if left is None else cut_short(left, parts.clock.now())
        try:
            return await self._take_up(left)
        except VoicebotError as error:
            log.error("a call cannot be taken up", call=attempt_id, code=error.code, error=str(error))
            await parts.telephone.end(channel)
            return cut_short(left, parts.clock.now())

    async def _take_up(self, left: Restored) -> CallResult:
        """Raises MissingFact, ModelMissing."""
        parts, order = self._parts, left.order
        pronunciations = parts.language(order.scenario).pronunciations
        prompts = await parts.studio.render(
            order.scenario, left.facts, left.row.started_at, pronunciations, left.call.inbound
        )
        back = left.returning(parts.clock.now())
        log.warning("a call is taken up", call=left.row.id, phase=left.call.phase.value, farewell=back.farewell)
        line = parts.telephone.take_up(channel_of(left.row.id), self._settings.caller_id)
        journal = CallJournal(parts.store, left.row.id, left.serial, parts.backlog)
        return await self._talk(self._live_call(order, left.call, line, prompts, journal, back), left.row, order)

    async def write_backlog(self) -> None:
        """What the database did not take while it was away. Raises StoreDown."""
        if self._parts.backlog is not None:
            await self._parts.backlog.write_off(self._parts.store)

    async def caught_up(self) -> bool:
        """Try to write the backlog; whether the database takes it."""
        try:
            await self.write_backlog()
        except NetworkFault as error:
            log.warning("the local journal of calls waits for the database", error=error.code)
            return False
        return True

    async def catch_up(self) -> None:
        """To be run again and again."""
        await self.caught_up()

    async def end_all(self, within_s: float) -> None:
        """Say good-bye in every live call and wait until they are over, at most so long."""
        for live in list(self._live.values()):
            live.end_soon()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._none_live.wait()
