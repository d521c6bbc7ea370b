"""The shipped truth belongs to the shipped city and clinic."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.city.book import load_people
from voicebot.data_folder import DataInUse, only_robot_in
from voicebot.demo.folder import MARK, NotOurFolder, may_be_emptied
from voicebot.demo.truth import load_truth
from voicebot.dialogue.outcome import Outcome
from voicebot.settings import shipped


def test_everybody_in_the_truth_lives_in_the_city() -> None:
    truth = load_truth(shipped("examples") / "truth.yaml")
    people = load_people(shipped("examples") / "city.yaml")
    assert set(truth.outcomes) <= set(people.persons)
    assert sum(len(outcomes) for outcomes in truth.outcomes.values()) >= 20
    assert any(len(outcomes) > 1 for outcomes in truth.outcomes.values()), "two visits behind one phone"
    assert {Outcome.CONFIRMED, Outcome.DECLINED, Outcome.OPTED_OUT, Outcome.UNREACHED} <= {
        o for outcomes in truth.outcomes.values() for o in outcomes
    }


def test_a_folder_of_the_demo_is_new_empty_or_marked(tmp_path: Path) -> None:
    may_be_emptied(tmp_path / "new")
    may_be_emptied(tmp_path)
    (tmp_path / "voicebot.db").write_text("patients of a real clinic")
    with pytest.raises(NotOurFolder):
        may_be_emptied(tmp_path)
    (tmp_path / MARK).touch()
    may_be_emptied(tmp_path)


def test_a_demo_that_runs_keeps_its_folder(tmp_path: Path) -> None:
    (tmp_path / MARK).touch()
    with only_robot_in(tmp_path), pytest.raises(DataInUse):
        may_be_emptied(tmp_path)
    may_be_emptied(tmp_path)
