"""What makes a readable scenario unfit to be published: every rule, each finding told at its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from voicebot.dialogue.scenario import Scenario
from voicebot.scenarios import flow_rules, law_rules, secrecy_rules, text_rules
from voicebot.scenarios.loading import Draft, read, scenario_files
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault
from voicebot.scenarios.rules import RULES
from voicebot.scenarios.subject import Seconds, Subject, estimated

__all__ = ["RULES", "check", "check_file", "check_folder"]

_CHECKS = (
    flow_rules.reached, flow_rules.ended, flow_rules.repeated, flow_rules.answered,
    flow_rules.contradicted, flow_rules.keys,
    flow_rules.transfers, law_rules.refusal, secrecy_rules.secrecy, law_rules.introduction, law_rules.recording,
    law_rules.advertising, law_rules.messages, text_rules.lengths, text_rules.missing_facts, text_rules.speakable,
    text_rules.letters,
)  # fmt: skip


def check(scenario: Scenario, draft: Draft | None = None, queues: Collection[str] | None = None,
          pronunciations: Mapping[str, str] | None = None, seconds: Seconds = estimated) -> list[Mistake]:  # fmt: skip
    """Every finding of every rule, in the order of the file.

    draft:          the file that the scenario was read from, for places; without it only the scenario is named
    queues:         the lines of the settings that may be transferred to; None leaves that rule out
    pronunciations: the clinic's dictionary: its words can be spoken
    seconds:        how long a text sounds; publishing passes a measurement by synthesis
    """
    place = draft.place if draft is not None else lambda *_: Place(f"{scenario.id}.yaml")
    subject = Subject(scenario, place, queues, pronunciations, seconds)
    found = dict.fromkeys(mistake for rule in _CHECKS for mistake in rule(subject))
    return sorted(found, key=lambda m: (m.place, m.rule))


def check_file(path: Path, phrases: str = "", queues: Collection[str] | None = None,
               pronunciations: Mapping[str, str] | None = None,
               seconds: Seconds = estimated) -> list[Mistake]:  # fmt: skip
    """Everything wrong with one file; [] when it may be published."""
    try:
        draft = read(path, phrases)
    except ScenarioFault as fault:
        return list(fault.mistakes)
    return check(draft.scenario, draft, queues, pronunciations, seconds)


def check_folder(folder: Path, phrases: str = "", queues: Collection[str] | None = None,
                 pronunciations: Mapping[str, str] | None = None) -> list[Mistake]:  # fmt: skip
    """Everything wrong with the scenarios of a folder. Raises ScenarioFault when there is no such folder."""
    return [m for path in scenario_files(folder) for m in check_file(path, phrases, queues, pronunciations)]
