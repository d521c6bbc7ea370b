"""The last look before the INVITE: what was decided a moment ago must still hold (ENGINE.md, trap 7).

Between the decision and the INVITE lie the turn of the node's pace, the making of prompts and, if the node was
stopped for a while, any time at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voicebot.clock import Clock
from voicebot.contacts.dialling import Dial, Redirect, decide
from voicebot.contacts.model import CLOSED, Attempt, AttemptStatus, Contact
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.gate import Gate
from voicebot.engine.reading import Reading
from voicebot.store.port import Store, closed_lane

#: A decision older than this is made again in full: the visit is read from the MIS once more.
FRESH = timedelta(seconds=3)
TAKEN_AWAY = "попытку забрал другой узел"


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided of an attempt, and when. base: the scenario of its contacts."""

    attempt_id: str
    contacts: tuple[Contact, ...]
    base: Scenario
    at: datetime


class LastLook:
    """Asks everything again that may have changed since the decision."""

    def __init__(self, store: Store, reading: Reading, clock: Clock, gate: Gate, rules: Rules, node: str) -> None:
        self._store = store
        self._reading = reading
        self._clock = clock
        self._gate = gate
        self._rules = rules
        self._node = node

    async def objection(self, decided: Decided) -> str:
        """Why this call must not be made after all, in Russian, or ''. Raises StoreDown."""
        now = self._clock.now()
        async with self._store.together():
            attempt, lanes = await self._store.attempt(decided.attempt_id), await self._store.lanes()
            found = [await self._store.contact(known.id) for known in decided.contacts]
        if attempt is None or attempt.status is not AttemptStatus.DIALLING or attempt.node != self._node:
            return TAKEN_AWAY
        closed = self._gate.closed(now) or closed_lane(attempt.lane, lanes)
        if closed:
            return closed
        contacts: list[Contact] = []
        for contact in found:
            if contact is None or contact.status in CLOSED:
                return contact.reason if contact is not None and contact.reason else "повод для звонка уже закрыт"
            contacts.append(contact)
        if timedelta(0) <= now - decided.at <= FRESH:  # the clock may have been set back: then it is another hour
            return ""
        return await self._again(attempt, contacts, decided.base, now)

    async def _again(self, attempt: Attempt, contacts: Sequence[Contact], base: Scenario, now: datetime) -> str:
        for situation in await self._reading.situations(attempt, tuple(contacts), now):
            move = decide(situation, base, self._rules, now)
            if isinstance(move, Dial):
                dropped = [c for c in move.closed if c.id in {s.id for s in situation.contacts}]
                if dropped:
                    return dropped[0].reason
            else:
                return move.reason if not isinstance(move, Redirect) else f"номер: {move.reason}"
        return ""
