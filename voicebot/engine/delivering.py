"""Deliveries: each write that the MIS must get, exactly once in effect. One piece of work per try."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from voicebot.clock import Clock
from voicebot.contacts.ids import stable_id
from voicebot.contacts.model import Delivery, DeliveryKind, DeliveryStatus, Task
from voicebot.dialogue.outcome import Answer
from voicebot.engine.port import Engine, Enqueued, Queue, Work
from voicebot.errors import NetworkFault
from voicebot.mis.port import (
    AddCallNote,
    AlreadyApplied,
    Applied,
    Command,
    Conflict,
    CreateTask,
    Mis,
    MisRefused,
    Result,
    RetryLater,
    SetAnswer,
    SetContactStatus,
    Unsupported,
)
from voicebot.store.port import Store

log = logging.getLogger(__name__)

WORK = "delivery"
MAX_TRIES = 300  # at a quarter of an hour: three days; then a human writes it by hand
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(minutes=15)

ANSWER_RU = {
    Answer.UNKNOWN: "ответа нет",
    Answer.CONFIRMED: "визит подтверждён",
    Answer.DECLINED: "пациент не придёт",
    Answer.WANTS_CHANGE: "пациент просит другое время",
    Answer.UNCONFIRMED: "визит не подтверждён",
}
STATUS_RU = {"refused": "отказ о встрече", "opted_out": "отказ от общения"}


def backoff(tries: int) -> timedelta:
    """How long to wait after so many failed tries."""
    return min(FIRST_WAIT * (1 << min(tries, 10)), LONGEST_WAIT)


def delivery_work_id(delivery: Delivery) -> str:
    return f"delivery:{delivery.id}:{delivery.tries}"


class Delivering:
    """Applies one delivery, and enqueues those that are due."""

    def __init__(self, engine: Engine, store: Store, mis: Mis, clock: Clock, timeout_s: float = 20.0) -> None:
        self._engine = engine
        self._store = store
        self._mis = mis
        self._clock = clock
        self._timeout_s = timeout_s

    def work(self) -> Work:
        """The durable work whose argument is a delivery's id. A few at once: a MIS is somebody's small server."""
        return Work(WORK, Queue("deliveries", 4), (self.deliver,))

    async def run(self) -> int:
        """The tick: enqueue what is due."""
        now = self._clock.now()
        started = 0
        for delivery in await self._store.due_deliveries(now, 100):
            work_id = delivery_work_id(delivery)
            done = await self._engine.enqueue(WORK, work_id, delivery.id)
            if done is Enqueued.STARTED:
                started += 1
            elif done is Enqueued.KNOWN and not await self._engine.active(work_id):
                row = await self._store.delivery(delivery.id)
                if row == delivery:  # its work ended and left it as it was: the database was away
                    await self._store.retry_delivery(delivery.id, now + FIRST_WAIT, "попытка сорвалась по нашей вине")
        return started

    async def deliver(self, delivery_id: str) -> str:
        """One try. Returns done, conflict, given_up, later or over."""
        delivery = await self._store.delivery(delivery_id)
        if delivery is None or delivery.status is not DeliveryStatus.WAITING:
            return "over"
        try:
            # Only the answer depends on the visit being as it was; a note is true whatever has changed since.
            expected = delivery.expected_version if delivery.kind is DeliveryKind.ANSWER else ""
            result = await self._apply(delivery, self._command(delivery), delivery.id, expected)
            if isinstance(result, Unsupported):
                return await self._degrade(delivery)
        except (NetworkFault, TimeoutError) as error:
            return await self._later(delivery, f"МИС не отвечает ({type(error).__name__})")
        except MisRefused as refusal:
            return await self._give_up(delivery, f"МИС отказала: {refusal.message}")
        return await self._take(delivery, result)

    async def _apply(self, delivery: Delivery, command: Command, key: str, expected_version: str) -> Result:
        async with asyncio.timeout(self._timeout_s):
            return await self._mis.apply(command, key, expected_version)

    def _command(self, delivery: Delivery) -> Command:
        if delivery.kind is DeliveryKind.ANSWER:
            return SetAnswer(delivery.appointment_id, Answer(delivery.value))
        if delivery.kind is DeliveryKind.CONTACT_STATUS:
            return SetContactStatus(delivery.patient_id, delivery.value)
        if delivery.kind is DeliveryKind.TASK:
            now = self._clock.now()
            return CreateTask(delivery.patient_id, delivery.appointment_id, delivery.value, now)
        return AddCallNote(delivery.patient_id, delivery.appointment_id, delivery.value)

    async def _take(self, delivery: Delivery, result: Result) -> str:
        if isinstance(result, RetryLater):
            return await self._later(delivery, result.reason)
        if isinstance(result, Applied | AlreadyApplied):
            how = "записано" if isinstance(result, Applied) else "было записано раньше"
            await self._store.finish_delivery(delivery.id, DeliveryStatus.DONE, how)
            return "done"
        if isinstance(result, Conflict):
            return await self._conflict(delivery, result)
        return await self._degrade(delivery)

    async def _conflict(self, delivery: Delivery, conflict: Conflict) -> str:
        """The visit has moved on: what the patient said is kept for a human beside what the MIS says now."""
        visit = conflict.current
        if visit is not None and delivery.kind is DeliveryKind.ANSWER and visit.answer == delivery.value:
            await self._store.finish_delivery(delivery.id, DeliveryStatus.DONE, "в МИС уже стоит этот ответ")
            return "done"
        there = "визита больше нет"
        if visit is not None:
            there = f"{ANSWER_RU[visit.answer]}, статус «{visit.lifecycle.value}»"
        text = f"Проверить визит: в МИС {there}; робот услышал: {self._said(delivery)}"
        task = self._task(delivery, text)
        await self._store.finish_delivery(delivery.id, DeliveryStatus.CONFLICT, "визит изменился после звонка", task)
        return "conflict"

    async def _degrade(self, delivery: Delivery) -> str:
        """What this MIS cannot take becomes a note there, else a task here. A note stays with the call."""
        if delivery.kind in (DeliveryKind.ANSWER, DeliveryKind.CONTACT_STATUS):
            note = AddCallNote(delivery.patient_id, delivery.appointment_id, f"Робот: {self._said(delivery)}.")
            result = await self._apply(delivery, note, f"{delivery.id}:note", "")
            if isinstance(result, RetryLater):
                return await self._later(delivery, result.reason)
            if isinstance(result, Applied | AlreadyApplied):
                await self._store.finish_delivery(delivery.id, DeliveryStatus.DONE, "записано заметкой")
                return "done"
        if delivery.kind is DeliveryKind.NOTE:
            await self._store.finish_delivery(delivery.id, DeliveryStatus.GIVEN_UP, "МИС не принимает заметок")
            return "given_up"
        return await self._give_up(delivery, "МИС такого не принимает")

    async def _later(self, delivery: Delivery, reason: str) -> str:
        if delivery.tries + 1 >= MAX_TRIES:
            return await self._give_up(delivery, reason)
        next_at = self._clock.now() + backoff(delivery.tries)
        await self._store.retry_delivery(delivery.id, next_at, reason)
        return "later"

    async def _give_up(self, delivery: Delivery, reason: str) -> str:
        task = self._task(delivery, f"Записать в МИС вручную: {self._said(delivery)}. Причина: {reason}")
        await self._store.finish_delivery(delivery.id, DeliveryStatus.GIVEN_UP, reason, task)
        return "given_up"

    @staticmethod
    def _said(delivery: Delivery) -> str:
        if delivery.kind is DeliveryKind.ANSWER:
            return ANSWER_RU[Answer(delivery.value)]
        return STATUS_RU.get(delivery.value, delivery.value)

    def _task(self, delivery: Delivery, what: str) -> Task:
        now = self._clock.now()
        return Task(stable_id("t", delivery.id), "", delivery.patient_id, what, now, now)
