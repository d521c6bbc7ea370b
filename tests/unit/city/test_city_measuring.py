from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.city.journal import BadJournal, CallLog, Entry, Header, Journal, What, read_journal, read_run
from voicebot.city.measuring import Measure, Summary, Timing, percentile, summarise, timings
from voicebot.city.people import Role

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HEADER = Header("+78880000101", 1, Role.PATIENT, NOW, "+78880000001", "chan-1", "ясно")


def call(*entries: Entry, role: Role = Role.PATIENT) -> CallLog:
    header = Header("+78880000101", 1, role, NOW)
    return CallLog(header, (Entry(What.ANSWERED, 1000), *entries))


def said(at: int, until: int, kind: str = "line") -> Entry:
    return Entry(What.SAID, at, until, kind=kind, text="да")


def heard(at: int, until: int) -> Entry:
    return Entry(What.HEARD, at, until)


def took(log: CallLog) -> list[tuple[str, int]]:
    return [(t.measure.value, t.took_ms) for t in timings(log)]


def test_a_response_is_from_the_last_word_to_the_first_sound() -> None:
    log = call(heard(1800, 5000), said(5700, 6100), heard(6900, 9000))
    assert took(log) == [("response", 800)]
    assert timings(log) == [Timing(Measure.RESPONSE, 800, 6100, "+78880000101", 1, "да")]


def test_a_greeting_and_a_repeated_answer() -> None:
    log = call(
        said(1300, 1700, "greeting"), heard(2150, 5000), said(5700, 6100), heard(6900, 7000), said(9000, 9400, "again"),
        heard(10_000, 11_000),
    )  # fmt: skip
    assert took(log) == [("greeting", 450), ("response", 800), ("response", 600)]


def test_an_interruption_measures_silence_and_the_answer() -> None:
    log = call(heard(1000, 3000), heard(3300, 4250), said(4000, 4800, "interruption"), heard(5500, 6000))
    assert took(log) == [("interruption", 250), ("response", 700)]


def test_a_pause_of_the_robot_is_no_silence() -> None:
    """It went on after its comma: it was silent only at 4700."""
    log = call(heard(1000, 4100), heard(4400, 4700), said(4000, 4800, "interruption"), heard(5500, 6000))
    assert took(log) == [("interruption", 700), ("response", 700)]


def test_an_answer_in_the_pause_of_the_interruption_is_an_answer() -> None:
    """The patient says "да… приду"; the robot, silent at 4250, answers after the first word."""
    log = call(heard(1000, 4250), said(4000, 6000, "interruption"), heard(4900, 5800), heard(6600, 7000))
    assert took(log) == [("interruption", 250), ("response", 600)]


def test_an_interruption_into_silence_is_none() -> None:
    log = call(heard(1000, 3900), said(4000, 4800, "interruption"), heard(5500, 6000))
    assert took(log) == [("response", 700)]


def test_speech_over_the_patients_last_word_answers_nothing() -> None:
    assert took(call(said(5700, 6100), heard(6000, 8000))) == []


def test_the_next_word_of_the_patient_ends_the_waiting() -> None:
    assert took(call(said(5000, 5400), said(9000, 9400, "again"), heard(10_000, 11_000))) == [("response", 600)]


def test_what_the_administrator_answers_is_not_the_robots() -> None:
    log = call(
        said(5000, 5400), heard(6000, 7000), heard(7500, 15_000), Entry(What.ADMINISTRATOR, 15_900),
        heard(15_100, 16_500), said(17_300, 18_000, "to_administrator"), heard(18_900, 19_500),
    )  # fmt: skip
    assert took(log) == [("response", 600)]


def test_a_robot_that_says_nothing_before_the_administrator_does() -> None:
    log = call(said(5000, 5400), Entry(What.ADMINISTRATOR, 9900), heard(10_100, 11_000))
    assert took(log) == []


def test_a_key_is_answered_too() -> None:
    assert took(call(Entry(What.PRESSED, 5000, text="1"), heard(5300, 6000))) == [("key", 300)]


def test_administrators_and_unanswered_calls_measure_nothing() -> None:
    assert took(call(said(5000, 5400), heard(6000, 7000), role=Role.ADMINISTRATOR)) == []
    assert timings(CallLog(HEADER, (Entry(What.RINGING, 0), Entry(What.GONE, 30_000)))) == []


def test_percentiles_are_of_the_nearest_rank() -> None:
    values = list(range(1, 101))
    assert (percentile(values, 50), percentile(values, 95), percentile([7], 95)) == (50, 95, 7)
    measured = [Timing(Measure.RESPONSE, ms, 0, "", 1, "") for ms in values]
    assert summarise(measured) == [Summary(Measure.RESPONSE, 100, 50, 95, 100)]
    assert summarise([]) == []


def test_a_journal_is_read_back_as_written(tmp_path: Path) -> None:
    entries = (Entry(What.ANSWERED, 10), Entry(What.SAID, 300, 700, kind="greeting", text="алло"))
    journal = Journal(tmp_path / "a.jsonl", HEADER)
    for entry in entries:
        journal.write(entry)
    journal.close()
    with (tmp_path / "a.jsonl").open("a") as cut:
        cut.write('{"event": "gone", "at_')  # killed in the middle of a line
    assert read_journal(tmp_path / "a.jsonl") == CallLog(HEADER, entries)


def test_a_run_is_read_in_the_order_of_its_calls(tmp_path: Path) -> None:
    (tmp_path / "calls").mkdir()
    for name, minute in (("b", 1), ("a", 2)):
        header = Header(name, 1, Role.PATIENT, NOW.replace(minute=minute))
        Journal(tmp_path / "calls" / f"{name}.jsonl", header).close()
    assert [log.header.number for log in read_run(tmp_path)] == ["b", "a"]


def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "x.jsonl").write_text('{"event": "said"}\n')
    with pytest.raises(BadJournal, match=r"x\.jsonl"):
        read_journal(tmp_path / "x.jsonl")
