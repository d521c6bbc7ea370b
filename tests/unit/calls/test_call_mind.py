"""The understanding of one call: what the open question takes, also from the ear."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from voicebot.calls.mind import CallMind
from voicebot.clock import ManualClock
from voicebot.dialogue.call import Call, Phase, new_call
from voicebot.dialogue.intents import Intent
from voicebot.dialogue.scenario import About, End, Listen, Purpose, Reaction, Scenario, Step, Unclear
from voicebot.hearing.deciding import decided
from voicebot.language.likeness import shipped
from voicebot.language.understanding import Understanding
from voicebot.scenarios.phrases import load_phrases
from voicebot.speech.port import HeardSound, Recognised

UNDERSTANDING = Understanding(load_phrases(Path("scenarios/phrases.ru.yaml")), shipped())
REACTIONS = {Intent.YES: Reaction("bye"), Intent.NO: Reaction("bye")}
SCENARIO = Scenario(
    "s", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", "ask",
    {s.id: s for s in [
        Step("ask", Listen(REACTIONS, Unclear("Да или нет?", "bye")), say="Вы придёте?"),
        Step("bye", End(), say="До свидания."),
    ]},
    {},
)  # fmt: skip
ASKED = replace(new_call(SCENARIO, ({},)), step_id="ask", phase=Phase.LISTENING)


def acted(text: str, call: Call, **ear: float) -> Intent | None:
    mind = CallMind(UNDERSTANDING, frozenset(), (None,), ManualClock(datetime(2026, 11, 22, tzinfo=UTC)))
    meaning = mind.understand(HeardSound(Recognised(text, 0.8, 0.1), ear or None), call)
    found = decided(meaning, frozenset(REACTIONS))
    return found.intent if found else None


def test_a_patient_who_comes_does_not_agree_that_they_do_not() -> None:
    """«Правильно ли я поняла, вы не придёте?» – «Да нет, приду.»: heard as a yes by text and ear."""
    asked_back = replace(ASKED, asking_back=Intent.NO)
    assert acted("Да нет, приду.", ASKED, yes=0.96) is Intent.YES
    assert acted("Да нет, приду.", asked_back, yes=0.96) is None
    assert acted("", asked_back, yes=0.99) is None
    assert acted("Да.", asked_back, yes=0.96) is Intent.YES
    assert acted("Нет, не приду.", asked_back, no=0.9) is Intent.NO
