"""kill -9 in mid call: the robot that comes back goes on with the call, and the books balance."""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.robot_process import KEYS, Clinic, Serve, until
from voicebot.city.journal import CallLog, What, read_run
from voicebot.dialogue.turn import BACK

PATIENT, ADMINISTRATOR = "+78880000211", "+78880000901"
PEOPLE = f"""
persons:
  "{PATIENT}":
    calls: [{{answer_after: 100ms, again: false, lines: [{{keys: "1"}}, {{silence: true}}, {{keys: "%s"}}],
             longest: 100s}}]
  "{ADMINISTRATOR}":
    role: administrator
    calls: [{{answer_after: 500ms, lines: ["Регистратура, слушаю вас"], hang_up: {{after_lines: 12s}}}}]
"""


@pytest.fixture
def clinic(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    made = Clinic(tmp_path / "clinic", tmp_path_factory.getbasetemp() / "voiced")
    (made.folder / "people.yaml").write_text(PEOPLE % "1")
    return made


def said(clinic: Clinic) -> list[str]:
    rows = clinic.rows("select body from call_event where kind = 'Said' order by serial")
    return [json.loads(body)["text"] for (body,) in rows]


def kinds(clinic: Clinic) -> list[str]:
    return [kind for (kind,) in clinic.rows("select kind from call_event order by serial")]


def asked(clinic: Clinic) -> bool:
    """Whether the patient has said who they are, and is now told of the visit."""
    return kinds(clinic)[-2:] == ["KeyPressed", "Said"]


def calls_of(clinic: Clinic, phone: str) -> list[CallLog]:
    return [log for run in sorted((clinic.data / "city").iterdir()) for log in read_run(run)
            if log.header.number == phone]  # fmt: skip


def kill(serve: Serve) -> datetime:
    serve.process.kill()
    at = datetime.now(UTC)
    serve.process.wait(10)
    return at


def one_outcome(clinic: Clinic) -> tuple[str, str]:
    """(disposition, outcome) of the one attempt that there is. The books balance."""
    ((status, disposition),) = clinic.rows("select status, disposition from attempt")
    ((outcome,),) = clinic.rows("select outcome from outcome")
    assert status == "finished"
    assert kinds(clinic).count("Finish") == 1
    serials = [n for (n,) in clinic.rows("select serial from call_event where serial > 0 order by serial")]
    assert serials == list(range(1, len(serials) + 1))
    return disposition, outcome


def test_a_robot_that_was_killed_goes_on_with_the_call(clinic: Clinic) -> None:
    clinic.book(PATIENT)
    with Serve(clinic) as serve:
        until(lambda: asked(clinic), 60)
        time.sleep(1.0)  # in the middle of the question
        killed = kill(serve)
        question = said(clinic)[-1]
        with Serve(clinic) as again:
            until(lambda: clinic.rows("select 1 from contact where status = 'reached'"), 40)
            until(lambda: clinic.rows("select 1 from appointment where answer = 'confirmed'", "registry.db"), 10)
            status, _ = again.end(signal.SIGTERM)
            assert status == 0
            assert clinic.processes() == {}

    assert one_outcome(clinic) == ("answered", "confirmed")
    at = said(clinic).index(BACK.template)
    assert said(clinic)[at - 1 : at + 2] == [question, BACK.template, question]
    (log,) = calls_of(clinic, PATIENT)
    heard = list(log.all(What.PHRASE))
    gap_ms = max(after.at_ms - before.end_ms() for before, after in itertools.pairwise(heard))
    print(f"silence at the patient's ear: {gap_ms} ms")
    began_ms = (killed - log.header.started_at).total_seconds() * 1000
    assert any(e.at_ms > began_ms for e in heard), "the patient heard the robot again in the same call"
    assert clinic.rows("select count(*) from call where answered_at is not null and ended_at is not null") == [(1,)]


def test_a_trial_call_leaves_the_calls_of_a_dead_robot_alone(clinic: Clinic) -> None:
    """`voicebot call` would take Asterisk over and stop it at its end: it says so, and the robot finds its call."""
    clinic.book(PATIENT)
    with Serve(clinic) as serve:
        until(lambda: asked(clinic), 60)
        kill(serve)
        trial = clinic.run("call", KEYS, "--scenario", "visit_reminder")
        assert trial.returncode == 2 and "ждут его возвращения" in trial.stderr, trial
        with Serve(clinic) as again:
            until(lambda: clinic.rows("select 1 from contact where status = 'reached'"), 40)
            assert again.end(signal.SIGTERM)[0] == 0
            assert clinic.processes() == {}
    assert one_outcome(clinic) == ("answered", "confirmed")
    assert BACK.template in said(clinic)
    assert len(calls_of(clinic, PATIENT)) == 1 and calls_of(clinic, KEYS) == []


def test_patient_and_administrator_talk_on_while_the_robot_is_dead(clinic: Clinic) -> None:
    people = (PEOPLE % "2").replace('{silence: true}, {keys: "2"}', '{keys: "2"}')
    (clinic.folder / "people.yaml").write_text(people)
    clinic.book(PATIENT)
    with Serve(clinic) as serve:
        until(lambda: "TransferAnswered" in kinds(clinic), 60)
        kill(serve)
        with Serve(clinic) as again:
            until(lambda: clinic.rows("select 1 from contact where status = 'reached'"), 90)
            until(lambda: clinic.rows("select 1 from appointment where answer = 'declined'", "registry.db"), 20)
            assert again.end(signal.SIGTERM)[0] == 0
            assert clinic.processes() == {}

    assert one_outcome(clinic) == ("answered", "declined")
    assert BACK.template not in said(clinic), "the robot does not speak into their talk"
    (desk,) = calls_of(clinic, ADMINISTRATOR)
    gone = desk.first(What.GONE)
    assert gone is not None and gone.detail == "self", "the administrator ended the talk, nobody cut it"
    assert clinic.rows("select count(*) from task") == [(0,)]


def test_a_call_whose_asterisk_died_is_not_made_again_within_the_hour(clinic: Clinic) -> None:
    clinic.book(PATIENT)
    with Serve(clinic) as serve:
        until(lambda: asked(clinic), 60)
        for pid, command in clinic.processes().items():
            if str(clinic.data / "asterisk" / "conf") in command:
                os.kill(pid, signal.SIGKILL)
        died = datetime.now(UTC)
        until(lambda: clinic.rows("select 1 from attempt where disposition = 'interrupted'"), 30)
        until(lambda: serve.health()[0] == 200, 30)
        for (due,) in clinic.rows("select due_at from attempt where status = 'planned'"):
            assert datetime.fromisoformat(due).replace(tzinfo=UTC) > died + timedelta(minutes=55)
        assert clinic.rows("select 1 from task"), "they were spoken to today, so a human goes on"
        assert serve.end(signal.SIGTERM)[0] == 0
        assert clinic.processes() == {}
    assert len(calls_of(clinic, PATIENT)) == 1
    assert clinic.rows("select answer from appointment", "registry.db") == [("unknown",)]
    assert clinic.rows("select identity_known from call") == [(1,)], "what was said until then is kept"
