"""Calendar months, which are not all of one length."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHORTEST_TWO_MONTHS = timedelta(days=60)


def later_by_months(day: date, months: int) -> date:
    """The same day of the month, so many months later (or earlier, if negative). A day that this month has not
    becomes the first of the next: «через два месяца» after 31 December is 1 March."""
    ahead = day.year * 12 + day.month - 1 + months
    year, month = divmod(ahead, 12)
    try:
        return date(year, month + 1, day.day)
    except ValueError:
        return date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)


def again_after(refused: datetime, months: int, zone: str) -> datetime:
    """The first moment, midnight of a local day, at which somebody who refused may be asked again: so many calendar
    months later. Two months are never fewer than 60 days: 1 January and 59 days are not «через два месяца»."""
    local = refused.astimezone(ZoneInfo(zone))
    day = later_by_months(local.date(), months)
    if months == 2:
        day = max(day, local.date() + SHORTEST_TWO_MONTHS)
    return datetime.combine(day, time(0), local.tzinfo)
