"""What is certain at each step, whichever way led there: facts that are known, things that were said."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from voicebot.dialogue.scenario import Listen, Scenario, Step
from voicebot.scenarios.paths import Edge, Way, edges, starts, to_next_visit

Certain = Mapping[str, frozenset[str]]


def known_facts(scenario: Scenario) -> Certain:
    """Step -> the facts that a `choose` on every way to it has found to be there."""
    return _certain(scenario, lambda step, edge: _told_by(edge))


def answers_before(scenario: Scenario) -> Certain:
    """Step -> the answer about the visit (as the value of an outcome) that was given on every way to it."""

    def given(step: Step, edge: Edge) -> frozenset[str]:
        if edge.intent is None or not edge.answers or not isinstance(step.then, Listen):
            return frozenset()
        return frozenset({str(step.then.reactions[edge.intent].answer)})

    return _certain(scenario, given)


def said_before(scenario: Scenario, says: Callable[[str], bool]) -> frozenset[str]:
    """The steps before which, on every way, something was said that `says` finds in a text."""
    there = _certain(scenario, lambda step, edge: frozenset({"clinic.said"}) if says(step.say) else frozenset())
    return frozenset(name for name, certain in there.items() if certain)


def _certain(scenario: Scenario, gained: Callable[[Step, Edge], frozenset[str]]) -> Certain:
    """The least that holds at the entry of each step that can be reached. Facts of a visit end with it."""
    loops = [s.id for s in scenario.steps.values() if s.for_each]
    found: dict[str, frozenset[str]] = dict.fromkeys(starts(scenario), frozenset())
    todo = list(found)
    while todo:  # each round takes something away from a finite set, or reaches a step for the first time
        step = scenario.steps[todo.pop()]
        back = [edge for loop in loops for edge in to_next_visit(step, loop)]
        for edge in (*edges(scenario, step), *back):
            here = found[step.id] | gained(step, edge)
            if edge.way is Way.NEXT_VISIT:
                here = frozenset(name for name in here if name.startswith("clinic."))
            known = here if edge.to not in found else found[edge.to] & here
            if known != found.get(edge.to):
                found[edge.to] = known
                todo.append(edge.to)
    return found


def _told_by(edge: Edge) -> frozenset[str]:
    """The facts that are there when a choice goes this way: those that held, and those that are not empty."""
    passed = edge.cases if edge.way is Way.OTHERWISE else edge.cases[:-1]
    there = {case.fact for case in passed if case.value == ""}
    if edge.way is Way.CASE and edge.cases[-1].value != "":
        there.add(edge.cases[-1].fact)
    return frozenset(there)
