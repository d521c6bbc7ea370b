"""Turn taking on the real line: people of the city nod, interrupt, and sit at speakerphones while the robot speaks.

All of them are rung at once by the whole robot: real Asterisks, real recognition.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from voicebot.app import running
from voicebot.city.journal import CallLog, What
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.events import Heard, PromptStopped, SpeechStarted
from voicebot.dialogue.outcome import Outcome
from voicebot.settings import load
from voicebot.trial import trial_call

LOCAL = Path(__file__).resolve().parents[2] / ".local"
ECHO, OVER_ECHO, NODS, STOPS = (f"+7888000030{n}" for n in range(1, 5))
#: The second phrase of the robot lasts about ten seconds.
PEOPLE = f"""
persons:
  "{ECHO}":
    voice: elena
    calls: [{{answer_after: 100ms, greeting: алло, lines: [да, "да, приду"], again: false, longest: 60s,
              echo: {{db: -12, delay: 200ms}}}}]
  "{OVER_ECHO}":
    voice: aleksandr
    calls: [{{answer_after: 100ms, greeting: слушаю, lines: [да], again: false, longest: 60s,
              echo: {{db: -18, delay: 120ms}}, interrupt: {{phrase: 2, at: 3s, say: "не звоните мне больше"}}}}]
  "{NODS}":
    voice: irina
    calls: [{{answer_after: 100ms, greeting: алло, lines: [да, "да, приду"], again: false, longest: 60s,
              interrupt: {{phrase: 2, at: 2s, say: "угу"}}}}]
  "{STOPS}":
    voice: elena
    calls: [{{answer_after: 100ms, greeting: алло, lines: [да], again: false, longest: 60s,
              interrupt: {{phrase: 2, at: 3s, say: "не надо мне больше звонить"}}}}]
"""


@dataclass(repr=False)
class Talked:
    """One call: how it ended, its events, and the city's journal of it."""

    finish: Finish
    events: Sequence[object]
    said: Sequence[dict[str, object]]
    log: CallLog

    def __repr__(self) -> str:
        heard = [(h.at_ms, h.meaning.text, h.meaning.candidates[:2]) for h in self.events if isinstance(h, Heard)]
        said = [(e.at_ms, e.end_ms(), e.kind, e.text) for e in self.log.all(What.SAID)]
        return f"heard {heard}; stopped {self.of(PromptStopped)}; said {said}"

    def of(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def talked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Talked]]:
    """Everybody's call, made once."""
    for part in ("asterisk", "rhvoice", "models/whisper-base"):
        if not (LOCAL / part).exists():
            pytest.skip(f".local/{part} is missing: run `make setup`")
    folder = tmp_path_factory.mktemp("turns")
    (folder / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    settings = load(
        None, read_file=False, paths={"data": folder / "data", "city": folder / "people.yaml"},
        telephony={"lines": 4, "calls_per_second": 4}, web={"port": 0},
    )  # fmt: skip
    phones = (ECHO, OVER_ECHO, NODS, STOPS)
    async with asyncio.timeout(150), running(settings, idle=True) as robot:
        results = await asyncio.gather(*(trial_call(robot, phone, "visit_reminder") for phone in phones))
        assert robot.city is not None
        logs = {log.header.number: log for log in await robot.city.quiet(5.0)}
    yield {
        phone: Talked(
            result.finish,
            [codec.decode(row.body) for row in result.events if row.kind not in ("Said",)],
            [row.body for row in result.events if row.kind == "Said"],
            logs[phone],
        )
        for phone, result in zip(phones, results, strict=True)
    }


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_robot_on_a_speakerphone_does_not_interrupt_itself(talked: dict[str, Talked]) -> None:
    call = talked[ECHO]
    assert call.of(PromptStopped) == [], call
    assert len(call.of(SpeechStarted)) == len(call.of(Heard)) == 3, call
    assert call.finish.identity_known, call  # the patient's own «да» was heard


async def test_a_patient_who_speaks_over_the_echo_is_heard(talked: dict[str, Talked]) -> None:
    call = talked[OVER_ECHO]
    assert call.finish.conclusions[0].outcome is Outcome.OPTED_OUT, call
    assert len(call.of(PromptStopped)) == 1


async def test_after_a_nod_the_robot_goes_on_from_where_it_was(talked: dict[str, Talked]) -> None:
    call = talked[NODS]
    assert call.finish.conclusions[0].outcome is Outcome.CONFIRMED, call
    (stopped,) = call.of(PromptStopped)
    assert isinstance(stopped, PromptStopped) and stopped.played_ms > 1500
    heard = next(h for h in call.of(Heard) if isinstance(h, Heard) and h.at_ms > stopped.at_ms)
    assert heard.at_ms - stopped.at_ms < 3000, "the robot was silent for too long"


async def test_who_wants_no_more_calls_is_not_talked_down(talked: dict[str, Talked]) -> None:
    call = talked[STOPS]
    assert call.finish.conclusions[0].outcome is Outcome.OPTED_OUT, call
    (stopped,) = call.of(PromptStopped)
    assert isinstance(stopped, PromptStopped) and stopped.played_ms < 0.6 * stopped.duration_ms
