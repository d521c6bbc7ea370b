"""What makes a readable scenario unfit to be published: every rule, each finding told at its place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from voicebot.dialogue.scenario import Scenario
from voicebot.scenarios import flow_rules, law_rules, secrecy_rules, text_rules
from voicebot.scenarios.loading import BrokenDraft, Draft, read, scenario_files
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault
from voicebot.scenarios.rules import RULES
from voicebot.scenarios.subject import Seconds, Subject, estimated

__all__ = ["RULES", "check", "check_broken", "check_file", "check_folder"]

_CHECKS = (
    flow_rules.reached, flow_rules.ended, flow_rules.repeated, flow_rules.answered,
    flow_rules.contradicted, flow_rules.keys,
    flow_rules.transfers, flow_rules.lines, law_rules.offered, law_rules.refusal,
    secrecy_rules.secrecy, secrecy_rules.diagnoses, law_rules.introduction, law_rules.recording,
    law_rules.advertising, law_rules.messages, text_rules.lengths, text_rules.missing_facts, text_rules.speakable,
    text_rules.letters,
)  # fmt: skip

#: What a scenario can be told of while names in it are mistaken: rules about single places, not about the ways through.
_OF_SINGLE_PLACES = (flow_rules.contradicted, flow_rules.keys, flow_rules.lines)
#: The same; but where a line has a mistake already, they would only tell it again.
_OF_WHOLE_LINES = (law_rules.offered, text_rules.lengths, text_rules.speakable, text_rules.letters)


def check(scenario: Scenario, draft: Draft | None = None, queues: Collection[str] | None = None,
          pronunciations: Mapping[str, str] | None = None, seconds: Seconds = estimated) -> list[Mistake]:  # fmt: skip
    """Every finding of every rule, in the order of the file.

    draft:          the file that the scenario was read from, for places; without it only the scenario is named
    queues:         the lines of the settings that may be transferred to; None leaves that rule out
    pronunciations: the clinic's dictionary: its words can be spoken
    seconds:        how long a text sounds; publishing passes a measurement by synthesis
    """
    place = draft.place if draft is not None else lambda *_: Place(f"{scenario.id}.yaml")
    return _found(_CHECKS, Subject(scenario, place, queues, pronunciations, seconds))


def check_broken(fault: ScenarioFault, queues: Collection[str] | None = None,
                 pronunciations: Mapping[str, str] | None = None) -> list[Mistake]:  # fmt: skip
    """Everything that can be told at once of a file with mistakes: those, and what its single places break."""
    if not isinstance(fault, BrokenDraft):
        return list(fault.mistakes)
    subject = Subject(fault.draft.scenario, fault.draft.place, queues, pronunciations)
    lines = {(m.place.file, m.place.line) for m in fault.mistakes}
    more = [m for m in _found(_OF_WHOLE_LINES, subject) if (m.place.file, m.place.line) not in lines]
    return sorted((*fault.mistakes, *_found(_OF_SINGLE_PLACES, subject), *more), key=lambda m: m.place)


def _found(rules: Sequence[Callable[[Subject], Iterator[Mistake]]], subject: Subject) -> list[Mistake]:
    found = dict.fromkeys(mistake for rule in rules for mistake in rule(subject))
    return sorted(found, key=lambda m: (m.place, m.rule))


def check_file(path: Path, phrases: str = "", queues: Collection[str] | None = None,
               pronunciations: Mapping[str, str] | None = None,
               seconds: Seconds = estimated) -> list[Mistake]:  # fmt: skip
    """Everything wrong with one file; [] when it may be published."""
    try:
        draft = read(path, phrases)
    except ScenarioFault as fault:
        return check_broken(fault, queues, pronunciations)
    return check(draft.scenario, draft, queues, pronunciations, seconds)


def check_folder(folder: Path, phrases: str = "", queues: Collection[str] | None = None,
                 pronunciations: Mapping[str, str] | None = None) -> list[Mistake]:  # fmt: skip
    """Everything wrong with the scenarios of a folder. Raises ScenarioFault when there is no such folder."""
    return [m for path in scenario_files(folder) for m in check_file(path, phrases, queues, pronunciations)]
