"""YAML files -> dialogue.Scenario. All mistakes of a file are told at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from voicebot.complaints import russian
from voicebot.dialogue.scenario import About, Purpose, Scenario, Step
from voicebot.scenarios.endings import EndingReader
from voicebot.scenarios.heading import (
    read_attempts,
    read_everywhere,
    read_hours,
    read_limits,
    read_plan,
    read_unreached,
)
from voicebot.scenarios.known import names_in, telephone_keys
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault, maybe
from voicebot.scenarios.reading import Fields, Notes
from voicebot.scenarios.steps import read_step
from voicebot.scenarios.templates import read_template
from voicebot.scenarios.yamltree import MAX_BYTES, Block, Scalar, read_tree

_ID = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
#: Nobody can read aloud a scenario with more, and the ways through it could not be followed in a second.
MAX_STEPS = 300
MAX_LOOPS = 10


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario as it stands in a file, with the place of each of its parts (by path: «steps», «ask», «say»)."""

    scenario: Scenario
    text: str
    places: Mapping[tuple[str, ...], Place]

    def place(self, *path: str) -> Place:
        """Where a part stands, or the nearest part that holds it."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return self.places[()]


class BrokenDraft(ScenarioFault):
    """A file that could be read but not used. draft is what is left of it: whatever was wrong has a default."""

    def __init__(self, mistakes: Sequence[Mistake], draft: Draft) -> None:
        super().__init__(mistakes)
        self.draft = draft


def load(path: Path, phrases: str = "") -> Scenario:
    """The scenario of one file. phrases is the text of the phrase table, which is part of the version.

    Raises ScenarioFault with every mistake found.
    """
    return read(path, phrases).scenario


def load_all(folder: Path, phrases: str = "") -> Mapping[str, Scenario]:
    """Every scenario of a folder by its id. Raises ScenarioFault with the mistakes of all files."""
    return {name: draft.scenario for name, draft in read_all(folder, phrases).items()}


def read_all(folder: Path, phrases: str = "") -> Mapping[str, Draft]:
    """The same with the places, for checking."""
    found: dict[str, Draft] = {}
    mistakes: list[Mistake] = []
    for path in scenario_files(folder):
        try:
            draft = read(path, phrases)
        except ScenarioFault as fault:
            mistakes.extend(fault.mistakes)
        else:
            found[draft.scenario.id] = draft
    if mistakes:
        raise ScenarioFault(mistakes)
    return found


def scenario_files(folder: Path) -> list[Path]:
    """The scenario files of a folder: *.yaml. A name with one more dot is a table, a dictionary or tests."""
    if not folder.is_dir():
        raise ScenarioFault([Mistake(Place(str(folder)), "no-folder", "Нет такой папки со сценариями.")])
    return sorted(path for path in folder.glob("*.yaml") if "." not in path.stem)


def read(path: Path, phrases: str = "") -> Draft:
    """One file with the places of its parts. Raises ScenarioFault."""
    data = read_bytes(path)
    return parse(data, str(path), phrases, stem=path.stem)


def read_bytes(path: Path) -> bytes:
    """What a file holds; of one that is too large, enough to tell. Raises ScenarioFault."""
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        why = russian(error) if isinstance(error, OSError) else "такого имени у файла быть не может"
        raise ScenarioFault([Mistake(Place(str(path)), "no-file", f"Файл не читается: {why}.")]) from None


def parse(data: bytes, file: str, phrases: str = "", stem: str = "") -> Draft:
    """A scenario from the bytes of a file; file names it in mistakes. Raises ScenarioFault."""
    notes = Notes()
    notes.places[()] = Place(file)
    root = read_tree(data, file, notes.mistakes)
    scenario = _scenario(Fields(root, notes, (), "scenario"), notes, _version(data, phrases), stem)
    draft = Draft(scenario, data.decode("utf-8-sig"), notes.places)
    if notes.mistakes:
        raise BrokenDraft(notes.mistakes, draft)
    return draft


def _version(data: bytes, phrases: str) -> str:
    """Short, and the same for the same words: line ends and a byte order mark do not count."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    return sha256(f"{text}\0{phrases}".encode()).hexdigest()[:12]


def _scenario(f: Fields, notes: Notes, version: str, stem: str) -> Scenario:
    f.require_all()
    scenario_id = _identifier(f, notes, stem)
    about = f.choice("about", About, About.APPOINTMENT)
    reader = EndingReader(notes, names_in(f, about))
    steps = _steps(f, reader)
    return Scenario(
        id=scenario_id,
        version=version,
        title=f.text("title"),
        purpose=f.choice("purpose", Purpose, Purpose.SERVICE),
        about=about,
        voice=f.text("voice"),
        start=reader.go(f.node("start")),
        steps=steps,
        everywhere=read_everywhere(f, reader),
        everywhere_keys=telephone_keys(f, notes),
        attempts=read_attempts(f),
        unreached=read_unreached(f),
        plan=read_plan(f),
        limits=read_limits(f),
        hours=read_hours(f),
        inbound=reader.go(f.node("inbound")),
        without_identity=f.flag("without_identity"),
        messages=_messages(f, notes, about, steps),
    )


def _identifier(f: Fields, notes: Notes, stem: str) -> str:
    value = f.text("id")
    if "id" in f and not _ID.match(value):
        notes.add(f.at("id"), "id", "id пишут латинскими буквами, цифрами и подчёркиванием: visit_reminder.")
    elif stem and value and value != stem:
        notes.add(f.at("id"), "id", f"id «{value}» не совпадает с именем файла «{stem[:60]}.yaml».")
    return value


def _steps(f: Fields, reader: EndingReader) -> Mapping[str, Step]:
    if "unclear" in f:
        reader.unclear = reader.read_unclear(f.section("unclear", "unclear"))
    found: dict[str, Step] = {}
    for name, place, node in f.mapping("steps"):
        if not _ID.match(name) or name == "again":
            f.notes.add(place, "id", f"Так шаг назвать нельзя: «{name[:60]}». Годится: ask, not_patient.")
        found[name] = read_step(reader, name, place, node)
    loops = sum(step.for_each for step in found.values())
    if len(found) > MAX_STEPS or loops > MAX_LOOPS:
        f.notes.add(f.at("steps"), "too-many",
                    f"Шагов не больше {MAX_STEPS}, из них с for_each — {MAX_LOOPS}: разбейте сценарий.")  # fmt: skip
    if isinstance(f.node("steps"), Block) and not found:
        f.notes.add(f.at("steps"), "shape", "«steps» пуст: в сценарии нет ни одного шага.")
    return found


def _messages(f: Fields, notes: Notes, about: About, steps: Mapping[str, Step]) -> Mapping[str, str]:
    found = {name: read_template(node, notes, about) for name, _, node in f.mapping("messages")}
    wanted: list[tuple[tuple[str, ...], str]] = [(("steps", s.id, "sms"), s.sms) for s in steps.values() if s.sms]
    unreached = f.node("unreached")
    if isinstance(unreached, Block) and isinstance(sms := unreached.items.get("sms"), Scalar):
        wanted.append((("unreached", "sms"), sms.value.strip()))
    for path, name in wanted:
        if name not in found:
            place = notes.places.get(path, f.place)
            notes.add(place, "unknown-message", f"Нет сообщения «{name[:60]}» в messages.{maybe(name, found)}")
    return found
