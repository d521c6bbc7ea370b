"""The rules of calling as settings: hours, limits, the dialling lock. Built from the settings, used by pure code."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from voicebot.contacts.caller_ids import CallerIds
from voicebot.contacts.hours import CallingHours
from voicebot.dialogue.scenario import Hours, Scenario

#: Numbers that ring nobody: possible, valid nowhere, taken by the simulated city only.
CITY_PREFIX = "+7888"


@dataclass(frozen=True, slots=True)
class DiallingLock:
    """DOMAIN rule 14: until an operator has set all three, only the simulated city can be rung."""

    live: bool = False
    caller_id: str = ""
    allowed_prefixes: tuple[str, ...] = ("+7",)
    city_prefix: str = CITY_PREFIX  # '' where the line does not lead to the city

    def bad_number(self, phone: str) -> str:
        """Why this is no number that may ever be rung, in Russian, or ''."""
        digits = phone[1:]
        if not phone.startswith("+") or not (digits.isascii() and digits.isdigit()):
            return "номер записан не в международном виде (+7…)"
        if phone.startswith("+7") and len(digits) != 11:
            return "в номере не одиннадцать цифр"
        if not 8 <= len(digits) <= 15:
            return "короткий номер" if len(digits) < 8 else "в номере слишком много цифр"
        if self.is_city(phone):
            return ""
        if not any(_covers(prefix, phone) for prefix in self.allowed_prefixes if prefix):
            return "номер вне разрешённых направлений (" + ", ".join(self.allowed_prefixes) + ")"
        return ""

    def is_city(self, phone: str) -> bool:
        """Whether this is a number of the simulated city."""
        return bool(self.city_prefix) and phone.startswith(self.city_prefix)

    def locked(self, phone: str) -> str:
        """Why this number must not be rung as things are set now, in Russian, or ''."""
        if self.is_city(phone):
            return ""
        if not self.live:
            return "звонки заперты: в настройках нет live: true, звонить можно только в учебный город"
        if not self.caller_id:
            return "звонки заперты: не задан исходящий номер (caller_id)"
        if not any(self.allowed_prefixes):
            return "звонки заперты: не заданы разрешённые направления"
        return ""


def _covers(prefix: str, phone: str) -> bool:
    """Kazakhstan shares +7 with Russia (+76, +77): a foreign country, unless it is named itself."""
    if prefix == "+7" and phone[:3] in ("+76", "+77"):
        return False
    return phone.startswith(prefix)


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that decides whether and when a call is placed, apart from the scenario."""

    hours: CallingHours = field(default_factory=CallingHours)
    lock: DiallingLock = field(default_factory=DiallingLock)
    conversations_a_day: int = 1  # DOMAIN rule 2
    contacts_a_month: int = 3  # the same rule; reminders are free of it
    patients_a_call: int = 6  # DOMAIN rule 3: more patients than this behind one phone are called in several calls
    spread: timedelta = timedelta(hours=1)  # first calls are spread over this much (rule 4)
    retry_spread: timedelta = timedelta(minutes=10)  # retries are later than `every` by at most this
    lead: timedelta = timedelta(minutes=10)  # no call begins later than this before the visit
    call_late_bookings: bool = True  # a visit booked after its due moment: in the next window, or not at all
    callback_default: timedelta = timedelta(hours=1)  # "перезвоните" without a time
    failed_retry: timedelta = timedelta(minutes=10)  # after a failure of ours, which uses up no attempt
    lock_retry: timedelta = timedelta(minutes=15)
    mis_fresh_for: timedelta = timedelta(minutes=15)  # rule 16: a copy this young may be dialled by
    mis_retry: timedelta = timedelta(minutes=5)
    refused_months: int = 2  # M7: who refused an invitation is invited again after so many calendar months
    invitation_for: timedelta = timedelta(days=14)  # a contact without a visit to come is given up after so long
    hold_out_key: bytes = field(default=b"", repr=False)
    calls_per_administrator: float = 1.0  # M7: invitations in progress for each free administrator
    caller_ids: CallerIds = field(default_factory=CallerIds)

    def of(self, scenario: Scenario) -> Rules:
        """The rules for calls of this scenario: its own calling hours, inside those of the house."""
        return self.during(scenario.hours)

    def during(self, hours: Hours | None) -> Rules:
        """The rules with the calling hours of a scenario or a campaign, inside those that hold already."""
        if hours is None:
            return self
        return replace(self, hours=self.hours.within(hours.weekdays, hours.weekends))

    def scatter(self, after: timedelta) -> timedelta:
        """By how much a retry that is due after so long may be later: calls do not clump, short waits stay short."""
        return min(self.retry_spread, after / 5)
