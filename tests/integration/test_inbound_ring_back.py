"""A patient who missed the call rings back (M5): the city dials the clinic's trunk, `voicebot serve` answers."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.integration.robot_process import Clinic, Serve, until
from voicebot.city.journal import What, read_run

PATIENT = "+78880000231"
PEOPLE = f"""
persons:
  "{PATIENT}":
    calls: [ring_for_ever]
    rings_back: {{after: 1500ms, again: false, lines: [{{keys: "1"}}, {{keys: "1"}}]}}
"""


@pytest.fixture
def clinic(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    more = {"VOICEBOT_TELEPHONY__RING_TIMEOUT_S": "3"}
    made = Clinic(tmp_path / "clinic", tmp_path_factory.getbasetemp() / "voiced", more=more)
    (made.folder / "people.yaml").write_text(PEOPLE)
    return made


def test_an_answer_closes_the_retries(clinic: Clinic) -> None:
    clinic.book(PATIENT)
    with Serve(clinic) as serve:
        until(lambda: clinic.rows("select 1 from attempt where disposition = 'no_answer'"), 60)
        assert clinic.rows("select count(*) from attempt where status = 'planned'") == [(1,)]
        until(lambda: clinic.rows("select 1 from contact where status = 'reached'"), 60)
        until(lambda: clinic.rows("select 1 from appointment where answer = 'confirmed'", "registry.db"), 20)
        assert serve.end(signal.SIGTERM)[0] == 0
        assert clinic.processes() == {}

    attempts = clinic.rows(
        "select substr(id, 1, 3), status, disposition from attempt order by started_at is null, started_at"
    )
    assert attempts == [("a" + attempts[0][0][1:], "finished", "no_answer"), ("in-", "finished", "answered"),
                        (attempts[2][0], "dropped", None)]  # fmt: skip
    assert clinic.rows("select outcome, attempts_used from contact") == [("confirmed", 1)]
    ((call_id,),) = clinic.rows(f"select id from call where scenario_id = 'inbound' and phone = '{PATIENT}'")
    said = [json.loads(b)["text"] for (b,) in clinic.rows(
        f"select body from call_event where kind = 'Said' and call_id = '{call_id}' order by serial")]  # fmt: skip
    assert "голосовой робот" in said[0] and "Анна Ивановна" in said[0]
    (run,) = (clinic.data / "city").iterdir()
    missed, back = read_run(run)
    assert missed.first(What.ANSWERED) is None
    assert back.header.caller == PATIENT and len(back.all(What.PRESSED)) == 2
