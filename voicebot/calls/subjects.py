"""What a call knows: the facts of each visit that it is about, and the names that may be said in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from voicebot.contacts.families import same_person
from voicebot.contacts.model import Patient
from voicebot.engine.caller import CallOrder
from voicebot.language.facts import Extras, Fact, Person, facts_of, name_words, patient_facts

#: Who rings from a number that nobody knows.
NOBODY = Patient("", "", "")


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
    extras = Extras(_person(order.patient))
    return found or [patient_facts(order.patient, clinic_name, extras, now)]  # about no visit


def _person(patient: Patient) -> Person | None:
    who = patient.representative
    return Person(who.surname, who.given_name, who.patronymic, who.sex) if who is not None else None


def names_in(order: CallOrder) -> frozenset[str]:
    """The names that may be said in answer to "is this …?": of everybody whom the call asks for or is about."""
    words: set[str] = set()
    for patient in (order.patient, *order.patients):
        who = patient.spoken_to
        words |= name_words(patient)
        words |= name_words(replace(patient, surname=who.surname, given_name=who.given_name, patronymic=who.patronymic))
    return frozenset(words)
