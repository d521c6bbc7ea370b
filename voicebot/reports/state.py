"""Where the robot's work stands now, from its own database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.contacts.model import AttemptStatus, ContactStatus, DeliveryStatus, MessageStatus, TaskStatus
from voicebot.dialogue.outcome import Disposition
from voicebot.reports.words import DISPOSITIONS, STATUSES
from voicebot.store.database import SqlStore


@dataclass(frozen=True, slots=True)
class State:
    """Counts. next_due: when something is to be done next; synced_at: when the MIS was read last."""

    contacts: Mapping[ContactStatus, int]
    calls: Mapping[Disposition, int]
    live_calls: int
    planned: int
    open_tasks: int
    waiting_deliveries: int
    queued_messages: int
    next_due: datetime | None
    synced_at: datetime | None

    def as_json(self) -> dict[str, Any]:
        return {
            "contacts": {k.value: v for k, v in self.contacts.items()},
            "calls": {k.value: v for k, v in self.calls.items()},
            "live_calls": self.live_calls,
            "planned_attempts": self.planned,
            "open_tasks": self.open_tasks,
            "waiting_deliveries": self.waiting_deliveries,
            "queued_messages": self.queued_messages,
            "next_due": self.next_due,
            "synced_at": self.synced_at,
        }

    def lines(self, zone: ZoneInfo) -> Iterator[str]:
        """The same for people, in the clinic's time."""
        yield f"МИС прочитана: {_moment(self.synced_at, zone)}"
        yield "Дела: " + (_counts({STATUSES[k]: v for k, v in self.contacts.items()}) or "нет")
        yield f"Сейчас звонков: {self.live_calls}; ждут звонка: {self.planned}"
        yield f"Ближайшее дело: {_moment(self.next_due, zone)}"
        yield "Звонки: " + (_counts({DISPOSITIONS[k]: v for k, v in self.calls.items()}) or "не было")
        yield f"Открытых задач людям: {self.open_tasks}"
        yield f"Ждут записи в МИС: {self.waiting_deliveries}; СМС в очереди: {self.queued_messages}"


async def state_of(store: SqlStore) -> State:
    """Raises StoreDown."""
    attempts = Counter(a.status for a in await store.attempts())
    return State(
        contacts=Counter(c.status for c in await store.contacts()),
        calls=Counter(c.disposition for c in await store.calls() if c.disposition is not None),
        live_calls=attempts[AttemptStatus.DIALLING],
        planned=attempts[AttemptStatus.PLANNED],
        open_tasks=sum(t.status is TaskStatus.OPEN for t in await store.tasks()),
        waiting_deliveries=sum(d.status is DeliveryStatus.WAITING for d in await store.deliveries()),
        queued_messages=sum(m.status is MessageStatus.QUEUED for m in await store.messages()),
        next_due=await store.next_due(),
        synced_at=await store.last_sync(),
    )


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counts.items() if n)


def _moment(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%d.%m.%Y %H:%M}" if moment is not None else "нет"
