"""What may be said in a call: everything must be rendered before it is dialled, and nothing that cannot be said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from voicebot.dialogue.actions import Prompt
from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.scenario import AskValue, Choose, Goto, Listen, Scenario, Step, Transfer
from voicebot.dialogue.turn import AGAIN, BACK, case_holds

#: Spoken when the robot has to stop in mid call; short, because it has five seconds.
APOLOGY = Prompt("Извините, связь прерывается. Мы вам перезвоним.")

_KEYS = {"0": "ноль", "1": "один", "2": "два", "3": "три", "4": "четыре", "5": "пять", "6": "шесть", "7": "семь",
         "8": "восемь", "9": "девять", "*": "звёздочка", "#": "решётка"}  # fmt: skip
_MEANT = {Intent.YES: "да", Intent.NO: "нет", Intent.OPERATOR: "администратор"}


def deaf(scenario: Scenario, step: Step) -> Prompt:
    """What is said when the recogniser failed in the middle of an answer: by which keys to answer."""
    then = step.then
    if isinstance(then, AskValue) and then.kind in (ValueKind.NUMBER, ValueKind.SLOT):
        return Prompt("Простите, вас не слышно. Нажмите, пожалуйста, цифру на телефоне.")
    own = then.keys if isinstance(then, Listen) else {}
    keys = {**scenario.everywhere_keys, **own}
    named = [f"{_KEYS[key]} — {_MEANT[keys[key]]}" for key in sorted(keys, key="1234567890".find)
             if keys[key] in _MEANT and key in _KEYS]  # fmt: skip
    if not named:
        return Prompt("Простите, вас плохо слышно. Повторите, пожалуйста.")
    return Prompt(f"Простите, вас не слышно. Ответьте, пожалуйста, кнопками телефона: {', '.join(named)}.")


def prompts(scenario: Scenario, visits: int) -> tuple[Prompt, ...]:
    """Every prompt of the scenario, for each visit of a call."""
    found = [APOLOGY, BACK]
    for subject in range(visits):
        for step in scenario.steps.values():
            found.extend(_prompts_of(scenario, step, subject))
    return tuple(dict.fromkeys(found))


def needed(scenario: Scenario, facts: Sequence[Mapping[str, str]], inbound: bool = False) -> tuple[Prompt, ...]:
    """The prompts that a call with these facts may come to: a step behind a choice that these facts rule out is left
    out, so that it may name what this visit lacks."""
    found = [APOLOGY, BACK]
    for subject, known in enumerate(facts):
        for name in _reachable(scenario, known, inbound):
            found.extend(_prompts_of(scenario, scenario.steps[name], subject))
    return tuple(dict.fromkeys(found))


def _prompts_of(scenario: Scenario, step: Step, subject: int) -> Iterator[Prompt]:
    if step.say:
        yield Prompt(step.say, subject, f"{scenario.id}/{step.id}")
    if isinstance(step.then, Listen | AskValue):
        yield Prompt(step.then.unclear.say, subject)
        yield deaf(scenario, step)
    if isinstance(step.then, Listen):
        yield from (Prompt(text, subject) for text in step.then.ask_back.values())
    if isinstance(step.then, Transfer):
        yield Prompt(step.then.whisper, subject)


def _reachable(scenario: Scenario, facts: Mapping[str, str], inbound: bool) -> list[str]:
    asked = {s.then.name for s in scenario.steps.values() if isinstance(s.then, AskValue)}
    loops = [name for name, step in scenario.steps.items() if step.for_each]
    first = scenario.inbound if inbound else scenario.start
    todo = [first, *loops, *scenario.everywhere.values()]
    seen: dict[str, None] = {}
    while todo:
        name = todo.pop()
        if name == AGAIN or name in seen or name not in scenario.steps:
            continue
        seen[name] = None
        todo.extend(_ways(scenario.steps[name], facts, asked))
    return [name for name in scenario.steps if name in seen]


def _ways(step: Step, facts: Mapping[str, str], asked: set[str]) -> Iterator[str]:
    then = step.then
    if isinstance(then, Goto):
        yield then.step
    elif isinstance(then, Transfer):
        yield then.failed
    elif isinstance(then, Listen):
        yield from (reaction.go for reaction in then.reactions.values())
        yield then.unclear.then
    elif isinstance(then, AskValue):
        yield from (then.then, then.unclear.then)
    elif isinstance(then, Choose):
        for case in then.cases:
            if case.fact in asked:  # known only in the call
                yield case.go
            elif case_holds(case, facts):
                yield case.go
                return
        yield then.otherwise
