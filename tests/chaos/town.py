"""The workload: fictional patients of the city, each with one visit that a reminder is due for at once."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from voicebot.clock import ManualClock
from voicebot.mis.registry import registry
from voicebot.mis.registry.importing import RegistryImport

ZONE = ZoneInfo("Europe/Moscow")
ADMINISTRATOR = "+78880000901"
NAMES = ("Анна", "Ольга", "Мария", "Ирина")
SURNAMES = ("Иванова", "Петрова", "Сидорова")


class Manner(StrEnum):
    """What a patient does when rung."""

    KEYS = "presses «1» twice and hangs up"
    LISTENS = "listens, presses «1» after each question"
    LEAVES = "picks up and hangs up at once"
    BUSY = "busy"
    REJECT = "reject"
    RINGS = "ring_for_ever"


_CALLS = {
    Manner.KEYS: """[{answer_after: 100ms, hang_up: {at: 6s}, interrupt: [{phrase: 1, at: 500ms, keys: "1"},
        {phrase: 1, at: 2500ms, keys: "1"}]}]""",
    Manner.LISTENS: '[{answer_after: 100ms, lines: [{keys: "1"}, {keys: "1"}], longest: 40s}]',
    Manner.LEAVES: "[{answer_after: 100ms, hang_up: {at: 700ms}}]",
}
_SHARES = {
    Manner.KEYS: 50, Manner.LISTENS: 12, Manner.LEAVES: 6, Manner.BUSY: 14, Manner.REJECT: 9, Manner.RINGS: 9,
}  # fmt: skip


def phone(n: int) -> str:
    return f"+7888{10_000 + n:07}"


def opening(shown: datetime) -> tuple[datetime, datetime]:
    """The calling hours of the day, local: by the house's default (DOMAIN, rule 1)."""
    local = shown.astimezone(ZONE)
    first, last = (10, 18) if local.weekday() >= 5 else (9, 20)
    day = local.replace(minute=0, second=0, microsecond=0)
    return day.replace(hour=first), day.replace(hour=last)


class Town:
    """size: how many people live there; they get their visits as the run goes on, in portions."""

    def __init__(self, folder: Path, seed: int, size: int, registry_url: str) -> None:
        self._folder = folder
        self._chance = random.Random(f"town {seed}")
        self._registry_url = registry_url
        self.manners = {
            phone(n): self._chance.choices(list(_SHARES), list(_SHARES.values()))[0] for n in range(size)
        }  # fmt: skip
        self.booked: list[str] = []
        self.booked_at: dict[str, datetime] = {}  # phone -> moment of the machine

    def people(self) -> str:
        """The book of the city. A manner is written out once: the city reads no more than a megabyte."""
        persons, written = [], set[Manner]()
        for number, how in self.manners.items():
            calls = f"*{how.name}" if how in written else f"&{how.name} {_CALLS.get(how, f'[{how}]')}"
            persons.append(f'  "{number}":\n    calls: {calls}')
            written.add(how)
        administrator = f'  "{ADMINISTRATOR}":\n    role: administrator\n    calls: [ring_for_ever]'
        return "\n".join(["persons:", *persons, administrator, ""])

    def book(self, count: int, shown: datetime) -> None:
        """Visits for the next people, after what the robot's clock shows. Two of three are so soon that they are called
        at once; the others spread over the hour (DOMAIN, rule 4), so that a leap of the clock brings many at once."""
        numbers = list(self.manners)[len(self.booked) : len(self.booked) + count]
        if not numbers:
            return
        local = shown.astimezone(ZONE).replace(minute=0, second=0, microsecond=0)
        soon = [local + timedelta(hours=h) for h in (3, 4)]
        later = [s for h in range(6, 23) if 8 <= (s := local + timedelta(hours=h)).hour < 20]
        lines = [self._line(number, self._chance.choice((soon, soon, later))) for number in numbers]
        path = self._folder / f"visits{len(self.booked)}.csv"
        path.write_text("\n".join(["Фамилия;Имя;Отчество;Телефон;Дата и время;Врач;Филиал;Адрес", *lines]))
        asyncio.run(self._import(path, shown))
        self.booked += numbers
        self.booked_at |= dict.fromkeys(numbers, datetime.now(UTC))

    def _line(self, number: str, starts: Sequence[datetime]) -> str:
        name = f"{self._chance.choice(SURNAMES)};{self._chance.choice(NAMES)};Ивановна"
        start = self._chance.choice(starts)
        return f"{name};{number};{start:%d.%m.%Y %H:%M};Улюкаева Анна Петровна;На Садовой;ул. Садовая, д. 1"

    async def _import(self, path: Path, shown: datetime) -> None:
        await registry.upgrade(self._registry_url)
        mis = registry.Registry(self._registry_url, ManualClock(shown))
        try:
            importer = RegistryImport(mis, ZONE.key)
            found = await importer.preview(path)
            assert not found.bad, found.bad
            await importer.apply(found)
        finally:
            await mis.close()
