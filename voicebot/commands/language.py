"""`voicebot understand`: what the robot understands of a sentence, for admins, for scripts and for a judge.

One JSON object a line with --json; the names of its fields are stable and described in `understand --help`.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from voicebot.errors import InputFault

if TYPE_CHECKING:
    from voicebot.dialogue.intents import Intent, Meaning, ValueKind
    from voicebot.dialogue.scenario import Scenario
    from voicebot.language.table import Question
    from voicebot.language.understanding import Understanding

_MAX_LINE = 4_000_000  # bytes: a longer line of stdin is cut, so that no input can fill the memory

_HELP = """Показать, как робот понимает фразы пациента: из аргументов или по одной на строку из stdin.

С --json — по одному объекту на строку:
text — фраза; best — уверенно понятый ответ или null (робот переспросит); sure — уверен ли робот;
intents — кандидаты, лучший первым: intent, score (0…1; с 0.5 робот действует), value, evidence;
values — числа, даты и время: kind (number, date, time), value, text; evidence — на чём основан лучший ответ;
speech — false, если это не речь; at — заданный вопрос или null; acts_as — ответ, по которому поступит шаг из --at.
"""


class UnknownStep(InputFault):
    """--at names a scenario or a step that does not exist, or a step that asks nothing."""

    code = "unknown-step"


class BadMoment(InputFault):
    """--now or --visit is not a time."""

    code = "bad-time"


def register(app: typer.Typer) -> None:
    """Add the commands of understanding, and those of speaking when they are there."""
    app.command(help=_HELP)(understand)
    # The commands of speaking (`spoken`, `speak`) live beside this module and are added here.
    if importlib.util.find_spec("voicebot.commands.speaking_commands") is not None:
        importlib.import_module("voicebot.commands.speaking_commands").register(app)


def understand(
    texts: Annotated[list[str] | None, typer.Argument(metavar="[TEXT…]", help="Фразы; без них — stdin.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")] = False,
    at: Annotated[str | None, typer.Option("--at", metavar="SCENARIO.STEP", help="Какой вопрос был задан.")] = None,
    name: Annotated[str, typer.Option("--name", help="Кого робот спрашивал: «Иван Аркадьевич».")] = "",
    now: Annotated[str, typer.Option("--now", help="Который час у пациента: 2026-11-23T10:00+03:00.")] = "",
    visit: Annotated[str, typer.Option("--visit", help="Когда визит: «приду в три» — это о нём?")] = "",
    config: Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")] = None,
) -> None:
    from voicebot.language.likeness import shipped
    from voicebot.language.understanding import Understanding
    from voicebot.scenarios.phrases import load_phrases
    from voicebot.settings import load

    folder = load(config).paths.scenarios
    asked = _asked(folder, at, name, _moment("--now", now), _moment("--visit", visit))
    known = Understanding(load_phrases(folder / "phrases.ru.yaml"), shipped())
    lines = (_readable(os.fsencode(t)) for t in texts) if texts else _stdin()
    shown = _as_json if as_json else _as_table
    with contextlib.suppress(BrokenPipeError):
        for text in lines:
            _write(shown(heard(known, text, asked)))
        sys.stdout.flush()
        return
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115  the reader went away: nothing more to flush at exit


@dataclass(frozen=True, slots=True)
class Asked:
    """The question that the sentences answer. expects: the intents that the step has a use for; None without --at."""

    at: str
    question: Question
    wants: ValueKind | None
    expects: frozenset[Intent] | None
    names: frozenset[str]
    now: datetime
    visit: datetime | None = None


def heard(known: Understanding, text: str, asked: Asked) -> Mapping[str, Any]:
    """One sentence as the object that --json prints."""
    meaning = _understood(known, text, asked, None)
    best = _decided(meaning, None)
    acts_as = None
    if asked.expects is not None:
        acts_as = _decided(_understood(known, text, asked, asked.expects), asked.expects)
    return {
        "text": text,
        "best": best,
        "sure": best is not None,
        "intents": [
            {"intent": c.intent.value, "score": c.score, "value": c.value, "evidence": c.evidence}
            for c in meaning.candidates
        ],
        "values": [{"kind": v.kind.value, "value": v.value, "text": v.text} for v in meaning.values],
        "evidence": meaning.candidates[0].evidence if meaning.candidates else "",
        "speech": meaning.speech,
        "at": asked.at or None,
        "acts_as": acts_as,
    }


def _understood(known: Understanding, text: str, asked: Asked, expects: frozenset[Intent] | None) -> Meaning:
    return known.understand(
        text, expects, question=asked.question, names=asked.names, now=asked.now, visit=asked.visit, wants=asked.wants
    )


def _decided(meaning: Meaning, expects: frozenset[Intent] | None) -> str | None:
    """What the machine would act upon: sure, and no other meaning near it."""
    from voicebot.dialogue.reactions import APART, SURE

    usable = [c for c in meaning.candidates if c.score >= SURE and (expects is None or c.intent in expects)]
    if not usable or (len(usable) > 1 and usable[0].score - usable[1].score < APART):
        return None
    return usable[0].intent.value


def _moment(option: str, text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text) if text else None
        return moment if moment is None or moment.tzinfo else moment.astimezone()  # naive: by this machine's clock
    except (ValueError, OverflowError):
        raise BadMoment(f"{option}: «{text[:40]}» — не время.", "Пример: 2026-11-23T10:00+03:00.") from None


def _asked(folder: Path, at: str | None, name: str, now: datetime | None, visit: datetime | None) -> Asked:
    from voicebot.clock import SystemClock
    from voicebot.language.table import Question
    from voicebot.language.understanding import question_at, wanted_at
    from voicebot.language.words import split

    when = now or SystemClock().now().astimezone()
    when = when.astimezone(visit.tzinfo) if visit else when  # «в три» is three where the visit is
    names = frozenset(split(name))
    if at is None:
        return Asked("", Question.ANY, None, None, names, when, visit)
    scenario, step = _step(folder, at)
    expects = _expected(scenario, step)
    return Asked(at, question_at(scenario, step), wanted_at(scenario, step), expects, names, when, visit)


def _step(folder: Path, at: str) -> tuple[Scenario, str]:
    from voicebot.dialogue.scenario import AskValue, Listen
    from voicebot.scenarios.loading import load, scenario_files
    from voicebot.scenarios.mistakes import maybe

    name, _, step = at.partition(".")
    files = {path.stem: path for path in scenario_files(folder)}
    if name not in files:
        missing = f"нет сценария «{name[:60]}».{maybe(name, files)}" if name else "назовите вопрос: СЦЕНАРИЙ.ШАГ."
        raise UnknownStep(f"--at: {missing}", f"Есть сценарии: {', '.join(files)}.")
    scenario = load(files[name])
    asking = [s.id for s in scenario.steps.values() if isinstance(s.then, AskValue | Listen)]
    ask = f"Спрашивают: {', '.join(f'{name}.{s}' for s in asking)}."
    if step not in scenario.steps:
        missing = f"в {name} нет шага «{step[:60]}».{maybe(step, asking)}" if step else "назовите и шаг."
        raise UnknownStep(f"--at: {missing}", ask)
    if step not in asking:
        raise UnknownStep(f"--at: шаг «{step[:60]}» ни о чём не спрашивает.", ask)
    return scenario, step


def _expected(scenario: Scenario, step_id: str) -> frozenset[Intent]:
    from voicebot.dialogue.intents import Intent
    from voicebot.dialogue.scenario import AskValue, Listen

    then = scenario.steps[step_id].then
    own = frozenset(then.reactions) if isinstance(then, Listen) else frozenset[Intent]()
    return own | frozenset(scenario.everywhere) | ({Intent.NUMBER} if isinstance(then, AskValue) else frozenset())


def _stdin() -> Iterator[str]:
    """The lines of stdin, whatever bytes they are made of. The first that is no UTF-8 is complained of."""
    number, told = 0, False
    while line := sys.stdin.buffer.readline(_MAX_LINE):
        number += 1
        if not told and (told := not _is_utf8(line)):
            _warn_of_encoding(number, line)
        yield _readable(line.rstrip(b"\r\n"))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return len(line) == _MAX_LINE  # cut within a letter
    return True


def _warn_of_encoding(number: int, line: bytes) -> None:
    from voicebot.scenarios.characters import encoding_of

    seems = encoding_of(line)
    found = f", а, похоже, в {seems}" if seems else ""
    print(f"Предупреждение: строка {number} не в UTF-8{found}: её слова не понять. Сохраните текст в кодировке UTF-8.",
          file=sys.stderr, flush=True)  # fmt: skip


def _readable(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _write(line: str) -> None:
    """A line in UTF-8, whatever the locale says."""
    sys.stdout.buffer.write(line.encode("utf-8", errors="replace") + b"\n")
    if sys.stdout.isatty():
        sys.stdout.buffer.flush()


def _as_json(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False)


def _as_table(found: Mapping[str, Any]) -> str:
    """The sentence, what the robot decides, and why."""
    decided = found["best"] or ("переспросит" if found["speech"] else "не речь")
    return "\n".join([f"{_plain(found['text'])}  →  {decided}", *_details(found)])


def _details(found: Mapping[str, Any]) -> Iterable[str]:
    for intent in found["intents"]:
        value = f"  = {intent['value']}" if intent["value"] else ""
        yield f"    {intent['score']:4.2f}  {intent['intent']:15} «{intent['evidence']}»{value}"
    for value in found["values"]:
        yield f"    {value['kind']:5} {value['value']}  «{value['text']}»"


def _plain(text: str) -> str:
    """Without control characters: a sentence must not move the cursor of a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)
