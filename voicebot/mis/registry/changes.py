"""What a file changes in the registry: pure, so that the preview and the import cannot differ.

A patient is known again by name and one shared phone, unless the birth dates contradict each other. A visit is
known again by its number, or by patient and moment, so that files with and without numbers mix. A line that is
the same as at its last import changes nothing, whatever the robot or the staff have written since.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

from voicebot.contacts.model import ClinicBranch, Doctor, Lifecycle, Patient, Representative, Sex
from voicebot.dialogue.outcome import Answer
from voicebot.mis.port import BadRecord
from voicebot.mis.registry.lines import ConsentLine, VisitLine, stable_id
from voicebot.mis.registry.names import PersonName

NUMBERED = "n-"


@dataclass(frozen=True, slots=True)
class Counts:
    new: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """A row of the registry's appointment table. lifecycle and answer as stored: any text."""

    id: str
    version: int
    patient_id: str
    start: datetime
    doctor_id: str
    branch_id: str
    lifecycle: str
    answer: str
    service: str
    imported: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What to write. Unchanged patients and visits are only counted."""

    patients: tuple[Patient, ...]
    visits: tuple[BookedVisit, ...]
    doctors: tuple[Doctor, ...]
    branches: tuple[ClinicBranch, ...]
    patient_counts: Counts
    visit_counts: Counts
    bad: tuple[BadRecord, ...]
    remarks: tuple[BadRecord, ...]
    recalls: Mapping[str, date]  # patient id -> when the doctor wants to see them again
    consents: Mapping[str, ConsentLine]  # patient id -> what was said last of advertising


@dataclass(slots=True)
class People:
    """Patients by name and phone: those of the registry, then those of the file as they come."""

    stored: Mapping[str, Patient]
    current: dict[str, Patient] = field(default_factory=dict)
    _by_key: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for patient in self.stored.values():
            self.current[patient.id] = patient
            self._remember(patient)

    def of(self, line: VisitLine, seen: dict[str, list[str]]) -> str:
        """The id of the patient of this line, made if need be. seen: the phones of each patient in this file."""
        id_ = self._known(line)
        if id_ is None:
            birth = line.birth_date.isoformat() if line.birth_date else ""
            id_ = stable_id("patient", line.name.key, line.phones[0], birth)
            self.current[id_] = Patient(id_, line.name.surname, line.name.given_name, line.name.patronymic)
        old = self.current[id_]
        phones = seen.setdefault(id_, [])
        phones += [phone for phone in line.phones if phone not in phones]
        # Numbers that the file does not name stay behind those that it does: an import deletes nothing.
        earlier = self.stored[id_].phones if id_ in self.stored else ()
        self.current[id_] = replace(
            old,
            surname=line.name.surname,
            given_name=line.name.given_name,
            patronymic=line.name.patronymic,
            sex=line.sex if line.sex is not Sex.UNKNOWN else old.sex,
            birth_date=line.birth_date or old.birth_date,
            phones=tuple(dict.fromkeys((*phones, *earlier))),
            representative=_representative(line.representative, old.representative),
        )
        self._remember(self.current[id_])
        return id_

    def _known(self, line: VisitLine) -> str | None:
        same = {id_ for phone in line.phones for id_ in self._by_key.get((line.name.key, phone), ())}
        exact = [id_ for id_ in same if self.current[id_].birth_date == line.birth_date]
        vague = [id_ for id_ in same if not (self.current[id_].birth_date and line.birth_date)]
        return min(exact, default=None) or min(vague, default=None)

    def _remember(self, patient: Patient) -> None:
        key = PersonName(patient.surname, patient.given_name, patient.patronymic).key
        for phone in patient.phones:
            ids = self._by_key.setdefault((key, phone), [])
            if patient.id not in ids:
                ids.append(patient.id)


def _representative(new: Representative | None, old: Representative | None) -> Representative | None:
    """As the file says; one of whom it is silent stays, and so do the phones of one whom it names again."""
    if new is None or old is None or _key(new) != _key(old):
        return new or old
    return replace(new, phones=tuple(dict.fromkeys((*new.phones, *old.phones))))


def _key(who: Representative) -> str:
    return PersonName(who.surname, who.given_name, who.patronymic).key


@dataclass(slots=True)
class Visits:
    """Visits of the registry by id, and all that are known by patient and moment."""

    stored: Mapping[str, BookedVisit]
    _by_moment: dict[tuple[str, datetime], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for visit in self.stored.values():
            self._by_moment[visit.patient_id, visit.start] = visit.id

    def id_of(self, line: VisitLine, patient_id: str) -> str:
        moment = (patient_id, line.start)
        numbered = f"{NUMBERED}{line.number}" if line.number else ""
        at_moment = self._by_moment.get(moment, "")
        # Two numbers at one moment are two visits; a number and none are one.
        if numbered in self.stored or (numbered and at_moment.startswith(NUMBERED)):
            return numbered
        made = numbered or stable_id("visit", patient_id, line.start.astimezone(UTC).isoformat())
        return self._by_moment.setdefault(moment, made)


def work_out(lines: Sequence[VisitLine], patients: Mapping[str, Patient], visits: Mapping[str, BookedVisit]) -> Changes:
    """patients, visits: what the registry holds of those that the lines may mean, by id."""
    people, known = People(patients), Visits(visits)
    seen: dict[str, list[str]] = {}
    first: dict[str, VisitLine] = {}
    owner: dict[str, str] = {}
    bad: list[BadRecord] = []
    remarks: list[BadRecord] = []
    for line in lines:
        patient_id = people.of(line, seen)
        id_ = known.id_of(line, patient_id)
        if id_ not in first:
            first[id_], owner[id_] = line, patient_id
            continue
        place = f"строка {line.line}"
        if owner[id_] == patient_id and _content(first[id_]) == _content(line):
            remarks.append(BadRecord(place, f"повторяет строку {first[id_].line} и пропущена"))
        else:
            bad.append(BadRecord(place, f"противоречит строке {first[id_].line}: это один и тот же визит"))
    booked = {id_: _booked(id_, owner[id_], line, visits.get(id_)) for id_, line in first.items()}
    written = [visit for id_, visit in booked.items() if visit != visits.get(id_)]
    told = sorted((first[visit.id] for visit in written), key=lambda line: (line.start, line.line))
    of = {line.line: owner[id_] for id_, line in first.items()}
    return Changes(
        patients=tuple(people.current[id_] for id_ in seen if people.current[id_] != patients.get(id_)),
        visits=tuple(written),
        doctors=tuple({line.doctor.id: line.doctor for line in first.values()}.values()),
        branches=tuple({line.branch.id: line.branch for line in first.values()}.values()),
        patient_counts=_count((people.current[id_], patients.get(id_)) for id_ in seen),
        visit_counts=_count_visits(booked, visits),
        bad=tuple(bad),
        remarks=tuple(remarks),
        recalls={of[line.line]: line.recall_on for line in told if line.recall_on is not None},
        consents={of[line.line]: line.consent for line in told if line.consent is not None},
    )


def _content(line: VisitLine) -> tuple[object, ...]:
    said = (line.start, line.doctor.id, line.branch.id, line.lifecycle, line.answer, line.service)
    # Only where a file has these columns: others keep the fingerprints that they had.
    return (*said, line.recall_on, line.consent) if line.recall_on or line.consent else said


def _booked(id_: str, patient_id: str, line: VisitLine, old: BookedVisit | None) -> BookedVisit:
    fingerprint = stable_id(patient_id, *(str(part) for part in _content(line)))
    if old is not None and old.imported == fingerprint:
        return old
    new = BookedVisit(
        id=id_,
        version=1,
        patient_id=patient_id,
        start=line.start,
        doctor_id=line.doctor.id,
        branch_id=line.branch.id,
        lifecycle=(line.lifecycle or Lifecycle.BOOKED).value,
        answer=(line.answer or Answer.UNKNOWN).value,
        service=line.service,
        imported=fingerprint,
    )
    if old is None:
        return new
    # What the file does not say stays, but an answer was given to one moment: a visit that moved has none.
    moved = old.start != line.start
    new = replace(
        new,
        version=old.version,
        lifecycle=old.lifecycle if line.lifecycle is None else new.lifecycle,
        answer=old.answer if line.answer is None and not moved else new.answer,
        service=new.service or old.service,
    )
    return new if _same(new, old) else replace(new, version=old.version + 1)


def _same(new: BookedVisit, old: BookedVisit) -> bool:
    """Alike but for the fingerprint: «записан» was added to a line of a visit that is booked anyway."""
    return replace(new, imported=old.imported) == old


def _count(pairs: Iterable[tuple[Patient, Patient | None]]) -> Counts:
    new = changed = unchanged = 0
    for now, before in pairs:
        new += before is None
        changed += before is not None and now != before
        unchanged += now == before
    return Counts(new, changed, unchanged)


def _count_visits(booked: Mapping[str, BookedVisit], visits: Mapping[str, BookedVisit]) -> Counts:
    new = sum(id_ not in visits for id_ in booked)
    unchanged = sum(id_ in visits and _same(visit, visits[id_]) for id_, visit in booked.items())
    return Counts(new, len(booked) - new - unchanged, unchanged)
