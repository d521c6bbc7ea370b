"""The parts of a call: what is rendered before it, what is understood in it, what is written down of it."""

from __future__ import annotations

import asyncio
import wave
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from voicebot.calls.journal import RETRY_S, CallJournal
from voicebot.calls.mind import CallMind
from voicebot.calls.prompts import Studio
from voicebot.clock import ManualClock
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Prompt
from voicebot.dialogue.call import new_call
from voicebot.dialogue.events import Answered, KeyPressed
from voicebot.dialogue.intents import Intent
from voicebot.dialogue.prompts import APOLOGY, prompts
from voicebot.dialogue.scenario import About, End, Goto, Listen, Purpose, Reaction, Scenario, Step, Unclear
from voicebot.language.likeness import shipped
from voicebot.language.templates import MissingFact
from voicebot.language.understanding import Understanding
from voicebot.scenarios.phrases import load_phrases
from voicebot.speech.audio import AudioFault
from voicebot.speech.port import Capability, HeardSound, Recognised
from voicebot.sql.engine import DataConflict
from voicebot.store.port import StoreDown

ROOT = Path(__file__).resolve().parents[3]
UNDERSTANDING = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
SCENARIO = Scenario(
    "s", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", "who",
    {s.id: s for s in [
        Step("who", Listen({Intent.YES: Reaction("ask"), Intent.CALLBACK_LATER: Reaction("bye")},
                           Unclear("Это вы?", "bye"), {}), say="Это {patient.name}?", identifies=True),
        Step("ask", Goto("bye"), say="Ждём вас в {visit.time}.", for_each=True),
        Step("bye", End(), say="До свидания."),
    ]},
    {},
)  # fmt: skip
FACTS = {"patient.name": "Анна Ивановна", "visit.time": datetime(2026, 11, 24, 10, 30).time()}


class Voice:
    """Sound is the text itself, so that a test can read it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, float]] = []

    async def speak(self, text: str, voice: str, rate: float = 0.0) -> bytes:
        self.asked.append((text, voice, rate))
        return text.encode("utf-16-le")


def render(studio: Studio, *facts, run, said=None):
    return run(studio.render(SCENARIO, facts or (FACTS,), NOW, said or {}))


# Prompts ------------------------------------------------------------------------------------


def test_everything_that_may_be_said_is_rendered_beforehand(run, tmp_path: Path) -> None:
    voice = Voice()
    made = render(Studio(voice, tmp_path, rate=0.2), run=run)
    assert set(made) == set(prompts(SCENARIO, 1))
    assert made[APOLOGY].text == APOLOGY.template
    who = made[Prompt("Это {patient.name}?", 0, "s/who")]
    assert (who.text, who.pcm.decode("utf-16-le")) == ("Это Анна Ивановна?", "Это Анна Ивановна?")
    assert {(v, r) for _, v, r in voice.asked} == {("anna", 0.2)}


def test_each_visit_has_its_own_words(run, tmp_path: Path) -> None:
    other = {**FACTS, "visit.time": datetime(2026, 11, 24, 12).time()}
    made = render(Studio(Voice(), tmp_path), FACTS, other, run=run)
    first, second = (made[Prompt("Ждём вас в {visit.time}.", n, "s/ask")].text for n in (0, 1))
    assert "десять" in first and "двенадцать" in second


def test_the_clinics_dictionary_is_spoken(run, tmp_path: Path) -> None:
    made = render(Studio(Voice(), tmp_path), run=run, said={"Анна": "А\u0301нна"})
    assert made[Prompt("Это {patient.name}?", 0, "s/who")].text == "Это А\u0301нна Ивановна?"


def test_a_missing_fact_stops_the_rendering(run, tmp_path: Path) -> None:
    with pytest.raises(MissingFact, match=r"patient\.name"):
        render(Studio(Voice(), tmp_path), {**FACTS, "patient.name": " "}, run=run)


def record(path: Path, frames: bytes, rate: int = 8000) -> None:
    path.parent.mkdir(exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(frames)


def test_a_recording_replaces_a_text_without_facts_only(run, tmp_path: Path) -> None:
    record(tmp_path / "s" / "bye.wav", b"\x01\x02" * 4000)
    record(tmp_path / "s" / "who.wav", b"\x03\x04" * 4000)
    voice = Voice()
    with asyncio.Runner() as real:  # reading a file is another thread's work: real time
        made = real.run(Studio(voice, tmp_path).render(SCENARIO, (FACTS,), NOW, {}))
    assert made[Prompt("До свидания.", 0, "s/bye")].pcm == b"\x01\x02" * 4000
    assert "Это Анна Ивановна?" in [text for text, _, _ in voice.asked]
    assert "До свидания." not in [text for text, _, _ in voice.asked]


def test_a_recording_that_is_no_sound_is_told_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "bye.wav").write_bytes(b"MP3")
    with pytest.raises(AudioFault, match=r"s/bye\.wav"), asyncio.Runner() as real:
        real.run(Studio(Voice(), tmp_path).render(SCENARIO, (FACTS,), NOW, {}))


# Mind ---------------------------------------------------------------------------------------


def understood(
    text: str, step: str = "who", *, zone: str = "Europe/Moscow", names=frozenset({"анна"}), others=(), ear=None
):
    visit = datetime(2026, 11, 24, 10, 30, tzinfo=ZoneInfo(zone))
    mind = CallMind(UNDERSTANDING, names, [visit], ManualClock(NOW))
    call = replace(new_call(SCENARIO, ({},)), step_id=step)
    return mind.understand(HeardSound(Recognised(text, 0.9, 0.0, alternatives=others), ear), call)


def test_the_question_decides_what_a_name_means() -> None:
    assert understood("Анна").candidates[0].intent is Intent.YES
    assert understood("Анна", names=frozenset({"пётр"})).candidates[:1] != understood("Анна").candidates[:1]
    assert not understood("Анна", "ask").has(Intent.YES)


def test_times_are_meant_in_the_zone_of_the_visit() -> None:
    for zone, offset in (("Europe/Moscow", "+03:00"), ("Asia/Vladivostok", "+10:00")):
        meaning = understood("перезвоните завтра в девять", zone=zone)
        best = meaning.candidates[0]
        assert best.intent is Intent.CALLBACK_LATER
        asked = datetime.fromisoformat(best.value)
        assert (asked.hour, asked.date().isoformat()) == (9, "2026-11-24")
        assert asked.isoformat().endswith(offset)


def test_before_the_first_step_something_is_understood_as_well() -> None:
    assert understood("не звоните мне больше", "").has(Intent.STOP)


def test_what_the_ear_hears_counts_beside_the_text() -> None:
    lone = understood("Бурбур", "who", ear={"yes": 0.98}).candidates[0]
    assert (lone.intent, lone.evidence) == (Intent.YES, "ухо: 0.98")
    assert understood("Бурбур", "who", ear={"yes": 0.9}).candidates[:1] != (lone,)
    agreed = understood("да", "who", ear={"yes": 0.9}).candidates[0]
    assert "текст" in agreed.evidence and "ухо" in agreed.evidence


def test_two_utterances_as_one_sentence() -> None:
    visit = datetime(2026, 11, 24, 10, 30, tzinfo=ZoneInfo("Europe/Moscow"))
    mind = CallMind(UNDERSTANDING, frozenset(), [visit], ManualClock(NOW))
    call = replace(new_call(SCENARIO, ({},)), step_id="ask")
    meaning = mind.together("Да нет.", HeardSound(Recognised("приду", 0.9, 0.0), {"no": 0.99}), call)
    assert meaning.text == "Да нет приду" and meaning.candidates[0].intent is Intent.YES


def test_a_recogniser_is_told_what_may_be_answered_where_it_can_use_it() -> None:
    visit = datetime(2026, 11, 24, 10, 30, tzinfo=ZoneInfo("Europe/Moscow"))
    call = replace(new_call(SCENARIO, ({},)), step_id="who")
    plain, grammar = (CallMind(UNDERSTANDING, frozenset(), [visit], ManualClock(NOW), can)
                      for can in (Capability.NONE, Capability.GRAMMAR))  # fmt: skip
    assert plain.phrases(call) is None
    assert "да" in (grammar.phrases(call) or ())


# Journal ------------------------------------------------------------------------------------


class Table:
    """append_events of a store that may be away, or may refuse for good."""

    def __init__(self, *faults: Exception) -> None:
        self.faults, self.rows, self.writes = list(faults), [], 0

    async def append_events(self, rows) -> None:
        self.writes += 1
        await asyncio.sleep(0.1)
        if self.faults:
            raise self.faults.pop(0)
        self.rows += rows


def journalled(run, table: Table) -> float:
    """Three things happen at once and one later; returns how long it took until all was written."""

    async def scene() -> float:
        journal = CallJournal(table, "a1")
        writing = asyncio.create_task(journal.run())
        journal.event(Answered(1), 1)
        journal.said(2, 7, "Это Анна?")
        journal.event(KeyPressed(3, "1"), 3)
        await asyncio.sleep(0.5)
        journal.said(500, 8, "Спасибо.")
        journal.close()
        await asyncio.wait_for(writing, 60)
        return asyncio.get_running_loop().time()

    return run(scene())


def test_what_happened_is_written_in_order_and_in_batches(run) -> None:
    table = Table()
    journalled(run, table)
    assert [(r.serial, r.at_ms, r.kind) for r in table.rows] == [
        (1, 1, "Answered"), (2, 2, "Said"), (3, 3, "KeyPressed"), (4, 500, "Said"),
    ]  # fmt: skip
    assert codec.decode(table.rows[2].body) == KeyPressed(3, "1")
    assert '"text": "Это Анна?"' in table.rows[1].body
    assert table.writes <= 3


def test_a_database_that_is_away_is_waited_for(run) -> None:
    table = Table(StoreDown("нет связи"), StoreDown("нет связи"))
    assert journalled(run, table) >= 2 * RETRY_S
    assert [r.serial for r in table.rows] == [1, 2, 3, 4]


def test_rows_that_are_refused_for_good_do_not_take_the_call_with_them(run) -> None:
    table = Table(DataConflict("нет такого звонка"))
    journalled(run, table)
    assert table.rows[-1].serial == 4


def test_nothing_happened(run) -> None:
    async def scene() -> Table:
        table = Table()
        journal = CallJournal(table, "a1")
        journal.close()
        await asyncio.wait_for(journal.run(), 5)
        return table

    assert run(scene()).rows == []
