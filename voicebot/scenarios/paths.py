"""The ways through a scenario, as a graph that rules can be checked on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import WHOLE_CALL
from voicebot.dialogue.scenario import AskValue, Case, Choose, End, Goto, Listen, Scenario, Step, Transfer
from voicebot.dialogue.turn import AGAIN

NEW_PERSON = "person.is_new"
FIRST_VISIT = "visit.is_first"


class Way(StrEnum):
    """Why the conversation goes from one step to another."""

    THEN = "then"  # nothing happens in between
    CASE = "case"
    OTHERWISE = "otherwise"
    ANSWER = "answer"  # the patient said something that the step listens for
    VALUE = "value"  # the patient said the value that was asked for
    UNCLEAR = "unclear"  # not understood, or silent
    FAILED = "failed"  # no administrator
    EVERYWHERE = "everywhere"
    NEXT_VISIT = "next_visit"  # an outcome is noted, and the call has another visit


SILENT = frozenset({Way.THEN, Way.CASE, Way.OTHERWISE})


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a step to another. cases: those that were passed over, then, for CASE, the one that held."""

    to: str
    way: Way
    intent: Intent | None = None
    answers: bool = False  # it notes an answer of the patient
    cases: tuple[Case, ...] = ()


class Identity(Enum):
    """Whether the one who hears the robot is known to be the one whom the visit in question is for."""

    UNKNOWN = 0
    PERHAPS = 1  # the one before was; the next visit may be somebody else's
    KNOWN = 2


@dataclass(frozen=True, slots=True)
class State:
    """A step with what is known when it is entered."""

    step: str
    identity: Identity = Identity.UNKNOWN
    settled: bool = False  # an outcome or an answer has been noted for the visit in question
    loop: str = ""  # the for_each step whose part is being repeated


def starts(scenario: Scenario) -> list[str]:
    """The steps at which a conversation may begin: when we call, and when the patient does."""
    return [name for name in dict.fromkeys((scenario.start, scenario.inbound)) if name in scenario.steps]


def for_families(scenario: Scenario) -> bool:
    """Whether the scenario asks who is on the line anew when the next visit is another person's.

    One that does not may only be given visits of one person.
    """
    return any(isinstance(s.then, Choose) and any(c.fact == NEW_PERSON for c in s.then.cases)
               for s in scenario.steps.values())  # fmt: skip


def edges(scenario: Scenario, step: Step) -> Iterator[Edge]:
    """Every way out of a step but to the next visit. Ways to steps that do not exist are refused by the loader."""
    for edge in (*_own_edges(step), *_everywhere(scenario, step)):
        if edge.to in scenario.steps:
            yield edge


def _own_edges(step: Step) -> Iterator[Edge]:
    then = step.then
    if isinstance(then, Goto):
        yield Edge(then.step, Way.THEN)
    elif isinstance(then, Choose):
        for n, case in enumerate(then.cases, 1):
            yield Edge(case.go, Way.CASE, cases=then.cases[:n])
        yield Edge(then.otherwise, Way.OTHERWISE, cases=then.cases)
    elif isinstance(then, Transfer):
        yield Edge(then.failed, Way.FAILED)
    elif isinstance(then, Listen):
        for intent, reaction in then.reactions.items():
            if reaction.go != AGAIN:
                yield Edge(reaction.go, Way.ANSWER, intent, reaction.answer is not None)
        yield Edge(then.unclear.then, Way.UNCLEAR)
    elif isinstance(then, AskValue):
        yield Edge(then.then, Way.VALUE)
        yield Edge(then.unclear.then, Way.UNCLEAR)


def _everywhere(scenario: Scenario, step: Step) -> Iterator[Edge]:
    """What may be said at any moment is heard while a step speaks and while it listens."""
    own = set(step.then.reactions) if isinstance(step.then, Listen) else set()
    if isinstance(step.then, Listen | AskValue) or (step.say and isinstance(step.then, Goto | Choose)):
        for intent, go in scenario.everywhere.items():
            if go != AGAIN and intent not in own:
                yield Edge(go, Way.EVERYWHERE, intent)


def to_next_visit(step: Step, loop: str) -> Iterator[Edge]:
    """The way back to the start of the part that is repeated for each visit, as the machine goes it."""
    noted = step.outcome is not None and step.outcome not in WHOLE_CALL
    if loop and noted and isinstance(step.then, Goto | Choose | End):
        yield Edge(loop, Way.NEXT_VISIT)


def ends(step: Step) -> bool:
    """Whether a call may end after this step."""
    return isinstance(step.then, End | Transfer)


def reachable(scenario: Scenario) -> frozenset[State]:
    """Every step in every state of knowledge that a call may come to, ours or the patient's."""
    families = for_families(scenario)
    todo = [_arrive(scenario, State(name)) for name in starts(scenario)]
    seen: set[State] = set()
    while todo:
        state = todo.pop()
        if state in seen:
            continue
        seen.add(state)
        step = scenario.steps[state.step]
        for edge in (*edges(scenario, step), *to_next_visit(step, state.loop)):
            if state.identity is Identity.PERHAPS and _only_first(edge):
                continue
            todo.append(_arrive(scenario, _follow(state, step, edge, families)))
    return frozenset(seen)


def _only_first(edge: Edge) -> bool:
    """Whether this way is gone at the first visit only."""
    return edge.way is Way.CASE and edge.cases[-1].fact == FIRST_VISIT and edge.cases[-1].value == "да"


def _follow(state: State, step: Step, edge: Edge, families: bool) -> State:
    identity = state.identity
    if step.identifies and edge.intent is Intent.YES:
        identity = Identity.KNOWN
    elif edge.way is Way.NEXT_VISIT:
        if families and identity is Identity.KNOWN:
            identity = Identity.PERHAPS
        return State(edge.to, identity, False, state.loop)
    elif edge.way in (Way.CASE, Way.OTHERWISE):
        identity = _chosen(identity, edge)
    return State(edge.to, identity, state.settled or edge.answers, state.loop)


def _chosen(identity: Identity, edge: Edge) -> Identity:
    """What a choice by «is it another person» tells."""
    passed = edge.cases[:-1] if edge.way is Way.CASE else edge.cases
    held = edge.cases[-1] if edge.way is Way.CASE else None
    if held is not None and held.fact == NEW_PERSON and held.value == "да":
        return Identity.UNKNOWN
    same = (held is not None and held.fact == NEW_PERSON) or any(
        case.fact == NEW_PERSON and case.value == "да" for case in passed
    )
    return Identity.KNOWN if same and identity is Identity.PERHAPS else identity


def _arrive(scenario: Scenario, state: State) -> State:
    step = scenario.steps[state.step]
    loop = step.id if step.for_each and not state.loop else state.loop
    return State(state.step, state.identity, state.settled or step.outcome is not None, loop)


def circles(scenario: Scenario) -> list[str]:
    """Steps that lead back to themselves without anybody being listened to."""
    silent = {s.id: [e.to for e in edges(scenario, s) if e.way in SILENT] for s in scenario.steps.values()}
    return [name for name in silent if name in following(silent, silent[name])]


def dead_ends(scenario: Scenario) -> list[str]:
    """Steps from which no way leads to an end of the call but by what is said everywhere («stop»)."""
    back: dict[str, set[str]] = {}
    for step in scenario.steps.values():
        for edge in edges(scenario, step):
            if edge.way is not Way.EVERYWHERE:
                back.setdefault(edge.to, set()).add(step.id)
    alive = {s.id for s in scenario.steps.values() if ends(s)}
    return [name for name in scenario.steps if name not in alive | following(back, alive)]


def following(graph: dict[str, list[str]] | dict[str, set[str]], begin: list[str] | set[str]) -> set[str]:
    """Everything that can be come to from these names, themselves included."""
    seen: set[str] = set()
    todo = list(begin)
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += graph.get(name, ())
    return seen
