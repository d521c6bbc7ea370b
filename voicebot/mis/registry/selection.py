"""Candidates of campaigns out of the registry: SQL narrows down by indexes, a batch of patients at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from voicebot.contacts.campaign import Campaign, Candidate, Segment, TriggerKind
from voicebot.contacts.hours import known_zone
from voicebot.contacts.model import Appointment, Lifecycle, Patient
from voicebot.contacts.months import later_by_months
from voicebot.contacts.planning import zone_of
from voicebot.mis.port import BadRecord
from voicebot.mis.registry.models import AppointmentRow, PatientRow
from voicebot.mis.registry.people import References, patients_of, shared_phones
from voicebot.mis.registry.rows import Row, UnknownStatus, to_appointment
from voicebot.mis.selecting import CandidateBatch
from voicebot.sql.engine import Database
from voicebot.sql.statements import among, chunks

BATCH = 2_000  # visits, or patients by their date, that are looked at together
CARDS = 20_000  # cards whose visits are looked through together, of which few may be meant
#: Visits are looked at this much before a call is due: calling hours may move it earlier.
AHEAD = timedelta(days=3)
#: What was to be called about so long ago is not called about any more.
LATE = timedelta(days=3)
#: A preventive date is kept by a visit at most this much earlier; one of more than a year ago is forgotten.
KEPT_BEFORE = timedelta(days=30)
RECALL_FOR = timedelta(days=366)
#: The patient's local day may have begun, or not be over yet, when by UTC it is another.
ZONES_APART = timedelta(hours=14)

#: Visits in the past that took place. Many a clinic never marks them: one that is still «записан» counts as well,
#: because to invite somebody who was here last week is worse than to invite nobody.
CAME = (Lifecycle.DONE.value, Lifecycle.ARRIVED.value, Lifecycle.BOOKED.value)

_a, _p = AppointmentRow, PatientRow
#: What a visit is made of: not when and by which line of a table it was changed.
_VISIT = (_a.id, _a.version, _a.patient_id, _a.start, _a.doctor_id, _a.branch_id, _a.lifecycle, _a.answer, _a.service)


@dataclass(frozen=True, slots=True)
class _Found:
    """One row of a selection before it is a candidate."""

    patient_id: str
    visit: Row | None  # the visit that it is about, or the last one
    next_visit: datetime | None = None
    recall_on: date | None = None


class Selection:
    """The searches of one registry."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def candidates(self, campaign: Campaign, now: datetime) -> AsyncIterator[CandidateBatch]:
        """See mis.selecting.Selecting."""
        kind = campaign.trigger.kind
        if kind is TriggerKind.NO_VISIT_FOR:
            pages = self._long_away(campaign, now)
        elif kind is TriggerKind.RECALL_DATE:
            pages = self._to_recall(campaign, now)
        else:
            pages = self._visits(campaign, now)
        references = References()
        async for page in pages:
            if page:
                yield await self._batch(campaign, page, references)

    async def next_visits(self, patient_ids: Sequence[str], now: datetime) -> dict[str, datetime]:
        """See mis.selecting.Selecting."""
        booked = and_(_a.lifecycle == Lifecycle.BOOKED.value, _a.start > now)
        found: dict[str, datetime] = {}
        for ids in chunks(patient_ids):
            first = select(_a.patient_id, func.min(_a.start).label("next")).where(self._among(ids), booked)
            found.update({row["patient_id"]: row["next"] for row in await self._rows(first.group_by(_a.patient_id))})
        return found

    async def _batch(self, campaign: Campaign, page: Sequence[_Found], references: References) -> CandidateBatch:
        async with self._database.reading() as connection:
            await references.learn(connection, [found.visit for found in page if found.visit is not None])
            patients, bad = await patients_of(connection, list(dict.fromkeys(found.patient_id for found in page)))
            phones = [phone for patient in patients.values() for phone in patient.phones]
            shared = await shared_phones(connection, phones)
        made: list[Candidate] = []
        for found in page:
            patient = patients.get(found.patient_id)
            if patient is None:
                continue
            try:
                visit = None if found.visit is None else to_appointment(found.visit, *references.of(found.visit))
            except UnknownStatus as error:
                bad.append(BadRecord(f"визит {found.visit['id'] if found.visit else ''}", str(error)))
                continue
            made.append(_candidate(campaign, found, patient, visit))
        return CandidateBatch(tuple(made), tuple(bad), shared)

    # By visits ------------------------------------------------------------------------------

    async def _visits(self, campaign: Campaign, now: datetime) -> AsyncIterator[Sequence[_Found]]:
        """Visits of any lifecycle whose moment is near: the rules say why some of them are not called about."""
        begin, end = _window(campaign, now)
        statement = (
            select(*_VISIT)
            .join(_p, _p.id == _a.patient_id)
            .where(_a.start >= begin, _a.start < end, *_person(campaign.segment, now), *_visit(campaign.segment))
            .order_by(_a.start, _a.id)
            .limit(BATCH)
        )
        after: tuple[datetime, str] | None = None
        while True:
            rows = await self._rows(_beyond(statement, (_a.start, _a.id), after))
            if not rows:
                return
            after = rows[-1]["start"], rows[-1]["id"]
            booked = await self.next_visits(sorted({row["patient_id"] for row in rows}), now)
            yield [_Found(row["patient_id"], row, booked.get(row["patient_id"])) for row in rows]

    # By patients ----------------------------------------------------------------------------

    async def _long_away(self, campaign: Campaign, now: datetime) -> AsyncIterator[Sequence[_Found]]:
        """Patients in the order of their ids, so many cards at a time, however few of them are meant."""
        local = now.astimezone(ZoneInfo("Europe/Moscow")).date()
        since = _midnight(later_by_months(local, -campaign.trigger.months)) + ZONES_APART
        after = ""
        while True:
            cards = select(_p.id).where(_p.id > after).order_by(_p.id).limit(CARDS).subquery()
            upto = (await self._rows(select(func.max(cards.c.id).label("upto"))))[0]["upto"]
            if upto is None:
                return
            within = and_(_a.patient_id > after, _a.patient_id <= upto)
            # The cards are bounded as well: PostgreSQL would look through all there are for each few of them.
            whom = (_p.id > after, _p.id <= upto, *_person(campaign.segment, now))
            yield await self._with_last_visits(campaign, now, within, since, whom)
            after = upto

    async def _to_recall(self, campaign: Campaign, now: datetime) -> AsyncIterator[Sequence[_Found]]:
        """Patients whose preventive date has come and who have not been here about it."""
        today = (now + ZONES_APART).date()
        statement = (
            select(_p.id, _p.recall_on)
            .where(_p.recall_on <= today, _p.recall_on >= today - RECALL_FOR, *_person(campaign.segment, now))
            .order_by(_p.recall_on, _p.id)
            .limit(BATCH)
        )
        after: tuple[date, str] | None = None
        while True:
            rows = await self._rows(_beyond(statement, (_p.recall_on, _p.id), after))
            if not rows:
                return
            after = rows[-1]["recall_on"], rows[-1]["id"]
            dates = {row["id"]: row["recall_on"] for row in rows}
            within = self._among(list(dates))
            known = {f.patient_id: f for f in await self._with_last_visits(campaign, now, within, None)}
            yield [
                _Found(id_, found.visit, found.next_visit, day)
                for id_, day in dates.items()
                for found in [known.get(id_, _Found(id_, None))]
                if not _kept(found, day) and (found.visit is not None or not _asks_for_visit(campaign.segment))
            ]

    async def _with_last_visits(
        self,
        campaign: Campaign,
        now: datetime,
        within: ColumnElement[bool],
        before: datetime | None,
        whom: Sequence[ColumnElement[bool]] = (),
    ) -> list[_Found]:
        """The patients of these visits with their last one, if it was before that moment and is what the segment
        wants; None for any moment, also for none. whom: what their cards must be, where that is not known yet."""
        segment = campaign.segment
        came = and_(_a.lifecycle.in_(CAME), _a.start <= now)
        booked = and_(_a.lifecycle == Lifecycle.BOOKED.value, _a.start > now)
        ends = (
            select(
                _a.patient_id,
                func.max(case((came, _a.start))).label("last"),
                func.min(case((booked, _a.start))).label("next"),
            )
            .where(within)
            .group_by(_a.patient_id)
            .subquery()
        )
        last = and_(_a.patient_id == ends.c.patient_id, _a.start == ends.c.last, _a.lifecycle.in_(CAME))
        statement = (
            select(ends.c.patient_id.label("who"), ends.c.next, *_VISIT)
            .select_from(ends.join(_p, _p.id == ends.c.patient_id) if whom else ends)
            .outerjoin(_a, last)
            .where(*whom, *_visit(segment), *_last_visit(segment))
            .order_by(ends.c.patient_id, _a.id)
        )
        if before is not None:
            statement = statement.where(ends.c.last <= before)
        found: dict[str, _Found] = {}
        for row in await self._rows(statement):
            visit = row if row["id"] is not None else None
            found.setdefault(row["who"], _Found(row["who"], visit, row["next"]))
        return list(found.values())

    def _among(self, patient_ids: Sequence[str]) -> ColumnElement[bool]:
        return among(self._database.url.get_backend_name(), _a.patient_id, patient_ids)

    async def _rows(self, statement: Any) -> list[Row]:
        async with self._database.reading() as connection:
            result = await connection.execute(statement)
            names = tuple(result.keys())  # row.mappings() takes five times as long for many rows
            return [dict(zip(names, row, strict=True)) for row in result.all()]


def _beyond(statement: Any, keys: tuple[Any, Any], after: tuple[Any, str] | None) -> Any:
    """The rows behind this one, by an index on the keys."""
    if after is None:
        return statement
    first, second = keys
    return statement.where(first >= after[0], or_(first > after[0], second > after[1]))


def _window(campaign: Campaign, now: datetime) -> tuple[datetime, datetime]:
    """[begin, end) of the visits that a campaign may call about at this moment."""
    spans = campaign.trigger.spans or (timedelta(0),)
    if campaign.trigger.kind is TriggerKind.BEFORE_VISIT:
        return now, now + max(spans) + AHEAD
    return now - max(spans) - LATE, now


def _candidate(campaign: Campaign, found: _Found, patient: Patient, visit: Appointment | None) -> Candidate:
    kind = campaign.trigger.kind
    if visit is not None and kind not in (TriggerKind.RECALL_DATE, TriggerKind.NO_VISIT_FOR):
        span = max(campaign.trigger.spans, default=timedelta(0))
        due = visit.start - span if kind is TriggerKind.BEFORE_VISIT else visit.start + span
        # Not the version: a bill that is written after the visit is no new reason to call.
        occasion = f"{visit.id}@{visit.start.astimezone(UTC):%Y-%m-%dT%H:%M}"
        return Candidate(patient, visit, occasion, due, next_visit=found.next_visit)
    local = ZoneInfo(known_zone(zone_of(patient, visit)) or "Europe/Moscow")
    last = visit.start if visit is not None else None
    if found.recall_on is not None:
        day, occasion = found.recall_on, f"recall {found.recall_on}"
    else:
        assert last is not None  # selected by it
        away = last.astimezone(local).date()
        day, occasion = later_by_months(away, campaign.trigger.months), f"away since {away}"
    due = datetime.combine(day, time(0), local)
    return Candidate(patient, None, occasion, due, last, found.next_visit, visit)


def _kept(found: _Found, day: date) -> bool:
    """Whether the patient has come about this preventive date already."""
    return found.visit is not None and found.visit["start"] >= _midnight(day) - KEPT_BEFORE


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), UTC)


# The segment as SQL: wide at the edges of days, because contacts.segments decides exactly -------


def _person(segment: Segment, now: datetime) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = []
    if segment.sex is not None:
        wanted.append(_p.sex == segment.sex.value)
    if segment.age_from is not None or segment.age_to is not None:
        oldest = segment.age_to if segment.age_to is not None else 200
        earliest = later_by_months((now - ZONES_APART).date(), -12 * (oldest + 1))
        latest = later_by_months((now + ZONES_APART).date(), -12 * (segment.age_from or 0))
        wanted.append(and_(_p.birth_date >= earliest, _p.birth_date <= latest))
    return wanted


def _visit(segment: Segment) -> list[ColumnElement[bool]]:
    asked = ((segment.branches, _a.branch_id), (segment.doctors, _a.doctor_id), (segment.services, _a.service))
    return [column.in_(values) for values, column in asked if values]


def _asks_for_visit(segment: Segment) -> bool:
    """Whether only somebody who has been here can be meant."""
    return bool(segment.branches or segment.doctors or segment.services
                or segment.last_visit_from or segment.last_visit_to)  # fmt: skip


def _last_visit(segment: Segment) -> list[ColumnElement[bool]]:
    wanted = []
    if segment.last_visit_from is not None:
        wanted.append(_a.start >= _midnight(segment.last_visit_from) - ZONES_APART)
    if segment.last_visit_to is not None:
        wanted.append(_a.start < _midnight(segment.last_visit_to + timedelta(days=1)) + ZONES_APART)
    return wanted
