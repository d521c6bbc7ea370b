"""The ways through a scenario, as a graph that rules can be checked on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.scenario import AskValue, Choose, End, Goto, Listen, Scenario, Step, Transfer
from voicebot.dialogue.turn import AGAIN


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a step to another. spoken: the patient says something, or an administrator is tried, in between."""

    to: str
    intent: Intent | None = None
    answers: bool = False  # it notes an answer of the patient
    spoken: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A step with what is known when it is entered."""

    step: str
    identified: bool = False
    settled: bool = False  # an outcome or an answer has been noted


def edges(scenario: Scenario, step: Step) -> Iterator[Edge]:
    """Every way out of a step. Ways to steps that do not exist are left out: the loader refuses them."""
    for edge in _edges(scenario, step):
        if edge.to in scenario.steps:
            yield edge


def _edges(scenario: Scenario, step: Step) -> Iterator[Edge]:
    then = step.then
    if isinstance(then, Goto):
        yield Edge(then.step)
    elif isinstance(then, Choose):
        yield from (Edge(case.go) for case in then.cases)
        yield Edge(then.otherwise)
    elif isinstance(then, Transfer):
        yield Edge(then.failed, spoken=True)
    elif isinstance(then, Listen | AskValue):
        own: set[Intent] = set()
        if isinstance(then, Listen):
            own = set(then.reactions)
            for intent, reaction in then.reactions.items():
                if reaction.go != AGAIN:
                    yield Edge(reaction.go, intent, reaction.answer is not None, True)
        else:
            yield Edge(then.then, spoken=True)
        yield Edge(then.unclear.then, spoken=True)
        yield from (Edge(go, i, False, True) for i, go in scenario.everywhere.items() if go != AGAIN and i not in own)


def ends(step: Step) -> bool:
    """Whether a call may end after this step."""
    return isinstance(step.then, End | Transfer)


def reachable(scenario: Scenario) -> frozenset[State]:
    """Every step in every state of knowledge that a call may come to."""
    if scenario.start not in scenario.steps:
        return frozenset()
    todo = [_arrive(scenario, State(scenario.start))]
    seen: set[State] = set()
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        step = scenario.steps[state.step]
        for edge in edges(scenario, step):
            identified = state.identified or (step.identifies and edge.intent is Intent.YES)
            todo.append(_arrive(scenario, State(edge.to, identified, state.settled or edge.answers)))
    return frozenset(seen)


def _arrive(scenario: Scenario, state: State) -> State:
    settled = state.settled or scenario.steps[state.step].outcome is not None
    return State(state.step, state.identified, settled)


def circles(scenario: Scenario) -> list[str]:
    """Steps that lead back to themselves without anybody being listened to."""
    silent = {s.id: [e.to for e in edges(scenario, s) if not e.spoken] for s in scenario.steps.values()}
    return [name for name in silent if name in _following(silent, name)]


def dead_ends(scenario: Scenario) -> list[str]:
    """Steps from which no way leads to an end of the call."""
    back: dict[str, set[str]] = {}
    for step in scenario.steps.values():
        for edge in edges(scenario, step):
            back.setdefault(edge.to, set()).add(step.id)
    alive = {s.id for s in scenario.steps.values() if ends(s)}
    todo = list(alive)
    while todo:
        for before in back.get(todo.pop(), set()) - alive:
            alive.add(before)
            todo.append(before)
    return [name for name in scenario.steps if name not in alive]


def _following(graph: dict[str, list[str]], start: str) -> set[str]:
    seen: set[str] = set()
    todo = list(graph.get(start, []))
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph.get(name, [])
    return seen
