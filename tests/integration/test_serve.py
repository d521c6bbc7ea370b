"""`voicebot serve` as a process: it rings the city by itself, ends politely, and survives what may die around it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.integration.robot_process import KEYS, SILENT, Clinic, Serve, until
from voicebot.city.journal import CallLog, What, read_run
from voicebot.dialogue.prompts import APOLOGY

STRANGE = "+78880000203"  # their visit has a status that nobody knows


@pytest.fixture
def clinic(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Clinic:
    return Clinic(tmp_path / "clinic", tmp_path_factory.getbasetemp() / "voiced")


def heard_by(clinic: Clinic, phone: str) -> list[CallLog]:
    """The city's journals of this phone, of all runs."""
    runs = sorted((clinic.data / "city").iterdir())
    return [log for run in runs for log in read_run(run) if log.header.number == phone]


def talking(clinic: Clinic, phone: str) -> bool:
    """Whether the robot has begun to speak to this phone."""
    sql = f"select 1 from call_event e join call c on c.id = e.call_id where e.kind = 'Said' and c.phone = '{phone}'"
    return bool(clinic.rows(sql))


def spoil_status(clinic: Clinic, phone: str) -> None:
    """As another program, or another version of ours, would write it."""
    with closing(sqlite3.connect(clinic.data / "registry.db")) as registry, registry:
        done = registry.execute(
            "update appointment set lifecycle = 'в астрале' where patient_id = "
            "(select patient_id from patient_phone where phone = ?)", [phone],
        )  # fmt: skip
        assert done.rowcount == 1


def test_visits_are_reminded_of_and_ctrl_c_in_mid_call_is_polite(clinic: Clinic) -> None:
    clinic.book(KEYS, SILENT, STRANGE)
    spoil_status(clinic, STRANGE)
    with Serve(clinic) as serve:
        assert serve.health() == (200, {"store": "ok", "asterisk": "ok", "speech": "ok"})
        until(lambda: clinic.rows("select 1 from contact where status = 'reached'"), 40)
        until(lambda: clinic.rows("select 1 from appointment where answer = 'confirmed'", "registry.db"), 10)
        assert talking(clinic, SILENT)
        live = json.loads(clinic.run("status", "--json").stdout)
        assert (live["live_calls"], live["calls"]) == (1, {"answered": 1})

        assert clinic.rows("select count(*) from contact") == [(2,)], "a status nobody knows stops that visit only"
        assert "статус визита «в астрале» неизвестен; известны: booked" in serve.err

        told = datetime.now(UTC)
        status, took = serve.end(signal.SIGINT)
        assert status == 130
        assert took < 10
        assert "Останавливаемся: заканчиваем разговоры…" in serve.out
        assert serve.out.endswith("Остановлено.\n")
        assert "Traceback" not in serve.err
        assert clinic.processes() == {}

    after = json.loads(clinic.run("status", "--json").stdout)
    assert (after["live_calls"], after["calls"]) == (0, {"answered": 1, "interrupted": 1})
    said = clinic.rows("select body from call_event where kind = 'Said' and call_id = "
                       f"(select id from call where phone = '{SILENT}') order by serial")  # fmt: skip
    assert json.loads(said[-1][0])["text"] == APOLOGY.template
    [log] = heard_by(clinic, SILENT)
    told_ms = (told - log.header.started_at) / timedelta(milliseconds=1)
    last = log.all(What.HEARD)[-1]
    assert last.end_ms() > told_ms + 1_000, "the patient heard the apology"
    gone = log.first(What.GONE)
    assert gone is not None and gone.detail == "far"


def test_a_machine_that_lost_power_rings_nobody_twice(clinic: Clinic) -> None:
    """The robot, its Asterisk and the city at once: the call is gone, and nobody can go on with it."""
    clinic.book(SILENT)
    with Serve(clinic) as serve:
        until(lambda: talking(clinic, SILENT), 30)
        serve.process.kill()
        killed = datetime.now(UTC)
        serve.process.wait(10)
        for pid in clinic.processes():
            with suppress(ProcessLookupError):  # Asterisk ends with its warden
                os.kill(pid, signal.SIGKILL)
        until(lambda: not clinic.processes(), 10)
    assert clinic.rows("select status from attempt") == [("dialling",)]

    with Serve(clinic) as serve:
        until(lambda: clinic.rows("select 1 from attempt where disposition = 'interrupted'"), 20)
        planned = clinic.rows("select due_at from attempt where status = 'planned'")
        assert len(planned) == 1
        due = datetime.fromisoformat(planned[0][0]).replace(tzinfo=UTC)
        assert due > killed + timedelta(minutes=55)
        assert clinic.rows("select answer from appointment", "registry.db") == [("unknown",)]
        status, _ = serve.end(signal.SIGTERM)
        assert status == 0, "a service that is told to stop has not failed"
        assert clinic.processes() == {}
    assert len(heard_by(clinic, SILENT)) == 1


def test_what_may_happen_around_a_running_robot(clinic: Clinic, tmp_path: Path) -> None:
    with Serve(clinic) as serve:
        second = clinic.run("serve")
        assert second.returncode == 2
        assert second.stderr == (
            f"Ошибка: В папке {clinic.data} уже работает другой робот. "
            "Остановите его или задайте другую папку: paths.data.\n"
        )
        port = serve.url.rpartition(":")[2]
        elsewhere = Clinic(tmp_path / "other").run("serve", VOICEBOT_WEB__PORT=port)
        assert elsewhere.returncode == 2
        assert f"127.0.0.1:{port}: адрес занят другой программой" in elsewhere.stderr
        assert not (tmp_path / "other" / "data" / "voicebot.db").exists(), "nothing is begun without the port"
        assert serve.health()[0] == 200

        _kill_asterisk(clinic)
        code, parts = until(lambda: (h := serve.health())[0] != 200 and h, 5)
        assert code == 503
        assert "Asterisk" in parts["asterisk"] and parts["store"] == parts["speech"] == "ok"
        until(lambda: serve.health()[0] == 200, 20)

        clinic.book(KEYS)  # while it runs, and over the new Asterisk
        until(lambda: clinic.rows("select 1 from appointment where answer = 'confirmed'", "registry.db"), 40)
        status, took = serve.end(signal.SIGINT, signal.SIGINT)  # an impatient admin
        assert (status, took < 10) == (130, True), serve.err
        assert "Уже останавливаемся" in serve.out
        assert clinic.processes() == {}
        assert "Traceback" not in serve.err


def _kill_asterisk(clinic: Clinic) -> None:
    ours = str(clinic.data / "asterisk" / "conf")
    pids = [pid for pid, command in clinic.processes().items() if ours in command]
    assert len(pids) == 1
    os.kill(pids[0], signal.SIGKILL)
