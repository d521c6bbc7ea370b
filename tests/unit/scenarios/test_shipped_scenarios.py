"""Every scenario that we ship: fit to be published, its conversations as written, and what a call must never do."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.dialogue.prompts import prompts
from voicebot.dialogue.scenario import Purpose
from voicebot.language.speaking import spoken
from voicebot.scenarios.checking import check_file
from voicebot.scenarios.conversations import NOW, load_conversations
from voicebot.scenarios.examples import example_facts
from voicebot.scenarios.loading import load, scenario_files
from voicebot.scenarios.rehearsing import conversations_of, language_of, rehearse
from voicebot.scenarios.talk import Language, Talk

FOLDER = Path(__file__).resolve().parents[3] / "scenarios"
FILES = [pytest.param(path, id=path.stem) for path in scenario_files(FOLDER)]
LETTERS_PER_S = 14  # as checking estimates


@pytest.fixture(scope="module")
def language() -> Language:
    return language_of(FOLDER)


def test_all_that_was_promised_is_shipped():
    shipped = {path.stem for path in scenario_files(FOLDER)}
    assert shipped >= {"visit_reminder", "visit_reminder_family", "recall", "recall_offer", "missed_visit", "feedback",
                       "inbound"}  # fmt: skip
    assert load(FOLDER / "recall_offer.yaml").purpose is Purpose.ADVERTISING


@pytest.mark.parametrize("path", FILES)
def test_a_shipped_scenario_is_fit_to_be_published(path):
    assert [str(m) for m in check_file(path, queues={"reception"}) if not m.warning] == []


@pytest.mark.parametrize("path", FILES)
def test_its_conversations_go_as_written(path, language):
    conversations = load_conversations(conversations_of(path))
    assert len(conversations) >= 7
    assert "\n".join(str(m) for m in rehearse(load(path), conversations, language)) == ""


@pytest.mark.parametrize("path", FILES)
def test_a_representative_stop_and_silence_are_among_them(path):
    said = conversations_of(path).read_text("utf-8")
    assert "Ольга Петровна" in said or "masha" in said
    assert "opted_out" in said


@pytest.mark.parametrize("path", FILES)
def test_the_robot_says_that_it_is_one_within_five_seconds(path, language):
    scenario = load(path)
    for inbound in (False, True) if scenario.inbound else (False,):
        talk = Talk(scenario, example_facts(["ivan"], NOW), language, NOW, inbound=inbound)
        talk.begin()
        first = talk.news()[0].text
        assert first.index("робот") / LETTERS_PER_S < 5


@pytest.mark.parametrize("path", FILES)
@pytest.mark.parametrize("name", ["ivan", "masha", "granny"])
def test_every_prompt_can_be_rendered_before_the_call(path, name, language):
    scenario = load(path)
    (facts,) = example_facts([name], NOW)
    for prompt in prompts(scenario, 1):
        words = spoken(prompt.template, facts, NOW, language.pronunciations)
        assert not set("{}0123456789<>") & set(words) and "None" not in words
