"""What makes a readable scenario unfit to be published: rules with ids, each told at its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import AskValue, Goto, Listen, Purpose, Scenario, Step, Transfer
from voicebot.language.speaking import spoken_text
from voicebot.scenarios.facts import FACTS, Secrecy, fact_names
from voicebot.scenarios.loading import Draft, read, scenario_files
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault, maybe
from voicebot.scenarios.paths import circles, dead_ends, ends, reachable

MAX_PROMPT_S = 20
CHARS_PER_S = 14  # RHVoice Anna at normal rate; publishing measures by synthesis

#: Every rule with what it means, for `voicebot check --explain`.
RULES: Mapping[str, str] = {
    "unreachable": "К каждому шагу должен вести путь от начала разговора или из «everywhere».",
    "endless-loop": "Шаги не должны ходить по кругу, никого не слушая.",
    "no-end": "Из каждого шага должен быть путь к концу разговора.",
    "no-outcome": "Каждый путь разговора должен кончаться итогом (outcome) или ответом (answer).",
    "no-stop": "«Не звоните мне больше» должно действовать в любой момент и вести к итогу opted_out.",
    "no-operator": "«Оператор» должно действовать в любой момент.",
    "identity-first": "Факт визита — врачебная тайна (323-ФЗ, ст. 13): сначала «Это …?» с identifies: true.",
    "robot-unnamed": "Робот должен сразу сказать, что он робот.",
    "transfer-fallback": "Если администратор не ответил, пациенту это говорят, и создаётся задача (task).",
    "unknown-queue": "Переводить можно только на линию, которая есть в настройках.",
    "long-prompt": f"Фраза длиннее {MAX_PROMPT_S} секунд: её никто не дослушает.",
    "advertising-words": "В сервисном сценарии нет цен, скидок и предложений (38-ФЗ, ст. 18).",
    "sms-doctor": "В СМС лучше не называть врача и специальность: её может прочитать другой человек.",
}
_ADVERTISING = re.compile(
    r"\b(скидк|акци[яиюей]|распродаж|бонус|подар[ок]|выгодн|предложени|специальная цена|рубл|бесплатн)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a rule looks at, and how it names the place of what it finds."""

    scenario: Scenario
    place: Callable[..., Place]
    queues: Collection[str] | None

    def mistake(self, rule: str, text: str, *path: str, warning: bool = False) -> Mistake:
        return Mistake(self.place(*path), rule, text, warning)


def check(scenario: Scenario, draft: Draft | None = None, queues: Collection[str] | None = None) -> list[Mistake]:
    """Every finding of every rule, in the order of the file.

    draft:  the file that the scenario was read from, for places; without it only the scenario is named
    queues: the lines of the settings that may be transferred to; None leaves that rule out
    """
    place = draft.place if draft is not None else lambda *_: Place(f"{scenario.id}.yaml")
    subject = _Subject(scenario, place, queues)
    return sorted((m for rule in _CHECKS for m in rule(subject)), key=lambda m: (m.place, m.rule))


def check_file(path: Path, phrases: str = "", queues: Collection[str] | None = None) -> list[Mistake]:
    """Everything wrong with one file; [] when it may be published."""
    try:
        draft = read(path, phrases)
    except ScenarioFault as fault:
        return list(fault.mistakes)
    return check(draft.scenario, draft, queues)


def check_folder(folder: Path, phrases: str = "", queues: Collection[str] | None = None) -> list[Mistake]:
    """Everything wrong with the scenarios of a folder. Raises ScenarioFault when there is no such folder."""
    return [m for path in scenario_files(folder) for m in check_file(path, phrases, queues)]


def _flow(s: _Subject) -> Iterator[Mistake]:
    states = reachable(s.scenario)
    reached = {state.step for state in states}
    for name in s.scenario.steps:
        if name not in reached:
            yield s.mistake("unreachable", f"К шагу «{name}» не ведёт ни один путь.", "steps", name)
    for name in circles(s.scenario):
        yield s.mistake("endless-loop", f"Шаг «{name}» ведёт сам к себе, и никто при этом не слушает пациента.",
                        "steps", name)  # fmt: skip
    for name in dead_ends(s.scenario):
        yield s.mistake("no-end", f"Из шага «{name}» разговор не может закончиться.", "steps", name)
    for name in sorted({state.step for state in states if not state.settled}):
        step = s.scenario.steps[name]
        if ends(step) and not isinstance(step.then, Transfer):
            yield s.mistake("no-outcome", f"Разговор может закончиться на шаге «{name}» без итога: добавьте outcome.",
                            "steps", name)  # fmt: skip


def _everywhere(s: _Subject) -> Iterator[Mistake]:
    stop = s.scenario.everywhere.get(Intent.STOP)
    if stop is None:
        yield s.mistake("no-stop", "В «everywhere» нет «stop»: пациент не может отказаться от звонков.", "everywhere")
    elif stop not in s.scenario.steps or s.scenario.steps[stop].outcome is not Outcome.OPTED_OUT:
        yield s.mistake("no-stop", f"Шаг «{stop}», куда ведёт «stop», должен иметь outcome: opted_out.",
                        "everywhere", "stop")  # fmt: skip
    if Intent.OPERATOR not in s.scenario.everywhere:
        yield s.mistake("no-operator", "В «everywhere» нет «operator»: пациент не может позвать человека.",
                        "everywhere")  # fmt: skip
    for name, step in s.scenario.steps.items():
        if isinstance(step.then, Listen) and Intent.STOP in step.then.reactions:
            yield s.mistake("no-stop", "«stop» решают для всего сценария в «everywhere», а не в отдельном шаге.",
                            "steps", name, "listen", "stop")  # fmt: skip


def _identity(s: _Subject) -> Iterator[Mistake]:
    optional = not any(step.identifies for step in s.scenario.steps.values())
    before = {state.step for state in reachable(s.scenario) if not state.identified}
    for name in sorted(before):
        step = s.scenario.steps[name]
        for path, text in _spoken_texts(step):
            told = [fact for fact, _ in fact_names(text) if fact in FACTS and FACTS[fact].after_identity]
            if told:
                yield s.mistake("identity-first",
                                f"До вопроса «Это …?» робот называет {{{told[0]}}}: это врачебная тайна.",
                                "steps", name, *path, warning=optional)  # fmt: skip


def _spoken_texts(step: Step) -> Iterator[tuple[tuple[str, ...], str]]:
    if step.say:
        yield ("say",), step.say
    if isinstance(step.then, Listen | AskValue):
        yield ("unclear",), step.then.unclear.say


def _introduction(s: _Subject) -> Iterator[Mistake]:
    start = s.scenario.steps.get(s.scenario.start)
    if start is not None and "робот" not in start.say.lower() and "автоматическ" not in start.say.lower():
        yield s.mistake("robot-unnamed", "Первая фраза должна говорить, что звонит робот.", "steps", start.id, "say")


def _transfers(s: _Subject) -> Iterator[Mistake]:
    for name, step in s.scenario.steps.items():
        then = step.then
        if not isinstance(then, Transfer):
            continue
        fallback = s.scenario.steps.get(then.failed)
        if fallback is None or isinstance(fallback.then, Transfer) or not _has_task(s.scenario, fallback):
            yield s.mistake("transfer-fallback",
                            f"Шаг «{then.failed}» (failed) должен сказать пациенту, что администратор занят, "
                            "и поставить задачу: task.", "steps", name, "failed")  # fmt: skip
        if s.queues is not None and then.queue not in s.queues:
            yield s.mistake("unknown-queue",
                            f"Нет линии «{then.queue}» в настройках.{maybe(then.queue, s.queues)}",
                            "steps", name, "transfer")  # fmt: skip


def _has_task(scenario: Scenario, step: Step) -> bool:
    """Whether a task is noted by the step or by one that it leads on to."""
    seen: set[str] = set()
    while step.id not in seen:
        if step.task:
            return True
        seen.add(step.id)
        if not isinstance(step.then, Goto):
            return False
        step = scenario.steps[step.then.step]
    return False


def _texts(s: _Subject) -> Iterator[Mistake]:
    for name, step in s.scenario.steps.items():
        for path, text in _spoken_texts(step):
            seconds = estimated_seconds(text)
            if seconds > MAX_PROMPT_S:
                yield s.mistake("long-prompt", f"Эта фраза звучит около {seconds:.0f} секунд: разбейте её.",
                                "steps", name, *path)  # fmt: skip
            found = _ADVERTISING.search(text)
            if found and s.scenario.purpose is Purpose.SERVICE:
                yield s.mistake("advertising-words",
                                f"«{found[0]}…» в сервисном сценарии — это реклама: purpose: advertising.",
                                "steps", name, *path)  # fmt: skip


def _messages(s: _Subject) -> Iterator[Mistake]:
    for name, text in s.scenario.messages.items():
        if any(FACTS[f].secrecy is Secrecy.DOCTOR for f, _ in fact_names(text) if f in FACTS):
            yield s.mistake("sms-doctor", "СМС называет врача или специальность.", "messages", name, warning=True)


def estimated_seconds(template: str) -> float:
    """How long a text sounds with facts of usual length."""
    filled = template
    for name, _ in fact_names(template):
        if name in FACTS:
            filled = filled.replace("{" + name + "}", FACTS[name].example)
    return len(spoken_text(filled, {})) / CHARS_PER_S


_CHECKS = (_flow, _everywhere, _identity, _introduction, _transfers, _texts, _messages)
