"""The live table: what it knows of each phone after each thing that it sees."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from voicebot.calls.port import Dialled, Sighting
from voicebot.demo.table import LiveTable
from voicebot.dialogue.actions import Conclusion, Finish, Play, Prompt, StartTransfer
from voicebot.dialogue.events import (
    Answered,
    Heard,
    KeyPressed,
    MachineDetected,
    SpeechStarted,
    TransferAnswered,
    TransferFailed,
)
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Disposition, Outcome

PHONE = "+78880000101"
TEN = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def table(out: io.StringIO) -> LiveTable:
    return LiveTable({PHONE: "Иванова Анна"}, lambda: TEN, ZoneInfo("Europe/Moscow"), Console(file=out, width=160))


def see(table: LiveTable, *sights, call_id: str = "a1") -> None:
    for what, *text in sights:
        table.watch(Sighting(call_id, 0, what, text[0] if text else ""))


def test_a_call_from_dialling_to_its_outcome(table: LiveTable, out: io.StringIO) -> None:
    row = table.rows[PHONE]
    yes = Heard(9, Meaning((Scored(Intent.YES, 0.95),), "да"), 8)
    states = []
    for what, *text in (
        (Dialled(PHONE, "p1"),), (Answered(1),), (Play(1, Prompt("")), "Это Анна?"), (SpeechStarted(5),),
        (yes, "да"), (StartTransfer("reception", Prompt(""), 1),), (TransferAnswered(8),),
        (Finish(Disposition.ANSWERED, True, (Conclusion(0, Outcome.DECLINED), Conclusion(1, Outcome.CONFIRMED))),),
    ):  # fmt: skip
        see(table, (what, *text))
        states.append(row.state)
    assert states == [
        "звоним", "сняли трубку", "говорит робот", "говорит пациент", "говорит пациент", "зовём администратора",
        "говорит с администратором", "ответили",
    ]  # fmt: skip
    assert (row.words, row.understood, row.outcome) == ("«да»", "да 0.95", "не придёт, подтвердил")
    assert (row.calls, row.busy) == (1, False)
    lines = out.getvalue().splitlines()
    assert lines[0] == "пн 10:00:00 0101 звоним"
    assert "пн 10:00:00 0101 пациент: «да» → да 0.95" in lines
    assert lines[-1] == "пн 10:00:00 0101 ответили: не придёт, подтвердил"


def test_a_second_call_starts_with_an_empty_row(table: LiveTable) -> None:
    see(table, (Dialled(PHONE, "p1"),), (KeyPressed(1, "1"),))
    assert table.rows[PHONE].words == "клавиша 1"
    see(table, (Dialled(PHONE, "p1"),), call_id="a2")
    row = table.rows[PHONE]
    assert (row.calls, row.words, row.busy) == (2, "", True)


@pytest.mark.parametrize(
    ("what", "state", "understood"),
    [(MachineDetected(1), "звоним", "автоответчик"), (TransferFailed(1), "администратор не ответил", "")],
)
def test_other_things_seen(table: LiveTable, what, state: str, understood: str) -> None:
    see(table, (Dialled(PHONE, "p1"),), (what,))
    assert (table.rows[PHONE].state, table.rows[PHONE].understood) == (state, understood)


def test_a_phone_nobody_named_and_a_call_nobody_dialled(table: LiveTable) -> None:
    see(table, (Answered(1),), call_id="stranger")
    see(table, (Dialled("+78880000999", "p9"),))
    assert table.rows["+78880000999"].who == "?"


def test_on_a_terminal_the_table_is_drawn_with_long_words_cut(out: io.StringIO) -> None:
    console = Console(file=out, width=220, force_terminal=True, legacy_windows=False)
    table = LiveTable({PHONE: "Иванова Анна"}, lambda: TEN, ZoneInfo("Europe/Moscow"), console)
    with table:
        see(table, (Dialled(PHONE, "p1"),), (Play(1, Prompt("")), "начало " + "слово " * 30 + "конец"))
    drawn = out.getvalue()
    assert "линий занято: 1" in drawn and "конец" in drawn and "начало" not in drawn
