"""A reminder for which no call is possible any more: it ends as one that nobody answered, and a human is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voicebot.contacts.consequences import day_of_visit
from voicebot.contacts.ids import stable_id
from voicebot.contacts.model import (
    Appointment,
    Contact,
    Delivery,
    DeliveryKind,
    Message,
    Patient,
    Suppression,
    Task,
)
from voicebot.contacts.phones import phones_of
from voicebot.contacts.planning import zone_of
from voicebot.contacts.rules import Rules
from voicebot.dialogue.scenario import Scenario

BEGUN = "визит начался раньше, чем удалось дозвониться"
NO_TIME = "до визита больше не успеть"
CALL_IN_TIME = "Позвонить пациенту: робот до визита не успевает"
LOOK_AFTER = "Визит начался, а дозвониться до пациента не успели: узнать, пришёл ли он"


@dataclass(frozen=True, slots=True)
class GivenUp:
    """The contact as it is afterwards, and what follows."""

    contact: Contact
    task: Task
    messages: tuple[Message, ...] = ()
    deliveries: tuple[Delivery, ...] = ()


def given_up(
    contact: Contact,
    visit: Appointment | None,
    patient: Patient,
    scenario: Scenario,
    text: str,
    suppressions: Sequence[Suppression],
    rules: Rules,
    now: datetime,
    asked_back: bool = False,
) -> GivenUp:
    """As for all attempts in vain: unconfirmed in the MIS, an SMS while there is time to read it, a task.

    contact: closed by planning.too_late. text: of the scenario's SMS for those who were not reached, '' for none.
    asked_back: the patient was reached and asked to be called again: then only a human can make good. Where the
    dialling lock keeps us from the patient we have no business with them yet: a task, and nothing else.

    The ids are those of the visit, not of the contact: two reminders of one visit that are late lead to this once.
    """
    key = stable_id("late", contact.scenario_id, contact.appointment_id, contact.deadline.isoformat())
    phones = phones_of(patient, suppressions, rules.lock, now).usable
    open_phones = tuple(phone for phone in phones if not rules.lock.locked(phone))
    begun = now >= contact.deadline
    due = day_of_visit(contact, zone_of(patient, visit) or contact.zone, rules, now)
    what = LOOK_AFTER if begun else CALL_IN_TIME
    task = Task(stable_id("t", key), contact.id, contact.patient_id, what, now, due)
    if asked_back or (phones and not open_phones):
        return GivenUp(contact, task)
    messages: list[Message] = []
    if text and open_phones and not begun:
        id_ = stable_id("m", key)
        messages.append(Message(id_, contact.id, contact.patient_id, open_phones[0], text, now))
    deliveries: list[Delivery] = []
    answer = scenario.unreached.answer
    if answer is not None:
        version = visit.version if visit is not None else contact.appointment_version
        deliveries.append(
            Delivery(stable_id("d", key), DeliveryKind.ANSWER, contact.patient_id, contact.appointment_id, version,
                     answer.value, now)
        )  # fmt: skip
    return GivenUp(contact, task, tuple(messages), tuple(deliveries))


def to_word(contact: Contact, scenario: Scenario, now: datetime) -> str:
    """The id of the SMS template that given_up needs the text of, or ''."""
    return scenario.unreached.sms if now < contact.deadline else ""
