"""Makes one call from an order: renders what may be said, dials, converses, and tells how it ended."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from voicebot.calls.comments import Keep, keep_nothing
from voicebot.calls.driver import LiveCall
from voicebot.calls.journal import CallJournal
from voicebot.calls.listening import Senses
from voicebot.calls.mind import CallMind
from voicebot.calls.port import Dialled, Ears, Sighting, Watcher, blind
from voicebot.calls.prompts import Studio
from voicebot.clock import Clock
from voicebot.contacts.families import same_person
from voicebot.contacts.model import Patient
from voicebot.dialogue.call import new_call
from voicebot.engine.caller import CalledOff, CallOrder, CallResult
from voicebot.language.facts import Extras, Fact, Person, choices_of, facts_of, local_start, name_words
from voicebot.scenarios.talk import Language
from voicebot.speech.listener import Listener
from voicebot.store.port import CallRow, Store
from voicebot.telephony.port import Telephone


@dataclass(frozen=True, slots=True)
class CallingSettings:
    """clinic_name is spoken; caller_id goes out on the line; ring_timeout_s is how long it rings."""

    clinic_name: str
    caller_id: str
    ring_timeout_s: int


@dataclass(frozen=True, slots=True)
class CallParts:
    """What every call needs: the telephone, the voice, the ears, and where it is written down (keep: comments).

    language: of a scenario by its id, as it was published.
    """

    telephone: Telephone
    studio: Studio
    new_listener: Callable[[], Listener]
    ears: Ears
    language: Callable[[str], Language]
    store: Store
    clock: Clock
    keep: Keep = keep_nothing


class RobotCaller:
    """engine.caller.Caller for one node. Knows its live calls, so that they can be ended politely."""

    def __init__(self, parts: CallParts, settings: CallingSettings, watcher: Watcher = blind) -> None:
        self._parts, self._settings, self._watcher = parts, settings, watcher
        self._live: dict[str, LiveCall] = {}
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
        language = parts.language(scenario.id)
        prompts = await parts.studio.render(scenario, facts, started, language.pronunciations)
        objection = await order.objection()
        if objection:
            raise CalledOff(objection)
        line = parts.telephone.dial(
            order.attempt_id, order.phone, self._settings.caller_id, self._settings.ring_timeout_s
        )
        call = new_call(scenario, tuple(choices_of(f) for f in facts))
        journal = CallJournal(parts.store, order.attempt_id)
        names = _names(order)
        mind = CallMind(language.understanding, names, [local_start(v) for v in order.appointments], parts.clock)
        senses = Senses(parts.new_listener(), parts.ears, mind)
        live = LiveCall(call, line, prompts, senses, journal, self._watcher, parts.keep)
        self._watcher(Sighting(order.attempt_id, 0, Dialled(order.phone, order.patient.id)))
        with self._counted(order.attempt_id, live):
            finish = await live.run()
        answered = started + timedelta(milliseconds=live.answered_ms) if live.answered_ms is not None else None
        row = CallRow(
            order.attempt_id, order.attempt_id, order.phone, scenario.id, scenario.version, started, answered,
            parts.clock.now(), finish.disposition, finish.identity_known, finish.transferred,
        )  # fmt: skip
        return CallResult(finish, row)

    @contextlib.contextmanager
    def _counted(self, call_id: str, live: LiveCall) -> Iterator[None]:
        self._live[call_id] = live
        self._none_live.clear()
        try:
            yield
        finally:
            del self._live[call_id]
            if not self._live:
                self._none_live.set()

    async def recover(self, attempt_id: str) -> CallResult | None:
        """A call of a process that died: its channel is ended, nobody talks to it any more."""
        await self._parts.telephone.end(attempt_id)
        return None

    async def end_all(self, within_s: float) -> None:
        """Say good-bye in every live call and wait until they are over, at most so long."""
        for live in list(self._live.values()):
            live.end_soon()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._none_live.wait()


def subjects(order: CallOrder, clinic_name: str, now: datetime) -> list[Mapping[str, Fact]]:
    """The facts of each visit of a call: whose it is, who answers for them, and whether that is somebody else than
    at the visit before."""
    total = len(order.appointments)
    found: list[Mapping[str, Fact]] = []
    before: Patient | None = None
    for number, visit in enumerate(order.appointments, 1):
        patient = order.patient_of(number - 1)
        extras = Extras(_person(patient), before is not None and not same_person(before, patient))
        found.append(facts_of(patient, visit, clinic_name, number, total, now, extras))
        before = patient
    return found


def _person(patient: Patient) -> Person | None:
    who = patient.representative
    return Person(who.surname, who.given_name, who.patronymic, who.sex) if who is not None else None


def _names(order: CallOrder) -> frozenset[str]:
    """The names that may be said in answer to "is this …?": of everybody whom the call asks for or is about."""
    words: set[str] = set()
    for patient in (order.patient, *order.patients):
        who = patient.spoken_to
        words |= name_words(patient)
        words |= name_words(replace(patient, surname=who.surname, given_name=who.given_name, patronymic=who.patronymic))
    return frozenset(words)
