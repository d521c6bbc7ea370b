"""The people and the judging of the bench of calls: what it measures rests on them."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from calls_judged import answers, spoken_over
from calls_orders import questions
from calls_people import LOSSES, NOISE, crowds, truths, write
from calls_probes import CallTrace

from voicebot.city.book import load_people
from voicebot.city.journal import CallLog, Entry, Header, What
from voicebot.city.people import Role
from voicebot.dialogue.actions import Play, Prompt
from voicebot.dialogue.events import Heard, PromptStopped
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.judging.question import asked_at

BEGAN = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize("part", ["response", "barge", "noise", "loss", "load"])
def test_everybody_lives_in_the_city(part: str, tmp_path: Path) -> None:
    people = [p for crowd in crowds(part, (5, 10), 1.0) for p in crowd.people]
    write(people, tmp_path / "city.yaml")
    assert load_people(tmp_path / "city.yaml").persons.keys() == {p.phone for p in people}
    wanted = {"noise": set(NOISE), "loss": {f"{loss} % lost" for loss in LOSSES}}
    assert wanted.get(part, set()) <= {p.condition for p in people}


def log(*entries: Entry) -> CallLog:
    return CallLog(Header("+78880100001", 1, Role.PATIENT, BEGAN), entries)


def test_answers_are_judged_by_what_was_heard_until_the_next(tmp_path: Path) -> None:
    said = [Entry(What.SAID, at, at + 500, kind="line", text=text) for at, text in
            ((1000, "да"), (5000, "не приду"), (9000, "да"), (13_000, "нет"))]  # fmt: skip
    sights = [(BEGAN.timestamp() + at / 1000, Heard(at, Meaning((Scored(intent, 0.9),), "слова"), at))
              for at, intent in ((1600, Intent.YES), (5600, Intent.YES), (9600, Intent.YES))]  # fmt: skip
    asked = asked_at({"visit_reminder": questions(tmp_path, 3)}, "visit_reminder.q1")
    found = answers(log(*said), CallTrace(sights=list(sights)), "clean", "elena", asked, truths())
    assert [(a.said, a.result, a.false_yes) for a in found] == [
        ("не приду", "wrong", True), ("да", "right", False), ("нет", "unheard", False),
    ]  # fmt: skip


def test_a_nod_is_gone_on_after_or_not() -> None:
    spells = [Entry(What.HEARD, 0, 20_000)]
    nods = [Entry(What.SAID, at, at + 300, kind="interruption", text="угу") for at in (2000, 8000, 14_000)]
    prompt, other = Prompt("Вы придёте?"), Prompt("Простите?")
    sights = [(0, Play(1, prompt)), (2.1, PromptStopped(2100, 1, 2100, 9000)), (2.9, Play(2, prompt, 1700)),
              (8.2, PromptStopped(8200, 2, 5000, 9000)), (9.0, Play(3, other))]  # fmt: skip
    trace = CallTrace(sights=[(BEGAN.timestamp() + at, what) for at, what in sights])
    found = spoken_over(log(*spells, *nods), trace, "elena")
    assert [(s.what, s.paused_ms, s.gap_ms) for s in found] == [
        ("resumed", 100, 800), ("answered", 200, 800), ("went on", None, None),
    ]  # fmt: skip
