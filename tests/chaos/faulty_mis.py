"""The built-in registry as a MIS that answers late, twice or with nonsense while a file says so; it logs its writes."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from voicebot.clock import Clock
from voicebot.contacts.model import Appointment, Patient
from voicebot.mis.port import BadRecord, Command, MisRefused, MisUnavailable, Page, Result
from voicebot.mis.registry.registry import Registry

TROUBLE, WRITES = "CHAOS_MIS", "CHAOS_WRITES"  # variables of the environment: files


class Trouble(StrEnum):
    NONE = "none"
    LATE = "late"
    TWICE = "twice"
    NONSENSE = "nonsense"


class FaultyRegistry(Registry):
    """mis.port.Mis. Every write that reaches the registry is a line of the log, answered or not."""

    def __init__(self, url: str, clock: Clock) -> None:
        super().__init__(url, clock)
        self._trouble = Path(os.environ[TROUBLE])
        self._writes = Path(os.environ[WRITES])
        self._chance = random.Random(f"{self._trouble.read_text()}{os.getpid()}")
        self._numbers = itertools.count(1)

    def _now(self) -> Trouble:
        return Trouble(self._trouble.read_text().split()[0])

    async def patients_after(self, after: str, limit: int, since: datetime | None = None) -> Page[Patient]:
        return await self._distort(await super().patients_after(after, limit, since))

    async def appointments(self, start: datetime, end: datetime) -> Page[Appointment]:
        return await self._distort(await super().appointments(start, end))

    async def _distort(self, page: Page[Patient] | Page[Appointment]) -> Page:  # type: ignore[type-arg]
        trouble = self._now()
        if trouble is Trouble.LATE:
            await asyncio.sleep(self._chance.uniform(0.5, 4.0))
        if trouble is Trouble.TWICE:
            return replace(page, items=page.items * 2)
        if trouble is Trouble.NONSENSE:
            if self._chance.random() < 0.5:
                raise ValueError("the answer of the MIS is not what it should be")
            bad = tuple(BadRecord(item.id, "нечитаемая запись") for item in page.items)
            return replace(page, items=(), bad=bad)
        return page

    async def appointment(self, appointment_id: str) -> Appointment | None:
        trouble = self._now()
        if trouble is Trouble.LATE:
            await asyncio.sleep(self._chance.choice((0.5, 2.0, 5.0, 15.0)))
        if trouble is Trouble.NONSENSE:
            if self._chance.random() < 0.5:
                raise ValueError("the answer of the MIS is not what it should be")
            raise MisRefused("МИС ответила чепухой.", "")
        return await super().appointment(appointment_id)

    async def apply(self, command: Command, key: str, expected_version: str = "") -> Result:
        trouble, early = self._now(), self._chance.random() < 0.5
        if trouble is Trouble.LATE and early:
            await asyncio.sleep(self._chance.choice((1.0, 3.0, 6.0)))
        if trouble is Trouble.NONSENSE and early:
            raise ValueError("the answer of the MIS is not what it should be")
        result = await self._written(command, key, expected_version)
        if trouble is Trouble.TWICE:  # the network repeated the request: at once, or beside the first
            result = await self._written(command, key, expected_version)
        if trouble is Trouble.LATE and not early:  # written, and the robot has given up waiting for the answer
            await asyncio.sleep(self._chance.choice((1.0, 3.0, 25.0)))
        if trouble is Trouble.NONSENSE:
            raise self._chance.choice((ValueError("unreadable answer"), MisUnavailable("Ответ потерян.", "")))
        return result

    async def _written(self, command: Command, key: str, expected_version: str) -> Result:
        result = await super().apply(command, key, expected_version)
        line = {
            "at": datetime.now(UTC).isoformat(), "key": key, "command": type(command).__name__,
            "result": type(result).__name__,
        }  # fmt: skip
        with self._writes.open("a") as log:
            log.write(json.dumps(line) + "\n")
        return result


def writes_in(file: Path) -> Sequence[dict[str, str]]:
    """The log, oldest first; a last line that a kill has cut is left out."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text().splitlines(keepends=True) if line.endswith("\n")]
