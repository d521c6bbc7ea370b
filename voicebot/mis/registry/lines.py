"""Lines of a table -> visits, each with everything it says; or one sentence about what is wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from voicebot.contacts.model import ClinicBranch, Doctor, Lifecycle, Representative, Sex
from voicebot.dialogue.outcome import Answer
from voicebot.mis.port import BadRecord
from voicebot.mis.registry import cells
from voicebot.mis.registry.cells import BadCell
from voicebot.mis.registry.columns import Column, Header, plain
from voicebot.mis.registry.names import PersonName, person_name, representative_name, sex_of, split_name
from voicebot.mis.registry.table import Cell, Line

T = TypeVar("T")


def stable_id(*parts: str) -> str:
    """The same parts give the same id in every import: 16 hex digits of SHA-256."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """What a line says of consent to advertising. on: the day; None: withdrawn."""

    on: date | None
    text: str = ""
    channel: str = ""


@dataclass(frozen=True, slots=True)
class VisitLine:
    """One line as it was understood. lifecycle and answer are None where the file says nothing."""

    line: int
    name: PersonName
    sex: Sex
    birth_date: date | None
    phones: tuple[str, ...]
    start: datetime
    doctor: Doctor
    branch: ClinicBranch
    number: str = ""
    lifecycle: Lifecycle | None = None
    answer: Answer | None = None
    service: str = ""
    representative: Representative | None = None
    recall_on: date | None = None
    consent: ConsentLine | None = None


@dataclass(slots=True)
class LineReader:
    """Reads lines under one header. zone: where the clinic is, for branches of which nobody has said it.

    zones: the zones of branches by id, as earlier imports and lines have said them.
    bad collects lines that cannot be imported, remarks what was left out of lines that can.
    """

    header: Header
    zone: str
    zones: dict[str, str] = field(default_factory=dict)
    bad: list[BadRecord] = field(default_factory=list)
    remarks: list[BadRecord] = field(default_factory=list)
    _problems: list[str] = field(default_factory=list)

    def read(self, line: Line) -> VisitLine | None:
        self._problems = []
        visit = self._visit(line)
        if self._problems:
            self.bad.append(BadRecord(f"строка {line.number}", "; ".join(self._problems)))
            return None
        return visit

    def _visit(self, line: Line) -> VisitLine | None:
        name = self._name(line)
        representative = self._representative(line)
        phones = self._phones(line, representative)
        birth_date = self._try(lambda: cells.date_in(self._cell(line, Column.BIRTH_DATE), far_past=True))
        sex = self._try(lambda: cells.sex_in(self._cell(line, Column.SEX))) or Sex.UNKNOWN
        branch = self._branch(line)
        start = self._start(line, branch.zone if branch else self.zone)
        doctor = self._doctor(line)
        status = self._try(lambda: cells.status_in(self._cell(line, Column.STATUS)))
        answer = self._try(lambda: cells.answer_in(self._cell(line, Column.ANSWER)))
        if self._problems or name is None or start is None or branch is None or doctor is None:
            return None
        lifecycle = Lifecycle.BOOKED if isinstance(status, Answer) else status
        if isinstance(status, Answer):  # «подтверждён» in the column of statuses
            answer = answer or status
        return VisitLine(
            line=line.number,
            name=name,
            sex=sex if sex is not Sex.UNKNOWN else sex_of(name),
            birth_date=birth_date,
            phones=phones,
            start=start,
            doctor=doctor,
            branch=branch,
            number=self._text(line, Column.NUMBER),
            lifecycle=lifecycle,
            answer=answer,
            service=self._text(line, Column.SERVICE),
            representative=representative,
            recall_on=self._try(lambda: cells.date_in(self._cell(line, Column.RECALL))),
            consent=self._consent(line),
        )

    def _consent(self, line: Line) -> ConsentLine | None:
        """Advertising needs a consent with its day, words and way (38-ФЗ, ст. 18): one that lacks something is told."""
        given = self._try(lambda: cells.consent_in(self._cell(line, Column.CONSENT)))
        day = self._try(lambda: cells.date_in(self._cell(line, Column.CONSENT_DATE)))
        text, channel = self._text(line, Column.CONSENT_TEXT), self._text(line, Column.CONSENT_CHANNEL)
        if given is False:
            return ConsentLine(None)
        if given is None:
            return None
        on = day or (given if isinstance(given, date) else None)
        missing = [what for what, value in (("дня", on), ("текста", text), ("способа", channel)) if not value]
        if missing:
            told = f"согласие на рекламу без {', '.join(missing)}: с рекламой этому пациенту не звоним"
            self.remarks.append(BadRecord(f"строка {line.number}", told))
        return ConsentLine(on, text, channel) if on is not None else None

    def _cell(self, line: Line, column: Column) -> Cell:
        place = self.header.places.get(column)
        if place is None or place >= len(line.cells):
            return None
        cell = line.cells[place]
        return cell.strip() if isinstance(cell, str) else cell

    def _text(self, line: Line, column: Column) -> str:
        return cells.text_of(self._cell(line, column))

    def _try(self, read: Callable[[], T]) -> T | None:
        try:
            return read()
        except BadCell as error:
            self._problems.append(str(error))
            return None

    def _name(self, line: Line) -> PersonName | None:
        whole = self._text(line, Column.FULL_NAME)
        parts = [self._text(line, column) for column in (Column.SURNAME, Column.GIVEN_NAME, Column.PATRONYMIC)]
        # «Фамилия», «Имя», «Отчество» are surer than «ФИО»; some files have both.
        name = self._try(lambda: person_name(*parts) if parts[0] and parts[1] else split_name(whole))
        if name is None:
            return None
        if not name.surname:
            self._problems.append("нет ФИО")
        elif not name.given_name:
            self._problems.append(f"в ФИО «{whole or parts[0]}» нет имени")
        return name

    def _representative(self, line: Line) -> Representative | None:
        text = self._text(line, Column.REPRESENTATIVE)
        phones = self._try(lambda: cells.phones_in(self._cell(line, Column.REPRESENTATIVE_PHONE))) or ()
        if not text:
            if phones:  # whom should the robot ask for there?
                self._problems.append("есть телефон представителя, но нет его имени")
            return None
        name = self._try(lambda: representative_name(text))
        if name is None:
            return None
        return Representative(name.surname, name.given_name, name.patronymic, sex_of(name), phones)

    def _phones(self, line: Line, representative: Representative | None) -> tuple[str, ...]:
        """The patient's own, else those of the representative."""
        first = self._try(lambda: cells.phones_in(self._cell(line, Column.PHONE)))
        if first is None:
            return ()
        try:
            second = cells.phones_in(self._cell(line, Column.PHONE_2))
        except BadCell as error:
            second = ()
            self.remarks.append(BadRecord(f"строка {line.number}", f"второй {error}, он пропущен"))
        phones = tuple(dict.fromkeys((*first, *second))) or (representative.phones if representative else ())
        if not phones:
            self._problems.append("нет телефона")
        return phones

    def _start(self, line: Line, zone: str) -> datetime | None:
        moment = self._try(
            lambda: (
                cells.date_time_in(self._cell(line, Column.DATE_TIME))
                or cells.date_time_in(self._cell(line, Column.DATE))
            )
        )
        before = len(self._problems)
        at = self._try(lambda: cells.time_in(self._cell(line, Column.TIME)))
        if len(self._problems) > before:
            return None
        if moment is None:
            if not any("дат" in problem for problem in self._problems):
                self._problems.append("нет даты визита")
            return None
        day, within = moment
        at = at or within
        if at is None:
            self._problems.append("нет времени визита")
            return None
        return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)

    def _doctor(self, line: Line) -> Doctor | None:
        text = self._text(line, Column.DOCTOR)
        speciality = self._text(line, Column.SPECIALITY)
        name = self._try(lambda: split_name(text) if text else PersonName(""))
        if name is None:
            return None
        id_ = stable_id("doctor", name.key, "" if name.surname else plain(speciality))
        return Doctor(id_, name.surname, name.given_name, name.patronymic, speciality, sex_of(name))

    def _branch(self, line: Line) -> ClinicBranch | None:
        name, address = self._text(line, Column.BRANCH), self._text(line, Column.ADDRESS)
        id_ = stable_id("branch", plain(name) or plain(address))
        zone = self._try(lambda: cells.zone_in(self._cell(line, Column.ZONE)))
        if zone is None:
            return None
        if zone:
            self.zones[id_] = zone
        return ClinicBranch(id_, name, address, self.zones.get(id_, self.zone))
