"""YAML files -> dialogue.Scenario. All mistakes of a file are told at once, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer
from voicebot.dialogue.scenario import About, Attempts, Plan, Purpose, Scenario, Step, Unreached
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault, maybe
from voicebot.scenarios.reading import Fields, Notes
from voicebot.scenarios.steps import StepReader, keys, known_intent, known_step
from voicebot.scenarios.templates import read_template
from voicebot.scenarios.yamltree import Block, Scalar, read_tree

_KEYS = frozenset({
    "id", "title", "purpose", "about", "plan", "attempts", "unreached", "voice", "everywhere", "keys", "unclear",
    "start", "steps", "messages",
})  # fmt: skip
_ID = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_LIFECYCLES = ("booked", "arrived", "done", "cancelled", "no_show")
_NOT_SCENARIOS = ("phrases.", "spoken.")


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
    """The scenario files of a folder: *.yaml without phrase tables, dictionaries and tests."""
    if not folder.is_dir():
        raise ScenarioFault([Mistake(Place(str(folder)), "no-folder", "Нет такой папки со сценариями.")])
    return sorted(p for p in folder.glob("*.yaml")
                  if not p.name.startswith(_NOT_SCENARIOS) and not p.name.endswith(".test.yaml"))  # fmt: skip


def read(path: Path, phrases: str = "") -> Draft:
    """One file with the places of its parts. Raises ScenarioFault."""
    data = read_bytes(path)
    return parse(data, str(path), phrases, stem=path.stem)


def read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ScenarioFault([Mistake(Place(str(path)), "no-file",
                                     f"Файл не читается: {error.strerror or error}.")]) from None  # fmt: skip


def parse(data: bytes, file: str, phrases: str = "", stem: str = "") -> Draft:
    """A scenario from the bytes of a file; file names it in mistakes. Raises ScenarioFault."""
    notes = Notes()
    notes.places[()] = Place(file)
    root = read_tree(data, file, notes.mistakes)
    scenario = _scenario(Fields(root, notes, (), _KEYS), notes, _version(data, phrases), stem)
    if notes.mistakes:
        raise ScenarioFault(notes.mistakes)
    return Draft(scenario, data.decode("utf-8-sig"), notes.places)


def _version(data: bytes, phrases: str) -> str:
    """Short, and the same for the same words: line ends and a byte order mark do not count."""
    text = data.decode("utf-8-sig").replace("\r\n", "\n")
    return sha256(f"{text}\0{phrases}".encode()).hexdigest()[:12]


def _scenario(f: Fields, notes: Notes, version: str, stem: str) -> Scenario:
    f.require("id", "title", "purpose", "about", "voice", "start", "steps", "everywhere")
    scenario_id = _identifier(f, notes, stem)
    about = f.choice("about", About, About.APPOINTMENT)
    names = frozenset(name for name, _, _ in f.mapping("steps"))
    steps = _steps(f, notes, names, about)
    return Scenario(
        id=scenario_id,
        version=version,
        title=f.text("title"),
        purpose=f.choice("purpose", Purpose, Purpose.SERVICE),
        about=about,
        voice=f.text("voice"),
        start=_start(f, notes, names),
        steps=steps,
        everywhere=_everywhere(f, notes, names),
        everywhere_keys=keys(f, notes),
        attempts=_attempts(f, notes),
        unreached=_unreached(f, notes),
        plan=_plan(f, notes),
        messages=_messages(f, notes, about, steps),
    )


def _identifier(f: Fields, notes: Notes, stem: str) -> str:
    value = f.text("id")
    if "id" in f and not _ID.match(value):
        notes.add(f.at("id"), "id", "id пишут латинскими буквами, цифрами и подчёркиванием: visit_reminder.")
    elif stem and value and value != stem:
        notes.add(f.at("id"), "id", f"id «{value}» не совпадает с именем файла «{stem[:60]}.yaml».")
    return value


def _steps(f: Fields, notes: Notes, names: frozenset[str], about: About) -> Mapping[str, Step]:
    reader = StepReader(notes, names, about, None)
    if "unclear" in f:
        reader.unclear = reader.read_unclear(Fields(f.node("unclear"), notes, ("unclear",), ("say", "then")))
    found: dict[str, Step] = {}
    for name, place, node in f.mapping("steps"):
        if not _ID.match(name) or name == "again":
            notes.add(place, "id", f"Так шаг назвать нельзя: «{name[:60]}». Годится: ask, not_patient.")
        found[name] = reader.step(name, place, node)
    return found


def _start(f: Fields, notes: Notes, names: frozenset[str]) -> str:
    return known_step(f.text("start"), f.at("start"), names, notes) if "start" in f else ""


def _everywhere(f: Fields, notes: Notes, names: frozenset[str]) -> Mapping[Intent, str]:
    found: dict[Intent, str] = {}
    for name, place, node in f.mapping("everywhere"):
        intent = known_intent(name, place, notes)
        reader = StepReader(notes, names, About.APPOINTMENT, None)
        target = reader.go(node, again=True)
        if intent is not None:
            found[intent] = target
    return found


def _attempts(f: Fields, notes: Notes) -> Attempts:
    a = Fields(f.node("attempts"), notes, ("attempts",), ("max", "every", "busy"), f.place)
    standard = Attempts()
    every, busy = a.span("every", standard.every), a.span("busy", standard.busy)
    return Attempts(a.number("max", standard.max, 1, 10), every, busy)


def _unreached(f: Fields, notes: Notes) -> Unreached:
    u = Fields(f.node("unreached"), notes, ("unreached",), ("answer", "sms", "task"), f.place)
    return Unreached(u.choice("answer", Answer, Answer.UNCONFIRMED) if "answer" in u else None,
                     u.text("sms"), u.text("task"))  # fmt: skip


def _plan(f: Fields, notes: Notes) -> Plan:
    p = Fields(f.node("plan"), notes, ("plan",), ("before", "only"), f.place)
    only = Fields(p.node("only"), notes, ("plan", "only"), ("lifecycle", "answer"), p.place)
    standard = Plan()
    lifecycle = only.text("lifecycle", standard.lifecycle)
    if lifecycle not in _LIFECYCLES:
        notes.add(only.at("lifecycle"), "unknown-value",
                  f"Неизвестное значение «{lifecycle[:60]}».{maybe(lifecycle, _LIFECYCLES)} "
                  f"Бывает: {', '.join(_LIFECYCLES)}.")  # fmt: skip
    return Plan(p.spans("before"), lifecycle, only.choices("answer", Answer) or standard.answers)


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
