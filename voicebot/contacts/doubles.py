"""Several records of one person: they are called once."""

from __future__ import annotations

from collections.abc import Iterable

from voicebot.contacts.model import Patient


def person_keys(patient: Patient) -> tuple[str, ...]:
    """One key a phone, made of name, birth date and phone; two records that share one are one person. () for a record
    without birth date or phone: a name alone is no person."""
    if patient.birth_date is None:
        return ()
    name = f"{patient.surname} {patient.given_name} {patient.patronymic}".lower().replace("ё", "е")
    who = "|".join((*name.split(), patient.birth_date.isoformat()))
    return tuple(f"{who}|{phone}" for phone in dict.fromkeys(patient.phones))


def doubles(patients: Iterable[Patient]) -> dict[str, str]:
    """id of a record -> id of the earlier record of the same person, which is called instead. The order of the
    patients decides who comes first: sort by id for a result that does not change."""
    first: dict[str, str] = {}
    found: dict[str, str] = {}
    for patient in patients:
        keys = person_keys(patient)
        kept = next((first[k] for k in keys if k in first), patient.id)
        if kept != patient.id:
            found[patient.id] = kept
        for key in keys:
            first.setdefault(key, kept)
    return found
