"""voicebot simulate: the same conversation at the terminal, by typing, with what was understood and why."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from voicebot.errors import InputFault
from voicebot.terminal import print_json, run_to_end

if TYPE_CHECKING:
    from voicebot.dialogue.scenario import Scenario
    from voicebot.language.facts import Fact
    from voicebot.scenarios.simulation import Simulation
    from voicebot.settings import Settings

HELP = """Поговорить со сценарием, набирая слова пациента: что скажет робот, что он понял и почему.

Строка — слова пациента. Пустая строка — молчание. #1 — клавиша (или несколько: #19; решётка — ##). /перебить СЛОВА —
сказать, не дослушав. /отбой — положить трубку. Других команд нет. Без терминала: --say "да" --say "" --say "#1", и
--json для программ.
"""

MANY_VISITS = 20  # of one patient in a call
AHEAD_DAYS = 90


class NoPatient(InputFault):
    """The patient is not in the registry, or has no visit to speak of."""

    code = "no-patient"


class BadFacts(InputFault):
    """A file of facts cannot be used."""

    code = "bad-facts"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(help=HELP)(simulate)


def simulate(
    scenario: Annotated[str, typer.Argument(metavar="SCENARIO", help="Имя сценария (visit_reminder) или его файл.")],
    say: Annotated[list[str] | None, typer.Option("--say", help="Слова пациента, по порядку; потом он молчит.")] = None,
    example: Annotated[
        list[str] | None, typer.Option("--example", help="Вымышленный пациент; несколько — семья в одном звонке.")
    ] = None,
    patient: Annotated[str, typer.Option("--patient", metavar="ID", help="Пациент картотеки и его визиты.")] = "",
    facts: Annotated[Path | None, typer.Option("--facts", help="Файл с фактами: «visit.time: 15:00».")] = None,
    now: Annotated[str, typer.Option("--now", help="Когда идёт разговор: 2026-11-23T10:00.")] = "",
    inbound: Annotated[bool, typer.Option("--inbound", help="Пациент позвонил сам.")] = False,
    busy: Annotated[bool, typer.Option("--busy", help="Администраторы заняты.")] = False,
    voice: Annotated[Path | None, typer.Option("--voice", help="Папка, куда записать слова робота (WAV).")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Вывести разговор и итог как JSON.")] = False,
) -> None:
    from voicebot.scenarios.loading import read
    from voicebot.scenarios.rehearsing import language_of
    from voicebot.scenarios.simulation import BadLine, Simulation, moment
    from voicebot.scenarios.versions import file_of
    from voicebot.settings import load

    settings = load(config)
    file = file_of(settings.paths.scenarios, scenario)
    draft = read(file)
    if inbound and not draft.scenario.inbound:
        raise BadFacts(f"У сценария «{draft.scenario.id}» нет входящего варианта.", "Добавьте в него inbound.")
    at = moment(now, ZoneInfo(settings.clinic.zone))
    known = _facts(settings, draft.scenario, example or [], patient, facts, at)
    talk = Simulation(draft.scenario, known, language_of(settings.paths.scenarios), at, inbound, not busy)
    shown = not as_json
    _show(talk.begin(), shown)
    for line in say if say is not None else _typed(talk, shown):
        if talk.over:
            break
        try:
            _show(talk.do(line), shown)
        except BadLine as wrong:
            if say is not None:
                raise
            print(f"         {wrong}", file=sys.stderr, flush=True)  # who types can type it again
    _show(talk.end(), shown)
    if voice is not None:
        _speak(settings, talk, draft.scenario.voice, voice)
    if as_json:
        print_json(talk.as_json())
    else:
        print("\n".join(_summary(talk)))


def _summary(talk: Simulation) -> Iterator[str]:
    """What the call led to, in words of the clinic."""
    from voicebot.reports.words import ANSWERS, DISPOSITIONS, OUTCOMES

    finish = talk.finish
    if finish is None:
        return
    yield f"— {DISPOSITIONS[finish.disposition]}" + (", соединён с администратором" if finish.transferred else "")
    for c in finish.conclusions:
        answer = ANSWERS[c.answer] if c.answer is not None else "прежний"
        parts = {"ответ в МИС": answer, "перезвонить": c.callback, "задача": c.task, "СМС": c.sms}
        told = "; ".join(f"{name}: {value}" for name, value in parts.items() if value)
        yield f"— {f'визит {c.subject + 1}: ' if len(finish.conclusions) > 1 else ''}{OUTCOMES[c.outcome]}; {told}"
    for name, value in finish.values:
        yield f"— {name}: {value}"


def _typed(talk: Simulation, shown: bool) -> Iterator[str]:
    """What is typed, line by line; the end of the input is a hangup."""
    while not talk.over:
        if shown and sys.stdin.isatty():
            print("пациент> ", end="", flush=True)
        line = sys.stdin.readline(4_000)
        if not line:
            yield "/отбой"
            return
        yield line.rstrip("\n")


def _show(lines: Iterable[str], shown: bool) -> None:
    for line in lines:
        if shown:
            print(line, flush=True)


def _facts(
    settings: Settings, scenario: Scenario, names: Sequence[str], patient: str, file: Path | None, now: datetime
) -> Sequence[Mapping[str, Fact]]:
    """The facts of each visit: of invented patients, or of one of the registry; a file changes or adds some."""
    from voicebot.scenarios.examples import EXAMPLES, NAMES, example_facts
    from voicebot.scenarios.mistakes import maybe

    for name in names:
        if name not in NAMES:
            raise NoPatient(f"Нет примера «{name[:60]}».{maybe(name, NAMES)}", f"Есть: {', '.join(NAMES)}.")
    if patient:
        found = _registry_facts(settings, scenario, patient, now)
    else:
        found = example_facts(names or [next(iter(EXAMPLES))], now, settings.clinic.name or "Здоровье")
    extra = _facts_of_file(file) if file is not None else {}
    return [{**one, **extra} for one in found]


def _facts_of_file(file: Path) -> Mapping[str, Fact]:
    """«visit.time: 15:00», one fact a line. Raises ScenarioFault, BadFacts."""
    from voicebot.scenarios.conversations import typed
    from voicebot.scenarios.facts import FACTS
    from voicebot.scenarios.loading import read_bytes
    from voicebot.scenarios.mistakes import maybe
    from voicebot.scenarios.yamltree import Block, Scalar, read_tree

    tree = read_tree(read_bytes(file), str(file), [])
    if not isinstance(tree, Block):
        raise BadFacts(f"{file}: здесь ждут факты.", "Пишите по одному на строку: «visit.time: 15:00».")
    found: dict[str, Fact] = {}
    for name, node in tree.items.items():
        if name not in FACTS:
            raise BadFacts(f"{tree.keys[name]}: неизвестный факт «{name[:60]}».{maybe(name, FACTS)}")
        if not isinstance(node, Scalar):
            raise BadFacts(f"{node.place}: «{name}» — это один текст.")
        found[name] = typed(node.value.strip())
    return found


def _registry_facts(
    settings: Settings, scenario: Scenario, patient_id: str, now: datetime
) -> Sequence[Mapping[str, Fact]]:
    """The coming visits of a patient of the registry, all in one call. Raises NoPatient."""
    from datetime import timedelta

    from voicebot.app import databases
    from voicebot.calls.subjects import subjects
    from voicebot.clock import SystemClock
    from voicebot.contacts.model import Appointment, Patient
    from voicebot.engine.caller import CallOrder
    from voicebot.settings import make_data_folder

    make_data_folder(settings)

    async def work() -> tuple[Patient | None, list[Appointment]]:
        async with databases(settings, SystemClock()) as (_, mis):
            patients = await mis.patients()
            visits = await mis.appointments(now, now + timedelta(days=AHEAD_DAYS))
            who = next((p for p in patients.items if p.id == patient_id), None)
            return who, [v for v in visits.items if v.patient_id == patient_id][:MANY_VISITS]

    who, visits = run_to_end(work)
    if who is None:
        raise NoPatient(f"В картотеке нет пациента «{patient_id[:60]}».", "Загрузите его: voicebot import.")
    if not visits:
        raise NoPatient(f"У пациента «{patient_id[:60]}» нет визитов в ближайшие {AHEAD_DAYS} дней.",
                        "Возьмите вымышленного: --example ivan.")  # fmt: skip
    return subjects(CallOrder("", "", who, tuple(visits), scenario), settings.clinic.name, now)


def _speak(settings: Settings, talk: Simulation, voice: str, folder: Path) -> None:
    """What the robot said as 01_who.wav, 02_ask.wav … Raises ModelMissing, SpeechError."""
    from voicebot.measuring import HZ, engine_of
    from voicebot.speech.audio import write_wav

    folder.mkdir(parents=True, exist_ok=True)
    engine = engine_of(settings)
    try:
        for number, (step, text) in enumerate(talk.said(), 1):
            pcm = engine.speak(text, voice, settings.speech.rate, HZ)
            write_wav(folder / f"{number:02d}_{step}.wav", pcm, HZ)
    finally:
        engine.close()
