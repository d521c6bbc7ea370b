"""A finished attempt, as the rules look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from voicebot.contacts.model import Appointment, Attempt, Contact, Patient, Suppression
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Disposition

DISPOSITION_RU: Mapping[Disposition, str] = {
    Disposition.ANSWERED: "ответили",
    Disposition.NO_ANSWER: "не отвечает",
    Disposition.BUSY: "занято",
    Disposition.REJECTED: "вызов сброшен",
    Disposition.BLOCKED: "оператор связи не пропустил звонок",
    Disposition.INVALID_NUMBER: "такого номера нет",
    Disposition.VOICEMAIL: "автоответчик",
    Disposition.FAILED: "сбой на нашей стороне",
    Disposition.INTERRUPTED: "разговор прервался по нашей вине",
}


@dataclass(frozen=True, slots=True)
class Ended:
    """A finished attempt with everything that is known of it.

    contacts: those spoken of, in the order of the conclusions' subjects.
    patient: of the first contact. patients: id -> patient, for a call about several of them.
    visits: contact id -> the visit as read right before dialling.
    texts: (message template id, contact id) -> the rendered SMS.
    suppressions: those in force for these patients and their phones.
    """

    attempt: Attempt
    contacts: tuple[Contact, ...]
    patient: Patient
    visits: Mapping[str, Appointment | None]
    finish: Finish
    texts: Mapping[tuple[str, str], str]
    suppressions: tuple[Suppression, ...] = ()
    patients: Mapping[str, Patient] = field(default_factory=dict)

    def patient_of(self, contact: Contact) -> Patient:
        return self.patients.get(contact.patient_id, self.patient)
