"""Versions of scenarios: publishing a file, going back, comparing, and what calls are to run.

A version is the scenario, the phrase table and the dictionary as they were: together they decide what a call says
and understands. It is numbered from 1 and never changes; which of them runs is a log of releases.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import unified_diff
from hashlib import sha256
from pathlib import Path

from voicebot.dialogue.scenario import Scenario
from voicebot.errors import InputFault
from voicebot.language.likeness import shipped
from voicebot.language.understanding import Understanding
from voicebot.scenarios.loading import parse, read_bytes, scenario_files
from voicebot.scenarios.mistakes import Mistake, ScenarioFault, maybe
from voicebot.scenarios.phrases import parse_phrases
from voicebot.scenarios.pronunciation import parse_pronunciations
from voicebot.scenarios.talk import Language
from voicebot.store.published import Published, PublishedScenario

SHIPPED = "поставляется с программой"
_PARTS = (("text", "{id}.yaml"), ("phrases", "phrases.ru.yaml"), ("pronunciations", "spoken.ru.yaml"))


class NoVersion(InputFault):
    """A version that was never published was asked for."""

    code = "no-version"


class PublishingRefused(InputFault):
    """The check or the conversations found mistakes: nothing was published."""

    code = "publishing-refused"

    def __init__(self, scenario_id: str, mistakes: Sequence[Mistake]) -> None:
        self.mistakes = tuple(mistakes)
        lines = "\n".join(str(m) for m in mistakes)
        super().__init__(
            f"Сценарий {scenario_id} не опубликован. Найдено ошибок: {len(mistakes)}.\n{lines}",
            "Исправьте файлы и опубликуйте ещё раз.",
        )


class NoScenario(InputFault):
    """A scenario was named that is not in the folder."""

    code = "no-scenario"


@dataclass(frozen=True, slots=True)
class Running:
    """The version of a scenario that calls run. scenario.version is its number."""

    scenario: Scenario
    source: PublishedScenario

    def language(self) -> Language:
        """Understanding and dictionary as they were published."""
        table = parse_phrases(self.source.phrases.encode(), "phrases.ru.yaml")
        spoken = self.source.pronunciations
        return Language(
            Understanding(table, shipped()), parse_pronunciations(spoken.encode(), "spoken.ru.yaml") if spoken else {}
        )


def file_of(folder: Path, name: str, must_exist: bool = True) -> Path:
    """The file that a name («visit_reminder») or a path means. Raises NoScenario."""
    file = Path(name) if name.endswith(".yaml") or "/" in name else folder / f"{name}.yaml"
    if must_exist and not file.is_file():
        known = [f.stem for f in scenario_files(folder)]
        raise NoScenario(f"Нет сценария «{name[:60]}» ({file}).{maybe(file.stem, known)}",
                         f"Есть: {', '.join(known)}.")  # fmt: skip
    return file


def draft_of(file: Path, now: datetime, note: str = "") -> PublishedScenario:
    """A scenario file with what belongs to it, as a version without a number (0). Raises ScenarioFault."""
    text, phrases = _text(file), _text(file.with_name("phrases.ru.yaml"))
    spoken = file.with_name("spoken.ru.yaml")
    pronunciations = _text(spoken) if spoken.exists() else ""
    digest = sha256("\0".join((text, phrases, pronunciations)).encode()).hexdigest()
    return PublishedScenario(file.stem, 0, text, phrases, pronunciations, digest, note, now)


def for_publishing(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """What the check found, as publishing judges it: a scenario without conversations is only warned of by the check,
    but nobody has tried it, and so it may not go live."""
    return [
        replace(m, warning=False, text=f"{m.text} Без них не публикуют.") if m.rule == "no-tests" and m.warning else m
        for m in mistakes
    ]


async def publish(
    store: Published, file: Path, mistakes: Sequence[Mistake], now: datetime, note: str = ""
) -> PublishedScenario:
    """Store a file as the next version, which runs from now on; what runs already is left as it is.

    mistakes: what the check and the conversations found; warnings do not keep from publishing, but that there are
    no conversations does.
    Raises PublishingRefused, ScenarioFault for files that cannot be read.
    """
    wrong = [m for m in for_publishing(mistakes) if not m.warning]
    if wrong:
        raise PublishingRefused(file.stem, wrong)
    draft = draft_of(file, now, note)
    parse(draft.text.encode(), str(file), draft.phrases, stem=file.stem)
    return replace(draft, number=await store.publish_scenario(draft))


async def publish_shipped(store: Published, folder: Path, now: datetime) -> Sequence[str]:
    """Version 1 for every scenario of the folder that was never published; their ids. For the first start."""
    known = {version.scenario_id for version in await store.running_scenarios()}
    new = [file for file in scenario_files(folder) if file.stem not in known]
    for file in new:
        await publish(store, file, (), now, SHIPPED)
    return [file.stem for file in new]


async def roll_back(store: Published, scenario_id: str, number: int, now: datetime, note: str = "") -> None:
    """Let an earlier version run again. Raises NoVersion."""
    if not await store.release_scenario(scenario_id, number, now, note):
        raise await _no_version(store, scenario_id, number)


async def version_of(store: Published, scenario_id: str, number: int) -> PublishedScenario:
    """One version. Raises NoVersion."""
    for version in await store.published_scenarios(scenario_id):
        if version.number == number:
            return version
    raise await _no_version(store, scenario_id, number)


async def running(store: Published) -> Mapping[str, Running]:
    """The version of every published scenario that calls are to run, by id; empty when none was published.

    Raises ScenarioFault for a version that this program cannot read any more.
    """
    found: dict[str, Running] = {}
    mistakes: list[Mistake] = []
    for version in await store.running_scenarios():
        try:
            found[version.scenario_id] = read(version)
        except ScenarioFault as fault:
            mistakes += fault.mistakes
    if mistakes:
        raise ScenarioFault(mistakes)
    return found


def read(version: PublishedScenario) -> Running:
    """A stored version as calls run it. Raises ScenarioFault for one that this program cannot read any more."""
    file = f"{version.scenario_id}.yaml (версия {version.number})"
    draft = parse(version.text.encode(), file, version.phrases, stem=version.scenario_id)
    return Running(replace(draft.scenario, version=str(version.number)), version)


async def published(store: Published) -> Mapping[str, Scenario]:
    """The scenarios that calls are to run, by id. The same as running, without the language."""
    return {name: one.scenario for name, one in (await running(store)).items()}


def difference(before: PublishedScenario, after: PublishedScenario) -> Iterator[str]:
    """The lines that differ, as a unified diff of the scenario, the phrase table and the dictionary."""
    for part, file in _PARTS:
        name = file.format(id=after.scenario_id)
        old, new = getattr(before, part).splitlines(), getattr(after, part).splitlines()
        yield from unified_diff(old, new, f"{name} ({_named(before)})", f"{name} ({_named(after)})", lineterm="")


def _named(version: PublishedScenario) -> str:
    return f"версия {version.number}" if version.number else "черновик"


async def _no_version(store: Published, scenario_id: str, number: int) -> NoVersion:
    known = [str(v.number) for v in await store.published_scenarios(scenario_id)]
    if not known:
        return NoVersion(f"Сценарий «{scenario_id[:60]}» ещё не публиковали.", "Выполните voicebot publish.")
    return NoVersion(f"У сценария «{scenario_id[:60]}» нет версии {number}.", f"Есть: {', '.join(known)}.")


def _text(file: Path) -> str:
    """The text of a file as it counts: without a byte order mark, with plain line ends. Raises ScenarioFault."""
    data = read_bytes(file)
    try:
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        parse(data, str(file))  # says what is wrong, and where
        raise
