"""Rules about the ways of a conversation: every step is reached, every call ends, with an outcome that was meant."""

from __future__ import annotations

from collections.abc import Iterator

from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import AskValue, Goto, Listen, Scenario, Step, Transfer
from voicebot.scenarios.certainty import answers_before
from voicebot.scenarios.mistakes import Mistake, maybe
from voicebot.scenarios.paths import SILENT, Edge, Way, circles, dead_ends, edges, ends
from voicebot.scenarios.subject import Subject

#: Saying this says something of the visit; anything else may never confirm, decline or move it.
_EXPLICIT = frozenset({Intent.YES, Intent.NO, Intent.CHANGE, Intent.CANCEL, Intent.LATE, Intent.NUMBER})
_WHY = {Way.UNCLEAR: "не понято", Way.FAILED: "администратор не ответил"}
_OF_THE_VISIT = frozenset({Outcome.CONFIRMED, Outcome.DECLINED, Outcome.WANTS_CHANGE})
#: The outcomes that say the opposite of an answer.
_AGAINST = {
    Answer.CONFIRMED: frozenset({Outcome.DECLINED, Outcome.WANTS_CHANGE}),
    Answer.DECLINED: frozenset({Outcome.CONFIRMED}),
    Answer.WANTS_CHANGE: frozenset({Outcome.CONFIRMED}),
}


def reached(s: Subject) -> Iterator[Mistake]:
    names = {state.step for state in s.states}
    for name in s.scenario.steps:
        if name not in names:
            yield s.mistake("unreachable", f"К шагу «{name}» не ведёт ни один путь.", "steps", name)


def ended(s: Subject) -> Iterator[Mistake]:
    for name in circles(s.scenario):
        yield s.mistake("endless-loop", f"Шаг «{name}» ведёт сам к себе, и никто при этом не слушает пациента.",
                        "steps", name)  # fmt: skip
    for name in dead_ends(s.scenario):
        yield s.mistake("no-end", f"Из шага «{name}» разговор не может закончиться.", "steps", name)
    for name in sorted({state.step for state in s.states if not state.settled}):
        step = s.scenario.steps[name]
        if ends(step) and not isinstance(step.then, Transfer):
            yield s.mistake("no-outcome", f"Разговор может закончиться на шаге «{name}» без итога: добавьте outcome.",
                            "steps", name)  # fmt: skip


def repeated(s: Subject) -> Iterator[Mistake]:
    for name in sorted({state.step for state in s.states if state.loop not in ("", state.step)}):
        if s.scenario.steps[name].for_each:
            yield s.mistake("for-each-nested", f"Шаг «{name}» с for_each стоит внутри другого for_each.",
                            "steps", name, "for_each")  # fmt: skip


def answered(s: Subject) -> Iterator[Mistake]:
    """What is written of a visit was said by the patient."""
    said = answers_before(s.scenario)
    for step in s.scenario.steps.values():
        if isinstance(step.then, Listen):
            for intent, reaction in step.then.reactions.items():
                if reaction.answer is not None and intent not in _EXPLICIT:
                    yield s.mistake("answer-explicit",
                                    f"«{intent.value}» ничего не говорит о визите: уберите answer: "
                                    f"{reaction.answer.value}.", "steps", step.id, "listen", intent.value)  # fmt: skip
        for edge in edges(s.scenario, step):
            wrong = _noted(s.scenario, s.scenario.steps[edge.to]) if _unsaid(edge) else None
            if wrong is not None and wrong.outcome not in said.get(step.id, ()):
                why = edge.intent.value if edge.intent is not None else _WHY[edge.way]
                yield s.mistake("answer-explicit",
                                f"После «{why}» шаг «{wrong.id}» записал бы {wrong.outcome}: этого пациент не говорил.",
                                "steps", step.id)  # fmt: skip


def contradicted(s: Subject) -> Iterator[Mistake]:
    """What an answer notes is not undone by the step that it leads to."""
    for step in s.scenario.steps.values():
        if not isinstance(step.then, Listen):
            continue
        for intent, reaction in step.then.reactions.items():
            target = s.scenario.steps.get(reaction.go)
            if target is None or reaction.answer not in _AGAINST:
                continue
            wrong = _noted(s.scenario, target, _AGAINST[reaction.answer])
            if wrong is not None:
                yield s.mistake("answer-outcome",
                                f"Ответ «{intent.value}» записывает {reaction.answer.value}, а шаг «{wrong.id}» за ним "
                                f"— {wrong.outcome}: исправьте одно из двух.",
                                "steps", step.id, "listen", intent.value)  # fmt: skip


def _unsaid(edge: Edge) -> bool:
    """Whether this way is gone without the patient saying anything of the visit."""
    if edge.way in _WHY:
        return True
    return edge.way in (Way.ANSWER, Way.EVERYWHERE) and edge.intent not in _EXPLICIT


def _noted(scenario: Scenario, step: Step, outcomes: frozenset[Outcome] = _OF_THE_VISIT) -> Step | None:
    """The step that would note such an outcome of the visit, when we go on from here without hearing anybody."""
    seen: set[str] = set()
    todo = [step]
    while todo:
        here = todo.pop()
        if here.id in seen:
            continue
        seen.add(here.id)
        if here.outcome in outcomes:
            return here
        todo += [scenario.steps[e.to] for e in edges(scenario, here) if e.way in SILENT]
    return None


def keys(s: Subject) -> Iterator[Mistake]:
    """A key that means something everywhere means nothing else in a step: neither as an answer nor as a digit."""
    for step in s.scenario.steps.values():
        then = step.then
        if not isinstance(then, Listen | AskValue):
            continue
        for key, intent in then.keys.items():
            everywhere = s.scenario.everywhere_keys.get(key, intent)
            if everywhere is not intent:
                yield s.mistake("key-conflict", f"В шаге «{step.id}» клавиша {key} — «{intent.value}», а везде она "
                                f"«{everywhere.value}»: возьмите для ответа другую клавишу.",
                                "steps", step.id, "keys", key)  # fmt: skip
        taken = _digits(then) if isinstance(then, AskValue) else set()
        for key in sorted(taken & ({*s.scenario.everywhere_keys} - {*then.keys})):
            meaning = s.scenario.everywhere_keys[key].value
            yield s.mistake("key-conflict", f"В шаге «{step.id}» клавиша {key} — ответ, а везде она «{meaning}».",
                            "steps", step.id, "ask")  # fmt: skip


def _digits(then: AskValue) -> set[str]:
    """The keys that are values themselves."""
    digits = {ValueKind.NUMBER: {str(n) for n in range(then.low, min(then.high, 9) + 1)},
              ValueKind.SLOT: {"1", "2", "3"}, ValueKind.COMMENT: {"#"}}  # fmt: skip
    return digits.get(then.kind, set())


def transfers(s: Subject) -> Iterator[Mistake]:
    for name, step in s.scenario.steps.items():
        then = step.then
        if not isinstance(then, Transfer):
            continue
        fallback = s.scenario.steps.get(then.failed)
        if fallback is None or isinstance(fallback.then, Transfer) or not _promised(s.scenario, fallback):
            yield s.mistake("transfer-fallback",
                            f"Шаг «{then.failed}» (failed) должен сказать пациенту, что администратор занят, "
                            "и поставить задачу: task.", "steps", name, "failed")  # fmt: skip


def lines(s: Subject) -> Iterator[Mistake]:
    """Transfers go to lines of the settings."""
    for name, step in s.scenario.steps.items():
        then = step.then
        if isinstance(then, Transfer) and s.queues is not None and then.queue not in s.queues:
            yield s.mistake("unknown-queue",
                            f"Нет линии «{then.queue}» в настройках.{maybe(then.queue, s.queues)}",
                            "steps", name, "transfer")  # fmt: skip


def _promised(scenario: Scenario, step: Step) -> bool:
    """Whether the patient is told and a task is noted, by the step or by those that it leads on to."""
    seen: set[str] = set()
    told = task = False
    while step.id not in seen:
        told, task = told or bool(step.say), task or bool(step.task)
        seen.add(step.id)
        if not isinstance(step.then, Goto):
            break
        step = scenario.steps[step.then.step]
    return told and task
