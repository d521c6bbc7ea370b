"""`make demo`: the robot's main job, against a city of people over real SIP. Each test is one promise of the issue."""

from __future__ import annotations

import itertools
import wave
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from voicebot.city.journal import What
from voicebot.city.people import Role
from voicebot.contacts.model import CLOSED, AttemptStatus, DeliveryStatus, MessageStatus
from voicebot.dialogue.outcome import Disposition, Outcome

pytestmark = pytest.mark.timeout(900)

LINES = 6


def phone(last: str) -> str:
    return f"+7888000{last}"


def attempts_of(demo, last):
    found = [a for a in demo.attempts if a.phone == phone(last) and a.status is AttemptStatus.FINISHED]
    return sorted(found, key=lambda a: a.started_at)


def answers_of(demo, last):
    return [v["answer"] for v in demo.printed["visits"] if v["phone"] == phone(last)]


def test_the_books_balance(demo):
    assert demo.printed["problems"] == [], demo.printed["misunderstood"]
    assert len(demo.printed["misunderstood"]) <= 2
    assert demo.status == 0


def test_every_visit_of_the_spreadsheet_is_in_one_final_state(demo):
    assert len(demo.printed["visits"]) >= 20
    assert all(c.status in CLOSED for c in demo.contacts)
    assert {a.status for a in demo.attempts} <= {AttemptStatus.FINISHED, AttemptStatus.DROPPED}
    assert {d.status for d in demo.deliveries} == {DeliveryStatus.DONE}


def test_clear_answers_are_in_the_mis(demo):
    assert answers_of(demo, "0101") == ["confirmed"]
    assert answers_of(demo, "0103") == ["declined"]
    assert answers_of(demo, "0114") == ["confirmed"]  # by keys
    assert answers_of(demo, "0119") == ["confirmed", "declined"]  # two visits behind one phone, in one call
    assert len(attempts_of(demo, "0119")) == 1


def test_a_family_is_one_call_and_each_of_them_has_an_answer(demo):
    """A mother for two children; a wife, and then her husband."""
    assert answers_of(demo, "0128") == ["confirmed", "confirmed"]
    assert answers_of(demo, "0129") == ["confirmed", "declined"]
    assert [len(attempts_of(demo, last)) for last in ("0128", "0129")] == [1, 1]
    assert {len(attempts_of(demo, last)[0].contact_ids) for last in ("0128", "0129")} == {2}


def test_nobody_who_did_not_say_yes_is_confirmed(demo):
    meant_yes = {phone(f"01{n:02}") for n in (1, 2, 13, 14, 15, 17, 19, 20, 21, 23, 24, 26, 28, 29)}
    confirmed = {v["phone"] for v in demo.printed["visits"] if v["answer"] == "confirmed"}
    assert confirmed <= meant_yes


def test_who_confirmed_or_cancelled_already_is_not_called(demo):
    called = {log.header.number for log in demo.city}
    assert not called & {phone("0126"), phone("0127")}


def test_no_answer_is_tried_four_times_an_hour_apart_then_sms_and_task(demo):
    tries = attempts_of(demo, "0106")
    assert [a.disposition for a in tries] == [Disposition.NO_ANSWER] * 4
    apart = [b.started_at - a.finished_at for a, b in itertools.pairwise(tries)]
    assert all(gap >= timedelta(minutes=60) for gap in apart), apart
    assert answers_of(demo, "0106") == ["unconfirmed"]
    (contact,) = (c for c in demo.contacts if c.id in tries[0].contact_ids)
    assert [t.what for t in demo.tasks if t.contact_id == contact.id] == [
        "Позвонить в день визита: робот не дозвонился"
    ]
    (message,) = (m for m in demo.messages if m.contact_id == contact.id)
    assert message.status is MessageStatus.QUEUED and "24.11" in message.text


def test_busy_is_tried_sooner(demo):
    tries = attempts_of(demo, "0105")
    assert [a.disposition for a in tries] == [Disposition.BUSY] * 4
    apart = [b.started_at - a.finished_at for a, b in itertools.pairwise(tries)]
    assert all(timedelta(minutes=10) <= gap < timedelta(minutes=60) for gap in apart), apart


@pytest.mark.parametrize(
    ("last", "disposition", "times"),
    [("0107", Disposition.REJECTED, 4), ("0108", Disposition.INVALID_NUMBER, 1), ("0109", Disposition.VOICEMAIL, 4)],
)
def test_how_calls_ended_is_told_apart(demo, last, disposition, times):
    assert [a.disposition for a in attempts_of(demo, last)] == [disposition] * times


def test_stop_means_never_again(demo):
    assert len(attempts_of(demo, "0110")) == 1
    (contact,) = (c for c in demo.contacts if c.id in attempts_of(demo, "0110")[0].contact_ids)
    assert contact.outcome is Outcome.OPTED_OUT


def test_who_asked_for_a_later_call_got_it_an_hour_later(demo):
    first, second = attempts_of(demo, "0120")[:2]
    # from its begin: the demo's clock may leap while the patient says it, to what is due for others
    assert second.started_at - first.started_at >= timedelta(minutes=60)
    assert answers_of(demo, "0120") == ["confirmed"]


def test_no_one_is_called_outside_hours_or_twice_at_once_or_over_the_lines(demo):
    for attempt in demo.attempts:
        if attempt.started_at is not None:
            local = attempt.started_at + timedelta(hours=3)
            assert 9 <= local.hour < 20, attempt
    spans = [
        (log.header.started_at, log.header.started_at + timedelta(milliseconds=gone.at_ms), log.header.number)
        for log in demo.city
        if log.header.role is Role.PATIENT and (gone := log.first(What.GONE)) is not None
    ]
    for begin, _, number in spans:
        at_once = [n for b, e, n in spans if b <= begin < e]
        assert len(at_once) <= LINES
        assert at_once.count(number) == 1


def test_transfers_reach_an_administrator_who_hears_who_it_is_first(demo):
    administrators = [log for log in demo.city if log.header.role is Role.ADMINISTRATOR]
    # a patient may give up while the administrator is still being told who it is: then nobody is greeted
    greeted = [log for log in administrators if log.first(What.ANSWERED) is not None and log.first(What.SAID)]
    assert len(greeted) >= 2
    for log in greeted:
        whisper, greeting = log.all(What.HEARD)[0], log.all(What.SAID)[0]
        assert whisper.end_ms() - whisper.at_ms > 3_000
        assert greeting.at_ms > whisper.at_ms
    assert len([log for log in administrators if log.first(What.ANSWERED) is None]) == 1  # rung in vain
    assert any(t.what.startswith("Перезвонить") for t in demo.tasks)


def test_every_answered_call_has_a_transcript_and_a_recording_with_both_voices(demo):
    page = (demo.folder / "report.html").read_text("utf-8")
    for log in demo.city:
        if log.header.role is not Role.PATIENT or log.first(What.ANSWERED) is None:
            continue
        recorded = log.first(What.RECORDED)
        assert recorded is not None and recorded.detail in page
        robot, person = channels(next(demo.folder.glob(f"city/*/calls/{recorded.detail}")))
        if log.header.number == phone("0109"):
            assert loudest(robot) < 100  # an answering machine is told nothing
        else:
            assert loudest(robot) > 1_000
        if log.all(What.SAID):
            assert loudest(person) > 1_000
    assert "Здравствуйте! Вас приветствует голосовой робот" in page


def channels(path: Path):
    with wave.open(str(path)) as wav:
        assert (wav.getnchannels(), wav.getframerate()) == (2, 8000)
        return np.frombuffer(wav.readframes(wav.getnframes()), "<i2").reshape(-1, 2).T


def loudest(samples) -> int:
    return int(np.abs(samples.astype(int)).max())


def test_response_times_were_measured_at_the_ear(demo):
    count, p50, p95, _ = demo.printed["response_ms"]["response"]
    assert count >= 20
    assert 0 < p50 <= p95
    assert demo.printed["response_ms"]["greeting"][0] >= 10
    assert demo.printed["response_ms"]["interruption"][0] >= 1


def test_events_were_stored_as_they_happened_and_end_with_one_finish(demo):
    for call in demo.calls:
        rows = demo.events[call.id]
        assert sum(r.kind == "Finish" for r in rows) == 1
        assert rows[-1].kind == "Finish"
        assert [r.serial for r in rows] == sorted(r.serial for r in rows)


def test_nothing_is_left_running(demo):
    left = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(demo.folder) in cmdline.read_bytes().decode(errors="replace"):
                left.append(cmdline.parent.name)
        except OSError:
            pass
    assert left == []
