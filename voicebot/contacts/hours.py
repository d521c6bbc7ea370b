"""Calling hours: when a patient may be rung, in the patient's own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

#: One zone for each of the eleven offsets of Russia: an unknown zone may be any of them.
RUSSIAN_ZONES = (
    "Europe/Kaliningrad",
    "Europe/Moscow",
    "Europe/Samara",
    "Asia/Yekaterinburg",
    "Asia/Omsk",
    "Asia/Krasnoyarsk",
    "Asia/Irkutsk",
    "Asia/Yakutsk",
    "Asia/Vladivostok",
    "Asia/Magadan",
    "Asia/Kamchatka",
)

#: How far a free moment is looked for. Longer than the longest run of days without calls that makes sense.
LOOK_DAYS = 62

Window = tuple[time, time]  # [from, to) of the local day
Span = tuple[datetime, datetime]  # [from, to) in UTC


@lru_cache(maxsize=64)
def known_zone(name: str) -> str:
    """The name if it is a zone of the tz database, else ''."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ""
    return name


@lru_cache(maxsize=64)
def _tz(name: str) -> ZoneInfo:
    """zoneinfo itself remembers eight zones and reads the others from the disk again; we have eleven."""
    return ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class CallingHours:
    """The windows of a day in which calls are allowed. House default of DOMAIN rule 1.

    holidays: public holidays, which count as weekends. working: weekend days that were made working days.
    A window ends before its second time: at 20:00 sharp nobody is rung any more. Windows do not cross midnight.
    zone '' or a name that is no zone means unknown: then only moments that are allowed in all eleven zones.
    """

    weekdays: tuple[Window, ...] = ((time(9), time(20)),)
    weekends: tuple[Window, ...] = ((time(10), time(18)),)
    holidays: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()
    _hash: int = field(init=False, repr=False, compare=False, default=0)

    def __post_init__(self) -> None:
        for begin, end in (*self.weekdays, *self.weekends):
            if begin >= end:
                raise ValueError(f"calling hours {begin:%H:%M}-{end:%H:%M} are empty")
        known = hash((self.weekdays, self.weekends, self.holidays, self.working))
        object.__setattr__(self, "_hash", known)

    def __hash__(self) -> int:
        """Worked out once: the spans of a day are looked up by it several times a candidate."""
        return self._hash

    def within(self, weekdays: tuple[Window, ...], weekends: tuple[Window, ...]) -> CallingHours:
        """These hours and no others than those given; () gives no windows of its own and changes nothing."""
        return replace(
            self,
            weekdays=_common(self.weekdays, weekdays) if weekdays else self.weekdays,
            weekends=_common(self.weekends, weekends) if weekends else self.weekends,
        )

    def is_weekend(self, day: date) -> bool:
        """Whether this local day has the hours of a weekend."""
        if day in self.working:
            return False
        return day in self.holidays or day.weekday() >= 5

    def windows(self, day: date) -> tuple[Window, ...]:
        return self.weekends if self.is_weekend(day) else self.weekdays

    def allowed(self, moment: datetime, zone: str) -> bool:
        """Whether a call may be placed at this (aware) moment."""
        zones = _zones(zone)
        if len(zones) == 1:
            return self._allowed_in(moment, _tz(zones[0]))
        today = moment.astimezone(UTC).date()
        near = (span for n in (-1, 0, 1) for span in self._spans(today + timedelta(days=n), zone))
        return any(begin <= moment < end for begin, end in near)

    def next_allowed(self, moment: datetime, zone: str) -> datetime | None:
        """The first allowed moment at or after this one, in UTC; None when there is none in two months."""
        today = moment.astimezone(UTC).date()
        for n in range(-1, LOOK_DAYS):
            for begin, end in self._spans(today + timedelta(days=n), zone):
                if end > moment:
                    return max(begin, moment.astimezone(UTC))
        return None

    def latest_allowed(self, moment: datetime, zone: str) -> datetime | None:
        """The last allowed moment at or before this one, to the minute; None when there is none in two months."""
        today = moment.astimezone(UTC).date()
        for n in range(1, -LOOK_DAYS, -1):
            for begin, end in reversed(self._spans(today + timedelta(days=n), zone)):
                if begin <= moment:
                    return max(begin, min(moment.astimezone(UTC), end - timedelta(minutes=1)))
        return None

    def next_day(self, moment: datetime, zone: str) -> datetime | None:
        """The first allowed moment of a later local day than this moment's."""
        local = moment.astimezone(_tz(_zones(zone)[0]))
        midnight = datetime.combine(local.date() + timedelta(days=1), time(0), local.tzinfo)
        return self.next_allowed(midnight, zone)

    def has_hours(self, day: date, zone: str) -> bool:
        """Whether there is any allowed moment on this local day; of an unknown zone, one that is allowed in all."""
        return bool(self._spans(day, zone))

    def latest_start(self, deadline: datetime, zone: str, tries: int, apart: timedelta) -> datetime | None:
        """The latest allowed moment from which so many tries, so far apart, all lie in allowed hours
        at or before the deadline. None when there is none in two months."""
        moment = self.latest_allowed(deadline, zone)
        for _ in range(tries - 1):
            if moment is None:
                return None
            moment = self.latest_allowed(moment - apart, zone)
        return moment

    def _allowed_in(self, moment: datetime, zone: ZoneInfo) -> bool:
        local = moment.astimezone(zone)
        now = local.time().replace(tzinfo=None)
        return any(begin <= now < end for begin, end in self.windows(local.date()))

    def _spans(self, day: date, zone: str) -> tuple[Span, ...]:
        """The allowed spans of this local day (of the westernmost zone, when the zone is unknown), in order."""
        return _spans_of(self, day, known_zone(zone) if zone else "")


@lru_cache(maxsize=8192)  # planning asks for the same few days of the same few zones for every patient
def _spans_of(hours: CallingHours, day: date, zone: str) -> tuple[Span, ...]:
    first, *others = _zones(zone)
    common = _day(hours, day, first)
    for name in others:
        # A day further east may have begun the evening before: its neighbours are looked at as well.
        near = [span for d in (-1, 0, 1) for span in _day(hours, day + timedelta(days=d), name)]
        common = _meet(common, near)
        if not common:
            break
    return tuple(common)


def _day(hours: CallingHours, day: date, zone: str) -> list[Span]:
    tz = _tz(zone)
    return [
        (datetime.combine(day, begin, tz).astimezone(UTC), datetime.combine(day, end, tz).astimezone(UTC))
        for begin, end in sorted(hours.windows(day))
    ]


def _zones(zone: str) -> tuple[str, ...]:
    name = known_zone(zone) if zone else ""
    return (name,) if name else RUSSIAN_ZONES


def _common(ones: Sequence[Window], others: Sequence[Window]) -> tuple[Window, ...]:
    met = ((max(a[0], b[0]), min(a[1], b[1])) for a in ones for b in others)
    return tuple(sorted(window for window in met if window[0] < window[1]))


def _meet(ones: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What two lists of spans have in common, in order."""
    met = ((max(a[0], b[0]), min(a[1], b[1])) for a in ones for b in others)
    return sorted(span for span in met if span[0] < span[1])
