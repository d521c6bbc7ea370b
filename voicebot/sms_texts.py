"""The words of an SMS, made of the facts of a visit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from voicebot.contacts.model import Appointment, Patient
from voicebot.language.facts import facts_of, patient_facts
from voicebot.language.writing import message_text


@dataclass(frozen=True)
class SmsTexts:
    """engine.caller.Texts: words an SMS from the facts of a visit."""

    clinic_name: str

    def message(self, template: str, patient: Patient, appointment: Appointment | None, now: datetime) -> str:
        if appointment is None:
            return message_text(template, patient_facts(patient, self.clinic_name), now)
        return message_text(template, facts_of(patient, appointment, self.clinic_name, 1, 1, now), now)
