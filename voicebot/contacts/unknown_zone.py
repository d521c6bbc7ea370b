"""What is said of patients whose time zone nobody knows: they may be in any of the eleven (DOMAIN rule 1)."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from voicebot.contacts.hours import RUSSIAN_ZONES, CallingHours, known_zone

ANY_ZONE = "часовой пояс пациента не известен: звоним, когда можно во всех одиннадцати поясах"
NOT_TODAY = (
    "часовой пояс пациента не известен, а в выходные и праздники нет часа, когда можно звонить во всех одиннадцати "
    "поясах: звоним в ближайший будний день"
)


def unknown_zone(hours: CallingHours, moment: datetime, zone: str) -> str:
    """What has to be known of a call that was wanted at this moment; '' where the zone is known. The days are those of
    the westernmost zone, as in CallingHours."""
    if known_zone(zone) if zone else "":
        return ""
    day = moment.astimezone(ZoneInfo(RUSSIAN_ZONES[0])).date()
    return ANY_ZONE if hours.has_hours(day, "") or not hours.is_weekend(day) else NOT_TODAY
