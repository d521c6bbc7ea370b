"""A process that only shows: no Asterisk, no speech, no calls; /healthz tells whether anybody calls."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from pathlib import Path

from tests.integration.robot_process import KEYS, Clinic, Serve
from voicebot.store.database import SqlStore


async def test_a_web_node_makes_no_calls_and_sees_who_does(tmp_path: Path) -> None:
    clinic = Clinic(tmp_path / "clinic")
    clinic.book(KEYS)
    with Serve(clinic, "--role", "web") as serve:
        assert serve.health() == (503, {"store": "ok", "calls": "ни один узел не звонит"})
        store = SqlStore(f"sqlite:///{clinic.data / 'voicebot.db'}")
        await store.enter_node("calls-1", "calls", datetime.now(UTC))
        await store.close()
        assert serve.health() == (200, {"store": "ok", "calls": "ok"})
        assert not any("asterisk" in command for command in clinic.processes().values())
        assert serve.end(signal.SIGTERM)[0] == 0
    assert clinic.rows("select count(*) from attempt") == [(0,)]
