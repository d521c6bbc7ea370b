"""What a period cost, and a book of Excel in which no name is a formula."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from voicebot.contacts.model import Contact, ContactStatus, Message, Patient, Task
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.reports.economics import Prices, economics, paid_minutes, sms_segments
from voicebot.reports.workbook import Report, write
from voicebot.store.port import CallRow
from voicebot.store.staff import OutcomeLine

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PRICES = Prices(minute=2.0, sms=5.0, visit=1000.0)
CALL = CallRow("a1", "a1", "+78880000101", "recall", "1", NOW, NOW, NOW + timedelta(seconds=61), Disposition.ANSWERED)
MISSED = replace(CALL, id="a2", answered_at=None, disposition=Disposition.NO_ANSWER)
CONTACT = Contact("c1", "p1", "visit_reminder", "v1", "1", ContactStatus.REACHED, NOW, NOW, campaign_id="recall")
PATIENT = Patient("p1", "=1+1", "Анна", phones=("+78880000101",))


@pytest.mark.parametrize(
    ("text", "segments"),
    [("я" * 70, 1), ("я" * 71, 2), ("я" * 134, 2), ("я" * 135, 3), ("a" * 160, 1), ("a" * 161, 2), ("👍" * 35, 1),
     ("👍" * 36, 2), ("", 1)],
)  # fmt: skip
def test_m8_an_sms_is_counted_by_its_parts(text: str, segments: int) -> None:
    assert sms_segments(text) == segments


@pytest.mark.parametrize(
    ("seconds", "step", "minutes"), [(0, 60, 0), (1, 60, 1), (60, 60, 1), (61, 60, 2), (61, 1, 61 / 60)]
)
def test_a_call_is_paid_for_in_steps(seconds: int, step: int, minutes: float) -> None:
    assert paid_minutes(replace(CALL, ended_at=NOW + timedelta(seconds=seconds)), step) == minutes


def test_what_a_period_cost_and_brought() -> None:
    outcomes = [OutcomeLine(NOW, "a1", CONTACT, Outcome.CONFIRMED), OutcomeLine(NOW, "a1", CONTACT, Outcome.DECLINED)]
    messages = [Message("m1", "c1", "p1", "+78880000101", "я" * 71, NOW)]
    found = economics([CALL, MISSED], outcomes, messages, 3, PRICES)
    assert (found.calls, found.answered, found.minutes, found.segments) == (2, 1, 2, 2)
    assert (found.confirmed, found.freed, found.cost, found.brought) == (1, 1, 14.0, 3000.0)


def test_a_name_that_looks_like_a_formula_stays_a_name(tmp_path: Path) -> None:
    money = economics([CALL], [], [], 0, PRICES)
    task = Task("t1", "c1", "p1", "Позвонить", NOW, NOW)
    line = OutcomeLine(NOW, "a1", CONTACT, Outcome.REFUSED)
    zone = ZoneInfo("Europe/Moscow")
    write(Report(NOW, NOW, money, [CALL, MISSED], [line], [task], {"p1": PATIENT}, zone), tmp_path / "r.xlsx")
    book = load_workbook(tmp_path / "r.xlsx")
    cell = book["Позвонить людям"]["B2"]
    assert (cell.value, cell.data_type) == ("=1+1 Анна", "s")
    assert book["Звонки"]["A2"].value == datetime(2026, 11, 23, 12, 0)
    assert [c.value for c in book["Итоги"][2]][1:5] == ["recall", "visit_reminder", "=1+1 Анна", "отказ о встрече"]
